import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { UsageSchema } from "../../src/report/usage-json.ts";
import { testProject } from "../helpers/cli.ts";
import { NO_PROMETHEUS, startPrometheus, type TestPrometheus } from "./prometheus.ts";
import { board, checked, panel, SOURCE, sourceFile } from "./support.ts";

let prometheus: TestPrometheus;

interface VariableCase {
  readonly variables: readonly object[];
  readonly expr: string;
  /** The state and cause of the panel, and then those of its variables that have no data. */
  readonly expected: readonly string[];
  /** What is sent for the panel. */
  readonly sent?: string;
  readonly panel?: object;
}

function query(name: string, text: unknown, more: object = {}): object {
  return { name, type: "query", datasource: SOURCE, query: text, current: {}, ...more };
}

const CASES: Readonly<Record<string, VariableCase>> = {
  "a variable of another datasource, which is not run": {
    variables: [query("host", "SELECT host FROM hosts", { datasource: { type: "postgres", uid: "hosts" } })],
    expr: 'up{instance=~"$host"}',
    expected: ["skipped empty", "host skipped empty"],
  },
  "the same with a selected value": {
    variables: [
      query("host", "SELECT host FROM hosts", {
        datasource: { type: "postgres", uid: "hosts" },
        current: { value: "node-1:9100" },
      }),
    ],
    expr: 'up{instance=~"$host"}',
    expected: ["data", "host skipped empty"],
    sent: 'up{instance=~"node-1:9100"}',
  },
  "a variable whose query uses one that is not known": {
    variables: [
      query("host", "SELECT host FROM hosts", { datasource: { type: "postgres", uid: "hosts" } }),
      query("job", 'label_values(up{instance="$host"}, job)'),
    ],
    expr: 'up{job="$job"}',
    expected: ["skipped empty", "host skipped empty", "job skipped empty"],
  },
  "a variable whose query fails": {
    variables: [query("job", "label_values(up{job=}, job)")],
    expr: 'up{job="$job"}',
    expected: ["error query-failed", "job error query-failed"],
  },
  "an empty query of a variable": {
    variables: [query("job", { query: "", refId: "A" })],
    expr: 'up{job="$job"}',
    expected: ["no-data variable-empty", "job skipped empty"],
  },
  "a metric that is missing in the panel and in its variable": {
    variables: [query("job", "label_values(http_request_total, job)")],
    expr: 'rate(http_request_total{job="$job"}[5m])',
    expected: ["no-data metric-missing", "job no-data metric-missing"],
  },
  "a metric that is missing in the variable": {
    variables: [query("job", "label_values(http_request_total, job)")],
    expr: 'up{job="$job"}',
    expected: ["no-data variable-empty", "job no-data metric-missing"],
  },
  "several datasources of a variable": {
    variables: [
      {
        name: "ds",
        type: "datasource",
        query: "prometheus",
        multi: true,
        includeAll: true,
        current: { value: ["$__all"] },
      },
    ],
    expr: "up",
    panel: { datasource: { type: "prometheus", uid: "${ds}" } },
    expected: ["data"],
  },
  "a scalar": {
    variables: [query("count", "query_result(scalar(count(up)))")],
    expr: "up * $count",
    expected: ["data"],
    sent: "up * 6",
  },
  "metrics by their whole names": {
    variables: [query("metric", "metrics(queue)")],
    expr: 'count({__name__="$metric"})',
    expected: ["error variable-empty", "metric no-data empty"],
  },
  "names of labels of metrics": {
    variables: [query("label", "label_names(queue)")],
    expr: "count by ($label) (queue_length)",
    expected: ["data"],
    sent: "count by (queue) (queue_length)",
  },
  "a regular expression without slashes, which must match the whole value": {
    variables: [query("job", "label_values(up, job)", { regex: "check" })],
    expr: 'up{job="$job"}',
    expected: ["no-data variable-empty", "job no-data filtered"],
  },
  "a regular expression with a flag": {
    variables: [query("job", "label_values(up, job)", { regex: "/(CHECK.*)/i" })],
    expr: 'up{job="$job"}',
    expected: ["data"],
    sent: 'up{job="checkout"}',
  },
  "an invalid regular expression": {
    variables: [query("job", "label_values(up, job)", { regex: "[" })],
    expr: 'up{job="$job"}',
    expected: ["error query-failed", "job error query-failed"],
  },
  "a value for all with a variable": {
    variables: [
      { name: "base", type: "constant", query: "check.*" },
      query("job", "label_values(up, job)", { includeAll: true, allValue: "$base", current: { value: "$__all" } }),
    ],
    expr: 'up{job=~"$job"}',
    expected: ["data"],
    sent: 'up{job=~"check.*"}',
  },
  "a constant, whose selected value is old": {
    variables: [{ name: "job", type: "constant", query: "checkout", current: { value: "old" } }],
    expr: 'up{job="$job"}',
    expected: ["data"],
    sent: 'up{job="checkout"}',
  },
  "a selected number": {
    variables: [{ name: "least", type: "custom", query: "1,2", current: { value: 2 } }],
    expr: "queue_length > bool $least",
    expected: ["data"],
    sent: "queue_length > bool 2",
  },
  "more points than Prometheus returns": {
    variables: [],
    expr: "up",
    panel: { maxDataPoints: 50_000, timeFrom: "7d" },
    expected: ["data"],
  },
  "a datasource of a type that is not known": {
    variables: [],
    expr: "up",
    panel: { datasource: { type: "prometheus", uid: "victoria" } },
    expected: ["skipped empty"],
  },
};

