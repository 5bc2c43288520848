import { abbreviationOf, clockOf, type Clock } from "./clock.ts";
import type { GoTime } from "./values.ts";

export const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
export const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** The parts of a layout that Go replaces, the longest of each beginning first. */
const PARTS =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|2006|__2|_2(?!006)|PM|pm|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|[.,](?:0+|9+)(?!\d)|[1-5]/g;

/** Formats a time with a layout of Go, such as `2006-01-02 15:04`. */
export function formatTime(time: GoTime, layout: string): string {
  const clock = clockOf(time);
  return layout.replaceAll(PARTS, (part) => partOf(part, clock, time));
}

function partOf(part: string, clock: Clock, time: GoTime): string {
  const { year, month, day, hour, minute, second, weekday, yearDay, offset } = clock;
  const half = hour % 12 === 0 ? 12 : hour % 12;
  switch (part) {
    case "January":
      return MONTHS[month - 1] ?? "";
    case "Jan":
      return MONTHS[month - 1]?.slice(0, 3) ?? "";
    case "Monday":
      return WEEKDAYS[weekday] ?? "";
    case "Mon":
      return WEEKDAYS[weekday]?.slice(0, 3) ?? "";
    case "MST":
      return abbreviationOf(time);
    case "1":
      return `${month}`;
    case "01":
      return two(month);
    case "2":
      return `${day}`;
    case "02":
      return two(day);
    case "_2":
      return `${day}`.padStart(2, " ");
    case "002":
      return `${yearDay}`.padStart(3, "0");
    case "__2":
      return `${yearDay}`.padStart(3, " ");
    case "2006":
      return `${year}`.padStart(4, "0");
    case "15":
      return two(hour);
    case "3":
      return `${half}`;
    case "03":
      return two(half);
    case "4":
      return `${minute}`;
    case "04":
      return two(minute);
    case "5":
      return `${second}`;
    case "05":
      return two(second);
    case "06":
      return two(year % 100);
    case "PM":
      return hour >= 12 ? "PM" : "AM";
    case "pm":
      return hour >= 12 ? "pm" : "am";
    default:
      return /^[.,]/.test(part) ? fractionOf(part, clock.nanosecond) : zoneOf(part, offset);
  }
}

function two(value: number): string {
  return `${value}`.padStart(2, "0");
}

function fractionOf(part: string, nanosecond: number): string {
  const digits = `${nanosecond}`
    .padStart(9, "0")
    .padEnd(part.length - 1, "0")
    .slice(0, part.length - 1);
  if (part.endsWith("0")) return `${part.slice(0, 1)}${digits}`;
  const shown = digits.replace(/0+$/, "");
  return shown === "" ? "" : `${part.slice(0, 1)}${shown}`;
}

/** `-0700`, `Z07:00`. */
function zoneOf(part: string, offset: number): string {
  if (part.startsWith("Z") && offset === 0) return "Z";
  const size = Math.abs(offset);
  const numbers = [Math.floor(size / 3600), Math.floor((size % 3600) / 60), size % 60];
  const digits = part.replaceAll(/\D/g, "").length;
  const shown = numbers.slice(0, digits / 2).map(two);
  return `${offset < 0 ? "-" : "+"}${shown.join(part.includes(":") ? ":" : "")}`;
}
