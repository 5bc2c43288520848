import { unsupported } from "./template-error.ts";
import { GoTime } from "./values.ts";

/** A time as clocks in its zone show it. */
export interface Clock {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  /** 0 is Sunday. */
  readonly weekday: number;
  readonly yearDay: number;
  /** Seconds east of UTC. */
  readonly offset: number;
}

const SECOND = 1_000_000_000n;
/** The zero value of Go: 1 January of the year 1. */
export const ZERO = new GoTime(-62_135_596_800n * SECOND);

export function clockOf({ nanoseconds, zone }: GoTime): Clock {
  const rest = ((nanoseconds % SECOND) + SECOND) % SECOND;
  const seconds = Number((nanoseconds - rest) / SECOND);
  const offset = offsetOf(seconds, zone);
  const local = new Date((seconds + offset) * 1000);
  const year = local.getUTCFullYear();
  const start = new Date(0);
  start.setUTCFullYear(year, 0, 1);
  return {
    year,
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    nanosecond: Number(rest),
    weekday: local.getUTCDay(),
    yearDay: Math.floor((local.getTime() - start.getTime()) / 86_400_000) + 1,
    offset,
  };
}

/** The time that clocks in a zone show, plus years, months and days. */
export function plusDate(time: GoTime, years: number, months: number, days: number): GoTime {
  const { year, month, day, hour, minute, second, nanosecond } = clockOf(time);
  const local = new Date(0);
  local.setUTCFullYear(year + years, month - 1 + months, day + days);
  local.setUTCHours(hour, minute, second);
  const seconds = local.getTime() / 1000;
  const guess = seconds - offsetOf(seconds, time.zone);
  const instant = seconds - offsetOf(guess, time.zone);
  return new GoTime(BigInt(instant) * SECOND + BigInt(nanosecond), time.zone);
}

/** The name of a time zone in the form of the database, if this machine knows it. */
export function isZone(name: string): boolean {
  try {
    const { timeZone } = new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions();
    // Offsets are not names in Go.
    return !/^[+-]/.test(name) && timeZone !== "";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** Seconds east of UTC. */
function offsetOf(seconds: number, zone: string): number {
  if (zone === "UTC") return 0;
  const text = nameOf(seconds, zone, "en-US", "longOffset");
  const [, sign, hours = "0", minutes = "0", rest = "0"] = /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text) ?? [];
  const offset = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
  return sign === "-" ? -offset : offset;
}

/** Languages whose countries use abbreviations that others have as offsets. */
const LANGUAGES = ["en-US", "en-GB", "en-AU", "en-CA", "en-IN", "en-NZ", "en-ZA"];

const GMT = new Set(["GMT", "Etc/GMT", "Europe/London"]);

/** `UTC`, `CET`. */
export function abbreviationOf({ nanoseconds, zone }: GoTime): string {
  if (zone === "UTC") return "UTC";
  const seconds = Number(nanoseconds / SECOND);
  for (const language of LANGUAGES) {
    const name = nameOf(seconds, zone, language, "short");
    // Languages write GMT for other zones too, for which the database has another abbreviation.
    if (/^[A-Z]{3,5}$/.test(name) && (name !== "GMT" || GMT.has(zone))) return name;
  }
  return unsupported(`the abbreviation of the time zone ${zone}`);
}

function nameOf(seconds: number, timeZone: string, language: string, timeZoneName: "short" | "longOffset"): string {
  const format = new Intl.DateTimeFormat(language, { timeZone, timeZoneName });
  return format.formatToParts(seconds * 1000).find(({ type }) => type === "timeZoneName")?.value ?? "";
}
