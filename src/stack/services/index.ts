import type { ServiceType } from "../service.ts";
import { alertmanager } from "./alertmanager.ts";
import { alloy } from "./alloy.ts";
import { blackboxExporter } from "./blackbox-exporter.ts";
import { fastapiBackend } from "./fastapi-backend.ts";
import { grafana } from "./grafana.ts";
import { jaeger } from "./jaeger.ts";
import { loki } from "./loki.ts";
import { nodeExporter } from "./node-exporter.ts";
import { otelCollector } from "./otel-collector.ts";
import { prometheus } from "./prometheus.ts";
import { promtail } from "./promtail.ts";
import { proxy } from "./proxy.ts";
import { redis } from "./redis.ts";
import { redisExporter } from "./redis-exporter.ts";

/** All available services, in display order. */
export const serviceTypes: readonly ServiceType[] = [
  prometheus,
  grafana,
  loki,
  alloy,
  promtail,
  otelCollector,
  jaeger,
  redis,
  redisExporter,
  alertmanager,
  nodeExporter,
  blackboxExporter,
  proxy,
  fastapiBackend,
];
