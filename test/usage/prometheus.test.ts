import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UsageSchema } from "../../src/report/usage-json.ts";
import { NO_PROMETHEUS, startPrometheus, type TestPrometheus } from "../check/prometheus.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";

const RULES = String.raw`
groups:
  - name: queues
    rules:
      - { record: "queue:length:max", expr: "max by (queue) (queue_length)" }
      - { alert: CacheFull, expr: "cache_entries > 1000" }
      - { record: "series:by_job", expr: "count by (job) ({job=\"checkout\"})" }
`;

const board = (uid: string, source: string, exprs: readonly string[]) =>
  JSON.stringify({
    uid,
    title: uid,
    panels: exprs.map((expr, index) => ({
      id: index + 1,
      type: "timeseries",
      title: `${index}`,
      targets: [{ refId: "A", expr, datasource: { type: "prometheus", uid: source } }],
    })),
  });

const source = (uid: string, url: string) => `
import { datasource } from "grafana-provision";
export const prometheus = datasource({ uid: "${uid}", name: "${uid}", type: "prometheus", url: "${url}" });
`;

async function usage(project: TestProject, args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr, code } = await project.run(["usage", ...args, "-o", "json"], variables);
  expect(code, stderr).toBe(0);
  return UsageSchema.parse(JSON.parse(stdout));
}

describe.skipIf(NO_PROMETHEUS !== "")(`a real Prometheus${NO_PROMETHEUS === "" ? "" : ` (${NO_PROMETHEUS})`}`, () => {
  let prometheus: TestPrometheus;
  beforeAll(async () => {
    prometheus = await startPrometheus({ end: Date.now(), rules: RULES });
  });
  afterAll(() => prometheus.close());

  test("metrics that neither the code nor a rule of Prometheus uses, with their series", async () => {
    const project = await testProject({
      "resources/source.ts": source("prom", prometheus.url),
      "resources/a.json": board("a", "prom", ["rate(http_requests_total[5m])", '{__name__=~"node_memory_.*"}']),
    });
    const { unused, usages, notes } = await usage(project, ["--unused", "--prometheus", prometheus.url]);
    expect(usages).toEqual([]);
    expect(unused).toEqual({
      metrics: [
        { name: "http_request_duration_seconds_bucket", series: 12 },
        { name: "up", series: 6 },
        { name: "node_cpu_seconds_total", series: 4 },
        { name: "queue_workers", series: 2 },
      ],
      series: 24,
      of: { metrics: 8, series: 66 },
    });
    expect(notes).toEqual([expect.stringContaining("1 rule"), expect.stringContaining("--datasource")]);
    const some = await usage(project, ["--unused", "--prometheus", prometheus.url, "node_*", "metric/up"]);
    expect(some.unused?.metrics.map(({ name }) => name)).toEqual(["up", "node_cpu_seconds_total"]);
    expect(some.unused?.of).toEqual({ metrics: 3, series: 12 });
    const one = await usage(project, ["http_requests_total", "--prometheus", prometheus.url]);
    expect(one.usages).toMatchObject([{ name: "http_requests_total", series: 36 }]);
  });

  test("through Grafana, its dashboards and rules count too", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("prom");
    const theirs = await testProject({
      "resources/source.ts": source(uid, prometheus.url),
      "resources/b.json": board(grafana.name("b"), uid, ["node_cpu_seconds_total"]),
    });
    expect((await theirs.run(["apply"], grafana.variables)).code).toBe(0);
    const project = await testProject({ "resources/a.json": board("a", uid, ["http_requests_total"]) });
    const args = ["--unused", "--datasource", uid, "node_*", "http_*", "queue_length"];
    const { unused, notes } = await usage(project, args, grafana.variables);
    expect(notes).toHaveLength(1);
    expect(unused?.metrics.map(({ name }) => name)).toEqual([
      "http_request_duration_seconds_bucket",
      "node_memory_available_bytes",
    ]);
    const wrong = await project.run(["usage", "--unused", "--datasource", `${uid}x`], grafana.variables);
    expect(wrong.code).toBe(64);
    expect(wrong.stderr).toContain(`Did you mean ${uid}?`);
  });
});

test.each([
  [["--unused"], 64],
  [["--prometheus", "http://127.0.0.1:1", "--live"], 64],
  [["--prometheus", "http://127.0.0.1:1", "--datasource", "x"], 64],
  [["--unused", "--prometheus", "http://127.0.0.1:1"], 1],
])("usage %j exits with %i", async (args, code) => {
  const project = await testProject({ "resources/a.json": board("a", "prom", ["up"]) });
  const result = await project.run(["usage", ...args]);
  expect(result.code, result.stderr).toBe(code);
  expect(result.stderr).toContain("--prometheus");
  expect(result.stderr).not.toContain("GRAFANA_URL");
});
