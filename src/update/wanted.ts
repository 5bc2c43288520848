import type { Difference } from "../engine/difference.ts";
import { equal, isObject, textOf, type Json } from "../util/json.ts";

/** A change made in Grafana, to be made in the code. */
export interface Wanted {
  readonly path: string;
  /** The properties of the path: `panels`, `targets`, `expr`. */
  readonly names: readonly string[];
  /** The last of them. */
  readonly key: string;
  /** Whether it is an item of a list, which was added or removed. */
  readonly isItem: boolean;
  /** Whether the items of a list have another order. Then both values are lists of names. */
  readonly isOrder: boolean;
  /** Whether Grafana's UI migrated the object around it, so that most of its properties have changed. */
  readonly isMigration: boolean;
  /** Texts near its place in the code: titles, names and ids of what it is in, innermost first. */
  readonly words: readonly string[];
  /** The value in the code; undefined: absent. */
  readonly old: Json | undefined;
  /** The value in Grafana. */
  readonly now: Json | undefined;
}

/** `difference`: from Grafana to the code, as a plan shows it. */
export function wantedOf({ path, labels, before, after, meaning }: Difference): Wanted {
  const plain = path.replaceAll(/\[[^\]]*\]/g, "");
  const names = plain.split(".");
  const quoted = labels.flatMap((label) => [...label.matchAll(/"([^"]*)"/g)].map(([, text = ""]) => text));
  const selected = [...path.matchAll(/\[[^=\]]*=([^\]]*)\]/g)].map(([, text = ""]) => text.replace(/#\d+$/, ""));
  const isOrder = path.endsWith("[order]");
  const isItem = path.endsWith("]") && !isOrder;
  const own = isItem ? wordsIn(after ?? before) : [];
  const words = [...new Set([...own, ...selected.toReversed(), ...quoted.toReversed()])].filter((word) => word !== "");
  return {
    path,
    names,
    key: names.at(-1) ?? "",
    isItem,
    isOrder,
    isMigration: meaning === "migrated",
    words,
    old: after,
    now: before,
  };
}

/** What identifies an item: its title, name, uid and id. */
function wordsIn(item: Json | undefined): string[] {
  if (!isObject(item)) return item === undefined ? [] : [textOf(item)];
  return ["title", "name", "uid", "refId", "id"].flatMap((key) => textOf(item[key]) || []);
}

/** A value that changes, of a structure of which nothing else changes. */
export interface Leaf {
  readonly key: string;
  readonly old: Json;
  readonly now: Json;
}

/** The only value that differs between two structures; undefined if there are several, or if one is added or removed. */
export function onlyLeaf(key: string, old: Json, now: Json): Leaf | undefined {
  if (equal(old, now)) return undefined;
  if (Array.isArray(old) && Array.isArray(now)) {
    if (old.length !== now.length) return undefined;
    const differing = old.flatMap((item, index) => (equal(item, now[index]) ? [] : [index]));
    const [index = -1] = differing;
    const [was, is] = [old[index], now[index]];
    return differing.length === 1 && was !== undefined && is !== undefined ? onlyLeaf(key, was, is) : undefined;
  }
  if (isObject(old) && isObject(now)) {
    const keys = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((one) => !equal(old[one], now[one]));
    const [first = ""] = keys;
    const [was, is] = [old[first], now[first]];
    return keys.length === 1 && was !== undefined && is !== undefined ? onlyLeaf(first, was, is) : undefined;
  }
  return typeof old === "object" || typeof now === "object" ? undefined : { key, old, now };
}

/** The items of the list to which an item belongs: `path` is the one of the item. */
export function listAround(form: Json, path: string): readonly Json[] {
  let now: Json | undefined = form;
  const steps = [...path.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)];
  for (const [index, [step, selector]] of steps.entries()) {
    if (selector === undefined) now = isObject(now) ? now[step] : undefined;
    else if (index === steps.length - 1) break;
    else now = Array.isArray(now) ? itemOf(now, selector) : undefined;
  }
  return Array.isArray(now) ? now : [];
}

/** `id=23`, `name=a#2`, or an index. */
function itemOf(list: readonly Json[], selector: string): Json | undefined {
  const [, key, name = "", times = "1"] = /^([^=]*)=(.*?)(?:#(\d+))?$/.exec(selector) ?? [];
  if (key === undefined) return list[Number(selector)];
  return list.filter((item) => isObject(item) && textOf(item[key]) === name)[Number(times) - 1];
}
