import { builtBy, type Expression } from "../../../import/code/expression.ts";
import type { Writer } from "../../../import/sdk/writer.ts";
import { equal, isObject, toJson, type Json, type JsonObject } from "../../../util/json.ts";
import type { Part } from "../../../import/sdk/values.ts";

/** What an object means to Grafana: equal for objects between which a plan shows no difference. */
export type Meaning = (value: JsonObject) => Json;

/** What builders are chosen by, and positions, which Grafana changes to fit each other. */
const NEEDED = new Set(["kind", "group", "x", "y", "width", "height"]);

type Path = readonly (string | number)[];

/**
 * The builder of an object that means the same as `raw`, without what Grafana sets by default. Undefined if no builder can
 * build it.
 */
export function builderFor(raw: JsonObject, type: string, meaning: Meaning, writer: Writer): Expression | undefined {
  const goal = meaning(raw);
  const isSame = (value: JsonObject) => equal(meaning(value), goal);
  const minimal = pruned(raw, meaning);
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

/** Longer lists are pruned item by item, each without the others. */
const LONG_LIST = 8;

/** The object without the properties that it can lack. */
export function pruned(raw: JsonObject, meaning: Meaning): JsonObject {
  return prunedAt(raw, [], meaning);
}

/** The object without the properties in the part at this path that it can lack. */
function prunedAt(raw: JsonObject, start: Path, meaning: Meaning): JsonObject {
  const goal = meaning(raw);
  const isSame = (value: JsonObject) => equal(meaning(value), goal);
  let result = raw;
  const visit = (path: Path): void => {
    const value = at(result, path);
    if (Array.isArray(value)) {
      const quick = value.length > LONG_LIST ? withPrunedItems(result, path, value, meaning) : undefined;
      if (quick && isSame(quick)) result = quick;
      else for (const index of value.keys()) visit([...path, index]);
    }
    if (!isObject(value)) return;
    for (const key of Object.keys(value)) {
      const own = [...path, key];
      if (NEEDED.has(key)) continue;
      const without = withoutPath(result, own) as JsonObject;
      if (isSame(without)) result = without;
      else visit(own);
    }
  };
  visit(start);
  return result;
}

/** The same with each item of a list pruned in a copy that has only this item, so that long lists take no quadratic time. */
function withPrunedItems(whole: JsonObject, path: Path, items: readonly Json[], meaning: Meaning): JsonObject {
  const rest = withShortLists(whole);
  const own = items.map((item) => {
    const alone = withValue(rest, path, [item]) as JsonObject;
    const list = at(prunedAt(alone, [...path, 0], meaning), path);
    return Array.isArray(list) ? (list[0] ?? null) : item;
  });
  return withValue(whole, path, own) as JsonObject;
}

function withShortLists(value: Json): Json {
  if (Array.isArray(value)) return value.slice(0, LONG_LIST).map(withShortLists);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withShortLists(item)]));
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

/** A copy without the property at a path, which shares all other parts. */
function withoutPath(value: Json, [key, ...rest]: Path): Json {
  if (typeof key === "number")
    return Array.isArray(value) ? value.map((item, index) => (index === key ? withoutPath(item, rest) : item)) : value;
  if (key === undefined || !isObject(value)) return value;
  const { [key]: own, ...others } = value;
  return rest.length === 0 || own === undefined ? others : { ...value, [key]: withoutPath(own, rest) };
}

/** The paths of values without parts, or of those that the other value lacks as a whole. */
function leavesIn(value: Part, other: Part, path: Path = []): Path[] {
  if (Array.isArray(value) && value.length > 0 && Array.isArray(other))
    return value.flatMap((item, index) => leavesIn(item, other[index], [...path, index]));
  if (isObject(value) && Object.keys(value).length > 0 && isObject(other))
    return Object.entries(value).flatMap(([key, item]) => leavesIn(item, other[key], [...path, key]));
  return [path];
}
