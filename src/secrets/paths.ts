import { isObject, type Json } from "../util/json.ts";
import { Secret, type SecretUse } from "./secret.ts";

/** The place of a value in an object that can contain secrets. */
export type Path = SecretUse["path"];

/** The value at a path; undefined if there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(value)) return typeof head === "number" ? valueAt(value[head], rest) : undefined;
  return isObject(value) && !(value instanceof Secret) && Object.hasOwn(value, head)
    ? valueAt(value[head], rest)
    : undefined;
}

/** A copy with the value at a path replaced, if it exists. */
export function withAt(value: unknown, [head, ...rest]: Path, other: unknown): unknown {
  if (head === undefined) return other;
  if (Array.isArray(value)) return value.map((item, index) => (index === head ? withAt(item, rest, other) : item));
  if (!isObject(value) || value instanceof Secret || !Object.hasOwn(value, head)) return value;
  return { ...value, [head]: withAt(value[head], rest, other) };
}

/** The paths of all values that equal a text or another plain value. */
export function pathsOf(value: Json, wanted: Json, path: Path = []): Path[] {
  if (value === wanted) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => pathsOf(item, wanted, [...path, index]));
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => pathsOf(item, wanted, [...path, key])) : [];
}

/** The paths of all plain values that differ from those of the other value. */
export function differingPaths(
  value: Json | undefined,
  other: Json | undefined,
  differs = (one: Json | undefined, two: Json | undefined) => one !== two,
  path: Path = [],
): Path[] {
  if (Array.isArray(value))
    return value.flatMap((item, index) =>
      differingPaths(item, Array.isArray(other) ? other[index] : undefined, differs, [...path, index]),
    );
  if (isObject(value))
    return Object.entries(value).flatMap(([key, item]) =>
      differingPaths(item, isObject(other) ? other[key] : undefined, differs, [...path, key]),
    );
  return differs(value, other) ? [path] : [];
}
