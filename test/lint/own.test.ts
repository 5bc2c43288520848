import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { dashboard, datasource, lint, type PlainPanel } from "grafana-provision";
import { LintSchema } from "../../src/report/lint-json.ts";
import { CLI, testProject } from "../helpers/cli.ts";

const ROOT = join(import.meta.dirname, "../..");

async function findingsIn(directory: string) {
  const { stdout } = await promisify(execFile)(process.execPath, [CLI, "lint", "-o", "json"], {
    cwd: directory,
    env: { PATH: process.env["PATH"] },
  });
  const { findings = [], resources } = LintSchema.parse(JSON.parse(stdout));
  return { found: findings.map(({ rule, address, path, message }) => [rule, address, path, message]), resources };
}

test("ToolboxAI's dashboards and alerts have no findings", async () => {
  const { found, resources } = await findingsIn(ROOT);
  expect(found).toEqual([]);
  expect(resources).toBeGreaterThan(10);
});

test.each(["classic", "v2"])("a new project with a dashboard in the schema %s has no findings", async (schema) => {
  const project = await testProject();
  await project.run(["init", "monitoring", "--schema", schema]);
  const { found, resources } = await findingsIn(join(project.directory, "monitoring"));
  expect(found).toEqual([]);
  expect(resources).toBeGreaterThan(3);
});

const metrics = datasource({ uid: "metrics", name: "Metrics", type: "prometheus" });
const logs = datasource({ uid: "logs", name: "Logs", type: "loki" });

/** The queries in the documentation of the system that ToolboxAI's code comes from. */
test.each([
  ["reqps", metrics, "rate(http_requests_total[5m])"],
  ["percentunit", metrics, 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))'],
  ["s", metrics, "histogram_quantile(0.95, rate(http_request_duration_seconds_bucket[5m]))"],
  ["none", logs, '{job="application"} |= "ERROR"'],
  ["none", logs, '{job="application"} |~ "(GET|POST|PUT|DELETE)" |~ "/api/"'],
  ["none", logs, '{job="application"} |~ "ContentAgent|OrchestrationAgent"'],
])("%s: %j: %s", async (unit, { ref }, expr) => {
  const fieldConfig = { defaults: { unit } };
  const panel: PlainPanel = {
    type: "timeseries",
    title: "Values",
    datasource: ref,
    targets: [{ refId: "A", expr }],
    fieldConfig,
  };
  const board = dashboard({ uid: "seed", spec: { title: "Seed", panels: [panel] } });
  expect(await lint([board, metrics, logs])).toEqual([]);
});
