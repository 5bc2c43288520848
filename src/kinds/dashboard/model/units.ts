import { isObject, textOf, type Json } from "../../../util/json.ts";
import { objects } from "./panels.ts";

/** Units with their names in Grafana's editor and their suffixes. Other units are shown by id. */
const UNITS: Readonly<Record<string, readonly [name: string, suffix: string]>> = {
  none: ["number", ""],
  short: ["short", ""],
  percent: ["percent 0-100", " %"],
  percentunit: ["percent 0.0-1.0", ""],
  s: ["seconds", " s"],
  ms: ["milliseconds", " ms"],
  µs: ["microseconds", " µs"],
  ns: ["nanoseconds", " ns"],
  m: ["minutes", " min"],
  h: ["hours", " h"],
  d: ["days", " d"],
  dtdurations: ["duration", " s"],
  dtdurationms: ["duration", " ms"],
  bytes: ["bytes (IEC)", " B"],
  decbytes: ["bytes (SI)", " B"],
  bits: ["bits (IEC)", " b"],
  decbits: ["bits (SI)", " b"],
  mbytes: ["mebibytes", " MiB"],
  decmbytes: ["megabytes", " MB"],
  gbytes: ["gibibytes", " GiB"],
  decgbytes: ["gigabytes", " GB"],
  Bps: ["bytes/sec (SI)", " B/s"],
  binBps: ["bytes/sec (IEC)", " B/s"],
  bps: ["bits/sec (SI)", " b/s"],
  binbps: ["bits/sec (IEC)", " b/s"],
  pps: ["packets/sec", " p/s"],
  reqps: ["requests/sec", " req/s"],
  rps: ["reads/sec", " rd/s"],
  wps: ["writes/sec", " wr/s"],
  ops: ["ops/sec", " ops/s"],
  iops: ["I/O ops/sec", " io/s"],
  cps: ["counts/sec", " c/s"],
  eps: ["events/sec", " evt/s"],
  mps: ["messages/sec", " msg/s"],
  opm: ["ops/min", " ops/min"],
  rpm: ["reads/min", " rd/min"],
  wpm: ["writes/min", " wr/min"],
  cpm: ["counts/min", " c/min"],
  hertz: ["hertz", " Hz"],
  celsius: ["Celsius", " °C"],
  currencyUSD: ["dollars", " $"],
  currencyEUR: ["euro", " €"],
  bool: ["true/false", ""],
  bool_yes_no: ["yes/no", ""],
  string: ["string", ""],
  dateTimeAsIso: ["date and time (ISO)", ""],
  dateTimeFromNow: ["from now", ""],
};

/** `requests/sec` for `reqps`; the id of an unknown unit. */
export function unitName(id: string): string {
  return (Object.hasOwn(UNITS, id) ? UNITS[id]?.[0] : undefined) ?? id;
}

/** `reqps (requests/sec)`: the id in the code, and the name in the editor. */
export function unitText(id: string): string {
  const name = Object.hasOwn(UNITS, id) ? UNITS[id]?.[0] : undefined;
  return name === undefined || name === id ? `"${id}"` : `"${id}" (${name})`;
}

/** A value as a panel with this unit shows it, without rounding: `90 %` for `0.9` in `percentunit`. */
function valueText(value: Json | undefined, unit: string): string {
  if (unit === "percentunit" && typeof value === "number") return `${Number((value * 100).toPrecision(12))} %`;
  return `${textOf(value)}${Object.hasOwn(UNITS, unit) ? UNITS[unit]?.[1] : ""}`;
}

/** `green, orange from 70 %, red from 90 %` */
export function thresholdsText(thresholds: Json, unit: Json | undefined): string {
  if (!isObject(thresholds)) return textOf(thresholds);
  const share = thresholds["mode"] === "percentage";
  const steps = objects(thresholds["steps"]).map(({ color, value }, index) =>
    index === 0 && value === undefined
      ? textOf(color)
      : `${textOf(color)} from ${share ? `${textOf(value)} % of the range` : valueText(value, textOf(unit))}`,
  );
  return steps.length > 0 ? steps.join(", ") : "none";
}
