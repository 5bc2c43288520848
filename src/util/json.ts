import { hash as digest } from "node:crypto";

/** A JSON value. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy after a round trip through JSON: drops `undefined`, functions and symbols, and calls `toJSON`. */
export function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value) ?? "null") as Json;
}

/** A deep copy. */
export function copyOf(value: Json): Json {
  if (Array.isArray(value)) return value.map(copyOf);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value)) {
    const item = value[key] as Json;
    // Assigning this key would set the prototype.
    if (key === "__proto__")
      Object.defineProperty(result, key, { value: copyOf(item), enumerable: true, configurable: true, writable: true });
    else result[key] = copyOf(item);
  }
  return result;
}

/** Whether two values are equal, ignoring the order of keys. */
export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => equal(item, b[index]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
}

/** JSON text with sorted keys: equal values have equal text. */
export function stableStringify(value: Json | undefined): string {
  return JSON.stringify(sorted(value ?? null));
}

/** Sorting a copy and serializing it with JSON.stringify is several times faster than a serializer in JavaScript. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const key of Object.keys(value).toSorted()) {
    const item = value[key];
    if (item !== undefined) result[key] = sorted(item);
  }
  return result;
}

/** 128 bits of SHA-256 over the stable text, as 32 hexadecimal digits. */
export function hash(value: Json): string {
  return hashOfText(stableStringify(value));
}

/** The hash of a value with this stable text. */
export function hashOfText(text: string): string {
  return digest("sha256", text).slice(0, 32);
}

/** A copy without `null` properties, at every depth. Keeps `null` items of arrays, whose positions matter. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== null) result[key] = withoutNulls(item);
  }
  return result;
}

/** A copy with all its texts changed. Names of properties stay as they are. */
export function withTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => withTexts(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withTexts(item, change)]));
}

/** A string, number or boolean as text; an empty string for anything else. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
