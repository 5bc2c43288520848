import { equal, isObject, type Json, type JsonObject } from "../../util/json.ts";

/** A part of a JSON value. A property whose value is undefined must be absent. */
export type Part = Json | undefined;

/** The paths of the SDK's properties are few and read often. */
const keysOf = new Map<string, readonly string[]>();

/** Whether the object has the property at this path, and its value. */
export function at(value: Part, path: string): { readonly value: Part } | undefined {
  let here: Part = value;
  const keys = keysOf.get(path) ?? path.split(".");
  keysOf.set(path, keys);
  for (const key of keys) {
    if (!isObject(here) || !Object.hasOwn(here, key)) return undefined;
    here = here[key];
  }
  return { value: here };
}

/** The values in an object that are not objects, by their paths. */
export function leavesIn(value: Part, path: readonly string[] = []): (readonly string[])[] {
  if (!isObject(value) || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, item]) => leavesIn(item, [...path, key]));
}

/**
 * What must be merged into `built` so that it has everything in `wanted`; undefined if nothing. Lists are replaced as a
 * whole. `isDone`: whether the code of an object is already known to be right.
 */
export function restOf(
  wanted: JsonObject,
  built: JsonObject,
  isDone: (value: JsonObject) => boolean = () => false,
): JsonObject | undefined {
  const rest: JsonObject = {};
  for (const [key, value] of Object.entries(wanted) as [string, Part][]) {
    const own: Part = Object.hasOwn(built, key) ? built[key] : undefined;
    if (isObject(value) && isDone(value)) continue;
    if (isObject(value) && isObject(own)) {
      const inner = restOf(value, own, isDone);
      if (inner) rest[key] = inner;
    } else if (!isIn(value, own, isDone)) rest[key] = value as Json;
  }
  return Object.keys(rest).length > 0 ? rest : undefined;
}

/** Whether `own` has everything in `wanted`. */
function isIn(wanted: Part, own: Part, isDone: (value: JsonObject) => boolean): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(own) &&
      own.length === wanted.length &&
      wanted.every((item, index) => isIn(item, own[index], isDone))
    );
  if (isObject(wanted)) return isDone(wanted) || (isObject(own) && restOf(wanted, own, isDone) === undefined);
  return equal(wanted, own);
}

/** Whether the builder builds everything apart from empty texts, such as the `metric` of former queries. */
export function isEmpty(rest: JsonObject | undefined): boolean {
  return Object.values(rest ?? {}).every((value: Part) => value === "");
}
