import { describe, expect, test } from "vitest";
import {
  above,
  alertRule,
  below,
  datasource,
  existing,
  folder,
  math,
  muteTiming,
  outside,
  promql,
  reduce,
  ruleGroup,
  threshold,
  within,
  type AlertRule,
  type Duration,
  type Limit,
} from "../../src/index.ts";
import { conditionText } from "../../src/kinds/alerting/condition.ts";
import { jsonObject } from "../../src/kinds/alerting/rule.ts";
import { parseDuration } from "../../src/util/duration.ts";
import { LintSchema } from "../../src/report/lint-json.ts";
import { testProject } from "../helpers/cli.ts";
import { converge } from "../helpers/converge.ts";
import { alertingGrafana, get } from "./support.ts";

const prometheus = existing.datasource("prom", "prometheus");

const EXPRESSION = { type: "__expr__", uid: "__expr__" };
/** The part of a condition that Grafana's UI always stores. */
const part = (refId: string, evaluator: object) => ({
  type: "query",
  evaluator,
  operator: { type: "and" },
  query: { params: [refId] },
  reducer: { type: "last", params: [] },
});

test("an alert rule has the query, the reduction and the threshold of Grafana's UI", () => {
  const rule = alertRule({
    title: "Errors",
    query: promql(prometheus, "errors"),
    when: above(0.05),
    for: "5m",
    noDataState: "OK",
    labels: { severity: "critical" },
  });
  expect(rule).toEqual({
    title: "Errors",
    for: "5m",
    noDataState: "OK",
    labels: { severity: "critical" },
    condition: "C",
    data: [
      {
        refId: "A",
        datasource: prometheus,
        relativeTimeRange: { from: 600, to: 0 },
        model: { editorMode: "code", expr: "errors", instant: true, legendFormat: "__auto", range: false },
      },
      {
        refId: "B",
        model: {
          type: "reduce",
          datasource: EXPRESSION,
          expression: "A",
          reducer: "last",
          conditions: [part("B", { type: "gt", params: [] })],
        },
      },
      {
        refId: "C",
        model: {
          type: "threshold",
          datasource: EXPRESSION,
          expression: "B",
          conditions: [part("C", { type: "gt", params: [0.05] })],
        },
      },
    ],
  });
});

test("without a reduction, the threshold applies to the query, with any name", () => {
  const rule = alertRule({
    title: "x",
    query: promql(prometheus, "up", { refId: "B" }),
    reduce: false,
    when: below(1),
  });
  expect(rule.data.map(({ refId, model }) => [refId, model["expression"]])).toEqual([
    ["B", undefined],
    ["A", "B"],
  ]);
  expect(rule.condition).toBe("A");
  const reduced = alertRule({
    title: "x",
    query: promql(prometheus, "up", { refId: "C" }),
    reduce: "max",
    when: below(1),
  });
  expect(reduced.data.map(({ refId, model }) => [refId, model["expression"]])).toEqual([
    ["C", undefined],
    ["A", "C"],
    ["B", "A"],
  ]);
});

test.each<[Limit, string]>([
  [above(1), "above 1"],
  [below(1), "below 1"],
  [within(1, 2), "within 1 to 2"],
  [outside(1, 2), "outside 1 to 2"],
  [above(5, { recovery: 3 }), "above 5, until it is below 3"],
  [below(1, { recovery: 2 }), "below 1, until it is above 2"],
  [within(1, 2, { recovery: [0, 3] }), "within 1 to 2, until it is outside 0 to 3"],
  [outside(0, 9, { recovery: [1, 8] }), "outside 0 to 9, until it is within 1 to 8"],
])("a limit is described as written: %j", (when, text) => {
  const rule = alertRule({ title: "x", query: promql(prometheus, "up"), reduce: false, when });
  const named = {
    ...rule,
    data: rule.data.map((one) => ({ ...one, datasourceUid: one.datasource ? "prom" : "__expr__" })),
  };
  expect(conditionText(jsonObject(named))).toBe(`up is ${text}, at once`);
});

