import { diffArrays } from "diff";
import { equal, isObject, stableStringify, type Json, type JsonObject, textOf } from "../util/json.ts";

/** A change that has a name of its own. */
export type Meaning = "moved" | "resized" | "moved and resized" | "renamed" | "reordered" | "migrated";

/** One thing that a write would change. */
export interface Difference {
  readonly type: "added" | "removed" | "changed";
  /** For machines: `panels[id=3].targets[refId=A].expr`. */
  readonly path: string;
  /** For people, from the outside in: `panel "Request rate"`, `query A`, `expr`. */
  readonly labels: readonly string[];
  readonly before?: Json;
  readonly after?: Json;
  readonly meaning?: Meaning;
  /** Both values as people write them, where that is not their JSON: `last 10m`, `green, red from 80 %`. */
  readonly shown?: { readonly before?: string; readonly after?: string };
}

/** How the items of a list are told apart. */
export interface ListShape {
  /** What tells an item from the others, the surest first: items are the same where one of these is. */
  readonly by: readonly ((item: JsonObject) => Json | undefined)[];
  /** The property that paths name; left out, they count. */
  readonly key?: string;
  readonly label: (item: JsonObject) => string;
  /** What all of them are called: `variables`. */
  readonly many?: string;
  /** What an item is called where their order is shown; without it the key. */
  readonly short?: (item: JsonObject) => string;
  /** The order means nothing. */
  readonly unordered?: (items: readonly JsonObject[]) => boolean;
  /** The property that items are there for: it needs no name of its own. */
  readonly value?: string;
}

/** How a value is compared and shown. */
interface ValueShape {
  /** One difference, whatever differs inside. */
  readonly whole?: true;
  readonly label?: string;
  /** `around` is the object that has the value. */
  readonly show?: (value: Json, around: JsonObject) => string;
  readonly meaning?: (before: Json, after: Json) => Meaning | undefined;
  /** What its absence stands for. */
  readonly absent?: Json;
}

/**
 * What a kind knows of its canonical form. Names are ends of paths without what tells items apart, such as
 * `templating.list` or `panels.title`; the longest one that fits is taken. Lists of objects that are not named here are
 * aligned by what is equal in them.
 */
export interface Shape {
  readonly lists?: Readonly<Record<string, ListShape>>;
  readonly values?: Readonly<Record<string, ValueShape>>;
  /** Properties on the way to others that say nothing to people. */
  readonly silent?: readonly string[];
}

/** What the code would change in the live object: both in canonical form. Pure. */
export function diff(before: JsonObject, after: JsonObject, shape: Shape = {}): Difference[] {
  const differences = compareObjects(before, after, { path: "", keys: [], labels: [], named: 0 }, shape);
  const { silent = [] } = shape;
  return differences.map((one) => ({
    ...one,
    labels: one.labels.filter((label, index) => index === one.labels.length - 1 || !silent.includes(label)),
  }));
}

interface Place {
  readonly path: string;
  /** The properties on the way here. */
  readonly keys: readonly string[];
  readonly labels: readonly string[];
  /** How many of the labels are up to the last item of a list. */
  readonly named: number;
}

type Around = readonly [before: JsonObject, after: JsonObject];

function compareObjects(before: JsonObject, after: JsonObject, place: Place, shape: Shape): Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => compare(own(before, key), own(after, key), inside(place, key), shape, [before, after]));
}

/** Keys are people's: a value mapping of the text "constructor" is no property that every object has. */
function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function compare(
  live: Json | undefined,
  code: Json | undefined,
  place: Place,
  shape: Shape,
  around: Around,
): Difference[] {
  if (equal(live, code)) return [];
  const value = shapeAt(shape.values, place.keys);
  const list = shapeAt(shape.lists, place.keys);
  // A list that begins to be there has items that come; unless there is nothing in it.
  const absent = value?.absent ?? (list && [live, code].some(isFilled) ? [] : undefined);
  const [before, after] = [live === undefined ? absent : live, code === undefined ? absent : code];
  if (equal(before, after)) return [];
  if (before === undefined || after === undefined || value?.whole)
    return [differenceOf(before, after, place, value, around)];
  if (isObject(before) && isObject(after)) return compareObjects(before, after, place, shape);
  if (Array.isArray(before) && Array.isArray(after) && [...before, ...after].some(isObject)) {
    return list && [...before, ...after].every(isObject)
      ? compareMatched(before as JsonObject[], after as JsonObject[], place, shape, list)
      : compareAligned(before, after, place, shape, around);
  }
  return [differenceOf(before, after, place, value, around)];
}

