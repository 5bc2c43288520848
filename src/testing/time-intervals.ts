import { canonicalTimeInterval, WEEKDAYS, type TimeInterval } from "../kinds/alerting/time-interval.ts";
import { objectsOf } from "../kinds/alerting/rule.ts";
import { textOf, toJson, type Json, type JsonObject } from "../util/json.ts";
import { daysInMonth, localTime } from "./local-time.ts";

/** Whether an interval contains an instant, as Alertmanager decides it. */
export function containsTime(interval: TimeInterval, instant: number): boolean {
  const form = toJson(canonicalTimeInterval(interval)) as JsonObject;
  const zone = textOf(form["location"] ?? "UTC");
  const { year, month, day, hour, minute, weekday } = localTime(instant, zone);
  const within = (field: string, value: number) =>
    form[field] === undefined || ranges(form[field]).some(([from, to]) => value >= from && value <= to);
  return (
    isWithinTimes(form["times"], hour * 60 + minute) &&
    isWithinDays(form["days_of_month"], day, () => daysInMonth(instant, zone)) &&
    within("months", month) &&
    within("weekdays", weekday) &&
    within("years", year)
  );
}

function isWithinTimes(times: Json | undefined, minute: number): boolean {
  if (times === undefined) return true;
  return objectsOf(times).some(
    ({ start_time: start, end_time: end }) => minute >= minuteOf(textOf(start)) && minute < minuteOf(textOf(end)),
  );
}

function isWithinDays(list: Json | undefined, day: number, days: () => number): boolean {
  if (list === undefined) return true;
  const last = days();
  const clamped = (value: number) => Math.min(Math.max(value < 0 ? last + value + 1 : value, -last), last);
  return ranges(list).some(([from, to]) => from <= last && day >= clamped(from) && day <= clamped(to));
}

/** `18:00` in minutes */
function minuteOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return hours * 60 + minutes;
}

/** `monday:friday`, `3`, `-3:-1` as numbers */
function ranges(list: Json): [from: number, to: number][] {
  return (Array.isArray(list) ? list : []).map((text) => {
    const [from = Number.NaN, to = from] = textOf(text)
      .split(":")
      .map((part) => {
        const weekday = WEEKDAYS.findIndex((name) => name === part);
        return weekday < 0 ? Number(part) : weekday;
      });
    return [from, to];
  });
}
