import { isAbsolute } from "node:path";
import type { Logs, Mount, StackContext } from "./service.ts";
import type { Target } from "./target.ts";

/** The label `job` of log lines that arrive over OTLP. The log collector has other jobs. */
export const OTLP_JOB = "otlp";

/** The directory of the application's logs, in its container and in the collector's. */
export const APPLICATION_LOGS = "/app/logs";

/** The volume with the logs of the example backend. */
export const EXAMPLE_LOGS = "fastapi-backend-logs";

/** The log files of containers on a machine, and what their paths say. */
export interface ContainerLogs {
  /** The value of the label `job`. */
  readonly job: string;
  /** Glob of the files in the collector's container. */
  readonly path: string;
  /** Where the collector mounts their directory. */
  readonly directory: string;
  /** A regular expression with groups that become labels. */
  readonly pattern: string;
  readonly labels: readonly string[];
  /** `json` as Docker writes them, or `cri` as all runtimes of Kubernetes do. */
  readonly format: "json" | "cri";
}

const DOCKER: ContainerLogs = {
  job: "docker",
  path: "/var/lib/docker/containers/*/*log",
  directory: "/var/lib/docker/containers",
  pattern: "^/var/lib/docker/containers/(?P<container_id>[^/]+)/.*$",
  labels: ["container_id"],
  format: "json",
};

/** https://kubernetes.io/docs/concepts/cluster-administration/logging/#log-location-node */
const PODS: ContainerLogs = {
  job: "kubernetes",
  path: "/var/log/pods/*/*/*.log",
  directory: "/var/log/pods",
  pattern: "^/var/log/pods/(?P<namespace>[^_]+)_(?P<pod>[^_]+)_[^/]+/(?P<container>[^/]+)/.*$",
  labels: ["namespace", "pod", "container"],
  format: "cri",
};

/** The log files of containers that a collector reads; undefined if it reads none. */
export function containerLogs({ logs, target }: Pick<StackContext, "logs" | "target">): ContainerLogs | undefined {
  if (logs.containers === undefined) return undefined;
  return target === "kubernetes" ? PODS : DOCKER;
}

/** Glob of the application's log files in the collector's container; undefined if it reads none. */
export function applicationLogs({ logs, target }: Pick<StackContext, "logs" | "target">): string | undefined {
  return logs.application === undefined || !isOnEachNode(logs.application, target)
    ? undefined
    : `${APPLICATION_LOGS}/*.log`;
}

/** Whether a directory of the application's logs can exist on the machines of a cluster: a relative one is that of the definition. */
function isOnEachNode(application: NonNullable<Logs["application"]>, target: Target): boolean {
  return target === "compose" || ("directory" in application && isAbsolute(application.directory));
}

/** Mounts of the directories that a log collector reads. */
export function logMounts(stack: Pick<StackContext, "logs" | "target">): Mount[] {
  const { containers, application } = stack.logs;
  const files = containerLogs(stack);
  return [
    ...(containers === undefined || files === undefined
      ? []
      : [{ type: "host", path: files === PODS ? PODS.directory : containers, target: files.directory } as const]),
    ...(application === undefined || applicationLogs(stack) === undefined ? [] : [applicationMount(application)]),
  ];
}

function applicationMount(application: NonNullable<Logs["application"]>): Mount {
  const target = APPLICATION_LOGS;
  return "volume" in application
    ? { type: "volume", name: application.volume, target, readOnly: true }
    : { type: "host", path: application.directory, target };
}

/** A health check for images that have bash but neither curl nor wget. */
export function httpProbe(port: number, path: string): string[] {
  const request = String.raw`GET ${path} HTTP/1.0\r\n\r\n`;
  return ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port} && printf '${request}' >&3 && grep -q ' 200 ' <&3`];
}