function isFilled(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length > 0;
}

function differenceOf(
  before: Json | undefined,
  after: Json | undefined,
  { path, labels }: Pick<Place, "path" | "labels">,
  value: ValueShape = {},
  around: Around = [{}, {}],
): Difference {
  const type = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  const meaning = before === undefined || after === undefined ? undefined : value.meaning?.(before, after);
  const shown = value.show && {
    ...(before === undefined ? {} : { before: value.show(before, around[0]) }),
    ...(after === undefined ? {} : { after: value.show(after, around[1]) }),
  };
  return {
    type,
    path,
    labels: value.label === undefined ? labels : [...labels.slice(0, -1), value.label],
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
    ...(meaning ? { meaning } : {}),
    ...(shown ? { shown } : {}),
  };
}

export interface Pair {
  readonly before?: JsonObject;
  readonly after?: JsonObject;
}

function compareMatched(
  before: readonly JsonObject[],
  after: readonly JsonObject[],
  place: Place,
  shape: Shape,
  list: ListShape,
): Difference[] {
  const pairs = matched(before, after, list);
  const seen = new Map<string, number>();
  const differences = pairs.flatMap((pair): Difference[] => {
    const item = pair.before ?? pair.after;
    if (!item) return [];
    const name = keyText(item, list) ?? "";
    const times = (seen.get(name) ?? 0) + 1;
    seen.set(name, times);
    const index = pair.after ? after.indexOf(pair.after) : before.indexOf(item);
    const step = list.key === undefined ? `[${index}]` : `[${list.key}=${name}${times > 1 ? `#${times}` : ""}]`;
    const here = itemPlace(place, step, list.label(item), shape);
    if (!pair.before || !pair.after) return [differenceOf(pair.before, pair.after, here)];
    const { value } = list;
    if (value === undefined) return compareObjects(pair.before, pair.after, here, shape);
    const { [value]: was, ...old } = pair.before;
    const { [value]: is, ...now } = pair.after;
    return [
      ...compareObjects(old, now, here, shape),
      ...compare(was, is, { ...inside(here, value), labels: here.labels }, shape, [pair.before, pair.after]),
    ];
  });
  if (list.unordered?.([...before, ...after])) return differences;
  const both = pairs.filter((pair): pair is Required<Pair> => pair.before !== undefined && pair.after !== undefined);
  const byAfter = both.toSorted((a, b) => after.indexOf(a.after) - after.indexOf(b.after));
  if (both.every((pair, index) => pair === byAfter[index])) return differences;
  const nameOf = ({ before: item }: Required<Pair>) => list.short?.(item) ?? keyText(item, list) ?? list.label(item);
  return [
    ...differences,
    {
      type: "changed",
      path: `${place.path}[order]`,
      labels: [...(list.many === undefined ? place.labels : itemPlace(place, "", list.many, shape).labels), "order"],
      before: both.map(nameOf),
      after: byAfter.map(nameOf),
      meaning: "reordered",
    },
  ];
}

/** Items that are the same in both lists, in the order of the first; then what only the second has. */
export function matched(before: readonly JsonObject[], after: readonly JsonObject[], list: ListShape): Pair[] {
  const partner = new Map<JsonObject, JsonObject>();
  const taken = new Set<JsonObject>();
  for (const by of list.by) {
    const free = new Map<string, JsonObject[]>();
    for (const item of after) {
      const text = taken.has(item) ? undefined : textBy(item, by);
      if (text === undefined) continue;
      const others = free.get(text);
      if (others) others.push(item);
      else free.set(text, [item]);
    }
    for (const item of before) {
      const text = partner.has(item) ? undefined : textBy(item, by);
      const other = text === undefined ? undefined : free.get(text)?.shift();
      if (!other) continue;
      partner.set(item, other);
      taken.add(other);
    }
  }
  return [
    ...before.map((item) => ({
      before: item,
      ...(partner.has(item) ? { after: partner.get(item) as JsonObject } : {}),
    })),
    ...after.filter((item) => !taken.has(item)).map((item) => ({ after: item })),
  ];
}

