type Part = `${number}${"y" | "w" | "d" | "h" | "m" | "s" | "ms"}`;

/** A duration with up to three units: `30s`, `5m`, `1h30m`. */
export type Duration = "0" | Part | `${Part}${Part}` | `${Part}${Part}${Part}`;

/** Prometheus units in milliseconds, in the order of a duration. */
const UNITS = [
  ["y", 365 * 24 * 3600_000],
  ["w", 7 * 24 * 3600_000],
  ["d", 24 * 3600_000],
  ["h", 3600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
] as const;

const PATTERN = /^(\d+y)?(\d+w)?(\d+d)?(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/;

/** The maximum of Go's 64-bit nanoseconds: about 292 years. */
const LONGEST = 9_223_372_036_854;

/** Parses `90s`, `1h30m` or `0` to milliseconds; undefined if it is not a valid Prometheus duration. */
export function parseDuration(text: string): number | undefined {
  if (text === "0") return 0;
  const match = text === "" ? null : PATTERN.exec(text);
  if (!match) return undefined;
  const milliseconds = match
    .slice(1)
    .reduce((sum, part, index) => sum + (part ? Number.parseInt(part, 10) * (UNITS[index]?.[1] ?? 0) : 0), 0);
  return milliseconds <= LONGEST ? milliseconds : undefined;
}

/**
 * The form in which Grafana returns a duration: `300s` as `5m`, `36h` as `1d12h`. Years and weeks are used only if nothing
 * remains. Returns an invalid duration unchanged: the schema rejects it elsewhere.
 */
export function canonicalDuration(text: string): string {
  const milliseconds = text === "" ? 0 : parseDuration(text);
  if (milliseconds === undefined) return text;
  if (milliseconds === 0) return "0s";
  let [rest, result] = [milliseconds, ""];
  for (const [unit, size] of UNITS) {
    if ((unit === "y" || unit === "w") && rest % size !== 0) continue;
    const count = Math.floor(rest / size);
    if (count > 0) result += `${count}${unit}`;
    rest -= count * size;
  }
  return result;
}

/** Grafana's assumption about a datasource of Prometheus without a scrape interval, in milliseconds. */
export const DEFAULT_SCRAPE = 15_000;
