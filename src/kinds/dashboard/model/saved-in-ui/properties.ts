import { equal, isObject, type Json, type JsonObject } from "../../../../util/json.ts";

/** Deletes properties that have these values. */
export function dropEqual(object: JsonObject, defaults: JsonObject): void {
  for (const key of Object.keys(defaults)) if (equal(object[key], defaults[key])) delete object[key];
}

/** The same at all depths. Removes objects that become empty. */
export function dropLeaves(object: JsonObject, defaults: JsonObject): void {
  for (const [key, own] of Object.entries(object)) {
    if (!Object.hasOwn(defaults, key)) continue;
    const given = defaults[key];
    if (isObject(own) && isObject(given)) {
      dropLeaves(own, given);
      if (Object.keys(own).length === 0) delete object[key];
    } else if (equal(own, given)) delete object[key];
  }
}

export function dropUnused(object: JsonObject, keys: readonly string[]): void {
  for (const key of keys) delete object[key];
}

/** Deletes all other properties. */
export function keepOnly(object: JsonObject, keys: ReadonlySet<string>): void {
  dropUnused(
    object,
    Object.keys(object).filter((key) => !keys.has(key)),
  );
}

/** Deletes properties that are false, empty or 0. */
export function dropFalsy(object: JsonObject, keys: readonly string[]): void {
  for (const key of keys) if (!object[key]) delete object[key];
}

export function words(text: string): ReadonlySet<string> {
  return new Set(text.split(/\s+/));
}

export function objectIn(holder: JsonObject, key: string): JsonObject {
  const value: Json | undefined = holder[key];
  return isObject(value) ? value : {};
}
