// Label matchers of what Prometheus scrapes, for use between { and }: the jobs of its configuration.

export const prometheusJob = 'job="prometheus"';
export const backendJob = 'job="fastapi-backend"';
export const grafanaJob = 'job="grafana"';
export const lokiJob = 'job="loki"';
export const collectorJob = 'job="otel-collector"';
export const redisJob = 'job="redis-exporter"';
// One of the two collects the log lines.
export const alloyJob = 'job="alloy"';
export const promtailJob = 'job="promtail"';
