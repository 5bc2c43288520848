// Label matchers for the jobs of Prometheus' configuration, for use between { and }.

export const prometheusJob = 'job="prometheus"';
export const backendJob = 'job="fastapi-backend"';
export const grafanaJob = 'job="grafana"';
export const lokiJob = 'job="loki"';
export const collectorJob = 'job="otel-collector"';
export const redisJob = 'job="redis-exporter"';
// Only one of the two is the log collector.
export const alloyJob = 'job="alloy"';
export const promtailJob = 'job="promtail"';
