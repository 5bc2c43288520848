import type { Elsewhere } from "./checklist-points.ts";
import type { ServiceName } from "./names.ts";
import type { Access } from "./access-types.ts";
import type { Backend, Logs, OtherJob, Service } from "./service.ts";
import type { AlertmanagerSettings } from "./services/alertmanager.ts";
import type { AlloySettings } from "./services/alloy.ts";
import type { BlackboxExporterSettings } from "./services/blackbox-exporter.ts";
import type { FastapiBackendSettings } from "./services/fastapi-backend.ts";
import type { GrafanaSettings } from "./services/grafana.ts";
import type { JaegerSettings } from "./services/jaeger.ts";
import type { LokiSettings } from "./services/loki.ts";
import type { NodeExporterSettings } from "./services/node-exporter.ts";
import type { OtelCollectorSettings } from "./services/otel-collector.ts";
import type { PrometheusSettings } from "./services/prometheus.ts";
import type { PromtailSettings } from "./services/promtail.ts";
import type { ProxySettings } from "./services/proxy.ts";
import type { RedisSettings } from "./services/redis.ts";
import type { RedisExporterSettings } from "./services/redis-exporter.ts";

/**
 * The settings of each service. `false` disables a service, and also the services that require it. All other services run, with
 * defaults for omitted settings. Exceptions: `promtail` runs only in place of `alloy`, with `logs: { collector: "promtail" }`;
 * `fastapi-backend` only with `backend: "example"`; and `proxy` only with `access`.
 */
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
  /** Requires `access`. */
  readonly proxy?: ProxySettings;
  /** Requires `backend: "example"`. */
  readonly "fastapi-backend"?: FastapiBackendSettings;
}

/** The argument of `defineStack`. All properties are optional. `stack.config.ts` exports the result: `export default defineStack({ ... })`. */
export interface StackDefinition {
  /**
   * `"production"` requires `access`, makes the root file systems of containers read-only, limits their processes and open files,
   * and adds Prometheus' rules about the stack. `stack:check` checks its settings. Default: `"development"`.
   */
  readonly profile?: "development" | "production";
  /**
   * TLS and authentication for every published port. The service `proxy` serves the ports with TLS, and requires a user and a
   * password, except for Grafana, which has its own login. With a certificate in files, Prometheus, Alertmanager and Redis do
   * this themselves. Default: none; ports are published without TLS.
   */
  readonly access?: Partial<Access> & Pick<Access, "host">;
  /**
   * Limits of each container. `false`: the limit of the engine. Rootless engines can't raise the number of open files. Default
   * with the profile `"production"`: 65,536 open files and 2048 processes. Default with the profile `"development"`: the
   * engine's limits.
   */
  readonly limits?: { readonly openFiles?: number | false; readonly processes?: number | false };
  /** Base of the URLs of runbooks for the alerts of Prometheus' rules: `"https://wiki.example.org/runbooks"`; the name of the alert is added. */
  readonly runbooks?: string;
  /** Points of `stack:check` that something outside of this stack satisfies, with a description of it: `{ backup: "restic on the host, every night" }`. */
  readonly checklist?: Readonly<Partial<Record<Elsewhere, string>>>;
  /** Suffix of all container names, and `service.namespace` of all spans. Default: `"toolboxai"`. */
  readonly name?: string;
  /**
   * Network of all containers. Default: `NAME-monitoring`. `external`: the network already exists and is managed
   * elsewhere, for example by the application's compose file.
   */
  readonly network?: string | { readonly name: string; readonly external: boolean };
  /** Host address to publish ports on. Default: `"127.0.0.1"`, reachable only from this machine. */
  readonly bind?: string;
  /** Prefix of all images that have no `image` setting: `"registry.example.org/mirror"`. */
  readonly registry?: string;
  /** Value of the label `environment` on all telemetry that goes through the collector. Default: `"production"`. */
  readonly environment?: string;
  /** Scrape interval of Prometheus. Default: `"15s"`. */
  readonly scrapeInterval?: string;
  /** Evaluation interval of Prometheus' own rules. Default: `"15s"`. */
  readonly evaluationInterval?: string;
  /**
   * The monitored application, or `false`. `"example"` builds the example of this package and runs it as the service
   * `fastapi-backend`. Default: job `fastapi-backend` at `host.docker.internal:8009`, every 10 s.
   */
  readonly backend?: Partial<Backend> | "example" | false;
  /** Additional scrape jobs: other applications, database exporters. */
  readonly scrape?: readonly OtherJob[];
  /** Log collection. Default: Alloy collects the logs of all containers and of the application. */
  readonly logs?: {
    readonly collector?: "alloy" | "promtail";
    /** Host directory with the engine's container logs, or `false`. Default: `"/var/lib/docker/containers"`. */
    readonly containers?: string | false;
    /**
     * Host directory with the application's `*.log` files, relative to the definition, or `false`. Default: `"./logs"`, or
     * with `backend: "example"` a volume that the backend writes to.
     */
    readonly application?: string | false;
    /** The tenant ID that the log collector sends to Loki. Default: the `name` of the stack. */
    readonly tenant?: string;
  };
  /** Log rotation of each container. Default: 3 files of `"10m"`. */
  readonly logRotation?: { readonly maxSize?: string; readonly maxFiles?: number };
  /** The IP address of `host.docker.internal` in containers. Default: `"host-gateway"`, which some engines don't support. */
  readonly hostGateway?: string;
  /** Settings of `stack:render --target kubernetes`. */
  readonly kubernetes?: KubernetesSettings;
  readonly services?: ServiceSettings;
}

/** Settings of the manifests for Kubernetes. */
interface KubernetesSettings {
  /** Default: `NAME-monitoring`. The stack creates it. */
  readonly namespace?: string;
  /** Class of the volumes. Default: that of the cluster. */
  readonly storageClass?: string;
  /** Class of the Ingress. Default: that of the cluster. */
  readonly ingressClass?: string;
  /** Sizes of the volumes by service: `{ prometheus: "100g" }`. Default: 50 GiB for Prometheus, Loki and Jaeger, 5 GiB for Grafana, 2 GiB for others. */
  readonly volumes?: Readonly<Partial<Record<ServiceName, string>>>;
}

/** A validated definition with all defaults filled in. */
export interface Stack {
  readonly profile: "development" | "production";
  /** If `access` is incomplete in the definition, it is incomplete here too, and `renderStack` throws. */
  readonly access: (Partial<Access> & Pick<Access, "host">) | undefined;
  readonly limits: { readonly openFiles?: number | false; readonly processes?: number | false };
  readonly runbooks: string | undefined;
  readonly checklist: Readonly<Partial<Record<Elsewhere, string>>>;
  readonly name: string;
  readonly network: { readonly name: string; readonly external: boolean };
  readonly bind: string;
  readonly environment: string;
  readonly scrapeInterval: string;
  readonly evaluationInterval: string;
  /** The application outside of the stack. Undefined if there is none, and with `backend: "example"`. */
  readonly backend: Backend | undefined;
  readonly scrape: readonly OtherJob[];
  readonly logs: Logs;
  readonly logRotation: { readonly maxSize: string; readonly maxFiles: number };
  readonly hostGateway: string;
  /** Prefix of images, for services that only some targets have. */
  readonly registry: string | undefined;
  readonly kubernetes: {
    readonly namespace: string;
    readonly storageClass: string | undefined;
    readonly ingressClass: string | undefined;
    readonly volumes: Readonly<Partial<Record<ServiceName, string>>>;
  };
  /** Enabled services. */
  readonly services: ReadonlyMap<ServiceName, Service>;
}
