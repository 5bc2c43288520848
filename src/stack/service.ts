import type { z } from "zod";
import type { EnvironmentVariable } from "../secrets/secret.ts";
import type { ServiceName } from "./names.ts";

/** What every service takes in a definition, beside settings of its own. */
export interface CommonSettings<Ports extends string = "http"> {
  /** The image's tag alone: `"v3.14.0"`. */
  readonly version?: string;
  /** The whole image, with its tag or digest: `"mirror.example.org/prometheus:v3.14.0"`. The registry is not put before it. */
  readonly image?: string;
  /** On which ports of the host it is reached; `false` publishes one not at all. */
  readonly ports?: { readonly [Name in Ports]?: number | false };
  /** How often Prometheus asks it. Default: the stack's `scrapeInterval`. */
  readonly scrapeInterval?: string;
  /** The most memory that its container gets: `"512m"`, `"1g"`. */
  readonly memory?: string;
  /** Variables of its container. A secret is given as `env("NAME")`, and read from the environment when the stack is started. */
  readonly environment?: Readonly<Record<string, string | EnvironmentVariable>>;
}

/** A port that a service listens on. */
interface Port {
  /** In its container. */
  readonly container: number;
  /** On the host, unless the definition says another; absent: not published. */
  readonly host?: number;
  /** What is spoken there, for a table: `"HTTP"`. */
  readonly what: string;
}

/** A job of Prometheus' scrape configuration, in its own spelling. */
export interface ScrapeJob {
  readonly job_name: string;
  readonly metrics_path?: string;
  readonly scrape_interval?: string;
  readonly params?: Readonly<Record<string, readonly string[]>>;
  readonly static_configs: readonly {
    readonly targets: readonly string[];
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  readonly relabel_configs?: readonly Readonly<Record<string, unknown>>[];
}

/** A Grafana datasource, as Grafana's API takes it. */
export interface StackDatasource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly url: string;
  readonly access: "proxy";
}

/** How a service is asked from the host whether it is well. */
export type Check =
  | { readonly type: "http"; readonly port: string; readonly path: string; readonly contains?: string }
  | { readonly type: "redis"; readonly port: string };

/** A volume, a folder of the rendered files, or a folder of the host, and where it is in the container. */
export type Mount =
  | { readonly type: "volume"; readonly name: string; readonly target: string }
  | { readonly type: "config"; readonly folder: string; readonly target: string }
  | { readonly type: "host"; readonly path: string; readonly target: string };

/** What a service adds to the stack's files. */
export interface ServiceParts {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly mounts?: readonly Mount[];
  /** Its configuration, by path below the stack's folder: an object becomes YAML. */
  readonly files?: Readonly<Record<string, string | object>>;
  /** A command in the container that ends with 0 when the service is well; none for an image without a shell. */
  readonly probe?: readonly string[];
  /** Names of secrets that it reads from `/run/secrets`. */
  readonly secrets?: readonly string[];
  /** It asks the host of the containers, by the name host.docker.internal. */
  readonly asksHost?: boolean;
  /** It sees the processes of the host. */
  readonly hostProcesses?: boolean;
  /** Its image starts as root and gives that up, or has to read what is root's: it keeps the capabilities for that. */
  readonly keepsCapabilities?: boolean;
}

/** A service as the definition has it: one that runs. */
export interface Service<Settings = unknown> {
  readonly name: ServiceName;
  readonly type: ServiceType<Settings>;
  readonly container: string;
  readonly image: string;
  /** Published ports of the host, by name; those that aren't published are left out. */
  readonly ports: Readonly<Record<string, number>>;
  readonly memory: string;
  /** Undefined: as often as the stack says. */
  readonly scrapeInterval: string | undefined;
  readonly environment: Readonly<Record<string, string | EnvironmentVariable>>;
  readonly settings: Settings;
}

/** What a service can ask of the whole. */
export interface StackContext {
  /** `"toolboxai"` */
  readonly name: string;
  /** Where it runs: the label `environment`. */
  readonly environment: string;
  /** Seconds in Prometheus' spelling: `"15s"`. */
  readonly scrapeInterval: string;
  readonly evaluationInterval: string;
  readonly backend: Backend | undefined;
  readonly logs: Logs;
  /** `"grafana-loki-toolboxai:3100"`: how another container reaches it; undefined when it doesn't run. */
  address(service: ServiceName, port: string): string | undefined;
  /** The scrape jobs of all services that run, and the backend's. */
  readonly jobs: () => readonly ScrapeJob[];
}

/** The application that is watched. It is none of the stack's containers. */
export interface Backend {
  /** Prometheus' job. */
  readonly job: string;
  /** `"host.docker.internal:8009"`: as Prometheus' container reaches it. */
  readonly target: string;
  readonly metricsPath: string;
  readonly interval: string;
}

/** Something else that Prometheus asks. */
export interface OtherJob {
  readonly job: string;
  /** `["db-exporter:9187"]`: as Prometheus' container reaches them. */
  readonly targets: readonly string[];
  /** Default: `"/metrics"`. */
  readonly metricsPath?: string;
  /** Default: the stack's `scrapeInterval`. */
  readonly interval?: string;
  /** Put on every series of it. */
  readonly labels?: Readonly<Record<string, string>>;
}

export interface Logs {
  readonly collector: "alloy" | "promtail";
  /** The folder of the host with the engine's log files of containers; undefined: none are collected. */
  readonly containers: string | undefined;
  /** The folder of the host with the application's log files; undefined: none are collected. */
  readonly application: string | undefined;
  readonly tenant: string;
}

/** One kind of service: everything that is known of it, in one file. */
export interface ServiceType<Settings = unknown> {
  readonly name: ServiceName;
  /** `"Prometheus"` */
  readonly title: string;
  readonly image: { readonly repository: string; readonly version: string };
  /** Its container's name, before `-` and the stack's name. */
  readonly container: string;
  readonly ports: Readonly<Record<string, Port>>;
  readonly memory: string;
  /** Settings of its own, with their defaults. */
  readonly settings: z.ZodObject & z.ZodType<Settings>;
  /** Variables of its container that the stack gives it, and what to do instead of giving them. */
  readonly reserved?: Readonly<Record<string, string>>;
  /** What it is of no use without, as it is set: where that doesn't run, it doesn't either. */
  needs?(own: Service<Settings>): ServiceName | undefined;
  /** What should run before it, where it runs at all. */
  readonly after: readonly ServiceName[];
  readonly check: Check;
  /** The port that people, or applications, use. */
  readonly main: string;
  parts(own: Service<Settings>, stack: StackContext): ServiceParts;
  scrape?(own: Service<Settings>, stack: StackContext): readonly ScrapeJob[];
  datasource?(own: Service<Settings>, stack: StackContext): StackDatasource;
}

/** Types a kind of service, with the settings that its schema gives. */
export function serviceType<Shape extends z.core.$ZodLooseShape>(
  type: ServiceType<z.output<z.ZodObject<Shape, z.core.$strict>>> & {
    readonly settings: z.ZodObject<Shape, z.core.$strict>;
  },
): typeof type {
  return type;
}

/** The job that most services need: their own port, at /metrics. */
export function ownJob(job: string, target: string | undefined): ScrapeJob[] {
  return target === undefined
    ? []
    : [{ job_name: job, metrics_path: "/metrics", static_configs: [{ targets: [target] }] }];
}
