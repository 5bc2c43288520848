import { expect, onTestFinished, test } from "vitest";
import { CheckSchema } from "../../src/report/check-json.ts";
import { testProject } from "../helpers/cli.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";

const files = (folder: string, source: string) => ({
  "resources/rules.ts": `
import { datasource, folder, ruleGroup } from "grafana-provision";
export const source = datasource({ uid: "${source}", name: "${source}", type: "prometheus", url: "http://127.0.0.1:1" });
export const alerts = folder({ uid: "${folder}", title: "${folder}" });
const data = [{ refId: "A", relativeTimeRange: { from: 600, to: 0 }, datasource: source, model: { expr: "up", instant: true } }];
const rule = (uid: string, more: object) => ({ uid, title: uid, data, ...more });
export const rules = ruleGroup({ folder: alerts, title: "Rules", interval: 60, rules: [
  rule("${folder}-a", { condition: "A", for: "5m" }),
  rule("${folder}-b", { condition: "A", for: "5m", isPaused: true }),
] as never });
`,
});

test("check --rules shows the states of the applied rules, and fails for those that are missing or can't be evaluated", async () => {
  const grafana = await testGrafana();
  const folder = grafana.name("f").slice(0, 30);
  const project = await testProject(files(folder, grafana.name("source")));
  const statuses = async (variables: Readonly<Record<string, string>>) => {
    const { stdout, code } = await project.run(["check", "--rules", "-o", "json"], variables);
    return { code, rules: CheckSchema.parse(JSON.parse(stdout)).rules ?? [] };
  };
  const before = await statuses(grafana.variables);
  expect([before.code, before.rules.map(({ state }) => state)]).toEqual([1, [undefined, undefined]]);

  expect((await project.run(["apply", "--yes"], grafana.variables)).code).toBe(0);
  const after = await statuses(grafana.variables);
  expect(after.rules.map(({ uid, isPaused }) => [uid, isPaused])).toEqual([
    [`${folder}-a`, false],
    [`${folder}-b`, true],
  ]);
  expect(after.rules.every(({ state }) => state !== undefined)).toBe(true);

  // As a Grafana 12.4.0 answers for a query that fails.
  const lastError =
    "[sse.dataQueryError] failed to execute query [A]: bad_data: parse error: unclosed left parenthesis";
  const failing = {
    state: "inactive",
    uid: `${folder}-a`,
    health: "error",
    lastError,
    lastEvaluation: "2026-11-30T12:06:50Z",
  };
  const firing = { state: "firing", uid: `${folder}-b`, health: "ok", isPaused: false };
  let shown: readonly object[] = [failing, firing];
  const proxy = await faultyProxy(grafana.url, ({ path }) =>
    path.startsWith("/api/prometheus/")
      ? {
          status: 200,
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ status: "success", data: { groups: [{ name: "Rules", rules: shown }] } }),
        }
      : "pass",
  );
  onTestFinished(() => proxy.close());
  const broken = await statuses({ ...grafana.variables, GRAFANA_URL: proxy.url });
  expect(broken.code).toBe(1);
  expect(broken.rules).toMatchObject([
    { state: "inactive", health: "error", lastError, lastEvaluation: "2026-11-30T12:06:50Z" },
    { state: "firing", health: "ok" },
  ]);
  const text = await project.run(["check", "--rules"], { ...grafana.variables, GRAFANA_URL: proxy.url });
  expect(text.stdout).toContain(lastError);

  shown = [
    { ...failing, health: "ok", lastError: "" },
    { ...firing, isPaused: true },
  ];
  const paused = await project.run(["check", "--rules"], { ...grafana.variables, GRAFANA_URL: proxy.url });
  expect(paused.code).toBe(0);
  expect(paused.stdout).toMatch(/evaluates 1 rule .*1 is paused/);
});
