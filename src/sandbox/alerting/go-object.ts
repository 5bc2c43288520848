import { isObject, type Json, type JsonObject } from "../json.ts";
import type { Strings } from "../k8s/metadata.ts";
import { parseDuration } from "./durations.ts";
import { badRequestData } from "./public-error.ts";

/** A JSON object that is read like a Go struct: keys are case-insensitive, null is missing, and wrong types are rejected. */
export class GoObject {
  readonly #fields = new Map<string, Json>();

  constructor(value: JsonObject) {
    for (const [key, field] of Object.entries(value)) this.#fields.set(key.toLowerCase(), field);
  }

  /** The raw value; undefined if missing. */
  raw(name: string): Json | undefined {
    return this.#fields.get(name.toLowerCase());
  }

  /** The value; undefined if missing or null. */
  value(name: string): Exclude<Json, null> | undefined {
    return this.raw(name) ?? undefined;
  }

  text(name: string): string {
    const value = this.value(name) ?? "";
    if (typeof value !== "string") throw badRequestData();
    return value;
  }

  flag(name: string): boolean {
    const value = this.value(name) ?? false;
    if (typeof value !== "boolean") throw badRequestData();
    return value;
  }

  integer(name: string): number {
    return this.optionalInteger(name) ?? 0;
  }

  optionalInteger(name: string): number | undefined {
    const value = this.value(name);
    if (value !== undefined && !Number.isInteger(value)) throw badRequestData();
    return typeof value === "number" ? value : undefined;
  }

  /** A duration in milliseconds; 0 if missing. Rejects null and an empty string. */
  duration(name: string): number {
    if (this.raw(name) === null) throw badRequestData();
    return this.optionalDuration(name) ?? 0;
  }

  /** A duration in milliseconds; undefined if missing or null. */
  optionalDuration(name: string): number | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    const duration = typeof value === "string" ? parseDuration(value) : undefined;
    if (duration === undefined) throw badRequestData();
    return duration;
  }

  list(name: string): Json[] | undefined {
    const value = this.value(name);
    if (value === undefined || Array.isArray(value)) return value;
    throw badRequestData();
  }

  texts(name: string): string[] | undefined {
    return this.list(name)?.map((item) => {
      if (item !== null && typeof item !== "string") throw badRequestData();
      return item ?? "";
    });
  }

  strings(name: string): Strings | undefined {
    const value = this.value(name);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw badRequestData();
    const entries = Object.entries(value).map(([key, item]): [string, string] => {
      if (item !== null && typeof item !== "string") throw badRequestData();
      return [key, item ?? ""];
    });
    return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  object(name: string): GoObject | undefined {
    const value = this.value(name);
    return value === undefined ? undefined : goObject(value);
  }

  /** The objects of a list. A null item is an empty object. */
  objects(name: string): GoObject[] | undefined {
    return this.list(name)?.map(goObject);
  }
}

/** Reads a JSON value as a struct. Null is an empty struct. */
export function goObject(value: Json): GoObject {
  if (value !== null && !isObject(value)) throw badRequestData();
  return new GoObject(value ?? {});
}
