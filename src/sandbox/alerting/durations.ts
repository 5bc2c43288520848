const units: readonly (readonly [unit: string, milliseconds: number])[] = [
  ["y", 31_536_000_000],
  ["w", 604_800_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];

/** The maximum of 64-bit nanoseconds, in milliseconds. */
const maximum = 9_223_372_036_854;

/** Parses a duration such as `1h30m` to milliseconds; undefined if it is invalid. Units must be in descending order. */
export function parseDuration(source: string): number | undefined {
  if (source === "0") return 0;
  if (!/^(\d+[a-z]+)+$/.test(source)) return undefined;
  let total = 0;
  let last = -1;
  for (const [, amount = "", unit = ""] of source.matchAll(/(\d+)([a-z]+)/g)) {
    const position = units.findIndex(([name]) => name === unit);
    if (position <= last) return undefined;
    last = position;
    total += Number(amount) * (units[position]?.[1] ?? 0);
  }
  return total > maximum ? undefined : total;
}

/** Formats a duration. Uses years and weeks only for exact multiples. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds === 0) return "0s";
  let rest = milliseconds;
  let result = "";
  for (const [unit, size] of units) {
    if ((unit === "y" || unit === "w") && rest % size !== 0) continue;
    const amount = Math.trunc(rest / size);
    if (amount === 0) continue;
    result += `${amount}${unit}`;
    rest -= amount * size;
  }
  return result;
}
