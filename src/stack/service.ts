import type { z } from "zod";
import type { EnvironmentVariable } from "../secrets/secret.ts";
import type { HttpClient, ServedAccess } from "./access-types.ts";
import type { JobLimits } from "./job-limits.ts";
import type { ServiceName } from "./names.ts";
import type { Target } from "./target.ts";

/** Settings that all services have. */
export interface CommonSettings<Ports extends string = "http"> {
  /** Image tag: `"v3.14.0"`. */
  readonly version?: string;
  /** Full image reference with tag or digest: `"mirror.example.org/prometheus:v3.14.0"`. `registry` does not apply to it. */
  readonly image?: string;
  /** Published host ports; `false` does not publish a port. */
  readonly ports?: { readonly [Name in Ports]?: number | false };
  /** Scrape interval of this service. Default: the stack's `scrapeInterval`. */
  readonly scrapeInterval?: string;
  /** Memory limit of the container: `"512m"`, `"1g"`. */
  readonly memory?: string;
  /** Maximum number of CPUs that the container can use: `1.5`. Default: all. */
  readonly cpus?: number;
  /** Limits of this service's scrape jobs. */
  readonly metrics?: JobLimits;
  /** Environment variables of the container. Use `env("NAME")` for secrets: they are read when the stack starts. */
  readonly environment?: Readonly<Record<string, string | EnvironmentVariable>>;
}

/** A port that a service listens on. */
interface Port {
  readonly container: number;
  /** Default host port; absent if it is not published by default. */
  readonly host?: number;
  /** Protocol or content, for the documentation: `"HTTP"`. */
  readonly what: string;
  /** Default: HTTP. `tcp` can't go through the proxy. */
  readonly protocol?: "h2c" | "tcp";
}

/** A scrape job in Prometheus' configuration format. */
export interface ScrapeJob {
  readonly job_name: string;
  readonly metrics_path?: string;
  readonly scrape_interval?: string;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  readonly scheme?: "https";
  readonly basic_auth?: HttpClient["basic_auth"];
  readonly tls_config?: HttpClient["tls_config"];
  readonly static_configs: readonly {
    readonly targets: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  readonly relabel_configs?: readonly Readonly<Record<string, unknown>>[];
  readonly metric_relabel_configs?: readonly Readonly<Record<string, unknown>>[];
  readonly sample_limit?: number;
  readonly label_limit?: number;
}

/** A datasource in the form of Grafana's API. */
export interface StackDatasource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly access: "proxy";
  readonly basicAuth?: true;
  readonly basicAuthUser?: string;
  readonly jsonData?: Readonly<Record<string, string | boolean>>;
  /** Files in the stack's directory `secrets` with the values of `secureJsonData`: `{ basicAuthPassword: "stack-password" }`. */
  readonly secureFiles?: Readonly<Record<string, string>>;
}

/** A health check from the host. */
export type Check =
  | {
      readonly type: "http";
      readonly port: string;
      readonly path: string;
      readonly contains?: string;
    }
  | { readonly type: "redis"; readonly port: string };

/** A mount of a volume, a directory of generated files, or a host directory. */
export type Mount =
  | {
      readonly type: "volume";
      readonly name: string;
      readonly target: string;
      readonly readOnly?: boolean;
      /** Whether the service starts without its former content, for example on another machine of a cluster. */
      readonly temporary?: boolean;
    }
  | { readonly type: "config"; readonly directory: string; readonly target: string }
  | { readonly type: "host"; readonly path: string; readonly target: string };

