import { z } from "zod";
import { parseDuration } from "../util/duration.ts";

/** A duration in Prometheus' spelling: `"15s"`, `"1h30m"`, `"7d"`. */
export const Duration = z.string().refine((text) => (parseDuration(text) ?? 0) > 0, {
  error: "is no duration: write it like 15s, 5m, 12h or 30d",
  abort: true,
});

/** Bytes as container engines take them: `"512m"`, `"1g"`. */
export const Bytes = z.string().regex(/^[1-9]\d*[kmg]$/, {
  error: "is no size: write a whole number and k, m or g, as in 512m or 1g",
  abort: true,
});

const UNITS: Readonly<Record<string, number>> = { k: 1, m: 1024, g: 1024 * 1024 };

/** `"1g"` in KiB. */
export function kibibytes(bytes: string): number {
  return Number.parseInt(bytes, 10) * (UNITS[bytes.slice(-1)] ?? 0);
}

/** How much memory a container gets. https://docs.docker.com/engine/containers/resource_constraints/ */
export const Memory = Bytes.refine((text) => kibibytes(text) >= 6 * 1024, "is less than the 6m that engines ask for");

/** A URL without a password: it stands in a file that everybody may read. */
export const HttpUrl = z
  .url({ protocol: /^https?$/, error: "is no http or https URL" })
  .refine(
    (text) => !URL.canParse(text) || (new URL(text).username === "" && new URL(text).password === ""),
    "holds a user or a password, and would stand in a file that everybody may read",
  );

/** A port of the host. */
export const HostPort = z
  .number()
  .int("a whole number is expected")
  .min(1, "from 1 to 65535")
  .max(65535, "from 1 to 65535");

/** An address that another container can reach: `"host.docker.internal:8009"`. */
export const Target = z
  .string()
  .regex(/^[A-Za-z0-9._-]+:\d+$/, {
    error: "is no address: write it like host.docker.internal:8009, without http://",
    abort: true,
  })
  .refine((text) => HostPort.safeParse(Number(text.replace(/^.*:/, ""))).success, "has no port from 1 to 65535");

/** A duration in Go's spelling, which knows neither days nor weeks: `"168h"` for `"7d"`. */
export function goDuration(text: string): string {
  const milliseconds = parseDuration(text) ?? 0;
  if (milliseconds % 3600_000 === 0) return `${milliseconds / 3600_000}h`;
  if (milliseconds % 60_000 === 0) return `${milliseconds / 60_000}m`;
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}

/**
 * A text as a collector's configuration has it, and Jaeger's, which is read by the same code: a `$` would begin a variable.
 * https://opentelemetry.io/docs/collector/configuration/#environment-variables
 */
export function collectorText(text: string): string {
  return text.replaceAll("$", "$$$$");
}
