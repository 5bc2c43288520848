import { isObject, text, type Json, type JsonObject } from "../json.ts";
import { defined, flag, list, TEXT_QUERY, texts, whole } from "./parts.ts";

/** The numbers of the classic schema are positions in these lists. */
export const HIDE = ["dontHide", "hideLabel", "hideVariable"] as const;
export const REFRESH = ["never", "onDashboardLoad", "onTimeRangeChanged"] as const;
export const SORT = [
  "disabled",
  "alphabeticalAsc",
  "alphabeticalDesc",
  "numericalAsc",
  "numericalDesc",
  "alphabeticalCaseInsensitiveAsc",
  "alphabeticalCaseInsensitiveDesc",
  "naturalAsc",
  "naturalDesc",
] as const;

/** Grafana converts only these numbers. It treats higher ones as the first. */
const NUMBERED = 5;

/** The name for a number, or for a name. */
export function nameOf(names: readonly string[], value: Json | undefined): string {
  if (typeof value === "string" && names.includes(value)) return value;
  const index = typeof value === "number" ? whole(value) : 0;
  return (index < NUMBERED ? names[index] : undefined) ?? names[0] ?? "";
}

export function numberOf(names: readonly string[], value: Json | undefined): number {
  return Math.max(0, names.indexOf(text(value)));
}

/** The value of a variable in schema v2. */
export function currentToV2(current: Json | undefined): JsonObject {
  const { text: label, value } = isObject(current) ? current : {};
  return { text: stringOrList(label), value: stringOrList(value) };
}

export function optionsToV2(options: Json | undefined): JsonObject[] {
  return list(options).map((option) => ({ selected: flag(option["selected"]), ...currentToV2(option) }));
}

function stringOrList(value: Json | undefined): Json {
  if (Array.isArray(value)) return texts(value);
  return isObject(value) ? text(value[TEXT_QUERY]) : text(value);
}

export function currentToClassic(current: Json | undefined): JsonObject {
  const { text: label, value } = isObject(current) ? current : {};
  return { text: filledListOrString(label), value: filledListOrString(value) };
}

export function optionsToClassic(options: Json | undefined): JsonObject[] {
  return list(options).map((option) => {
    const { selected } = option;
    return defined({ ...currentToClassic(option), selected: typeof selected === "boolean" ? selected : undefined });
  });
}

function filledListOrString(value: Json | undefined): Json {
  return Array.isArray(value) && value.length > 0 ? texts(value) : text(value);
}