function textBy(item: JsonObject, by: (item: JsonObject) => Json | undefined): string | undefined {
  const value = by(item);
  return value === undefined || value === null || value === "" ? undefined : stableStringify(value);
}

function keyText(item: JsonObject, { key }: ListShape): string | undefined {
  const value = key === undefined ? undefined : own(item, key);
  if (value === undefined || value === null) return undefined;
  return typeof value === "object" ? stableStringify(value) : textOf(value);
}

/** What is equal in both keeps its place; between that, items are compared one by one. */
function compareAligned(before: Json[], after: Json[], place: Place, shape: Shape, around: Around): Difference[] {
  const parts = alignmentOf(before, after);
  const last = place.labels.at(-1) ?? "";
  const at = (index: number): Place => ({
    ...place,
    path: `${place.path}[${index}]`,
    labels: [...place.labels.slice(0, -1), `${last}[${index}]`],
  });
  const differences: Difference[] = [];
  let [old, now] = [0, 0];
  for (let index = 0; index < parts.length; index++) {
    const part = parts[index];
    if (!part) continue;
    if (!part.removed && !part.added) {
      old += part.value.length;
      now += part.value.length;
      continue;
    }
    const next = parts[index + 1];
    const gone = part.removed ? part.value : next?.removed ? next.value : [];
    const come = part.added ? part.value : next?.added ? next.value : [];
    if (next && (next.added || next.removed)) index++;
    for (let step = 0; step < Math.max(gone.length, come.length); step++) {
      const both = step < gone.length && step < come.length;
      const where = at(step < come.length ? now + step : old + step);
      if (both) differences.push(...compare(gone[step], come[step], where, shape, around));
      else differences.push(differenceOf(gone[step], come[step], where));
    }
    old += gone.length;
    now += come.length;
  }
  return differences;
}

interface Part {
  readonly value: readonly Json[];
  readonly added: boolean;
  readonly removed: boolean;
}

/** Chooses the same one of equal alignments in both directions, since drift reverses differences. */
function alignmentOf(before: Json[], after: Json[]): Part[] {
  const isReversed = stableStringify(before) > stableStringify(after);
  const [from, to] = isReversed ? [after, before] : [before, after];
  return diffArrays(from, to, { comparator: equal }).map(({ value, added, removed }) =>
    isReversed ? { value, added: removed, removed: added } : { value, added, removed },
  );
}

function inside(place: Place, key: string): Place {
  return {
    path: place.path ? `${place.path}.${key}` : key,
    keys: [...place.keys, key],
    labels: [...place.labels, key],
    named: place.named,
  };
}

/** An item's label stands for the properties that lead to its list: `variable "region"` for `templating.list`. */
function itemPlace(place: Place, step: string, label: string, { lists = {} }: Shape): Place {
  const length = endOf(lists, place.keys)?.split(".").length ?? 1;
  const labels = [...place.labels.slice(0, Math.max(place.named, place.labels.length - length)), label];
  return { path: `${place.path}${step}`, keys: place.keys, labels, named: labels.length };
}

function shapeAt<Of>(shapes: Readonly<Record<string, Of>> | undefined, keys: readonly string[]): Of | undefined {
  const end = shapes && endOf(shapes, keys);
  return end === undefined ? undefined : shapes?.[end];
}

/** The longest end of the way here that has a name. */
function endOf(shapes: Readonly<Record<string, unknown>>, keys: readonly string[]): string | undefined {
  for (let start = Math.max(0, keys.length - 3); start < keys.length; start++) {
    const end = keys.slice(start).join(".");
    if (Object.hasOwn(shapes, end)) return end;
  }
  return undefined;
}
