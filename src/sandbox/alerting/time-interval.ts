import { isObject, type Json, type JsonObject } from "../json.ts";
import { Fingerprint } from "./fingerprint.ts";
import type { GoObject } from "./go-object.ts";
import { badRequestData } from "./public-error.ts";

/** An inclusive range. */
interface Range {
  readonly begin: number;
  readonly end: number;
}

/** A time interval. All of its fields must match. */
export interface TimeInterval {
  /** In minutes since midnight. */
  readonly times: readonly Range[];
  /** From 0 (Sunday) to 6. */
  readonly weekdays: readonly Range[];
  /** Negative numbers count from the end of the month. */
  readonly daysOfMonth: readonly Range[];
  readonly months: readonly Range[];
  readonly years: readonly Range[];
  readonly location: string | undefined;
}

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const months = "january february march april may june july august september october november december".split(" ");

/** Parses the intervals of a mute timing. */
export function readTimeIntervals(timing: GoObject, field: string): TimeInterval[] {
  return (timing.objects(field) ?? []).map((interval) => ({
    times: (interval.list("times") ?? []).map(readTimes),
    weekdays: readRanges(interval, "weekdays", weekday, isForwards),
    daysOfMonth: readRanges(interval, "days_of_month", integer, isDaysOfMonth),
    months: readRanges(interval, "months", month, isForwards),
    years: readRanges(interval, "years", integer, isForwards),
    location: readLocation(interval.raw("location")),
  }));
}

/** An interval in the API's form: months as numbers, ranges of one value as that value, no empty fields. */
export function timeIntervalForm(interval: TimeInterval): JsonObject {
  const { times, daysOfMonth, years, location } = interval;
  return {
    ...(times.length === 0 ? {} : { times: times.map(timesForm) }),
    ...rangesForm("weekdays", interval.weekdays, (day) => weekdays[day] ?? ""),
    ...rangesForm("days_of_month", daysOfMonth, String),
    ...rangesForm("months", interval.months, String),
    ...rangesForm("years", years, String),
    ...(location === undefined ? {} : { location }),
  };
}

/** The version of a mute timing, a hash of its name and content. */
export function timingVersion(name: string, intervals: readonly TimeInterval[]): string {
  const hash = new Fingerprint().text(name);
  for (const interval of intervals) {
    const { times, daysOfMonth, years, location } = interval;
    for (const range of [...times, ...interval.months, ...daysOfMonth, ...interval.weekdays, ...years]) {
      hash.integer(BigInt(range.begin)).integer(BigInt(range.end));
    }
    if (location !== undefined) hash.text(location);
  }
  return hash.toString();
}

function readTimes(value: Json): Range {
  if (!isObject(value)) throw badRequestData();
  const range = { begin: minutes(value["start_time"]), end: minutes(value["end_time"]) };
  if (range.begin >= range.end) throw badRequestData();
  return range;
}

function minutes(value: Json | undefined): number {
  if (typeof value !== "string" || !/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(value)) throw badRequestData();
  return Number(value.slice(0, 2)) * 60 + Number(value.slice(3));
}

function timesForm({ begin, end }: Range): JsonObject {
  return { start_time: clock(begin), end_time: clock(end) };
}

function clock(minute: number): string {
  return [Math.trunc(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

function readRanges(
  interval: GoObject,
  field: string,
  member: (name: string) => number,
  isValid: (range: Range) => boolean,
): Range[] {
  return (interval.list(field) ?? []).map((item) => {
    const range = readRange(item, member);
    if (!isValid(range)) throw badRequestData();
    return range;
  });
}

function readRange(item: Json, member: (name: string) => number): Range {
  // Grafana parses these as YAML, which reads null as empty and a number as a string.
  if (item === null) return { begin: 0, end: 0 };
  if (typeof item !== "string" && typeof item !== "number") throw badRequestData();
  const [begin = "", end = begin, ...more] = String(item).toLowerCase().split(":");
  if (more.length > 0) throw badRequestData();
  return { begin: member(begin), end: member(end) };
}

function integer(name: string): number {
  if (!/^[+-]?\d+$/.test(name)) throw badRequestData();
  return Number(name);
}

function weekday(name: string): number {
  const day = weekdays.indexOf(name);
  if (day < 0) throw badRequestData();
  return day;
}

function month(name: string): number {
  const position = months.indexOf(name);
  return position < 0 ? integer(name) : position + 1;
}

function isForwards({ begin, end }: Range): boolean {
  return begin <= end;
}

function isDaysOfMonth({ begin, end }: Range): boolean {
  if ([begin, end].some((day) => day === 0 || Math.abs(day) > 31)) return false;
  if (begin < 0 && end > 0) return false;
  // Only a range that is reversed even in the shortest month is invalid.
  const shortest = 28;
  return (begin < 0 ? shortest + begin : begin) <= (end < 0 ? shortest + end : end);
}

function rangesForm(field: string, ranges: readonly Range[], show: (member: number) => string): JsonObject {
  if (ranges.length === 0) return {};
  return {
    [field]: ranges.map(({ begin, end }) => (begin === end ? show(begin) : `${show(begin)}:${show(end)}`)),
  };
}

function readLocation(value: Json | undefined): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string" || !isTimeZone(value)) throw badRequestData();
  return value === "" ? "UTC" : value;
}

/** Names must have the case of the time zone database. */
function isTimeZone(name: string): boolean {
  if (["", "Local", "UTC"].includes(name)) return true;
  if (!/^[A-Z][A-Za-z0-9+_-]*(\/[A-Z][A-Za-z0-9+_-]*)*$/.test(name)) return false;
  try {
    const known = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    return known === name || known.toLowerCase() !== name.toLowerCase();
  } catch {
    return false;
  }
}
