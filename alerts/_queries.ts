// PromQL that several rules share. ../dashboards/METRICS.md describes the metrics.

/** Label matchers for the jobs of Prometheus' scrape configuration, for use between { and }. */
export const backend = 'job="fastapi-backend"';
export const redis = 'job="redis-exporter"';

/**
 * No series while no instance of the backend can be scraped. Otherwise the last samples before it stopped would leave the range
 * of a query one after the other, and an alert about it could end.
 */
export function whileUp(expr: string): string {
  return `(${expr}) and on () (up{${backend}} == 1)`;
}

/** The P95 of a histogram of the backend in the last five minutes, for each value of the label `by` if it is set. */
export function p95(histogram: string, by?: string): string {
  const labels = by === undefined ? "le" : `le, ${by}`;
  return `histogram_quantile(0.95, sum by (${labels}) (rate(${histogram}_bucket{${backend}}[5m])))`;
}

/**
 * The share of a part, for rates with the same labels. Without series of the part, it is 0, so that an alert ends. Without series
 * of the whole, because the backend is down, there is no data.
 */
export function share(part: string, whole: string): string {
  return `(${part} or 0 * ${whole}) / ${whole}`;
}
