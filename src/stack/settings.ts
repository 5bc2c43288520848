import { z } from "zod";
import { parseDuration } from "../duration.ts";

/** A duration in Prometheus' spelling: `"15s"`, `"1h30m"`, `"7d"`. */
export const Duration = z
  .string()
  .refine((text) => (parseDuration(text) ?? 0) > 0, "is no duration: write it like 15s, 5m, 12h or 30d");

/** Bytes as container engines take them: `"512m"`, `"1g"`. */
export const Bytes = z
  .string()
  .regex(/^[1-9]\d*[kmg]$/, "is no size: write a whole number and k, m or g, as in 512m or 1g");

const UNITS: Readonly<Record<string, number>> = { k: 1, m: 1024, g: 1024 * 1024 };

/** `"1g"` in KiB. */
export function kibibytes(bytes: string): number {
  return Number.parseInt(bytes, 10) * (UNITS[bytes.slice(-1)] ?? 0);
}

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
  .regex(/^[A-Za-z0-9._-]+:\d{1,5}$/, "is no address: write it like host.docker.internal:8009, without http://");

/** A duration in Go's spelling, which knows neither days nor weeks: `"168h"` for `"7d"`. */
export function goDuration(text: string): string {
  const milliseconds = parseDuration(text) ?? 0;
  if (milliseconds % 3600_000 === 0) return `${milliseconds / 3600_000}h`;
  if (milliseconds % 60_000 === 0) return `${milliseconds / 60_000}m`;
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${milliseconds}ms`;
}