/** A service's part of the generated files. */
export interface ServiceParts {
  /** Builds its image from a Dockerfile in this directory of the package, instead of pulling it. */
  readonly build?: { readonly directory: string; readonly args: Readonly<Record<string, string>> };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
  /** Configuration files by path relative to the stack's directory. Objects are written as YAML. */
  readonly files?: Readonly<Record<string, string | object>>;
  /** Health check in the container: a command, or a line for its shell. Absent for images without a shell. */
  readonly probe?: readonly string[] | string;
  /** Secrets that it reads from `/run/secrets`: names in the stack's directory `secrets`, or files of the user. */
  readonly secrets?: readonly (string | SecretFile)[];
  /** Names of the stack's secrets that it reads only when it starts. */
  readonly secretsAtStart?: readonly string[];
  /** Whether it connects to the host as host.docker.internal. */
  readonly connectsToHost?: boolean;
  /** Whether it connects to addresses outside of the stack. Default: `connectsToHost`. */
  readonly connectsOutside?: boolean;
  /** Whether it shares the host's PID namespace. */
  readonly hostProcesses?: boolean;
  /** Whether it keeps capabilities: its image drops root privileges at startup or reads files that belong to root. */
  readonly keepsCapabilities?: boolean;
  /** Host ports of other services that it serves, on the same ports of its container. */
  readonly publishes?: readonly number[];
  /** Capabilities that it keeps although all others are dropped. */
  readonly capabilities?: readonly string[];
  /** Whether it writes only to its volumes and to `/tmp`. `"production"`: its root file system is read-only only in that profile. */
  readonly readOnlyRoot?: boolean | "production";
}

/** A file on the host with a secret. */
export interface SecretFile {
  /** Its name in `/run/secrets`. */
  readonly name: string;
  /** Relative to the definition, or absolute. */
  readonly path: string;
}

/** An enabled service with its settings. */
export interface Service<Settings = unknown> {
  readonly name: ServiceName;
  readonly type: ServiceType<Settings>;
  readonly container: string;
  readonly image: string;
  /** Published host ports by port name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly memory: string;
  /** CPUs that it can use; undefined: all. */
  readonly cpus: number | undefined;
  /** Undefined: the stack's interval. */
  readonly scrapeInterval: string | undefined;
  readonly metrics: JobLimits;
  readonly environment: Readonly<Record<string, string | EnvironmentVariable>>;
  readonly settings: Settings;
}

/** What a service can know about the stack when it is rendered. */
export interface StackContext {
  /** `"toolboxai"` */
  readonly name: string;
  /** Value of the label `environment`. */
  readonly environment: string;
  /** `"15s"` */
  readonly scrapeInterval: string;
  readonly evaluationInterval: string;
  readonly backend: Backend | undefined;
  readonly logs: Logs;
  readonly isProduction: boolean;
  /** Base of the URLs of runbooks: `"https://wiki.example.org/runbooks"`. */
  readonly runbooks: string | undefined;
  /** Settings of Alertmanager that need rules of Prometheus; undefined if it is disabled. */
  readonly alerting: Alerting | undefined;
  /** Names of the scrape jobs of the stack's own services. */
  readonly ownJobs: () => readonly string[];
  readonly target: Target;
  /** TLS and users; undefined if ports are published without them. */
  readonly access: ServedAccess | undefined;
  /** Published ports, with the addresses of their containers. */
  readonly published: () => readonly PublishedPort[];
  /** How to connect to a service from another container. Empty if it needs neither TLS nor credentials. */
  readonly client: (service: ServiceName) => HttpClient;
  /** Address of a service for other containers: `"grafana-loki-toolboxai:3100"`; undefined if it is disabled. */
  address(service: ServiceName, port: string): string | undefined;
  /** Whether a service is enabled. */
  runs(service: ServiceName): boolean;
  /** All scrape jobs, including the backend's. */
  readonly jobs: () => readonly ScrapeJob[];
  /** The same jobs, which find all containers of services that have several of them. */
  readonly scrapeConfigs: () => readonly object[];
  /** The URL of a port for users: `"https://monitoring.example.org:3000/"`; undefined if it is not published. */
  readonly publicUrl: (service: Pick<Service, "ports" | "type">, port: string) => string | undefined;
}

/** Settings of Alertmanager that need rules of Prometheus. */
export interface Alerting {
  readonly heartbeat?: object | undefined;
  readonly escalation?: { readonly after: string; readonly severity: string } | undefined;
}

/** A port of a service that is published on the host. */
export interface PublishedPort {
  readonly service: Service;
  /** `"http"` */
  readonly name: string;
  readonly host: number;
  /** `"grafana-loki-toolboxai:3100"` */
  readonly address: string;
  readonly protocol: "http" | "h2c" | "tcp";
}

