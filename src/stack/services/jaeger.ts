import { z } from "zod";
import { ownJob, serviceType, type CommonSettings, type StackContext } from "../service.ts";

export interface JaegerSettings extends CommonSettings {
  /**
   * Where traces are kept. `"memory"`, the default, forgets them when it stops; `"badger"` keeps them on a volume;
   * Elasticsearch is for more than one machine holds.
   */
  readonly storage?: "memory" | "badger" | { readonly elasticsearch: string };
  /** How many traces the memory holds. Default: 100,000. */
  readonly maxTraces?: number;
}

export const jaeger = serviceType({
  name: "jaeger",
  title: "Jaeger",
  image: { repository: "jaegertracing/jaeger", version: "2.20.0" },
  container: "jaegertracing",
  ports: {
    query: { container: 16686, host: 16686, what: "HTTP" },
    health: { container: 13133, host: 13133, what: "its health" },
    // For the collector alone: it is the one that applications send to.
    "otlp-grpc": { container: 4317, what: "OTLP over gRPC" },
    metrics: { container: 8888, what: "its own metrics" },
  },
  memory: "1g",
  settings: z.strictObject({
    storage: z
      .union([
        z.enum(["memory", "badger"]),
        z.strictObject({ elasticsearch: z.url({ protocol: /^https?$/, error: "is no http or https URL" }) }),
      ])
      .default("memory"),
    maxTraces: z.number().int().positive().default(100_000),
  }),
  after: [],
  check: { type: "http", port: "health", path: "/status" },
  parts({ settings }, stack) {
    return {
      command: ["--config=/etc/jaeger/jaeger.yaml"],
      mounts: [{ type: "config", folder: "jaeger", target: "/etc/jaeger" }],
      files: { "jaeger/jaeger.yaml": configuration(settings, stack) },
      probe: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:13133/status"],
    };
  },
  scrape: (_own, stack) => ownJob("jaeger", stack.address("jaeger", "metrics")),
  datasource: (_own, stack) => ({
    uid: "jaeger",
    name: "Jaeger",
    type: "jaeger",
    url: `http://${stack.address("jaeger", "query") ?? ""}`,
    access: "proxy",
  }),
});

function configuration({ maxTraces }: { maxTraces: number }, _stack: StackContext): object {
  return {
    extensions: {
      healthcheckv2: { use_v2: true, http: { endpoint: "0.0.0.0:13133" } },
      jaeger_storage: { backends: { traces: { memory: { max_traces: maxTraces } } } },
      jaeger_query: { storage: { traces: "traces" }, http: { endpoint: "0.0.0.0:16686" } },
    },
    receivers: {
      otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: { endpoint: "0.0.0.0:4318" } } },
    },
    processors: { batch: {} },
    exporters: { jaeger_storage_exporter: { trace_storage: "traces" } },
    service: {
      extensions: ["jaeger_storage", "jaeger_query", "healthcheckv2"],
      pipelines: { traces: { receivers: ["otlp"], processors: ["batch"], exporters: ["jaeger_storage_exporter"] } },
      telemetry: {
        resource: { "service.name": "jaeger" },
        logs: { level: "info" },
        metrics: {
          level: "detailed",
          readers: [{ pull: { exporter: { prometheus: { host: "0.0.0.0", port: 8888 } } } }],
        },
      },
    },
  };
}
