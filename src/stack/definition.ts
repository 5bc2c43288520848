import type { ServiceName } from "./names.ts";
import type { Backend, Logs, OtherJob, Service } from "./service.ts";
import type { AlertmanagerSettings } from "./services/alertmanager.ts";
import type { AlloySettings } from "./services/alloy.ts";
import type { BlackboxExporterSettings } from "./services/blackbox-exporter.ts";
import type { GrafanaSettings } from "./services/grafana.ts";
import type { JaegerSettings } from "./services/jaeger.ts";
import type { LokiSettings } from "./services/loki.ts";
import type { NodeExporterSettings } from "./services/node-exporter.ts";
import type { OtelCollectorSettings } from "./services/otel-collector.ts";
import type { PrometheusSettings } from "./services/prometheus.ts";
import type { PromtailSettings } from "./services/promtail.ts";
import type { RedisSettings } from "./services/redis.ts";
import type { RedisExporterSettings } from "./services/redis-exporter.ts";

/** What each service may be told; `false`: it doesn't run. Those left out run as they are by default. */
export interface ServiceSettings {
  readonly prometheus?: PrometheusSettings | false;
  readonly grafana?: GrafanaSettings | false;
  readonly loki?: LokiSettings | false;
  readonly alloy?: AlloySettings | false;
  readonly promtail?: PromtailSettings | false;
  readonly "otel-collector"?: OtelCollectorSettings | false;
  readonly jaeger?: JaegerSettings | false;
  readonly redis?: RedisSettings | false;
  readonly "redis-exporter"?: RedisExporterSettings | false;
  readonly alertmanager?: AlertmanagerSettings | false;
  readonly "node-exporter"?: NodeExporterSettings | false;
  readonly "blackbox-exporter"?: BlackboxExporterSettings | false;
}

/** What `stack.config.ts` exports by default, by way of `defineStack`. Everything may be left out. */
export interface StackDefinition {
  /** At the end of every container's name, and of every span as `service.namespace`. Default: `"toolboxai"`. */
  readonly name?: string;
  /**
   * The network of all containers. Default: the name, and `-monitoring`. `external`: it exists, and belongs to somebody
   * else, such as the application's own compose file.
   */
  readonly network?: string | { readonly name: string; readonly external: boolean };
  /** The address of the host that ports are published on. Default: `"127.0.0.1"`, this machine alone. */
  readonly bind?: string;
  /** Put before every image that isn't given whole: `"registry.example.org/mirror"`. */
  readonly registry?: string;
  /** Where this runs: the label `environment` of what comes through the collector. Default: `"production"`. */
  readonly environment?: string;
  /** How often Prometheus asks. Default: `"15s"`. */
  readonly scrapeInterval?: string;
  /** How often Prometheus evaluates rules of its own. Default: `"15s"`. */
  readonly evaluationInterval?: string;
  /** The application that is watched, or `false`. Default: the job `fastapi-backend`, `host.docker.internal:8009`, every 10 s. */
  readonly backend?: Partial<Backend> | false;
  /** What else Prometheus asks: other applications, exporters of databases. */
  readonly scrape?: readonly OtherJob[];
  /** Who collects log lines, and which. Default: Alloy, of all containers and of the application. */
  readonly logs?: {
    readonly collector?: "alloy" | "promtail";
    /** The folder of the host where the engine keeps containers' log files, or `false`. Default: Docker's. */
    readonly containers?: string | false;
    /** The folder of the host where the application writes `*.log`, relative to the definition, or `false`. Default: `"./logs"`. */
    readonly application?: string | false;
    /** Default: the name. */
    readonly tenant?: string;
  };
  /** How large a container's own log grows before a new file is begun, and how many files stay. Default: 3 of `"10m"`. */
  readonly logRotation?: { readonly maxSize?: string; readonly maxFiles?: number };
  /** What `host.docker.internal` is: an address, where the engine doesn't know `"host-gateway"`, the default. */
  readonly hostGateway?: string;
  readonly services?: ServiceSettings;
}

/** A definition that was checked, with every default filled in. */
export interface Stack {
  readonly name: string;
  readonly network: { readonly name: string; readonly external: boolean };
  readonly bind: string;
  readonly environment: string;
  readonly scrapeInterval: string;
  readonly evaluationInterval: string;
  readonly backend: Backend | undefined;
  readonly scrape: readonly OtherJob[];
  readonly logs: Logs;
  readonly logRotation: { readonly maxSize: string; readonly maxFiles: number };
  readonly hostGateway: string;
  /** Those that run. */
  readonly services: ReadonlyMap<ServiceName, Service>;
}
