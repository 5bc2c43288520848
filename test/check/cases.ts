import { random, SEED } from "../helpers/seed.ts";

/** A query, and what `check` must find. */
export interface Case {
  readonly expr: string;
  /** The states that are right. `empty`: no data, and that is right. */
  readonly expected: "data" | "empty" | Diagnosis;
  /** Default: `prometheus`. */
  readonly datasource?: string;
}

interface Diagnosis {
  readonly code: string;
  readonly metric?: string;
  readonly label?: string;
  readonly value?: string;
  readonly variable?: string;
}

const JOBS = ["checkout", "catalog", "payments"];
const INSTANCES = ["node-1:9100", "node-2:9100"];

/** Queries with data. */
const WITH_DATA: readonly string[] = [
  ...JOBS.flatMap((job) => [
    `sum by (method) (rate(http_requests_total{job="${job}"}[5m]))`,
    `sum(rate(http_requests_total{job="${job}",status=~"5.."}[5m])) / sum(rate(http_requests_total{job="${job}"}[5m]))`,
    `histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="${job}"}[5m])))`,
    `sum(increase(http_requests_total{job="${job}",method!="GET"}[$__rate_interval]))`,
    `topk(3, sum by (instance, status) (rate(http_requests_total{job="${job}"}[$__rate_interval])))`,
    `count(up{job="${job}"} == 1) / count(up{job="${job}"})`,
    `min_over_time(up{job="${job}"}[$__range])`,
    `label_replace(up{job="${job}"}, "host", "$1", "instance", "([^:]+):.*")`,
    `sum(rate(http_requests_total{job="${job}",status="500"}[5m])) or vector(0)`,
    `up{job="${job}"} * on (instance) group_left () node_memory_available_bytes`,
    `rate(http_requests_total{job="${job}",status="200"}[5m]) unless http_requests_total{status="404"}`,
    `(sum by (job) (up{job="${job}"}))`,
  ]),
  ...INSTANCES.flatMap((instance) => [
    `node_memory_available_bytes{instance="${instance}"} / 1024`,
    `1 - avg by (instance) (rate(node_cpu_seconds_total{instance="${instance}",mode="idle"}[5m]))`,
    `up{instance=~"${instance}|other"}`,
    `-node_memory_available_bytes{instance="${instance}"}`,
    `avg_over_time(node_memory_available_bytes{instance="${instance}"}[10m] offset 5m)`,
    `max_over_time(rate(node_cpu_seconds_total{instance="${instance}"}[5m])[30m:1m])`,
  ]),
  ...["emails", "invoices"].flatMap((queue) => [
    `queue_length{queue="${queue}"}`,
    `sum(queue_length{queue=~"${queue}.*"}) > bool 100`,
    `deriv(queue_length{queue="${queue}"}[10m])`,
    `quantile(0.9, queue_length{queue="${queue}"})`,
    `absent(queue_length{queue="${queue}-retries"})`,
  ]),
  ...["sessions", "products"].flatMap((cache) => [
    `cache_entries{cache="${cache}"} and on () up`,
    `clamp_min(cache_entries{cache="${cache}"}, 2)`,
    `sum without (cache) (cache_entries{cache="${cache}"})`,
  ]),
  'up{job=~"$job"}',
  'sum by (job) (rate(http_requests_total{job=~"$job",instance="$instance"}[$__rate_interval]))',
  'up{job="${job:raw}"} or up{job=~"${job:pipe}"}',
  'sum(rate(http_requests_total{job=~"[[job]]"}[${window}]))',
  "vector(1)",
  "time()",
  "legacy_orders_total offset 6h or up",
  "sum(cache_entries) + sum(queue_length)",
  "count(count by (job) (up))",
  "scalar(sum(up)) + 1",
  "sort_desc(queue_length)",
  'count_values("entries", cache_entries)',
  'group by (__name__) ({job="checkout"})',
  '{__name__="queue_length", queue!~"other.*"}',
  "stddev(cache_entries) ^ 2 % 10",
  "sum(queue_length) unless sum(legacy_sessions)",
  "changes(cache_entries[30m])",
];

