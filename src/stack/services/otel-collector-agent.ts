import { kibibytes } from "../settings.ts";

/** The file of an agent's configuration. */
export const AGENT_FILE = "otel-agent.yaml";

/**
 * The configuration of a collector on each node, which passes everything on. Spans of a trace go to the same gateway, so that it can
 * sample them, and metrics of a service too, so that no two gateways export the same series. `gateway` is a name with an address for
 * each gateway.
 */
export function agentConfiguration(gateway: string, port: number, memory: string): object {
  const balanced = (routing: string) => ({
    routing_key: routing,
    protocol: { otlp: { tls: { insecure: true } } },
    resolver: { dns: { hostname: gateway, port: String(port) } },
  });
  const pipeline = (exporter: string) => ({
    receivers: ["otlp"],
    processors: ["memory_limiter", "batch"],
    exporters: [exporter],
  });
  return {
    receivers: {
      otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: { endpoint: "0.0.0.0:4318" } } },
    },
    processors: {
      memory_limiter: {
        check_interval: "1s",
        limit_mib: Math.min(512, Math.floor((kibibytes(memory) / 1024) * (2 / 3))),
      },
      batch: { timeout: "1s", send_batch_size: 1024 },
    },
    exporters: {
      "loadbalancing/traces": balanced("traceID"),
      "loadbalancing/metrics": balanced("service"),
      "otlp_grpc/gateway": {
        endpoint: `dns:///${gateway}:${port}`,
        balancer_name: "round_robin",
        tls: { insecure: true },
      },
    },
    service: {
      pipelines: {
        traces: pipeline("loadbalancing/traces"),
        metrics: pipeline("loadbalancing/metrics"),
        logs: pipeline("otlp_grpc/gateway"),
      },
      telemetry: {
        logs: { level: "info" },
        metrics: {
          level: "detailed",
          readers: [{ pull: { exporter: { prometheus: { host: "0.0.0.0", port: 8888, without_type_suffix: true } } } }],
        },
      },
    },
  };
}
