import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { NO_TRAFFIC } from "./panels.ts";

/**
 * A PromQL query over the dashboard's time range.
 *
 * @param refId A, B, C…, unique in the panel
 * @param legend the name of each series: text with labels as `{{label}}`
 */
export function query(refId: string, expr: string, legend: string): DataqueryBuilder {
  return new DataqueryBuilder().refId(refId).expr(expr).legendFormat(legend).range();
}

/**
 * A query for a number that must be current: NaN while there is no value, so that the last one is not shown as the current
 * one. The expression must return one series without labels.
 */
export function now(refId: string, expr: string, legend: string): DataqueryBuilder {
  return query(refId, `(${expr}) or vector(NaN)`, legend);
}

/** PromQL for a number about traffic, which is `NO_TRAFFIC` while the rate of all traffic is 0. */
export function orNoTraffic(expr: string, all: string): string {
  return `(${expr}) or (${all} == 0) + ${NO_TRAFFIC}`;
}

/**
 * PromQL that returns the value 0 with this label if an expression returns no series although the whole exists. Then a
 * graph shows that nothing happened, which no series would not.
 */
export function orNone(expr: string, whole: string, label: string, none: string): string {
  return `(${expr}) or (label_replace(0 * sum(${whole}), "${label}", "${none}", "", "") unless on () (${expr}))`;
}

/** PromQL for the rate of a counter per second, for each combination of the labels in `by`. */
export function rate(counter: string, filter: string, by: readonly string[] = []): string {
  return `sum${grouping(by)}(rate(${counter}{${filter}}[$__rate_interval]))`;
}

/** PromQL for the share of a part. Without series of the part, it is 0; if the whole is 0, there is no data. */
export function share(part: string, whole: string): string {
  return `(${part} or vector(0)) / (${whole} > 0)`;
}

/** The buckets of a histogram over time, for heatmaps. */
export function buckets(refId: string, histogram: string, filter: string): DataqueryBuilder {
  return query(refId, rate(`${histogram}_bucket`, filter, ["le"]), "{{le}}").format(PromQueryFormat.Heatmap);
}

/**
 * PromQL for a quantile of a histogram, for each combination of the labels in `by`. Without observations the quantile is
 * NaN, which the comparison removes, so that there is no data.
 */
export function quantile(q: number, histogram: string, filter: string, by: readonly string[] = []): string {
  return `histogram_quantile(${q}, ${rate(`${histogram}_bucket`, filter, ["le", ...by])}) >= 0`;
}

/** P50, P95 and P99 of a histogram over all series, with exemplars: points that link to traces. */
export function quantiles(histogram: string, filter: string): DataqueryBuilder[] {
  return [
    query("A", quantile(0.5, histogram, filter), "P50"),
    // Only one query requests exemplars, because all three have the same ones.
    query("B", quantile(0.95, histogram, filter), "P95").exemplar(true),
    query("C", quantile(0.99, histogram, filter), "P99"),
  ];
}

function grouping(labels: readonly string[]): string {
  return labels.length > 0 ? ` by (${labels.join(", ")}) ` : "";
}
