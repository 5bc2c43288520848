import { RE2JS } from "re2js";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { culpritOf } from "../../src/check/matcher-cause.ts";
import { testProject } from "../helpers/cli.ts";
import { NO_PROMETHEUS, startPrometheus, type TestPrometheus } from "./prometheus.ts";
import { board, checked, panel, sourceFile } from "./support.ts";

let prometheus: TestPrometheus;

/** A query without data, the cause, whether the result is right, and options of its panel. */
const CASES: readonly (readonly [expr: string, cause: string, expected: boolean, more?: object])[] = [
  // All series began an hour and a half ago.
  ["queue_length > queue_length offset 1d", "metric-new queue_length", false],
  ["cache_entries - cache_entries offset 1d", "metric-new cache_entries", false],
  ["sum(cache_entries) / sum(queue_length) * -sum(up offset 1d)", "metric-new up", false],
  ["rate(http_requests_total[5m] offset 1d)", "metric-new http_requests_total", false],
  ["max_over_time(rate(http_requests_total[5m])[10m:1m] offset 1d)", "metric-new http_requests_total", false],
  ["legacy_sessions offset 1h", "metric-vanished legacy_sessions", false],
  // It had samples until five hours ago.
  ["increase(legacy_orders_total[6h]) > 1e9", "filtered", true],
  ["max_over_time(rate(legacy_orders_total[5m])[5h:1m]) > 1e9", "filtered", true],
  ["legacy_sessions > 1e9", "filtered", true, { timeFrom: "30d" }],
  ["max_over_time((up > 5)[10m:1m])", "filtered", true],
  ['{queue="emails"} > 1e9', "filtered", true],
  ['ALERTS{alertname="Down"}', "filtered", true],
  ["histogram_count(queue_length)", "histogram-missing", false],
  ["histogram_quantile(0.9, queue_length)", "bucket-label-missing", false],
  ['up{job="chekcout"}', "label-value-missing up", false, { timeFrom: "30d" }],
  ['legacy_sessions{job="payments"}', "label-value-missing legacy_sessions", false, { timeFrom: "30d" }],
  ["upp", "metric-missing upp", false, { timeFrom: "30d" }],
];

/** Queries with data, and the metric of which only the other side of `or` is shown. */
const NOTES: readonly (readonly [expr: string, note: string])[] = [
  ["sum(rate(failures_total[5m])) or vector(0)", "metric-missing failures_total"],
  ["sum(rate(failures_total[5m]) or vector(0)) / sum(rate(http_requests_total[5m]))", "metric-missing failures_total"],
  ["(queue_length - legacy_sessions) or vector(0)", "metric-vanished legacy_sessions"],
  ["sum(queue_length or failures_total) or vector(0)", ""],
  ['sum(queue_length{queue="other"}) or vector(0)', ""],
  ["failures_total or queue_length", ""],
  ["(queue_length > 1e9) or vector(0)", ""],
];

describe.skipIf(NO_PROMETHEUS !== "")(`a real Prometheus${NO_PROMETHEUS === "" ? "" : ` (${NO_PROMETHEUS})`}`, () => {
  beforeAll(async () => {
    prometheus = await startPrometheus();
  });
  afterAll(() => prometheus.close());

  test("causes respect ranges, offsets, subqueries and series that exist only sometimes", async () => {
    const project = await testProject({
      "resources/prometheus.ts": sourceFile(prometheus.url),
      "resources/shop.json": board(CASES.map(([expr, , , more], index) => panel(`${index} ${expr}`, expr, more))),
    });
    const { items } = await checked(project, ["--prometheus", prometheus.url]);
    const found = items.map(({ state, title, queries: [query] }) => {
      const { code = "", metric = "", expected } = query?.cause ?? {};
      return [title.replace(/^\d+ /, ""), state, `${code} ${metric}`.trim(), expected];
    });
    expect(found).toEqual(CASES.map(([expr, cause, expected]) => [expr, "no-data", cause, expected]));
  });

  test("a metric that `or vector(0)` hides is noted, and the exit code stays 0", async () => {
    const project = await testProject({
      "resources/prometheus.ts": sourceFile(prometheus.url),
      "resources/shop.json": board(NOTES.map(([expr], index) => panel(`${index}`, expr))),
    });

    const { code, items } = await checked(project, ["--prometheus", prometheus.url, "--fail-on", "no-data"]);

    expect(code).toBe(0);
    const found = items.map(({ state, queries: [query] }) => {
      const { code: cause = "", metric = "" } = query?.cause ?? {};
      return [state, `${cause} ${metric}`.trim(), query?.place !== undefined];
    });
    expect(found).toEqual(NOTES.map(([, note]) => ["data", note, note !== ""]));
  });
});

test("a regular expression is compiled once, however many series there are", () => {
  const compile = vi.spyOn(RE2JS, "compile");
  const series = Array.from({ length: 500 }, (_, index) => ({ instance: `node-${index}`, job: "api" }));
  const matcher = { label: "instance", operator: "=~", value: "other-1|other-2" };
  const culprit = culpritOf([matcher, { label: "job", operator: "=~", value: "a.*" }], series);
  expect(culprit).toMatchObject({ type: "value", matcher });
  expect(compile.mock.calls.length).toBeLessThanOrEqual(4);
});
