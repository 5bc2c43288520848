import { z } from "zod";
import { authoritySecrets, SECRET } from "../access.ts";
import { ownJob, serviceType, type CommonSettings, type StackContext } from "../service.ts";
import { Duration } from "../settings.ts";
import { backendOf, DATA, Storage, storageFiles, type JaegerStorage } from "./jaeger-storage.ts";

export interface JaegerSettings extends CommonSettings<"query" | "health" | "otlp-grpc" | "metrics"> {
  /**
   * Storage of traces. `"memory"`, the default, loses them when Jaeger stops; `"badger"` keeps them on a volume;
   * Elasticsearch, OpenSearch and Cassandra are for more data than one machine can store. Set the password of `username` with
   * `passwordFile`, or for Elasticsearch also as `environment: { ELASTICSEARCH_PASSWORD: env("…") }`.
   */
  readonly storage?: "memory" | "badger" | JaegerStorage;
  /**
   * Retention of traces. Badger deletes older ones, and Cassandra if the stack creates its schema. For Elasticsearch and OpenSearch, it is
   * the time in which traces are searched: the lifecycle policy `policy` deletes them. Default: `"7d"`.
   */
  readonly retention?: string;
  /** Maximum number of traces in memory. Default: 100,000. */
  readonly maxTraces?: number;
}

const Settings = z.strictObject({
  storage: Storage.prefault("memory"),
  retention: Duration.default("7d"),
  maxTraces: z.number().int().positive().default(100_000),
});

type Own = z.output<typeof Settings>;

export const jaeger = serviceType({
  name: "jaeger",
  title: "Jaeger",
  image: { repository: "jaegertracing/jaeger", version: "2.20.0" },
  container: "jaegertracing",
  ports: {
    query: { container: 16686, host: 16686, what: "HTTP" },
    health: { container: 13133, host: 13133, what: "health" },
    // Not published: applications send traces to the collector.
    "otlp-grpc": { container: 4317, what: "OTLP over gRPC" },
    metrics: { container: 8888, what: "its own metrics" },
  },
  memory: "1g",
  settings: Settings,
  after: [],
  check: { type: "http", port: "health", path: "/status" },
  main: "query",
  user: 10_001,
  parts({ settings }, stack) {
    const secrets = [
      ...(stack.access === undefined ? [] : [SECRET.own, ...authoritySecrets(stack.access)]),
      ...storageFiles(settings.storage),
    ];
    return {
      command: ["--config=/etc/jaeger/jaeger.yaml"],
      mounts: [
        { type: "config", directory: "jaeger", target: "/etc/jaeger" },
        // For all storages: the image declares a volume there, and engines do not remove anonymous volumes.
        {
          type: "volume",
          name: "jaeger-data",
          target: DATA,
          ...(settings.storage === "badger" ? {} : { temporary: true }),
        },
      ],
      files: { "jaeger/jaeger.yaml": configuration(settings, stack) },
      probe: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:13133/status"],
      ...(secrets.length > 0 ? { secrets } : {}),
      ...(stack.access === undefined ? {} : { secretsAtStart: [SECRET.own] }),
      // Elasticsearch can run on the host.
      connectsToHost: typeof settings.storage === "object",
      readOnlyRoot: "production",
    };
  },
  scrape: (_own, stack) => ownJob("jaeger", stack.address("jaeger", "metrics")),
  // Without Badger, the volume has only temporary files, and a stop would delete the traces in memory.
  elsewhere: ({ settings: { storage } }) =>
    storage === "badger"
      ? undefined
      : { what: `Jaeger's traces, which are in ${storage === "memory" ? "memory" : "another store"}`, all: true },
  queries: (stack) => (spanMetricsSource(stack) === undefined ? undefined : `${SPAN_METRICS}_.*`),
  datasource: (_own, stack) => ({
    uid: "jaeger",
    name: "Jaeger",
    type: "jaeger",
    url: `http://${stack.address("jaeger", "query") ?? ""}`,
    access: "proxy",
  }),
});

/** Names of the storage backends in Jaeger's configuration. */
const [TRACES, METRICS] = ["traces", "span_metrics"];
/** The beginning of the names of span metrics. */
const SPAN_METRICS = "otel_traces_span_metrics";

/** The Prometheus that has span metrics: the collector computes them, and Prometheus scrapes them. */
function spanMetricsSource(stack: StackContext): string | undefined {
  return stack.runs("otel-collector") ? stack.address("prometheus", "http") : undefined;
}

function configuration({ storage, retention, maxTraces }: Own, stack: StackContext): object {
  const prometheus = spanMetricsSource(stack);
  return {
    extensions: {
      healthcheckv2: { use_v2: true, http: { endpoint: "0.0.0.0:13133" } },
      jaeger_storage: {
        backends: { [TRACES]: backendOf(storage, { retention, maxTraces }) },
        ...(prometheus !== undefined
          ? {
              metric_backends: {
                [METRICS]: {
                  prometheus: {
                    ...metricsClient(prometheus, stack),
                    metric_namespace: SPAN_METRICS,
                    latency_unit: "s",
                    normalize_calls: true,
                    normalize_duration: true,
                  },
                },
              },
            }
          : {}),
      },
      jaeger_query: {
        storage: { traces: TRACES, ...(prometheus === undefined ? {} : { metrics: METRICS }) },
        http: { endpoint: "0.0.0.0:16686" },
        // Otherwise every query would add a trace of Jaeger itself.
        enable_tracing: false,
      },
    },
    receivers: {
      otlp: { protocols: { grpc: { endpoint: "0.0.0.0:4317" }, http: { endpoint: "0.0.0.0:4318" } } },
    },
    processors: { batch: {} },
    exporters: { jaeger_storage_exporter: { trace_storage: TRACES } },
    service: {
      extensions: ["jaeger_storage", "jaeger_query", "healthcheckv2"],
      pipelines: { traces: { receivers: ["otlp"], processors: ["batch"], exporters: ["jaeger_storage_exporter"] } },
      telemetry: {
        logs: { level: "info" },
        metrics: {
          level: "detailed",
          readers: [{ pull: { exporter: { prometheus: { host: "0.0.0.0", port: 8888 } } } }],
        },
      },
    },
  };
}

/** Jaeger knows only tokens for Prometheus, but Go's HTTP client sends the credentials in a URL. */
function metricsClient(address: string, stack: StackContext): object {
  const { scheme = "http", basic_auth: login, tls_config: tls } = stack.client("prometheus");
  if (login === undefined) return { endpoint: `http://${address}` };
  return {
    endpoint: `${scheme}://${login.username}:\${file:${login.password_file}}@${address}`,
    ...(tls === undefined
      ? {}
      : {
          tls: {
            server_name_override: tls.server_name,
            ...(tls.ca_file === undefined ? {} : { ca_file: tls.ca_file }),
          },
        }),
  };
}
