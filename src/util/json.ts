import { hash as digest } from "node:crypto";

/** A JSON value: what crosses the wire, and what canonical forms are made of. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy as JSON would carry it: `undefined`, functions and symbols are gone, `toJSON` was called. */
export function toJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value) ?? "null") as Json;
}

/** Equal as JSON, whatever the order of keys. */
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

/** Sorting a copy and letting the engine write it is several times faster than writing the text here. */
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
  return digest("sha256", stableStringify(value)).slice(0, 32);
}

/** A copy without `null` properties, at every depth. `null` items of arrays stay: their place means something. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isObject(value)) return value;
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    if (item !== null) result[key] = withoutNulls(item);
  }
  return result;
}

/** Text, or the text of a number or a boolean; nothing of anything else. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}
