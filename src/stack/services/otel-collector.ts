import { z } from "zod";
import { OTLP_JOB } from "../logs.ts";
import { parseDuration } from "../../util/duration.ts";
import { issuesOf, PARSING } from "../../util/schema-issues.ts";
import { TENANT_HEADER } from "./loki.ts";
import { commonProcessors, RECEIVERS } from "./otel-collector-common.ts";
import { collectorText, Duration, goDuration } from "../settings.ts";
import { ownJob, serviceType, type CommonSettings, type StackContext } from "../service.ts";

export interface OtelCollectorSettings extends CommonSettings<"otlp-grpc" | "otlp-http" | "metrics" | "exporter"> {
  /**
   * Traces to keep: a percentage, or `{ percentage, errors, slowerThan }`, which decides when a trace is complete and keeps all traces
   * with errors and all slow ones. Span metrics are computed from all traces. Default: 100.
   */
  readonly sampling?: number | TailSampling;
}

/** Decides for each trace after its first span has waited for the others. */
interface TailSampling {
  /** Percentage of the other traces to keep. */
  readonly percentage: number;
  /** Whether all traces with an error are kept. Default: `true`. */
  readonly errors?: boolean;
  /** All traces that take longer are kept: `"1s"`. Default: none. */
  readonly slowerThan?: string;
  /** How long a trace can take. Default: `"10s"`. */
  readonly wait?: string;
}

const Percentage = z.number().min(0, "must be from 0 to 100").max(100, "must be from 0 to 100");

const Tail = z.strictObject({
  percentage: Percentage,
  errors: z.boolean().default(true),
  slowerThan: Duration.exactOptional(),
  wait: Duration.default("10s"),
});

type Sampling = number | z.output<typeof Tail>;

const SamplingSchema = z.unknown().transform((value, context): Sampling => {
  const parsed = (typeof value === "object" && value !== null ? Tail : Percentage).safeParse(value, PARSING);
  if (parsed.success) return parsed.data;
  for (const { path, message } of issuesOf(parsed.error.issues))
    context.addIssue({ code: "custom", path: [...path], message });
  return z.NEVER;
});

export const otelCollector = serviceType({
  name: "otel-collector",
  title: "OpenTelemetry collector",
  image: { repository: "otel/opentelemetry-collector-contrib", version: "0.155.0" },
  container: "otel",
  ports: {
    "otlp-grpc": { container: 4317, host: 4317, what: "OTLP over gRPC", protocol: "h2c" },
    "otlp-http": { container: 4318, host: 4318, what: "OTLP over HTTP" },
    metrics: { container: 8888, host: 8888, what: "its own metrics" },
    exporter: { container: 8889, host: 8889, what: "received metrics" },
  },
  memory: "768m",
  settings: z.strictObject({ sampling: SamplingSchema.exactOptional() }),
  after: ["loki", "jaeger"],
  check: { type: "http", port: "metrics", path: "/metrics", contains: "otelcol_" },
  main: "otlp-http",
  user: 10_001,
  scales: () => true,
  parts({ settings: { sampling }, memory }, stack) {
    return {
      command: ["--config=/etc/otelcol/otel-collector.yaml"],
      mounts: [{ type: "config", directory: "otel-collector", target: "/etc/otelcol" }],
      files: { "otel-collector/otel-collector.yaml": configuration(sampling ?? 100, memory, stack) },
      readOnlyRoot: "production",
    };
  },
  scrape: (_own, stack) => [
    ...ownJob("otel-collector", stack.address("otel-collector", "metrics")),
    ...ownJob("otel-metrics", stack.address("otel-collector", "exporter")),
  ],
});

const BUCKETS = "5ms 10ms 25ms 50ms 100ms 250ms 500ms 1s 2s 5s 10s 30s 60s 300s".split(" ");

/** The processor that selects the traces for Jaeger; none if it gets all. */
function samplerOf(sampling: Sampling): object {
  if (typeof sampling === "number")
    return sampling < 100 ? { probabilistic_sampler: { sampling_percentage: sampling } } : {};
  const { percentage, errors, slowerThan, wait } = sampling;
  return {
    tail_sampling: {
      decision_wait: goDuration(wait),
      policies: [
        ...(errors ? [{ name: "errors", type: "status_code", status_code: { status_codes: ["ERROR"] } }] : []),
        ...(slowerThan === undefined
          ? []
          : [{ name: "slow", type: "latency", latency: { threshold_ms: parseDuration(slowerThan) ?? 0 } }]),
        { name: "others", type: "probabilistic", probabilistic: { sampling_percentage: percentage } },
      ],
    },
  };
}

function configuration(sampling: Sampling, memory: string, stack: StackContext): object {
  const [jaeger, loki] = [stack.address("jaeger", "otlp-grpc"), stack.address("loki", "http")];
  const environment = collectorText(stack.environment);
  const sampler = jaeger === undefined ? {} : samplerOf(sampling);
  const sampled = Object.keys(sampler).length > 0;
  const toJaeger = jaeger === undefined ? [] : ["otlp_grpc/jaeger"];
  return {
    receivers: RECEIVERS,
    processors: {
      ...commonProcessors(memory),
      resource: {
        attributes: [
          { key: "environment", value: environment, action: "upsert" },
          { key: "service.namespace", value: stack.name, action: "upsert" },
        ],
      },
      ...(loki === undefined
        ? {}
        : { "resource/logs": { attributes: [{ key: "job", value: OTLP_JOB, action: "upsert" }] } }),
      ...sampler,
    },
    connectors: {
      span_metrics: {
        histogram: { unit: "s", explicit: { buckets: BUCKETS } },
        exemplars: { enabled: true },
        // Fresh metrics for every scrape.
        metrics_flush_interval: goDuration(stack.scrapeInterval),
        dimensions: [{ name: "db.system" }, { name: "gen_ai.agent.name" }],
      },
    },
    exporters: {
      ...(jaeger === undefined ? {} : { "otlp_grpc/jaeger": { endpoint: jaeger, tls: { insecure: true } } }),
      prometheus: {
        endpoint: "0.0.0.0:8889",
        namespace: "otel",
        const_labels: { environment },
        // Only OpenMetrics supports exemplars.
        enable_open_metrics: true,
      },
      ...(loki === undefined
        ? {}
        : {
            "otlp_http/loki": {
              endpoint: `http://${loki}/otlp`,
              ...(stack.logs.isMultiTenant ? { headers: { [TENANT_HEADER]: stack.logs.tenant } } : {}),
            },
          }),
    },
    service: {
      pipelines: {
        traces: {
          receivers: ["otlp"],
          processors: ["memory_limiter", "batch", "resource"],
          exporters: [...(sampled ? [] : toJaeger), "span_metrics"],
        },
        ...(sampled
          ? {
              "traces/sampled": {
                receivers: ["otlp"],
                processors: ["memory_limiter", ...Object.keys(sampler), "batch", "resource"],
                exporters: toJaeger,
              },
            }
          : {}),
        metrics: {
          receivers: ["otlp", "span_metrics"],
          processors: ["memory_limiter", "batch", "resource"],
          exporters: ["prometheus"],
        },
        ...(loki === undefined
          ? {}
          : {
              logs: {
                receivers: ["otlp"],
                processors: ["memory_limiter", "batch", "resource/logs"],
                exporters: ["otlp_http/loki"],
              },
            }),
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
