const [MICRO, MILLI, SECOND] = [1000n, 1_000_000n, 1_000_000_000n];
export const MINUTE = 60n * SECOND;
export const HOUR = 60n * MINUTE;
const [MIN, MAX] = [-(2n ** 63n), 2n ** 63n - 1n];

/** A duration in nanoseconds as Go prints it: `1h2m3.5s`. */
export function durationText(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return "0s";
  const sign = nanoseconds < 0n ? "-" : "";
  const length = nanoseconds < 0n ? -nanoseconds : nanoseconds;
  if (length < MICRO) return `${sign}${length}ns`;
  if (length < MILLI) return `${sign}${fraction(length, MICRO)}µs`;
  if (length < SECOND) return `${sign}${fraction(length, MILLI)}ms`;
  const seconds = `${fraction(length % MINUTE, SECOND)}s`;
  const minutes = length >= MINUTE ? `${(length / MINUTE) % 60n}m` : "";
  const hours = length >= HOUR ? `${length / HOUR}h` : "";
  return `${sign}${hours}${minutes}${seconds}`;
}

function fraction(value: bigint, unit: bigint): string {
  const digits = `${value % unit}`.padStart(`${unit}`.length - 1, "0").replace(/0+$/, "");
  return `${value / unit}${digits === "" ? "" : `.${digits}`}`;
}

/** Within the limits of Go's type. */
export function clamped(nanoseconds: bigint): bigint {
  return nanoseconds < MIN ? MIN : nanoseconds > MAX ? MAX : nanoseconds;
}

/** Toward zero, to a multiple. */
export function truncated(value: bigint, multiple: bigint): bigint {
  return multiple <= 0n ? value : value - (value % multiple);
}

/** To the nearest multiple, and half of it away from zero. */
export function rounded(value: bigint, multiple: bigint): bigint {
  if (multiple <= 0n) return value;
  const rest = value % multiple;
  const size = rest < 0n ? -rest : rest;
  const step = value < 0n ? -multiple : multiple;
  return value - rest + (size * 2n >= multiple ? step : 0n);
}

/** `unit` in nanoseconds. */
export function floatOf(nanoseconds: bigint, unit: bigint): number {
  return Number(nanoseconds / unit) + Number(nanoseconds % unit) / Number(unit);
}

export const UNITS = { MICRO, MILLI, SECOND } as const;
