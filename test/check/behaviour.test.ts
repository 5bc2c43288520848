import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { CheckSchema } from "../../src/report/check-json.ts";
import { CLI, testProject } from "../helpers/cli.ts";
import { faultyProxy, type Fate, type Passing } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { NO_PROMETHEUS, RANGE, startPrometheus, type TestPrometheus } from "./prometheus.ts";
import { board, checked, panel, SOURCE, sourceFile } from "./support.ts";

let prometheus: TestPrometheus;

/** The `query` of a request to Prometheus. */
function queryOf({ path, body }: Pick<Passing, "path" | "body">): string {
  return new URLSearchParams(body || new URL(path, "http://localhost").search).get("query") ?? "";
}

describe.skipIf(NO_PROMETHEUS !== "")(`a real Prometheus${NO_PROMETHEUS === "" ? "" : ` (${NO_PROMETHEUS})`}`, () => {
  beforeAll(async () => {
    prometheus = await startPrometheus();
  });
  afterAll(() => prometheus.close());

  test("a timeout, half a body and a broken connection are errors of their panels, directly and through Grafana", async () => {
    const fates: Readonly<Record<string, Fate>> = {
      queue_length: "stall",
      cache_entries: { cut: 40, framed: true },
      node_memory_available_bytes: "reset",
    };
    const proxy = await faultyProxy(prometheus.url, (request) => fates[queryOf(request)] ?? "pass");
    onTestFinished(() => proxy.close());
    const project = await testProject({
      "resources/prometheus.ts": sourceFile(proxy.url),
      "resources/shop.json": board([...Object.keys(fates), "up"].map((expr) => panel(expr, expr))),
    });
    const direct = await checked(project, ["--prometheus", proxy.url, "--timeout", "1"]);
    expect(direct.code).toBe(1);
    expect(direct.states).toEqual([
      ["queue_length", "error", "timeout"],
      ["cache_entries", "error", "response-invalid"],
      ["node_memory_available_bytes", "error", "response-invalid"],
      ["up", "data"],
    ]);
    const grafana = await testGrafana();
    if (grafana.real) return;
    expect((await project.run(["apply", "--yes", "--only", "datasource"], grafana.variables)).code).toBe(0);
    const through = await checked(project, ["--timeout", "1"], grafana.variables);
    expect(through.states.map(([title, state]) => [title, state])).toEqual(
      direct.states.map(([title, state]) => [title, state]),
    );
  });

  test("NaN in place of a missing series is no data, and any other NaN is data", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("prometheus");
    const cases = [
      ["sum(up)", "data"],
      ["(sum(rate(http_request_total[5m]))) or vector(NaN)", "no-data metric-missing"],
      ['(sum(up{job="chekcout"}) or (sum(up{job="x"}) == 0) + 1) or vector(NaN)', "no-data label-value-missing"],
      ["sum(up) or vector(NaN)", "data"],
      ["0 * queue_length / (0 * queue_length)", "data"],
      ["histogram_quantile(0.9, 0 * sum by (le) (http_request_duration_seconds_bucket))", "data"],
      ["(sum(up) > 100) or vector(NaN)", "data"],
    ] as const;
    const source = { datasource: { type: "prometheus", uid } };
    const project = await testProject({
      "resources/prometheus.ts": `
import { datasource } from "grafana-provision";
export const prometheus = datasource({ uid: "${uid}", name: "${uid}", type: "prometheus", url: "${prometheus.url}" });
`,
      "resources/shop.json": board(
        cases.map(([expr]) => panel(expr, expr, source)),
        { uid: grafana.name("board") },
      ),
    });
    const direct = await checked(project, ["--prometheus", prometheus.url]);
    expect(direct.states.map(([title, ...rest]) => [title, rest.join(" ")])).toEqual(cases);
    expect((await project.run(["apply", "--yes", "--only", "datasource"], grafana.variables)).code).toBe(0);
    expect((await checked(project, [], grafana.variables)).states).toEqual(direct.states);
  });

  test("a datasource that is unreachable is asked only a few times, and the rest goes on", async () => {
    const project = await testProject({
      "resources/prometheus.ts": sourceFile("http://127.0.0.1:1"),
      "resources/shop.json": board(Array.from({ length: 12 }, (_, index) => panel(`${index}`, `up + ${index}`))),
    });
    const { code, states } = await checked(project, ["--prometheus", "http://127.0.0.1:1"]);
    expect(code).toBe(1);
    expect(states).toHaveLength(12);
    expect(new Set(states.map(([, ...rest]) => rest.join(" ")))).toEqual(new Set(["error datasource-unreachable"]));
  });

  test("a datasource that doesn't respond is asked only a few times, and nothing twice", async () => {
    const asked: string[] = [];
    const proxy = await faultyProxy(prometheus.url, ({ path }) => {
      asked.push(path);
      return "stall";
    });
    onTestFinished(() => proxy.close());
    const variables = ["one", "two"].map((name) => ({
      name,
      type: "query",
      datasource: SOURCE,
      query: `label_values(${name}, job)`,
    }));
    const panels = Array.from({ length: 12 }, (_, index) => panel(`${index}`, `up + ${index}`));
    const project = await testProject({
      "resources/prometheus.ts": sourceFile(proxy.url),
      "resources/shop.json": board(panels, { templating: { list: variables } }),
    });
    const { states } = await checked(project, ["--prometheus", proxy.url, "--timeout", "1", "--concurrency", "2"]);
    expect(new Set(states.map(([, ...rest]) => rest.join(" ")))).toEqual(new Set(["error timeout"]));
    expect(states).toHaveLength(14);
    // Three, and one more that is sent at the same time.
    expect(asked.length).toBeLessThanOrEqual(4);
    expect(new Set(asked).size).toBe(asked.length);
  });

  test("variables, repeated panels and rows, hidden queries, shared panels and both schemas", async () => {
    const variables = [
      {
        name: "job",
        type: "query",
        datasource: SOURCE,
        query: "label_values(up, job)",
        includeAll: true,
        multi: true,
        current: { value: ["catalog", "payments"] },
      },
      {
        name: "instance",
        type: "query",
        datasource: SOURCE,
        query: 'label_values(up{job=~"$job"}, instance)',
        current: {},
      },
      {
        name: "none",
        type: "query",
        datasource: SOURCE,
        query: 'label_values(up{job="$job-$instance"}, instance)',
        current: {},
      },
      {
        name: "queue",
        type: "custom",
        query: "Mails : emails, Bills : invoices",
        includeAll: true,
        current: { value: "$__all" },
      },
      { name: "range", type: "constant", query: "5m" },
      { name: "source", type: "datasource", query: "prometheus", current: {} },
    ];
    const classic = board(
      [
        panel("Repeated", 'up{job="$job"}', { repeat: "job" }),
        {
          type: "row",
          title: "$queue",
          repeat: "queue",
          collapsed: true,
          panels: [panel("In a row", 'queue_length{queue="$queue"}')],
        },
        panel("All", 'queue_length{queue=~"$queue"}'),
        panel("Constant", 'rate(http_requests_total{instance="$instance"}[$range])'),
        panel("By a variable", "up", { datasource: { type: "prometheus", uid: "${source}" } }),
        panel("Empty variable", 'up{instance="$none"}'),
        panel("Hidden", "up", {
          targets: [
            { refId: "A", expr: "misspelled", hide: true },
            { refId: "B", expr: "up" },
          ],
        }),
        panel("Old", "legacy_sessions", { timeFrom: "6h" }),
        panel("Blank", ""),
        {
          type: "timeseries",
          title: "Others",
          datasource: { type: "datasource", uid: "-- Dashboard --" },
          targets: [{ refId: "A", panelId: 1 }],
        },
        {
          type: "timeseries",
          title: "Mixed",
          datasource: { uid: "-- Mixed --" },
          targets: [
            { refId: "A", expr: "up", datasource: SOURCE },
            { refId: "B", expr: "misspelled", datasource: SOURCE },
          ],
        },
        { type: "timeseries", title: "Shared", libraryPanel: { uid: "shared", name: "Shared" } },
        { type: "text", title: "Text" },
      ],
      { templating: { list: variables } },
    );
    const v2 = `
import { dashboard } from "grafana-provision";
const query = (expr: string) => ({ kind: "PanelQuery", spec: { refId: "A", hidden: false, query: { kind: "DataQuery", group: "prometheus", version: "v0", datasource: { name: "prometheus" }, spec: { expr } } } });
const panel = (id: number, title: string, expr: string) => ({ kind: "Panel", spec: { id, title, description: "", links: [], data: { kind: "QueryGroup", spec: { queries: [query(expr)], transformations: [], queryOptions: {} } }, vizConfig: { kind: "VizConfig", group: "timeseries", version: "", spec: { options: {}, fieldConfig: { defaults: {}, overrides: [] } } } } });
const item = (name: string, repeat: object) => ({ kind: "GridLayoutItem", spec: { x: 0, y: 0, width: 12, height: 8, element: { kind: "ElementReference", name }, ...repeat } });
export const v2 = dashboard({
  schema: "v2",
  uid: "v2",
  spec: {
    title: "Two", tags: [], links: [], annotations: [], cursorSync: "Off", preload: false, editable: true,
    timeSettings: { from: "now-1h", to: "now", autoRefresh: "", autoRefreshIntervals: [], hideTimepicker: false, fiscalYearStartMonth: 0 },
    variables: [{ kind: "QueryVariable", spec: { name: "job", current: { text: "", value: "" }, hide: "dontHide", refresh: "onDashboardLoad", skipUrlSync: false, sort: "disabled", multi: false, includeAll: false, allowCustomValue: true, options: [], regex: "", query: { kind: "DataQuery", group: "prometheus", version: "v0", datasource: { name: "prometheus" }, spec: { query: "label_values(up, job)", refId: "A" } } } }],
    elements: { one: panel(1, "Good v2", 'up{job="$job"}'), two: panel(2, "Bad v2", 'up{jbo="$job"}') },
    layout: { kind: "GridLayout", spec: { items: [item("one", { repeat: { mode: "variable", value: "job" } }), item("two", {})] } },
  } as never,
});
`;
    const project = await testProject({
      "resources/prometheus.ts": sourceFile(prometheus.url),
      "resources/shop.json": classic,
      "resources/v2.ts": v2,
      "resources/shared.ts": `
import { libraryPanel } from "grafana-provision";
export const shared = libraryPanel({ uid: "shared", name: "Shared", model: ${JSON.stringify(panel("Shared", 'up{job="$job"}'))} as never });
`,
    });
    const { states, code, error } = await checked(project, ["--prometheus", prometheus.url]);
    expect(error).toBeUndefined();
    const found = new Map(states.map(([title = "", ...rest]) => [title, rest.join(" ")]));
    expect(Object.fromEntries(found)).toEqual({
      "Repeated job=catalog": "data",
      "Repeated job=payments": "data",
      "In a row queue=emails": "data",
      "In a row queue=invoices": "data",
      All: "data",
      Constant: "data",
      "By a variable": "data",
      "Empty variable": "no-data variable-empty",
      Hidden: "data",
      Old: "data",
      Blank: "skipped empty",
      Others: "skipped empty",
      Mixed: "no-data metric-missing",
      Shared: "no-data label-value-missing",
      job: "data",
      instance: "data",
      none: "no-data label-value-missing",
      "Good v2 job=catalog": "data",
      "Bad v2": "no-data label-missing",
    });
    expect(code).toBe(0);
    expect((await checked(project, ["--prometheus", prometheus.url, "--fail-on", "no-data"])).code).toBe(1);
    const only = await checked(project, ["--prometheus", prometheus.url, "--only", "dashboard/v2"]);
    expect(only.states.map(([title]) => title)).toEqual(["Good v2 job=catalog", "Bad v2", "job"]);
    const shared = await checked(project, ["--prometheus", prometheus.url, "--only", "library-panel/shared"]);
    expect(shared.states).toEqual([["Shared", "skipped", "empty"]]);
  });

  /** Checks panels, of which the one with `queue_length` never ends, and presses Ctrl-C then. */
  async function interruptedCheck(panels: readonly object[], args: readonly string[]) {
    const proxy = await faultyProxy(prometheus.url, (request) =>
      queryOf(request) === "queue_length" ? "stall" : "pass",
    );
    onTestFinished(() => proxy.close());
    const project = await testProject({
      "resources/prometheus.ts": sourceFile(proxy.url),
      "resources/shop.json": board(panels),
    });
    const child = spawn(
      process.execPath,
      [CLI, "check", ...args, ...RANGE, "--prometheus", proxy.url, "--concurrency", "1"],
      {
        cwd: project.directory,
        env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1" },
        stdio: ["ignore", "pipe", "ignore"],
      },
    );
    proxy.decide((request) => {
      if (queryOf(request) !== "queue_length") return "pass";
      child.kill("SIGINT");
      return "stall";
    });
    let stdout = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, stdout };
  }

  test("Ctrl-C prints what was found so far", async () => {
    const panels = [panel("fast", "up"), panel("slow", "queue_length")];
    const { code, stdout } = await interruptedCheck(panels, ["-o", "json"]);
    const { items = [], interrupted } = CheckSchema.parse(JSON.parse(stdout));
    expect([code, interrupted, items.map(({ title, state }) => [title, state])]).toEqual([5, true, [["fast", "data"]]]);
    const early = await interruptedCheck(panels.slice(1), []);
    expect(early.code).toBe(5);
    expect(early.stdout).toContain("Interrupted");
    expect(early.stdout).not.toContain("No queries");
  });

  test("the queries of alert rules, whose conditions may be unmet", async () => {
    const query = (refId: string, from: number, model: object) => ({
      refId,
      relativeTimeRange: { from, to: 0 },
      datasourceUid: "prometheus",
      model,
    });
    const ranges = {
      title: "Ranges",
      condition: "B",
      for: "5m",
      data: [query("A", 600, { expr: "legacy_sessions" }), query("B", 21_600, { expr: "legacy_sessions" })],
    };
    const rule = (title: string, expr: string) => ({
      title,
      condition: "B",
      for: "5m",
      data: [
        {
          refId: "A",
          relativeTimeRange: { from: 600, to: 0 },
          datasourceUid: "prometheus",
          model: { expr, instant: true },
        },
        {
          refId: "B",
          datasourceUid: "__expr__",
          model: { type: "threshold", expression: "A", conditions: [{ evaluator: { type: "gt", params: [1e9] } }] },
        },
      ],
    });
    const rules = [
      rule("Good", "sum(up)"),
      rule("Filter", "up == 0"),
      rule("Typo", "sum(upp)"),
      rule("Bad", "sum("),
      ranges,
    ];
    const project = await testProject({
      "resources/prometheus.ts": sourceFile(prometheus.url),
      "resources/rules.ts": `
import { folder, ruleGroup } from "grafana-provision";
export const alerts = folder({ uid: "alerts", title: "Alerts" });
export const rules = ruleGroup({ folder: alerts, title: "Rules", interval: 60, rules: ${JSON.stringify(rules)} as never });
`,
    });
    const { states, items } = await checked(project, ["--prometheus", prometheus.url]);
    expect(states.map(([title, state, cause]) => [title, state, cause])).toEqual([
      ["Good", "data", "empty"],
      ["Filter", "no-data", "filtered"],
      ["Typo", "no-data", "metric-missing"],
      ["Bad", "error", "query-failed"],
      ["Ranges", "no-data", "metric-vanished"],
    ]);
    const { queries } = items.find(({ title }) => title === "Ranges") ?? { queries: [] };
    expect(queries.map(({ refId, state }) => [refId, state])).toEqual([
      ["A", "no-data"],
      ["B", "data"],
    ]);
  });
});

test.each([
  ["an invalid time", ["--from", "yesterday"], "option-invalid"],
  ["a range that ends before it begins", ["--from", "now", "--to", "now-1h"], "option-invalid"],
  [
    "a name that the code doesn't have",
    ["--prometheus", "http://localhost", "--only", "dashboard/typo"],
    "option-invalid",
  ],
  ["a URL with credentials", ["--prometheus", "http://user:hunter22@localhost"], "credentials-in-url"],
  [
    "a URL of a datasource and one of Grafana",
    ["--loki", "http://localhost", "--url", "http://localhost"],
    "option-conflict",
  ],
])("%s is a wrong use", async (_what, args, code) => {
  const project = await testProject({ "resources/shop.json": board([]) });
  const { stdout, code: exitCode } = await project.run(["check", "-o", "json", ...args]);
  expect([exitCode, CheckSchema.parse(JSON.parse(stdout)).error?.code]).toEqual([64, code]);
  expect(stdout).not.toContain("hunter22");
});

test("the published schema of the JSON output is up to date", async () => {
  const published: unknown = JSON.parse(await readFile(new URL("../../schema/check.v1.json", import.meta.url), "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(CheckSchema))));
});
