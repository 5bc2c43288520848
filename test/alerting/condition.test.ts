import { describe, expect, test } from "vitest";
import { conditionText, durationWords, stateTexts } from "../../src/kinds/alerting/condition.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { rule } from "../report/html/reviews.ts";

const ERRORS = `sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))`;
const gt = (value: number): JsonObject => ({ type: "gt", params: [value] });
const lt = (value: number): JsonObject => ({ type: "lt", params: [value] });
const expression = (refId: string, model: JsonObject): JsonObject => ({ refId, datasourceUid: "__expr__", model });
const query = (refId: string, expr = "up"): JsonObject => ({ refId, datasourceUid: "prometheus", model: { expr } });
const of = (condition: string, ...data: JsonObject[]): JsonObject => ({ uid: "u", title: "T", condition, data });

describe("when a rule fires, in words", () => {
  test.each<[said: string, rule: JsonObject]>([
    ["error rate is above 5% (0.05) for 2 minutes", rule("u", "High error rate", ERRORS, gt(0.05), { for: "2m" })],
    [
      "disk space is below 10% (0.1) for 5 minutes",
      rule("u", "Low disk space", `node_avail_bytes{a="b/c"} / node_size_bytes{a="b/c"}`, lt(0.1)),
    ],
    ["CPU usage is above 0.9 for 5 minutes", rule("u", "High CPU usage", "rate(cpu_seconds_total[5m])", gt(0.9))],
    ["memory usage is above 2,000,000,000 for 5 minutes", rule("u", "High memory usage", "memory_bytes", gt(2e9))],
    [
      "error rate is above 5% (0.05) for 5 minutes",
      rule("u", "High error rate", `(${ERRORS}) and on () (up{job="backend"} == 1)`, gt(0.05)),
    ],
    // An average, not a share.
    ["query A is above 0.5 for 5 minutes", rule("u", "Slow", "rate(time_sum[5m]) / rate(time_count[5m])", gt(0.5))],
    // The title contradicts the threshold, so it is not used.
    ["errors is below 3 for 5 minutes", rule("u", "High error rate", "errors", lt(3))],
    ["up is below 1, at once", rule("u", "Service down", "up", lt(1), { for: "" })],
    ["up is below 1 for 5 minutes, but it is paused", rule("u", "Service down", "up", lt(1), { isPaused: true })],
    ["x is outside 1 to 5 for 5 minutes", rule("u", "Odd", "x", { type: "outside_range", params: [1, 5] })],
    [
      "mean of query A is above 5% (0.05), until it is below 1% (0.01), at once",
      of(
        "C",
        query("A", ERRORS),
        expression("B", { type: "reduce", reducer: "mean", expression: "A" }),
        expression("C", {
          type: "threshold",
          expression: "$B",
          conditions: [{ evaluator: gt(0.05), unloadEvaluator: lt(0.01) }],
        }),
      ),
    ],
    [
      "$A / $B > 3 is not 0, at once",
      of("C", query("A"), query("B"), expression("C", { type: "math", expression: "$A / $B > 3" })),
    ],
    ["up is not 0, at once", of("A", query("A"))],
    [
      "avg of up is above 3 or max of up is below 1, at once",
      of(
        "C",
        query("A"),
        query("B"),
        expression("C", {
          type: "classic_conditions",
          conditions: [
            { query: { params: ["A", "5m", "now"] }, reducer: { type: "avg" }, evaluator: gt(3) },
            {
              query: { params: ["B"] },
              reducer: { type: "max" },
              evaluator: lt(1),
              operator: { type: "or" },
            },
          ],
        }),
      ),
    ],
    [
      "records up as job:errors:rate5m",
      { uid: "u", title: "T", data: [query("A")], record: { metric: "job:errors:rate5m", from: "A" } },
    ],
  ])("%s", (said, given) => {
    expect(conditionText(given)).toBe(said);
  });

  test("an expression that uses itself does not cause an endless loop", () => {
    const loop = expression("A", { type: "reduce", reducer: "last", expression: "A" });
    expect(conditionText(of("A", loop))).toMatch(/^last of last of .* is not 0, at once$/);
  });

  test("the description includes the behavior without data", () => {
    expect(stateTexts(rule("u", "T", "up", gt(1), { noDataState: "OK", execErrState: "Alerting" }))).toEqual([
      "without data it does not fire",
      "after an error it fires",
    ]);
  });
});

test.each([
  ["1h30m", "1 hour 30 minutes"],
  ["2d", "2 days"],
  ["1s", "1 second"],
  ["0s", ""],
  ["", ""],
  ["soon", "soon"],
])("%s in words", (text, words) => {
  expect(durationWords(text)).toBe(words);
});
