import type { Stream } from "./loki.ts";

const MINUTE = 60_000;

/** The end of the range of 20 minutes. Loki returns lines that were just written only if they are recent. */
const END = Math.floor(Date.now() / MINUTE) * MINUTE;
export const RANGE = ["--from", new Date(END - 20 * MINUTE).toISOString(), "--to", new Date(END).toISOString()];

/** A line each 20 seconds of 20 minutes. */
function lines(text: (index: number) => string, until = END): Stream["lines"] {
  return Array.from({ length: 60 }, (_, index) => [until - (60 - index) * 20_000, text(index)] as const);
}

function stream(app: string, env: string, level: string, own: Stream["lines"]): Stream {
  return { labels: { app, env, level }, lines: own };
}

export const STREAMS: readonly Stream[] = [
  stream(
    "checkout",
    "prod",
    "info",
    lines((index) => `msg="order accepted" path=/orders status=200 duration=0.${index + 10} size=12kB took=${index}ms`),
  ),
  stream(
    "checkout",
    "prod",
    "error",
    lines((index) => `msg="payment failed" path=/payments status=500 duration=1.${index} size=1kB took=2s`),
  ),
  stream(
    "catalog",
    "prod",
    "info",
    lines((index) => JSON.stringify({ msg: "product viewed", status: 200, latency_ms: index, user: { id: "u1" } })),
  ),
  stream(
    "catalog",
    "staging",
    "debug",
    lines(() => JSON.stringify({ msg: "cache filled", status: 200 })),
  ),
  stream(
    "worker",
    "prod",
    "warning",
    lines((index) => `job ${index} retried after 3 attempts`),
  ),
  // In the range, but not in its last minutes.
  stream("batch", "prod", "info", [[END - 15 * MINUTE, "batch done"]]),
  // Before the range.
  stream(
    "legacy",
    "prod",
    "info",
    lines(() => "goodbye", END - 50 * MINUTE),
  ),
  stream("nightly", "prod", "info", [[END - 100 * MINUTE, "nightly done"]]),
];

/** When the streams before the range ended. */
const LAST = { legacy: isoTime(END - 50 * MINUTE - 20_000), nightly: isoTime(END - 100 * MINUTE) } as const;

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace(".000Z", "Z");
}

interface LokiCase {
  readonly expr: string;
  /** `data`, `empty` (no data, and that is right), or the code, label, value, suggestion and time of the cause. */
  readonly expected: string;
  readonly queryType?: "instant";
  readonly datasource?: string;
}

function of(expected: string, ...all: readonly string[]): LokiCase[] {
  return all.map((expr) => ({ expr, expected }));
}

export const GOOD: readonly LokiCase[] = [
  ...of(
    "data",
    '{app="checkout"}',
    '{app="checkout", level="error"} |= "payment"',
    '{app=~"checkout|catalog"} |~ "(?i)ORDER"',
    '{app="catalog"} | json | status = 200',
    '{app="catalog"} | json user_id="user.id" | user_id="u1"',
    '{app="checkout"} | logfmt | duration > 1',
    '{app="checkout"} | logfmt | size >= 1kB | line_format "{{.msg}}"',
    '{app="worker"} | pattern "job <id> retried after <n> attempts" | n > 2',
    String.raw`{app="worker"} | regexp "job (?P<id>\\d+)" | id="7"`,
    '{env="prod"} != "order" !~ "payment.*"',
    '{app="$app"}',
    'sum(rate({app="checkout"}[5m]))',
    'sum by (app) (count_over_time({env=~"$env"}[$__interval]))',
    'topk(2, sum by (app) (bytes_rate({env=~"prod|staging"}[5m])))',
    'avg_over_time({app="checkout"} | logfmt | unwrap duration [5m]) by (app)',
    'quantile_over_time(0.95, {app="catalog"} | json | unwrap latency_ms [5m]) by (app)',
    'sum(sum_over_time({app="checkout"} | logfmt | unwrap bytes(size) [5m]))',
    'max_over_time({app="checkout"} | logfmt | unwrap duration_seconds(took) | __error__="" [10m]) by (level)',
    'absent_over_time({app="nothing"}[5m])',
    'sum(rate({app="checkout", level="error"}[5m])) / sum(rate({app="checkout"}[5m]))',
    'sum(rate({app="legacy"}[5m])) or vector(0)',
    'sum(count_over_time({app="legacy"}[5m] offset 50m))',
  ),
  { expr: 'sum(count_over_time({app="batch"}[$__range]))', expected: "data", queryType: "instant" },
  ...of(
    "empty",
    '{app="checkout"} |= "refund"',
    '{app="catalog"} | json | status >= 500',
    'sum(rate({app="checkout"} |= "refund" [5m])) / sum(rate({app="checkout"}[5m]))',
    'sum(rate({app="checkout"}[5m])) > 1000',
    'absent_over_time({app="checkout"}[5m])',
    'sum_over_time({app="checkout"} |= "refund" | logfmt | unwrap duration [5m])',
  ),
  { expr: 'sum(count_over_time({app="batch"}[5m]))', expected: "empty", queryType: "instant" },
];

