import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { AlertsSchema } from "../../src/report/alerts-json.ts";
import { SilenceSchema } from "../../src/report/silence-json.ts";
import { testProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";

// The sandbox evaluates no rules.
test.runIf(process.env["TEST_GRAFANA_URL"])(
  "on a real Grafana, a firing alert is listed, silenced and notified again",
  async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("f").slice(0, 30);
    const project = await testProject({
      "resources/rules.ts": `
import { folder, ruleGroup } from "grafana-provision";
export const alerts = folder({ uid: "${uid}", title: "${uid}" });
const data = (expression: string) => [{ refId: "A", datasourceUid: "__expr__", model: { type: "math", expression } }];
export const rules = ruleGroup({ folder: alerts, title: "Rules", interval: 10, rules: [
  { uid: "${uid}-a", title: "Fires", condition: "A", data: data("1.5"), for: "0s", labels: { team: "${uid}" } },
  { uid: "${uid}-b", title: "Waits", condition: "A", data: data("2"), for: "1h", labels: { team: "${uid}" } },
] as never });
`,
    });
    const run = async (...args: string[]) => project.run(args, grafana.variables);
    const current = async (...args: string[]) => {
      const { stdout, code } = await run("alerts", `team=${uid}`, ...args, "-o", "json");
      const { alerts = [] } = AlertsSchema.parse(JSON.parse(stdout));
      return {
        code,
        alerts,
        brief: alerts.map(({ name, state, value, suppressed }) => [name, state, value, suppressed]),
      };
    };
    const until = async (isDone: (found: Awaited<ReturnType<typeof current>>) => boolean) => {
      for (;;) {
        const found = await current("--fail-on", "firing");
        if (isDone(found)) return found;
        await sleep(1000);
      }
    };
    expect((await run("apply", "--yes")).code).toBe(0);
    const firing = await until(({ alerts }) =>
      alerts.some(({ contactPoints, state }) => state === "firing" && contactPoints.length > 0),
    );
    expect([firing.code, firing.brief]).toEqual([
      1,
      [
        ["Fires", "firing", "1.5", false],
        ["Waits", "pending", "2", false],
      ],
    ]);
    const { stdout } = await run(
      "silence",
      `team=${uid}`,
      "--for",
      "10m",
      "--comment",
      "a test",
      "--yes",
      "-o",
      "json",
    );
    const { silence, matched } = SilenceSchema.parse(JSON.parse(stdout));
    expect(matched?.map(({ name }) => name)).toEqual(["Fires", "Waits"]);
    const silenced = await until(({ alerts }) => alerts.every(({ suppressed }) => suppressed));
    expect(silenced.code).toBe(0);
    expect(silenced.alerts.map(({ silencedBy }) => silencedBy.map(({ id, comment }) => [id, comment]))).toEqual([
      [[silence?.id, "a test"]],
      [[silence?.id, "a test"]],
    ]);
    expect((await run("silence", "--expire", silence?.id ?? "", "--yes")).code).toBe(0);
    const again = await until(({ alerts }) => alerts.some(({ suppressed }) => !suppressed));
    expect(again.code).toBe(1);
    expect((await run("destroy", "--yes")).code).toBe(0);
  },
);
