/** All available services, in display order. */
export const SERVICE_NAMES = [
  "prometheus",
  "grafana",
  "loki",
  "alloy",
  "promtail",
  "otel-collector",
  "jaeger",
  "redis",
  "redis-exporter",
  "alertmanager",
  "node-exporter",
  "blackbox-exporter",
  "proxy",
  "fastapi-backend",
] as const;

export type ServiceName = (typeof SERVICE_NAMES)[number];
