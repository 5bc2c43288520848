import { parseDuration } from "../util/duration.ts";
import type { Range } from "./model.ts";

const UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  M: 30 * 86_400_000,
  y: 365 * 86_400_000,
};

/** Parses `now`, `now-1h`, a date or milliseconds since 1970. Undefined if it is none of them. */
export function parseTime(text: string, now: number): number | undefined {
  const relative = /^now(?:-(\d+)([smhdwMy]))?$/.exec(text);
  if (relative) return now - Number(relative[1] ?? 0) * (UNITS[relative[2] ?? ""] ?? 0);
  if (/^\d{12,}$/.test(text)) return Number(text);
  const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : date;
}

/** The range of a panel, which can have its own length, and can be in the past. */
export function rangeOf(
  { from, to }: Range,
  { timeFrom, timeShift }: { readonly timeFrom?: string; readonly timeShift?: string },
): Range {
  const length = timeFrom === undefined ? undefined : lengthOf(timeFrom);
  const shift = (timeShift === undefined ? undefined : lengthOf(timeShift)) ?? 0;
  return { from: (length === undefined ? from : to - length) - shift, to: to - shift };
}

function lengthOf(text: string): number | undefined {
  const [, count = "", unit = ""] = /^(?:now-)?(\d+)([smhdwMy])$/.exec(text.trim()) ?? [];
  return count === "" ? undefined : Number(count) * (UNITS[unit] ?? 0);
}

/** Milliseconds of an interval in a dashboard: `30s`, `>10s`. Undefined if it is not one. */
export function intervalOf(text: string | undefined): number | undefined {
  const milliseconds = text === undefined ? undefined : parseDuration(text.trim().replace(/^>/, ""));
  return milliseconds === undefined || milliseconds <= 0 ? undefined : milliseconds;
}

/** `15s`, `500ms` */
export function durationOf(milliseconds: number): string {
  return milliseconds % 1000 === 0 ? `${milliseconds / 1000}s` : `${Math.round(milliseconds)}ms`;
}

/** The steps to which Grafana rounds the interval between two points, in seconds. */
const STEPS = [1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400];

/** The interval between two points of a graph, at least the minimum. */
export function graphInterval(range: number, points: number, minimum: number): number {
  const ideal = range / points / 1000;
  const step = ideal < 1 ? 1 : (STEPS.find((one) => one >= ideal) ?? Math.ceil(ideal / 86_400) * 86_400);
  return Math.max(step * 1000, minimum);
}

/** `2026-11-30T10:00:00Z` */
export function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
