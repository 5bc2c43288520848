import { readFileSync } from "node:fs";
import { join } from "node:path";
import { above, alertRule, existing, folder, math, promql, reduce, ruleGroup, threshold } from "grafana-provision";
import type { AlertRule, RuleGroup } from "grafana-provision";
import { simulate, type QuerySeries, type SimulatedInstance, type SimulationOptions } from "grafana-provision/testing";
import { describe, expect, test } from "vitest";
import { InvalidCodeError } from "../../src/util/errors.ts";

const FROM = "2026-11-30T12:00:00Z";
const after = (seconds: number) => new Date(Date.parse(FROM) + seconds * 1000).toISOString();

describe("rules have the states that a Grafana 12.4.0 gave them", () => {
  interface Recorded {
    readonly rule: AlertRule;
    readonly series: Readonly<Record<string, QuerySeries>>;
    readonly evaluations: readonly number[];
    readonly instances: readonly { labels: Record<string, string>; states: readonly (string | null)[] }[];
  }
  const recorded = (name: string) =>
    JSON.parse(readFileSync(join(import.meta.dirname, "../fixtures/simulate", name), "utf8")) as Recorded[];
  const math = recorded("math.json");
  const cases = [...recorded("states.json"), ...math];

  test("there are 100 rules with all states, and 70 with math", () => {
    const states = cases.flatMap(({ instances }) => instances.flatMap((one) => one.states));
    expect(cases.length - math.length).toBeGreaterThan(100);
    expect(math.length).toBeGreaterThan(70);
    for (const state of ["Normal", "Pending", "Alerting", "Recovering", "NoData", "Error"])
      expect(states.filter((one) => one === state).length, state).toBeGreaterThan(20);
  });

  test.each(cases.map((one) => [one.rule.title, one] as const))("%s", (_title, { rule, series, ...recorded }) => {
    const count = recorded.evaluations.length;
    // No evaluation is missing in the recording.
    expect(recorded.evaluations).toEqual(Array.from({ length: count }, (_, index) => index));
    const group: RuleGroup = {
      kind: "rule-group",
      folder: { kind: "folder", title: "Simulated" },
      title: "recorded",
      interval: 10,
      rules: [rule],
    };
    const own = simulate(group, series, { from: FROM, to: after(10 * (count - 1)) });
    const timelines = own.map(({ labels, states }) => {
      // Grafana's list no longer contains an instance that was removed.
      const present = states.filter(({ reason }) => reason !== "MissingSeries");
      const texts = new Map(
        present.map(({ at, state, reason }) => [at, reason === undefined ? state : `${state} (${reason})`]),
      );
      return { labels, states: Array.from({ length: count }, (_, index) => texts.get(after(10 * index)) ?? null) };
    });
    expect(timelines.toSorted(byLabels)).toEqual(recorded.instances.toSorted(byLabels));
  });
});

function byLabels(a: { labels: Record<string, string> }, b: { labels: Record<string, string> }): number {
  const key = (labels: Record<string, string>) =>
    JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  return key(a.labels) < key(b.labels) ? -1 : 1;
}