/** Queries whose empty result is right. */
const EMPTY: readonly string[] = [
  ...JOBS.flatMap((job) => [
    `up{job="${job}"} == 0`,
    `sum(rate(http_requests_total{job="${job}"}[5m])) > 1e9`,
    `absent(up{job="${job}"})`,
    `up{job="${job}"} unless up`,
  ]),
  "absent_over_time(queue_length[10m])",
  "queue_length > 100 and cache_entries",
  "sum(queue_length) > 1000 or sum(cache_entries) > 1000",
  "avg(queue_length) / (avg(cache_entries) > 1000)",
  "min by (instance) (node_memory_available_bytes) < 0",
  '(up{job=~"$job"} == 0) * 100',
  "histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[5m]))) > 100",
];

export const GOOD: readonly Case[] = [
  ...WITH_DATA.map((expr): Case => ({ expr, expected: "data" })),
  ...EMPTY.map((expr): Case => ({ expr, expected: "empty" })),
];

interface Words {
  readonly metric: string;
  /** A label with a value of these series. */
  readonly label: string;
  readonly value: string;
}

const SERIES: readonly Words[] = [
  { metric: "http_requests_total", label: "method", value: "POST" },
  { metric: "http_requests_total", label: "job", value: "checkout" },
  { metric: "http_requests_total", label: "instance", value: "node-1:9100" },
  { metric: "http_request_duration_seconds_bucket", label: "job", value: "catalog" },
  { metric: "node_cpu_seconds_total", label: "mode", value: "idle" },
  { metric: "node_memory_available_bytes", label: "instance", value: "node-2:9100" },
  { metric: "queue_length", label: "queue", value: "invoices" },
  { metric: "cache_entries", label: "cache", value: "products" },
];

/** How a selector is used. */
const USES: readonly ((selector: string) => string)[] = [
  (selector) => `sum(rate(${selector}[5m]))`,
  (selector) => `sum by (job) (rate(${selector}[$__rate_interval])) > 1`,
  (selector) => `100 * sum(increase(${selector}[10m])) / sum(increase(http_requests_total[10m]))`,
  (selector) => `max_over_time(${selector}[$__range])`,
  (selector) => `avg(${selector} or ${selector})`,
  (selector) => `${selector} unless on () absent(up)`,
  (selector) => `sum(http_requests_total) * sum(${selector})`,
  (selector) => `(${selector} > 0) and on () up`,
];

/** Swaps, drops or doubles a letter of a word. */
function misspelled(word: string, next: () => number): string {
  for (;;) {
    const at = 1 + Math.floor(next() * (word.length - 2));
    const [before, letter, other, after] = [
      word.slice(0, at),
      word.charAt(at),
      word.charAt(at + 1),
      word.slice(at + 2),
    ];
    const made = [before + other + letter + after, before + other + after, before + letter + letter + other + after];
    const result = made[Math.floor(next() * made.length)] ?? word;
    if (result !== word && /^[A-Za-z]/.test(result)) return result;
  }
}

/** A hundred faults, the same ones for a seed. */
export function faults(): Case[] {
  const next = random(SEED);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(next() * items.length)] as Item;
  const times = (count: number, make: () => Case) => Array.from({ length: count }, make);
  const selector = ({ metric, label, value }: Words) => `${metric}{${label}="${value}"}`;
  return [
    ...times(25, () => {
      const words = pick(SERIES);
      const metric = misspelled(words.metric, next);
      return { expr: pick(USES)(selector({ ...words, metric })), expected: { code: "metric-missing", metric } };
    }),
    ...times(20, () => {
      const words = pick(SERIES);
      const label = misspelled(words.label, next);
      const { metric } = words;
      return { expr: pick(USES)(selector({ ...words, label })), expected: { code: "label-missing", metric, label } };
    }),
    ...times(20, () => {
      const words = pick(SERIES);
      const value = misspelled(words.value, next);
      const { metric, label } = words;
      return {
        expr: pick(USES)(selector({ ...words, value })),
        expected: { code: "label-value-missing", metric, label, value },
      };
    }),
    ...times(15, () => {
      const metric = pick(["legacy_orders_total", "legacy_sessions"]);
      return { expr: pick(USES)(`${metric}{job="checkout"}`), expected: { code: "metric-vanished", metric } };
    }),
    ...times(10, () => {
      const variable = pick(["jbo", "instnace", "environment"]);
      const { metric, label } = pick(SERIES);
      return {
        expr: pick(USES)(`${metric}{${label}=~"$${variable}"}`),
        expected: { code: "variable-missing", variable },
      };
    }),
    ...times(10, () => {
      const datasource = misspelled("prometheus", next);
      const expr = pick(USES)(selector(pick(SERIES)));
      return { expr, datasource, expected: { code: "datasource-missing", value: datasource } };
    }),
  ];
}
