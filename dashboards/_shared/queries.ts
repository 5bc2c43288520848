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
 * PromQL that adds a series of zeros, whose `label` is `none`, if `events` has no series in the whole time range although the
 * whole exists. Then a graph shows that nothing happened, which no series would not.
 *
 * @param events the selector of the counter: `name{…}`
 */
export function orNone(expr: string, events: string, whole: string, label: string, none: string): string {
  const found = `sum(last_over_time(${events}[$__range] @ end()))`;
  return `(${expr}) or (${zeros(whole, label, none)} unless on () ${found})`;
}

function zeros(whole: string, label: string, name: string): string {
  return `label_replace(0 * sum(${whole}), "${label}", "${name}", "", "")`;
}

/** PromQL for the rate of a counter per second, for each combination of the labels in `by`. */
export function rate(counter: string, filter: string, by: readonly string[] = []): string {
  return `sum${grouping(by)}(rate(${counter}{${filter}}[$__rate_interval]))`;
}

/** PromQL for the share of a part. Without series of the part, it is 0; if the whole is 0, there is no data. */
export function share(part: string, whole: string): string {
  return `(${part} or vector(0)) / (${whole} > 0)`;
}

/** Events of several types, some of which fail. */
export interface Outcomes {
  readonly counter: string;
  /** Label matchers of all events, for use between { and }. */
  readonly filter: string;
  /** Label matchers of failures. */
  readonly failed: string;
  /** The labels that distinguish types. */
  readonly by: readonly string[];
  /** The range over which events are counted. Default: 5m. */
  readonly range?: `${number}m`;
  /** A type with fewer events in the range counts as having as many. Default: 20. */
  readonly least?: number;
}

/**
 * PromQL for the share of failures of each type that failed in the time range. One failure among few events says little, so a
 * type has at least `least` events. If nothing failed, there is one series of zeros.
 */
export function failuresByType({ counter, filter, failed, by, range = "5m", least = 20 }: Outcomes): string {
  const failures = `${counter}{${filter}, ${failed}}`;
  const sum = (vector: string) => `sum by (${by.join(", ")}) (${vector})`;
  const all = sum(`increase(${counter}{${filter}}[${range}])`);
  const part = sum(`increase(${failures}[${range}])`);
  const ever = `increase(${failures}[$__range] @ end())`;
  const shares = `(${part} or 0 * ${all}) / clamp_min(${all}, ${least}) and ${sum(ever)} > 0`;
  const none = zeros(rate(counter, filter), by.at(-1) ?? "", "no failures");
  return `(${shares}) or (${none} unless on () sum(${ever}) > 0)`;
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
