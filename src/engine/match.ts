import type { ListShape } from "./shape.ts";
import { similarPairs } from "./similar-items.ts";
import { stableStringify, type Json, type JsonObject, textOf } from "../util/json.ts";

export interface Pair {
  readonly before?: JsonObject;
  readonly after?: JsonObject;
}

/** Pairs the items of two lists, in the order of the first, followed by items that only the second has. */
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
  const { traits } = list;
  if (traits) {
    const rest = [before.filter((item) => !partner.has(item)), after.filter((item) => !taken.has(item))] as const;
    const indexes = new Map([before, after].flatMap((items) => items.map((item, index) => [item, index] as const)));
    for (const [item, other] of similarPairs(...rest, (one) => traits(one, indexes.get(one) ?? 0))) {
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

export function keyText(item: JsonObject, { key }: ListShape): string | undefined {
  const value = key === undefined ? undefined : own(item, key);
  if (value === undefined || value === null) return undefined;
  return typeof value === "object" ? stableStringify(value) : textOf(value);
}

/** Own properties only: users can choose keys such as "constructor", for example in value mappings. */
export function own(object: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
