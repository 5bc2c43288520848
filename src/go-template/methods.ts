import { clockOf, plusDate, ZERO } from "./clock.ts";
import { clamped, durationText, floatOf, HOUR, MINUTE, rounded, truncated, UNITS } from "./duration.ts";
import { formatTime, MONTHS, WEEKDAYS } from "./time-format.ts";
import {
  GoDuration,
  GoFloat,
  GoInt,
  GoList,
  GoMap,
  GoStruct,
  GoTime,
  stringOf,
  type GoFunction,
  type GoValue,
} from "./values.ts";

type Reader<T> = (own: T, ...args: readonly GoValue[]) => GoValue;
type Table<T> = Readonly<Record<string, readonly [parameters: readonly string[], read: Reader<T>]>>;

/** The method of a value, if it has one with this name. */
export function methodOf(value: GoValue, name: string): GoFunction | undefined {
  if (value instanceof GoList || value instanceof GoMap || value instanceof GoStruct)
    return Object.hasOwn(value.methods, name) ? value.methods[name] : undefined;
  if (value instanceof GoTime) return bound(TIME, value, name);
  if (value instanceof GoDuration) return bound(DURATION, value, name);
  return undefined;
}

function bound<T>(table: Table<T>, value: T, name: string): GoFunction | undefined {
  const entry = Object.hasOwn(table, name) ? table[name] : undefined;
  if (!entry) return undefined;
  const [parameters, read] = entry;
  return { parameters, call: (...args) => read(value, ...args) };
}

const TIME: Table<GoTime> = {
  Add: [["time.Duration"], (own, length) => moved(own, nanosecondsOf(length))],
  AddDate: [["int", "int", "int"], (own, ...[y, m, d]) => plusDate(own, numberOf(y), numberOf(m), numberOf(d))],
  After: [["time.Time"], (own, other) => own.nanoseconds > nanosecondsOf(other)],
  Before: [["time.Time"], (own, other) => own.nanoseconds < nanosecondsOf(other)],
  Compare: [["time.Time"], (own, other) => new GoInt(signOf(own.nanoseconds - nanosecondsOf(other)))],
  Day: [[], (own) => new GoInt(clockOf(own).day)],
  Equal: [["time.Time"], (own, other) => own.nanoseconds === nanosecondsOf(other)],
  Format: [["string"], (own, layout) => formatTime(own, stringOf(layout))],
  Hour: [[], (own) => new GoInt(clockOf(own).hour)],
  IsZero: [[], (own) => own.nanoseconds === ZERO.nanoseconds],
  Minute: [[], (own) => new GoInt(clockOf(own).minute)],
  Month: [[], (own) => monthOf(clockOf(own).month)],
  Nanosecond: [[], (own) => new GoInt(clockOf(own).nanosecond)],
  Round: [["time.Duration"], (own, length) => sinceZero(own, (time) => rounded(time, nanosecondsOf(length)))],
  Second: [[], (own) => new GoInt(clockOf(own).second)],
  String: [[], (own) => timeText(own)],
  Sub: [["time.Time"], (own, other) => new GoDuration(clamped(own.nanoseconds - nanosecondsOf(other)))],
  Truncate: [["time.Duration"], (own, length) => sinceZero(own, (time) => truncated(time, nanosecondsOf(length)))],
  UTC: [[], (own) => new GoTime(own.nanoseconds)],
  Unix: [[], (own) => new GoInt(floor(own.nanoseconds, UNITS.SECOND), "int64")],
  UnixMicro: [[], (own) => new GoInt(floor(own.nanoseconds, UNITS.MICRO), "int64")],
  UnixMilli: [[], (own) => new GoInt(floor(own.nanoseconds, UNITS.MILLI), "int64")],
  UnixNano: [[], (own) => new GoInt(BigInt.asIntN(64, own.nanoseconds), "int64")],
  Weekday: [[], (own) => weekdayOf(clockOf(own).weekday)],
  Year: [[], (own) => new GoInt(clockOf(own).year)],
  YearDay: [[], (own) => new GoInt(clockOf(own).yearDay)],
};

const DURATION: Table<GoDuration> = {
  Abs: [[], ({ nanoseconds }) => new GoDuration(nanoseconds < 0n ? clamped(-nanoseconds) : nanoseconds)],
  Hours: [[], ({ nanoseconds }) => new GoFloat(floatOf(nanoseconds, HOUR))],
  Microseconds: [[], ({ nanoseconds }) => new GoInt(nanoseconds / UNITS.MICRO, "int64")],
  Milliseconds: [[], ({ nanoseconds }) => new GoInt(nanoseconds / UNITS.MILLI, "int64")],
  Minutes: [[], ({ nanoseconds }) => new GoFloat(floatOf(nanoseconds, MINUTE))],
  Nanoseconds: [[], ({ nanoseconds }) => new GoInt(nanoseconds, "int64")],
  Round: [["time.Duration"], (own, length) => new GoDuration(clamped(rounded(own.nanoseconds, nanosecondsOf(length))))],
  Seconds: [[], ({ nanoseconds }) => new GoFloat(floatOf(nanoseconds, UNITS.SECOND))],
  String: [[], ({ nanoseconds }) => durationText(nanoseconds)],
  Truncate: [["time.Duration"], (own, length) => new GoDuration(truncated(own.nanoseconds, nanosecondsOf(length)))],
};

export function timeText(time: GoTime): string {
  return formatTime(time, "2006-01-02 15:04:05.999999999 -0700 MST");
}

function monthOf(month: number): GoInt {
  return new GoInt(month, "time.Month", MONTHS[month - 1]);
}

function weekdayOf(day: number): GoInt {
  return new GoInt(day, "time.Weekday", WEEKDAYS[day]);
}

function nanosecondsOf(value: GoValue): bigint {
  return value instanceof GoDuration || value instanceof GoTime ? value.nanoseconds : 0n;
}

function numberOf(value: GoValue): number {
  return value instanceof GoInt ? Number(value.value) : 0;
}

function moved({ nanoseconds, zone }: GoTime, by: bigint): GoTime {
  return new GoTime(nanoseconds + by, zone);
}

/** Go rounds times by what has passed since its zero time. */
function sinceZero({ nanoseconds, zone }: GoTime, change: (time: bigint) => bigint): GoTime {
  const since = nanoseconds - ZERO.nanoseconds;
  const [seconds, rest] = [since / UNITS.SECOND, since % UNITS.SECOND];
  return new GoTime(ZERO.nanoseconds + change(seconds * UNITS.SECOND + rest), zone);
}

function floor(value: bigint, unit: bigint): bigint {
  return value / unit - (value % unit < 0n ? 1n : 0n);
}

function signOf(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}
