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

/** The PromQL of a counter's rate by the second: over all series, or one for each value of the labels in `by`. */
export function rate(counter: string, filter: string, by: readonly string[] = []): string {
  return `sum${grouping(by)}(rate(${counter}{${filter}}[$__rate_interval]))`;
}

/** The PromQL of a part's share in a whole. No part is 0 and not "no data"; no whole is "no data" and not 0 / 0. */
export function share(part: string, whole: string): string {
  return `(${part} or vector(0)) / (${whole} > 0)`;
}

/** A histogram's buckets over time, as heatmaps take them. */
export function buckets(refId: string, histogram: string, filter: string): DataqueryBuilder {
  return query(refId, rate(`${histogram}_bucket`, filter, ["le"]), "{{le}}").format(PromQueryFormat.Heatmap);
}

/**
 * The PromQL of a histogram's quantile: over all series, or one for each value of the labels in `by`. Without observations
 * it is NaN, which the comparison drops: a gap in a graph, and "no value" in a stat.
 */
export function quantile(q: number, histogram: string, filter: string, by: readonly string[] = []): string {
  return `histogram_quantile(${q}, ${rate(`${histogram}_bucket`, filter, ["le", ...by])}) >= 0`;
}

/** P50, P95 and P99 of a histogram over all series, with exemplars: points that lead to a trace each. */
export function quantiles(histogram: string, filter: string): DataqueryBuilder[] {
  return [
    query("A", quantile(0.5, histogram, filter), "P50"),
    // With one of them alone: all three have the same.
    query("B", quantile(0.95, histogram, filter), "P95").exemplar(true),
    query("C", quantile(0.99, histogram, filter), "P99"),
  ];
}

function grouping(labels: readonly string[]): string {
  return labels.length > 0 ? ` by (${labels.join(", ")}) ` : "";
}
