import type { Logs, Mount } from "./service.ts";

/** Globs of log files in the collector's container. */
export const LOG_PATHS = {
  containers: "/var/lib/docker/containers/*/*log",
  application: "/app/logs/*.log",
} as const;

/** Mounts of the host directories that a log collector reads. */
export function logMounts({ containers, application }: Logs): Mount[] {
  return [
    ...(containers === undefined
      ? []
      : [{ type: "host", path: containers, target: "/var/lib/docker/containers" } as const]),
    ...(application === undefined ? [] : [{ type: "host", path: application, target: "/app/logs" } as const]),
  ];
}

/** A health check for images that have bash but neither curl nor wget. */
export function httpProbe(port: number, path: string): string[] {
  const request = String.raw`GET ${path} HTTP/1.0\r\n\r\n`;
  return ["bash", "-c", `exec 3<>/dev/tcp/127.0.0.1/${port} && printf '${request}' >&3 && grep -q ' 200 ' <&3`];
}