describe.skipIf(NO_PROMETHEUS !== "")(`a real Prometheus${NO_PROMETHEUS === "" ? "" : ` (${NO_PROMETHEUS})`}`, () => {
  beforeAll(async () => {
    prometheus = await startPrometheus();
  });
  afterAll(() => prometheus.close());

  test("values of variables are those that Grafana uses", async () => {
    const boards = Object.entries(CASES).map(([title, { variables, expr, panel: more = {} }], index) => [
      `resources/${index}.json`,
      board([panel(title, expr, more)], { uid: `board-${index}`, title, templating: { list: variables } }),
    ]);
    const project = await testProject({
      "resources/prometheus.ts": sourceFile(prometheus.url),
      "resources/others.ts": `
import { datasource } from "grafana-provision";
export const hosts = datasource({ uid: "hosts", name: "Hosts", type: "postgres", url: "localhost:5432" });
export const victoria = datasource({ uid: "victoria", name: "Victoria", type: "victoriametrics-metrics-datasource", url: "http://localhost:8428" });
export const second = datasource({ uid: "second", name: "Second", type: "prometheus", url: "${prometheus.url}" });
`,
      ...(Object.fromEntries(boards) as Record<string, string>),
    });
    const { items, error } = await checked(project, ["--prometheus", prometheus.url]);
    expect(error).toBeUndefined();
    const found = Object.entries(CASES).map(([title, { sent }], index) => {
      const own = items.filter(({ address }) => address === `dashboard/board-${index}`);
      const causeOf = ({ queries: [first] }: (typeof own)[number]) => first?.cause?.code ?? "";
      const texts = own
        .toSorted((a, b) => Number(a.role !== "panel") - Number(b.role !== "panel"))
        .filter(({ role, state }) => role === "panel" || state !== "data")
        .map((item) => [item.role === "panel" ? "" : item.title, item.state, causeOf(item)].join(" ").trim());
      const text = own.find(({ role }) => role === "panel")?.queries[0]?.text;
      return [title, texts, sent === undefined ? undefined : text];
    });
    expect(found).toEqual(Object.entries(CASES).map(([title, { expected, sent }]) => [title, expected, sent]));
  });

  test("texts and switches of variables in schema v2", async () => {
    const variable = (kind: string, spec: object) => ({
      kind,
      spec: { hide: "dontHide", skipUrlSync: false, ...spec },
    });
    const target = (expr: string) => ({
      kind: "PanelQuery",
      spec: {
        refId: "A",
        hidden: false,
        query: {
          kind: "DataQuery",
          group: "prometheus",
          version: "v0",
          datasource: { name: "prometheus" },
          spec: { expr },
        },
      },
    });
    const element = (id: number, expr: string) => ({
      kind: "Panel",
      spec: {
        id,
        title: expr,
        description: "",
        links: [],
        data: { kind: "QueryGroup", spec: { queries: [target(expr)], transformations: [], queryOptions: {} } },
        vizConfig: {
          kind: "VizConfig",
          group: "timeseries",
          version: "",
          spec: { options: {}, fieldConfig: { defaults: {}, overrides: [] } },
        },
      },
    });
    const elements = {
      one: element(1, 'up{job="$job"}'),
      two: element(2, "up > bool $on"),
      three: element(3, "up > bool $off"),
    };
    const items = Object.keys(elements).map((name) => ({
      kind: "GridLayoutItem",
      spec: { x: 0, y: 0, width: 12, height: 8, element: { kind: "ElementReference", name } },
    }));
    const query = {
      kind: "DataQuery",
      group: "prometheus",
      version: "v0",
      datasource: { name: "prometheus" },
      spec: { __legacyStringValue: "label_values(up, job)" },
    };
    const spec = {
      title: "Two",
      tags: [],
      links: [],
      annotations: [],
      cursorSync: "Off",
      preload: false,
      editable: true,
      timeSettings: {
        from: "now-1h",
        to: "now",
        autoRefresh: "",
        autoRefreshIntervals: [],
        hideTimepicker: false,
        fiscalYearStartMonth: 0,
      },
      variables: [
        variable("QueryVariable", {
          name: "job",
          current: { text: "", value: "" },
          refresh: "onDashboardLoad",
          sort: "disabled",
          multi: false,
          includeAll: false,
          allowCustomValue: true,
          options: [],
          regex: "",
          query,
        }),
        variable("SwitchVariable", { name: "on", current: "1", enabledValue: "1", disabledValue: "0" }),
        variable("SwitchVariable", { name: "off", current: "0", enabledValue: "1", disabledValue: "0" }),
      ],
      elements,
      layout: { kind: "GridLayout", spec: { items } },
    };
    const project = await testProject({
      "resources/prometheus.ts": sourceFile(prometheus.url),
      "resources/v2.ts": `
import { dashboard } from "grafana-provision";
export const v2 = dashboard({ schema: "v2", uid: "v2", spec: ${JSON.stringify(spec)} as never });
`,
    });
    const { items: found, error } = await checked(project, ["--prometheus", prometheus.url]);
    expect(error).toBeUndefined();
    expect(found.map(({ state, queries: [first] }) => [state, first?.text])).toEqual([
      ["data", 'up{job="catalog"}'],
      ["data", "up > bool 0"],
      ["data", "up > bool 1"],
      ["data", "label_values(up, job)"],
    ]);
    const usage = await project.run(["usage", "metric/up", "-o", "json"]);
    const { usages = [] } = UsageSchema.parse(JSON.parse(usage.stdout));
    const paths = usages.flatMap(({ uses }) => uses.map(({ path }) => path));
    expect(paths).toContain("spec.variables[0].spec.query.spec.__legacyStringValue");
  });

  test("a server that is down is the cause of panels, not a variable without values", async () => {
    const variables = [query("job", "label_values(up, job)", { includeAll: true, multi: true })];
    const panels = ['up{job=~"$job"}', "up"].map((expr) => panel(expr, expr));
    const project = await testProject({
      "resources/prometheus.ts": sourceFile("http://127.0.0.1:1"),
      "resources/shop.json": board(panels, { templating: { list: variables } }),
    });
    const { states, code } = await checked(project, ["--prometheus", "http://127.0.0.1:1"]);
    expect(code).toBe(1);
    expect(states.map(([, ...rest]) => rest)).toEqual(
      Array.from({ length: 3 }, () => ["error", "datasource-unreachable"]),
    );
  });
});