/** A rule of all helpers. */
function ratio(source: Parameters<typeof promql>[0]): AlertRule {
  const [failed, all] = [promql(source, "failed"), promql(source, "all", { refId: "B", instant: false })];
  const mean = reduce(all, "mean", "C");
  const share = math("$A / $C", "D");
  return { title: "Ratio", data: [failed, all, mean, share, threshold(share, above(0.1), "E")], condition: "E" };
}

test("rules of the helpers are stored as sent, and Grafana can evaluate their expressions", async () => {
  const grafana = await alertingGrafana();
  const context = await grafana.context(grafana.name("own"));
  const home = folder({ uid: grafana.name("home"), title: grafana.name("home") });
  const source = datasource({
    uid: grafana.name("prom"),
    name: grafana.name("prom"),
    type: "prometheus",
    url: "http://127.0.0.1:1",
  });
  const simple = alertRule({
    title: "Simple",
    uid: grafana.name("simple"),
    query: promql(source, "up"),
    when: within(1, 2),
    for: "1h30m",
  });
  await converge(context, [
    home,
    source,
    ruleGroup({ folder: home, title: "g", interval: 60, rules: [simple, ratio(source)] }),
  ]);
  const stored = await get(grafana, `/api/v1/provisioning/alert-rules/${grafana.name("simple")}`);
  expect(stored).toMatchObject({
    condition: "C",
    for: "1h30m",
    data: [{ refId: "A" }, { refId: "B" }, { refId: "C" }],
  });
});

describe("literal types", () => {
  test("reject texts that are not durations, weekdays, months or times, which are also checked at run time", () => {
    const durations: Duration[] = ["0", "30s", "5m", "1h30m", "1d12h30m", "500ms"];
    // @ts-expect-error -- not a duration
    durations.push("soon");
    // @ts-expect-error -- no unit
    durations.push("5");
    expect(durations.map(parseDuration).filter((one) => one === undefined)).toHaveLength(2);
    muteTiming({
      name: "x",
      time_intervals: [{ weekdays: ["monday:friday"], months: ["january:3"], years: ["2026"] }],
    });
    // @ts-expect-error -- not a weekday
    muteTiming({ name: "x", time_intervals: [{ weekdays: ["mon"] }] });
    // @ts-expect-error -- not a month
    muteTiming({ name: "x", time_intervals: [{ months: ["jan"] }] });
    // @ts-expect-error -- not a time
    muteTiming({ name: "x", time_intervals: [{ times: [{ start_time: "noon", end_time: "24:00" }] }] });
    // @ts-expect-error -- not a duration
    alertRule({ title: "x", query: promql(prometheus, "up"), when: above(1), for: "5 minutes" });
  });
});

test("wrong arguments of alertRule() are faults of their files", async () => {
  const given = {
    nothing: "",
    query: '{ title: "Errors", when: above(1) }',
    expression: '{ title: "Errors", query: "up", when: above(1) }',
    limit: '{ title: "Errors", query: promql(prometheus, "up") }',
    number: '{ title: "Errors", query: promql(prometheus, "up"), when: 5 }',
  };
  const files = Object.entries(given).map(([name, options]) => [
    `resources/${name}.js`,
    `
import { above, alertRule, existing, folder, promql, ruleGroup } from "grafana-provision";
const prometheus = existing.datasource("prom", "prometheus");
const rule = alertRule(${options});
export default ruleGroup({ folder: folder({ uid: "x", title: "X" }), title: "g", interval: 60, rules: [rule] });
`,
  ]);
  const project = await testProject(Object.fromEntries(files) as Record<string, string>);
  const { code, stdout } = await project.run(["lint", "-o", "json"]);
  expect(code).toBe(65);
  const { error } = LintSchema.parse(JSON.parse(stdout));
  expect(error?.faults?.map((fault) => [fault.file, fault.code]).toSorted()).toEqual(
    Object.keys(given)
      .toSorted()
      .map((name) => [`resources/${name}.js`, "code-resource-invalid"]),
  );
});