export const FAULTS: readonly LokiCase[] = [
  // Labels
  ...of("label-missing leve level", '{leve="error"}', 'sum(rate({leve=~"error|warning"}[5m]))'),
  ...of("label-missing region", '{app="checkout", region="eu"} |= "order"'),
  ...of("label-missing levell level", 'sum by (app) (count_over_time({app="worker", levell="warning"}[5m]))'),
  ...of("label-missing application", '{application="checkout"} | logfmt'),
  // Values
  ...of("label-value-missing app chekcout checkout", '{app="chekcout"}', 'sum(rate({app="chekcout"} |= "order" [5m]))'),
  ...of("label-value-missing app catalogue catalog", '{app="catalogue"} | json'),
  ...of("label-value-missing level eror error", '{app="checkout", level="eror"}'),
  ...of("label-value-missing env stagin staging", 'sum(count_over_time({env="stagin"}[5m]))'),
  ...of("label-value-missing app chekout|wroker checkout", '{app=~"chekout|wroker"}'),
  ...of("label-value-missing env production", '{env="production", app="worker"}'),
  ...of("label-value-missing app workr worker", 'sum(rate({app="checkout"}[5m])) / sum(rate({app="workr"}[5m]))'),
  // Streams that never existed
  ...of("combination-missing", '{app="worker", level="error"}', '{app="checkout", env="staging"} |= "order"'),
  ...of("combination-missing", 'sum(rate({app="catalog", level="warning"}[5m]))'),
  // Quiet streams
  ...of(`stream-quiet ${LAST.legacy}`, '{app="legacy"}', '{app="legacy", level="info"} |= "goodbye"'),
  ...of(`stream-quiet ${LAST.legacy}`, 'sum(rate({app="legacy"}[5m]))', 'count_over_time({app="legacy"}[20m])'),
  ...of(`stream-quiet ${LAST.nightly}`, '{app=~"nightly.*"} | logfmt', 'sum(count_over_time({app="nightly"}[5m])) > 0'),
  // unwrap
  ...of(
    "label-missing duratoin duration",
    'sum_over_time({app="checkout"} | logfmt | unwrap duratoin [5m])',
    'max_over_time({app="checkout"} | logfmt | unwrap duration(duratoin) | __error__="" [5m])',
  ),
  ...of("label-missing latency", 'avg_over_time({app="catalog"} | json | unwrap latency [5m])'),
  ...of("unwrap-invalid msg", 'sum_over_time({app="checkout"} | logfmt | unwrap msg | __error__="" [5m])'),
  ...of("query-failed", 'sum_over_time({app="checkout"} | logfmt | unwrap msg [5m])'),
  // Others
  ...of("labels-unequal", 'sum by (app) (rate({app="checkout"}[5m])) / sum by (level) (rate({app="checkout"}[5m]))'),
  ...of("query-failed", '{app="checkout"', '{app="checkout"} |= error', '{app=~".*"}', 'sum(rate({app="checkout"}))'),
  ...of("variable-missing aapp app", '{app="$aapp"}'),
  ...of("query-failed", "up"),
  { expr: '{app="checkout"}', expected: "datasource-missing lokii", datasource: "lokii" },
];
