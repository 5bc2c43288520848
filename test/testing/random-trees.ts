import type { Matcher, MuteTiming, Route } from "grafana-provision";
import { random } from "../helpers/seed.ts";

type Interval = MuteTiming["time_intervals"][number];

const LABELS = ["severity", "team", "env", "job"];
const VALUES = ["critical", "warning", "a", "ab", "prod", "prod-eu", "x.y", "10", "ünï", "A"];
const REGEXES = ["crit.*", "a|ab", "a", "prod(-.*)?", ".*", ".+", "(?i)a", "\\d+", "[^a]+", "x\\.y", "\\pL+", "^a$"];
const OPERATORS = ["=", "=", "=", "!=", "=~", "=~", "!~"] as const;
const ZONES = [undefined, "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"];
const DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;
/** No interval begins or ends closer to now, because a test of all trees takes minutes. */
const MARGIN = 30;

/** Random policies, alerts, and mute timings that contain the present or are close to it. */
export function randomTrees(seed: number) {
  const next = random(seed);
  const int = (end: number) => Math.floor(next() * end);
  const pick = <T>(list: readonly T[]) => list[int(list.length)] as T;
  const often = (share: number) => next() < share;
  const list = <T>(length: number, make: (index: number) => T) => Array.from({ length }, (_, index) => make(index));

  const labels = () => Object.fromEntries(LABELS.filter(() => often(0.6)).map((label) => [label, pick(VALUES)]));

  const matcher = (): Matcher => {
    const operator = pick(OPERATORS);
    return [pick(LABELS), operator, operator.endsWith("~") ? pick(REGEXES) : pick([...VALUES, ""])];
  };

  /** Minutes of a day that contain the present minute, or end before or begin after it. */
  const minutes = (now: number): [number, number] => {
    const around = [Math.max(0, now - MARGIN - int(300)), Math.min(1440, now + MARGIN + int(300))] as const;
    const before = now - MARGIN - int(60);
    const after = now + MARGIN + int(60);
    if (often(0.5)) return [...around];
    if (before > 60) return [before - 60, before];
    return after < 1380 ? [after, after + 60] : [...around];
  };

  const interval = (now: Date): Interval => {
    const location = pick(ZONES);
    const local = localTime(now, location ?? "UTC");
    const [start, end] = minutes(local.minute);
    const [first, last] = [int(3), int(3)];
    return {
      ...(often(0.6) ? { times: [{ start_time: clock(start), end_time: clock(end) }] } : {}),
      ...(often(0.4) ? { weekdays: [DAYS[(local.weekday + int(3)) % 7] ?? "monday", pick(DAYS)] } : {}),
      ...(often(0.4)
        ? { days_of_month: [`${Math.max(1, local.day - first)}:${Math.min(31, local.day + last)}`, pick(["-1", "5"])] }
        : {}),
      ...(often(0.3) ? { months: [pick([`${local.month}`, `1:${local.month}`, `${(local.month % 12) + 1}`])] } : {}),
      ...(often(0.2) ? { years: [pick([`${local.year}`, "2020:2040", "2024"])] } : {}),
      ...(location === undefined ? {} : { location }),
    } as Interval;
  };

  const timing = (name: string, now: Date): MuteTiming => ({
    kind: "mute-timing",
    name,
    time_intervals: list(1 + int(2), () => interval(now)),
  });

  const route = (depth: number, receivers: readonly string[], timings: readonly MuteTiming[]): Route => {
    const routes = depth === 0 ? [] : list(int(4), () => route(depth - 1, receivers, timings));
    const groupBy = pick([undefined, undefined, ["..."], ["alertname"], ["team", "severity"], ["grafana_folder"]]);
    return {
      ...(often(0.6) ? { receiver: named(pick(receivers)) } : {}),
      ...(groupBy === undefined ? {} : { group_by: groupBy }),
      object_matchers: list(pick([0, 1, 1, 1, 1, 2]), matcher),
      continue: often(0.45),
      mute_time_intervals: often(0.35) ? [pick(timings)] : [],
      active_time_intervals: often(0.3) ? [pick(timings)] : [],
      ...(routes.length === 0 ? {} : { routes }),
    };
  };

  return { int, labels, timing, route };
}

const named = (name: string) => ({ kind: "contact-point", name, existing: true }) as const;

function clock(minute: number): `${number}:${number}` {
  const two = (value: number) => `${value}`.padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}` as `${number}:${number}`;
}

function localTime(now: Date, timeZone: string) {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
  });
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  const weekday = new Date(Date.UTC(part("year"), part("month") - 1, part("day"))).getUTCDay();
  const minute = part("hour") * 60 + part("minute");
  return { year: part("year"), month: part("month"), day: part("day"), weekday, minute };
}
