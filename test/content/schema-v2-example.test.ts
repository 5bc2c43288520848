import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { init } from "../../src/cli/commands/init.ts";
import example from "../../examples/schema-v2/dashboards/service.ts";
import starter from "../../starter/dashboards/targets.v2.ts";
import { team } from "../../starter/dashboards/folders.ts";
import { prometheus as starterPrometheus } from "../../starter/datasources/prometheus.ts";
import { jaeger } from "../../datasources/jaeger.ts";
import { loki } from "../../datasources/loki.ts";
import { prometheus } from "../../datasources/prometheus.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { converge } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { readIn } from "../helpers/schema-v2.ts";

test("the example in schema v2 is applied, and the next plan is empty", async () => {
  const grafana = await testGrafana({ apart: true });
  const context = await grafana.context(grafana.name("own"));
  await converge(context, [prometheus, loki, jaeger, example]);
  const { layout } = (await readIn(grafana, "v2beta1", "service-tabs")).spec;
  const { spec } = layout as { spec: { tabs: JsonObject[] } };
  expect(spec.tabs.map((one) => (one["spec"] as JsonObject)["title"])).toEqual(["Metrics", "Logs", "Traces", "Stack"]);
});

test("the starter in schema v2 is applied, and the next plan is empty", async () => {
  const grafana = await testGrafana({ apart: true });
  const context = await grafana.context(grafana.name("own"));
  await converge(context, [starterPrometheus, team, starter]);
  const { layout } = (await readIn(grafana, "v2beta1", "my-team-targets")).spec;
  expect((layout as JsonObject)["kind"]).toBe("TabsLayout");
});

test.each([
  ["classic", 'foundation-sdk/dashboard"'],
  ["v2", 'foundation-sdk/dashboardv2"'],
] as const)("init --schema %s writes one dashboard in this schema", async (schema, module) => {
  const directory = await mkdtemp(join(tmpdir(), "grafana-init-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const output = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  onTestFinished(() => output.mockRestore());
  await init(directory, { color: false, ci: "none", schema });
  const files = await readdir(join(directory, "dashboards"));
  expect(files.toSorted()).toEqual(["folders.ts", "targets.ts"]);
  expect(await readFile(join(directory, "dashboards/targets.ts"), "utf8")).toContain(module);
});
