import { isObject, text, type Json, type JsonObject } from "../json.ts";

/** The object at a key, or an empty object. */
export function part(value: Json | undefined, key: string): JsonObject {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : {};
}

/** The objects of a list. */
export function list(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The strings of a list. */
export function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** The string, unless it is empty. */
export function filledText(value: Json | undefined): string | undefined {
  return text(value) || undefined;
}

export function flag(value: Json | undefined, fallback = false): boolean {
  return typeof value === "boolean" ? value : fallback;
}

/** An integer, which can be in a string. */
export function whole(value: Json | undefined, fallback = 0): number {
  if (typeof value === "number") return Math.trunc(value);
  return typeof value === "string" && /^[+-]?\d+$/.test(value) ? Number(value) : fallback;
}

/** An object without the properties that are undefined. */
export function defined(object: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter((entry): entry is [string, Json] => entry[1] !== undefined));
}

/** A copy of the object with only these properties. */
export function picked(object: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => keys.includes(key)));
}

/** The list, unless it is empty. */
export function filled<T extends Json>(value: T[]): T[] | undefined {
  return value.length > 0 ? value : undefined;
}

/** Removes byte order marks from all strings. */
export function withoutMarks(value: Json): Json {
  if (typeof value === "string") return value.replaceAll("\uFEFF", "");
  if (Array.isArray(value)) return value.map(withoutMarks);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutMarks(one)]));
}

/** The key of a string query: schema v2 stores queries as objects. */
export const TEXT_QUERY = "__legacyStringValue";

export const CURSOR_SYNC = ["Off", "Crosshair", "Tooltip"] as const;