/** The monitored application, which is not part of the stack. */
export interface Backend {
  /** Name of the scrape job. */
  readonly job: string;
  /** Address for Prometheus' container: `"host.docker.internal:8009"`. */
  readonly target: string;
  readonly metricsPath: string;
  readonly interval: string;
  /** Limits of the job. */
  readonly metrics?: JobLimits;
}

/** An additional scrape job. */
export interface OtherJob {
  readonly job: string;
  /** Addresses for Prometheus' container: `["db-exporter:9187"]`. */
  readonly targets: readonly string[];
  /** Default: `"/metrics"`. */
  readonly metricsPath?: string;
  /** Default: the stack's `scrapeInterval`. */
  readonly interval?: string;
  /** Labels for all series of the job. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Limits of the job. */
  readonly metrics?: JobLimits;
}

export interface Logs {
  readonly collector: "alloy" | "promtail";
  /** Host directory with the container logs; undefined if they are not collected. */
  readonly containers: string | undefined;
  /** Host directory or volume with the application's logs; undefined if they are not collected. */
  readonly application: { readonly directory: string } | { readonly volume: string } | undefined;
  readonly tenant: string;
  /** Whether Loki requires a tenant. */
  readonly isMultiTenant: boolean;
}

/** The definition of a service. */
export interface ServiceType<Settings = unknown> {
  readonly name: ServiceName;
  /** `"Prometheus"` */
  readonly title: string;
  readonly image: { readonly repository: string; readonly version: string };
  /** Prefix of the container name, which ends with the stack's name. */
  readonly container: string;
  readonly ports: Readonly<Record<string, Port>>;
  readonly memory: string;
  /** Schema of its specific settings, with defaults. */
  readonly settings: z.ZodObject & z.ZodType<Settings>;
  /** Environment variables that the stack sets, each with the hint for users who set it themselves. */
  readonly reserved?: Readonly<Record<string, string>>;
  /** A service that it requires with these settings: if that is disabled, so is this one. */
  needs?(own: Service<Settings>): ServiceName | undefined;
  /** Services to start before it, if they are enabled. */
  readonly after: readonly ServiceName[];
  /**
   * How it authenticates in a stack with `access`: `web` with a web configuration file of Prometheus' exporter toolkit, `login` with
   * a login of its own, `acl` with Redis' users. Absent: only the proxy authenticates.
   */
  readonly guard?: "web" | "login" | "acl";
  /** Whether it runs on each machine of a cluster, because it reads something there. */
  readonly perNode?: boolean;
  /** The user of its container in Kubernetes, by number. */
  readonly user: number;
  /** Whether several of its containers can run with these settings, because they share their data or have none. */
  scales?(own: Service<Settings>): boolean;
  readonly check: Check;
  /** The port that users or applications connect to. */
  readonly main: string;
  parts(own: Service<Settings>, stack: StackContext): ServiceParts;
  scrape?(own: Service<Settings>, stack: StackContext): readonly ScrapeJob[];
  /** Data that is not in its volumes: `"Jaeger's traces, which are in memory"`. `all`: its volumes contain no data. */
  elsewhere?(own: Service<Settings>): { readonly what: string; readonly all?: true } | undefined;
  /** A regular expression of the metrics that it queries itself. */
  queries?(stack: StackContext): string | undefined;
  datasource?(own: Service<Settings>, stack: StackContext): StackDatasource;
}

/** Infers the type of a service's settings from its schema. */
export function serviceType<Shape extends z.core.$ZodLooseShape>(
  type: ServiceType<z.output<z.ZodObject<Shape, z.core.$strict>>> & {
    readonly settings: z.ZodObject<Shape, z.core.$strict>;
  },
): typeof type {
  return type;
}

/** A scrape job for one target at /metrics. */
export function ownJob(job: string, target: string | undefined): ScrapeJob[] {
  return target === undefined
    ? []
    : [{ job_name: job, metrics_path: "/metrics", static_configs: [{ targets: [target] }] }];
}
