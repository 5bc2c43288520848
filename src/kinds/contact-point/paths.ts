import { Secret, type SecretUse } from "../../secrets/secret.ts";
import { isObject, type Json } from "../../util/json.ts";

/** A path in the settings of an integration. */
export type SettingPath = SecretUse["path"];

export function valueAt(value: unknown, path: SettingPath): unknown {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(value)) return typeof head === "number" ? valueAt(value[head], rest) : undefined;
  return isObject(value) && !(value instanceof Secret) ? valueAt(value[head], rest) : undefined;
}

/** A copy with the value at a path replaced, if it exists. */
export function withAt(value: unknown, [head, ...rest]: SettingPath, other: unknown): unknown {
  if (head === undefined) return other;
  if (Array.isArray(value)) return value.map((item, index) => (index === head ? withAt(item, rest, other) : item));
  if (!isObject(value) || value instanceof Secret || !Object.hasOwn(value, head)) return value;
  return { ...value, [head]: withAt(value[head], rest, other) };
}

export function pathsOf(value: Json, wanted: Json, path: SettingPath = []): SettingPath[] {
  if (value === wanted) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => pathsOf(item, wanted, [...path, index]));
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => pathsOf(item, wanted, [...path, key])) : [];
}
