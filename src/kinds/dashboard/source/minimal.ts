import type { Expression } from "../../../import/code/expression.ts";
import { evaluate } from "../../../import/code/expression.ts";
import type { Writer } from "../../../import/sdk/writer.ts";
import { equal, isObject, toJson, type Json, type JsonObject } from "../../../util/json.ts";
import type { Part } from "../../../import/sdk/values.ts";

/** Whether two forms of an object mean the same to Grafana, so that a plan shows no difference. */
export type IsSame = (value: JsonObject) => boolean;

/** What builders are chosen by, and positions, which Grafana changes to fit each other. */
const NEEDED = new Set(["kind", "group", "x", "y", "width", "height"]);

type Path = readonly (string | number)[];

/**
 * The builder of an object that means the same as `raw`, without what Grafana sets by default. Undefined if no builder can
 * build it.
 */
export function builderFor(raw: JsonObject, type: string, isSame: IsSame, writer: Writer): Expression | undefined {
  const minimal = pruned(raw, isSame);
  const first = writer.builder(minimal, type);
  if (!first) return undefined;
  const built = builtBy(first);
  if (isSame(built)) return first;
  // Defaults of the SDK that are not those of Grafana.
  const added = leavesIn(built, raw).filter(
    (path) => at(minimal, path) === undefined && !equal(at(built, path), at(raw, path)),
  );
  const inRaw = (value: JsonObject, paths: readonly Path[]) =>
    paths.reduce((object, path) => withValue(object, path, at(raw, path)) as JsonObject, value);
  const isEnough = (paths: readonly Path[]) => isSame(toJson(inRaw(built, paths)) as JsonObject);
  // One of them can change the meaning of others, as the version of a plugin does.
  const without = added.map((path) => added.filter((one) => one !== path));
  const enough = [added, ...without].find(isEnough);
  if (!enough) return undefined;
  let needed: readonly Path[] = enough;
  for (const path of added) {
    const fewer = needed.filter((one) => one !== path);
    if (isEnough(fewer)) needed = fewer;
  }
  const second = writer.builder(inRaw(minimal, needed), type);
  return second && isSame(builtBy(second)) ? second : undefined;
}

export function builtBy(expression: Expression): JsonObject {
  return toJson((evaluate(expression) as { build(): unknown }).build()) as JsonObject;
}

/** The object without the properties that it can lack. */
export function pruned(raw: JsonObject, isSame: IsSame): JsonObject {
  let result = raw;
  const visit = (path: Path): void => {
    const value = at(result, path);
    if (Array.isArray(value)) for (const index of value.keys()) visit([...path, index]);
    if (!isObject(value)) return;
    for (const key of Object.keys(value)) {
      const own = [...path, key];
      if (NEEDED.has(key)) continue;
      const without = toJson(withValue(result, own, undefined)) as JsonObject;
      if (isSame(without)) result = without;
      else visit(own);
    }
  };
  visit([]);
  return result;
}

function at(value: Part, path: Path): Part {
  let part = value;
  for (const key of path) {
    if (typeof key === "number") part = Array.isArray(part) ? part[key] : undefined;
    else part = isObject(part) && Object.hasOwn(part, key) ? part[key] : undefined;
  }
  return part;
}

/** A copy with another value at a path. A property whose value is undefined must be absent. */
function withValue(value: Part, [key, ...rest]: Path, changed: Part): Part {
  if (key === undefined) return changed;
  if (typeof key === "number") {
    if (!Array.isArray(value)) return value;
    return value.map((item, index): Json => (index === key ? (withValue(item, rest, changed) ?? null) : item));
  }
  const object: Readonly<Record<string, Part>> = isObject(value) ? value : {};
  const next = withValue(object[key], rest, changed);
  return { ...object, [key]: next } as JsonObject;
}

/** The paths of values without parts, or of those that the other value lacks as a whole. */
function leavesIn(value: Part, other: Part, path: Path = []): Path[] {
  if (Array.isArray(value) && value.length > 0 && Array.isArray(other))
    return value.flatMap((item, index) => leavesIn(item, other[index], [...path, index]));
  if (isObject(value) && Object.keys(value).length > 0 && isObject(other))
    return Object.entries(value).flatMap(([key, item]) => leavesIn(item, other[key], [...path, key]));
  return [path];
}
