import type { Difference } from "./difference.ts";
import { own, type Pair, matched, keyText } from "./match.ts";
import { type ListShape, type ValueShape, type Shape, shapeAt, endOf } from "./shape.ts";
import { diffArrays } from "diff/lib/diff/array.js";
import { equal, isObject, stableStringify, type Json, type JsonObject } from "../util/json.ts";

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
  /** The properties that lead to this place. */
  readonly keys: readonly string[];
  readonly labels: readonly string[];
  /** The number of labels up to and including the innermost item of a list. */
  readonly named: number;
}

type Around = readonly [before: JsonObject, after: JsonObject];

function compareObjects(before: JsonObject, after: JsonObject, place: Place, shape: Shape): Difference[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => compare(own(before, key), own(after, key), inside(place, key), shape, [before, after]));
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
  // A missing list counts as an empty one, so that its items are listed, unless both are empty.
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
    const { value, show } = list;
    const described = show && { show: (one: Json) => (isObject(one) ? show(one) : "") };
    if (!pair.before || !pair.after) return [differenceOf(pair.before, pair.after, here, described)];
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

/** Aligns equal items. The items between them are compared one by one. */
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

/** Of several possible alignments, chooses the same one in both directions, because drift reverses differences. */
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

/** The label of an item replaces the properties that lead to its list: `variable "region"` for `templating.list`. */
function itemPlace(place: Place, step: string, label: string, { lists = {} }: Shape): Place {
  const length = endOf(lists, place.keys)?.split(".").length ?? 1;
  const labels = [...place.labels.slice(0, Math.max(place.named, place.labels.length - length)), label];
  return { path: `${place.path}${step}`, keys: place.keys, labels, named: labels.length };
}
