import { commonProcessors, RECEIVERS } from "./otel-collector-common.ts";

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
    receivers: RECEIVERS,
    processors: commonProcessors(memory),
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
