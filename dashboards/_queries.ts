import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";

/**
 * A PromQL query over the dashboard's time range.
 *
 * @param refId A, B, C…, unique in the panel
 * @param legend how its series are named: text, with labels as `{{label}}`
 */
export function query(refId: string, expr: string, legend: string): DataqueryBuilder {
  return new DataqueryBuilder().refId(refId).expr(expr).legendFormat(legend).range();
}

/** A histogram's buckets over time, as heatmaps take them. */
export function buckets(refId: string, histogram: string, filter: string): DataqueryBuilder {
  return query(refId, `sum by (le) (rate(${histogram}_bucket{${filter}}[$__rate_interval]))`, "{{le}}").format(
    PromQueryFormat.Heatmap,
  );
}

/**
 * The PromQL of a histogram's quantile: over all series, or one for each value of the labels in `by`. Without observations
 * it is NaN, which the comparison drops: a gap in a graph, and "no value" in a stat.
 */
export function quantile(q: number, histogram: string, filter: string, by: readonly string[] = []): string {
  const labels = ["le", ...by].join(", ");
  return `histogram_quantile(${q}, sum by (${labels}) (rate(${histogram}_bucket{${filter}}[$__rate_interval]))) >= 0`;
}

/** P50, P95 and P99 of a histogram over all series. */
export function quantiles(histogram: string, filter: string): DataqueryBuilder[] {
  return [
    query("A", quantile(0.5, histogram, filter), "P50"),
    query("B", quantile(0.95, histogram, filter), "P95"),
    query("C", quantile(0.99, histogram, filter), "P99"),
  ];
}
