// PromQL that several rules share. What the metrics mean, and who exposes them: ../dashboards/METRICS.md.

/** Label matchers, for use between { and }: the jobs of Prometheus' scrape configuration. */
export const backend = 'job="fastapi-backend"';
export const redis = 'job="redis-exporter"';
export const certificates = 'job="blackbox-exporter"';
export const hosts = 'job="node-exporter"';

/** The P95 of a backend's histogram in the last five minutes: over everything, or for each value of the label `by`. */
export function p95(histogram: string, by?: string): string {
  const labels = by === undefined ? "le" : `le, ${by}`;
  return `histogram_quantile(0.95, sum by (${labels}) (rate(${histogram}_bucket{${backend}}[5m])))`;
}