describe("code", () => {
  const prometheus = existing.datasource("prometheus");
  const query = promql(prometheus, "errors");
  const errors = alertRule({ title: "Errors", query, when: above(5), for: "20s", labels: { severity: "critical" } });
  const api = folder({ title: "API" });
  const group = ruleGroup({ folder: api, title: "api", interval: 10, rules: [errors] });
  const series = { A: [{ labels: { job: "api" }, values: "1 9x9" }] };
  const time = { from: FROM, to: after(40) };
  const states = (instances: readonly SimulatedInstance[]) =>
    instances.map((instance) => instance.states.map(({ state }) => state));
  const FIRING = ["Normal", "Pending", "Pending", "Alerting", "Alerting"];

  test("a group names the folder of its alerts", () => {
    const [instance] = simulate(group, series, time);
    expect(instance?.labels).toEqual({ alertname: "Errors", grafana_folder: "API", job: "api", severity: "critical" });
    expect(instance?.states[1]).toEqual({ at: after(10), state: "Pending" });
    expect(states(simulate(group, series, time))).toEqual([FIRING]);
  });

  test("a rule without its group needs an interval", () => {
    const [instance] = simulate(errors, series, { ...time, interval: 10 });
    expect(instance?.labels).toEqual({ alertname: "Errors", job: "api", severity: "critical" });
    expect(states(simulate(errors, series, { ...time, interval: 20 }))).toEqual([["Normal", "Pending", "Alerting"]]);
    expect(faultPath(errors, series, time)).toBe("interval");
  });

  test("a rule is chosen by its title or uid", () => {
    const other = alertRule({ title: "Other", uid: "other", query, when: above(100) });
    const both = ruleGroup({ folder: api, title: "api", interval: 10, rules: [errors, other] });
    expect(states(simulate(both, series, { ...time, rule: "Errors" }))).toEqual([FIRING]);
    expect(states(simulate(both, series, { ...time, rule: "other" }))).toEqual([Array(5).fill("Normal")]);
    expect(faultPath(both, series, time)).toBe("rule");
    expect(faultPath(both, series, { ...time, rule: "Unknown" })).toBe("rule");
  });

  test("a paused rule has no alerts", () => {
    expect(simulate({ ...errors, isPaused: true }, series, { ...time, interval: 10 })).toEqual([]);
  });

  test("a query that always fails", () => {
    const [instance] = simulate({ ...errors, for: "0" }, { A: "error" }, { ...time, interval: 10 });
    expect(instance?.labels).toMatchObject({ ref_id: "A", datasource_uid: "prometheus" });
    expect(new Set(instance?.states.map(({ state }) => state))).toEqual(new Set(["Error"]));
  });

  test("a series with a longer step keeps its value until the next", () => {
    const [instance] = simulate(errors, { A: [{ values: "9 1x9" }] }, { ...time, interval: 10, step: 30 });
    expect(instance?.states.map(({ state }) => state)).toEqual(["Pending", "Pending", "Alerting", "Normal", "Normal"]);
  });

  test("promtool's notation", () => {
    const values = (text: string) => simulate(errors, { A: [{ values: text }] }, { ...time, interval: 10 });
    const flat = (text: string) =>
      values(text).flatMap((one) => one.states.map(({ state, reason }) => reason ?? state));
    const never = ["Normal", "Normal", "Normal", "Normal", "Normal"];
    expect(flat("5x4")).toEqual(never);
    expect(flat("-1e3+1x4")).toEqual(never);
    expect(flat("10-2x4")).toEqual(["Pending", "Pending", "Alerting", "Normal", "Normal"]);
    expect(flat("1 +Inf NaN .5 -Inf")).toEqual(["Normal", "Pending", "Normal", "Normal", "Normal"]);
    expect(() => values("1+x2")).toThrow(InvalidCodeError);
    expect(() => values("1+1")).toThrow(InvalidCodeError);
    expect(() => values("{{schema:1}}")).toThrow(InvalidCodeError);
  });

  test("code that can't be simulated is an error with its place", () => {
    const timed = { ...time, interval: 10 };
    const withData = (...data: AlertRule["data"]): AlertRule => ({ ...errors, data: [query, ...data], condition: "C" });
    expect(faultPath(errors, {}, timed)).toBe("series.A");
    expect(faultPath(errors, { ...series, B: [] }, timed)).toBe("series.B");
    expect(faultPath(errors, { A: [{ values: "one" }] }, timed)).toBe("series.A[0].values");
    expect(faultPath(errors, series, { ...timed, from: "yesterday" })).toBe("from");
    expect(faultPath(errors, series, { ...timed, to: "2020-01-01T00:00:00Z" })).toBe("to");
    expect(faultPath(errors, series, { ...timed, step: 0 })).toBe("step");
    expect(faultPath({ ...errors, condition: "X" }, series, timed)).toBe("condition");
    expect(faultPath({ ...errors, labels: { size: "{{ $values.B }}" } }, series, timed)).toBe("labels.size");
    const resample = { refId: "C", model: { type: "resample", expression: "A", window: "10s" } };
    expect(faultPath(withData(resample), series, timed)).toBe("data[1].model");
    expect(
      faultPath(
        {
          ...errors,
          data: [promql(prometheus, "errors", { instant: false }), threshold("A", above(5))],
          condition: "C",
        },
        series,
        timed,
      ),
    ).toBe("condition");
    const conditions = [
      { evaluator: { type: "gt", params: [1] }, query: { params: ["B"] }, reducer: { type: "last" } },
    ];
    const classic = { refId: "C", model: { type: "classic_conditions", conditions } };
    expect(faultPath(withData(reduce("A"), classic), series, timed)).toBe("data[2].model");
    const ofQuery = {
      ...classic,
      refId: "B",
      model: { ...classic.model, conditions: [{ ...conditions[0], query: { params: ["A"] } }] },
    };
    expect(faultPath(withData(ofQuery, threshold("B", above(0))), series, timed)).toBe("data[2].model");
  });
});

test.each([
  ["an operator is missing", "$A 1"],
  ["an operand is missing", "$A +"],
  ["a sign follows an operator without a space", "$A >-1"],
  ["two signs", "--$A"],
  ["an unknown operator", "$A = 1"],
  ["an unknown function", "sqrt($A)"],
  ["a function of two values", "abs($A, $A)"],
  ["a function without a value", "1 + abs()"],
  ["a constant with a value", "nan($A)"],
  ["a name without a call", "$A > inf"],
  ["a parenthesis is open", "($A + 1"],
  ["a parenthesis too many", "$A + 1)"],
  ["an invalid number", "$A > 1e"],
  ["a hexadecimal number has no digits", "$A > 0x"],
  ["text", '$A == "a"'],
  ["nothing", ""],
])("a math expression is invalid if %s", (_what, text) => {
  const query = promql(existing.datasource("prometheus"), "errors");
  const rule: AlertRule = { title: "Math", data: [query, math(text, "C")], condition: "C" };
  const time = { from: FROM, to: FROM, interval: 10 };
  expect(faultPath(rule, { A: [{ values: "1" }] }, time)).toBe("data[1].model");
});

test("a reduction of constants is an error", () => {
  const query = promql(existing.datasource("prometheus"), "errors");
  const rule: AlertRule = { title: "Math", data: [query, math("1", "B"), reduce("B", "last", "C")], condition: "C" };
  expect(faultPath(rule, { A: [{ values: "1" }] }, { from: FROM, to: FROM, interval: 10 })).toBe("data[2].model");
});

function faultPath(
  rule: Parameters<typeof simulate>[0],
  series: Readonly<Record<string, QuerySeries>>,
  options: SimulationOptions,
): string | undefined {
  try {
    simulate(rule, series, options);
  } catch (error) {
    if (error instanceof InvalidCodeError) return error.faults[0]?.path;
    throw error;
  }
  return undefined;
}
