import { z } from "zod";
import { parseDuration } from "../util/duration.ts";

/** A duration in Prometheus' format: `"15s"`, `"1h30m"`, `"7d"`. */
export const Duration = z.string().refine((text) => (parseDuration(text) ?? 0) > 0, {
  error: "is not a valid duration; use a form such as 15s, 5m, 12h or 30d",
  abort: true,
});

/** A size in the format of container engines: `"512m"`, `"1g"`. */
export const Bytes = z.string().regex(/^[1-9]\d*[kmg]$/, {
  error: "is not a valid size; use a whole number with k, m or g, such as 512m or 1g",
  abort: true,
});

const UNITS: Readonly<Record<string, number>> = { k: 1, m: 1024, g: 1024 * 1024 };

/** Converts a size such as `"1g"` to KiB. */
export function kibibytes(bytes: string): number {
  return Number.parseInt(bytes, 10) * (UNITS[bytes.slice(-1)] ?? 0);
}

/** Memory limit of a container: https://docs.docker.com/engine/containers/resource_constraints/ */
export const Memory = Bytes.refine(
  (text) => kibibytes(text) >= 6 * 1024,
  "must be at least 6m, the minimum of container engines",
);

/** A URL without credentials, because it is written to a world-readable file. */
export const HttpUrl = z
  .url({ protocol: /^https?$/, error: "is not a valid http or https URL" })
  .refine(
    (text) => !URL.canParse(text) || (new URL(text).username === "" && new URL(text).password === ""),
    "must not contain a user or a password, because it is written to a world-readable file",
  );

/** A path of a file on the host, relative to the definition or absolute. */
export const HostFile = z
  .string()
  .regex(/^(\/|\.{1,2}\/)[^:*?]*[^:*?/]$/, "is not a valid path of a file; it must start with / or ./");

export const HostPort = z
  .number()
  .int("must be a whole number")
  .min(1, "must be from 1 to 65535")
  .max(65535, "must be from 1 to 65535");

/** An address that containers can reach: `"host.docker.internal:8009"`. */
export const Target = z
  .string()
  .regex(/^[A-Za-z0-9._-]+:\d+$/, {
    error: "is not a valid address; use a form such as host.docker.internal:8009, without http://",
    abort: true,
  })
  .refine((text) => HostPort.safeParse(Number(text.replace(/^.*:/, ""))).success, "must have a port from 1 to 65535");

/** A duration in Go's format, which has no days and weeks: `"168h"` for `"7d"`. */
export function goDuration(text: string): string {
  const milliseconds = parseDuration(text) ?? 0;
  if (milliseconds % 3600_000 === 0) return `${milliseconds / 3600_000}h`;
  if (milliseconds % 60_000 === 0) return `${milliseconds / 60_000}m`;
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

/**
 * Escapes `$`, which starts a variable in the configuration of the OpenTelemetry collector and of Jaeger.
 * https://opentelemetry.io/docs/collector/configuration/#environment-variables
 */
export function collectorText(text: string): string {
  return text.replaceAll("$", "$$$$");
}
