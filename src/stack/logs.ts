import type { Logs, Mount } from "./service.ts";

/** The label `job` of log lines that arrive over OTLP. The log collector has other jobs. */
export const OTLP_JOB = "otlp";

/** The directory of the application's logs, in its container and in the collector's. */
export const APPLICATION_LOGS = "/app/logs";

/** The volume with the logs of the example backend. */
export const EXAMPLE_LOGS = "fastapi-backend-logs";

/** Globs of log files in the collector's container. */
export const LOG_PATHS = {
  containers: "/var/lib/docker/containers/*/*log",
  application: `${APPLICATION_LOGS}/*.log`,
} as const;

/** Mounts of the directories that a log collector reads. */
export function logMounts({ containers, application }: Logs): Mount[] {
  return [
    ...(containers === undefined
      ? []
      : [{ type: "host", path: containers, target: "/var/lib/docker/containers" } as const]),
    ...(application === undefined ? [] : [applicationMount(application)]),
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
