import { z } from "zod";
import { entriesOf, MOST, type Cardinality, type Entries, type Entry, type Read } from "./model.ts";

const Named = z.array(z.looseObject({ name: z.string(), value: z.number() })).nullish();

// https://prometheus.io/docs/prometheus/latest/querying/api/#tsdb-stats
const Status = z.looseObject({
  data: z.looseObject({
    headStats: z.looseObject({ numSeries: z.number() }),
    seriesCountByMetricName: Named,
    labelValueCountByLabelName: Named,
    memoryInBytesByLabelName: Named,
    seriesCountByLabelValuePair: Named,
  }),
});

/** The number of items without the parameter `limit`, which versions before 2.45 ignore. */
const DEFAULT_LIMIT = 10;

/** What a Prometheus has in memory: the series of the last two to three hours. */
export async function prometheusCardinality(read: Read): Promise<Cardinality> {
  const { data } = Status.parse(await read("/api/v1/status/tsdb", { limit: `${MOST}` }));
  const [metrics, labels, memory, pairs] = [
    data.seriesCountByMetricName ?? [],
    data.labelValueCountByLabelName ?? [],
    data.memoryInBytesByLabelName ?? [],
    data.seriesCountByLabelValuePair ?? [],
  ];
  const isLimited = [metrics, labels, memory, pairs].some((list) => list.length > DEFAULT_LIMIT);
  const limit = isLimited ? MOST : DEFAULT_LIMIT;
  const bytes = new Map(memory.map(({ name, value }) => [name, value]));
  const entries = (list: readonly Entry[], { length }: readonly unknown[]): Entries => entriesOf(list, length < limit);
  return {
    total: data.headStats.numSeries,
    metrics: entries(
      metrics.map(({ name, value }) => ({ name, count: value })),
      metrics,
    ),
    labels: entries(
      labels
        .filter(({ name }) => name !== METRIC)
        .map(({ name, value }) => {
          const size = bytes.get(name);
          return { name, count: value, ...(size === undefined ? {} : { bytes: size }) };
        }),
      labels,
    ),
    values: entries(
      pairs.map(({ name: pair, value: count }) => pairOf(pair, count)).filter(({ name }) => name !== METRIC),
      pairs,
    ),
  };
}

/** The label with the name of the metric. */
const METRIC = "__name__";

/** `job=shop` */
function pairOf(pair: string, count: number): Entry {
  const at = pair.indexOf("=");
  return { name: pair.slice(0, at), value: pair.slice(at + 1), count };
}

const Counts = z.looseObject({
  data: z.looseObject({
    result: z.array(
      z.looseObject({
        metric: z.looseObject({ __name__: z.string(), job: z.string().optional() }),
        value: z.tuple([z.number(), z.string()]),
      }),
    ),
  }),
});

/** The series of a metric that one job has now. */
export interface JobSeries {
  readonly job: string;
  readonly metric: string;
  readonly series: number;
}

/** The jobs that have these metrics now. `now`: milliseconds. */
export async function jobsOf(read: Read, metrics: readonly string[], now: number): Promise<JobSeries[]> {
  if (metrics.length === 0) return [];
  const pattern = metrics.map(literalPattern).join("|");
  const query = `count by (__name__, job) ({__name__=~${JSON.stringify(pattern)}})`;
  const answer = Counts.parse(await read("/api/v1/query", { query, time: `${now / 1000}` }));
  return answer.data.result.flatMap(({ metric: { __name__: metric, job = "" }, value }) =>
    job === "" ? [] : [{ job, metric, series: Number(value[1]) }],
  );
}

/** A regular expression that matches only this text. */
export function literalPattern(text: string): string {
  return text.replaceAll(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`);
}

/** Series that Prometheus makes itself after the rules of a scrape job, so that no job can drop them. */
export function isSynthetic(metric: string): boolean {
  return (
    metric === "up" ||
    /^scrape_(duration_seconds|samples_scraped|samples_post_metric_relabeling|series_added|timeout_seconds|sample_limit|body_size_bytes)$/.test(
      metric,
    ) ||
    /^ALERTS(_FOR_STATE)?$/.test(metric) ||
    // The name of a recording rule.
    metric.includes(":")
  );
}
