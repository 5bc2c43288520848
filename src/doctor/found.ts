import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "../util/json.ts";
import type { Answer } from "./check-requests.ts";

/** `accepted`, or the status of the error. */
export function outcome({ status }: Answer): string {
  return status === undefined ? "accepted" : String(status);
}

/** The object at a path, or an empty object. */
export function at(value: Json | undefined, ...path: readonly string[]): JsonObject {
  let found: Json | undefined = value;
  for (const key of path) found = isObject(found) ? found[key] : undefined;
  return isObject(found) ? found : {};
}

export function listAt(value: Json | undefined, ...path: readonly string[]): JsonObject[] {
  const [key = "", ...above] = path.toReversed();
  const found = at(value, ...above.toReversed())[key];
  return Array.isArray(found) ? found.filter((one): one is JsonObject => isObject(one)) : [];
}

/** Any scalar as text; `none` for anything else. */
export function textOf(value: Json | undefined): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "none";
}

/** `generation` of an object. */
export function generation(object: JsonObject): string {
  return textOf(at(object, "metadata")["generation"]);
}

/** The path of the first value that differs; undefined if there is none. */
export function firstDifference(expected: Json, actual: Json | undefined, path = ""): string | undefined {
  if (isDeepStrictEqual(expected, actual)) return undefined;
  if (isObject(expected) && isObject(actual)) {
    for (const key of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
      const found = firstDifference(expected[key] ?? null, actual[key] ?? null, path === "" ? key : `${path}.${key}`);
      if (found !== undefined) return found;
    }
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    for (const [index, one] of expected.entries()) {
      const found = firstDifference(one, actual[index], `${path}[${index}]`);
      if (found !== undefined) return found;
    }
  }
  return path;
}
