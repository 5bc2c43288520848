import { diffArrays } from "diff/lib/diff/array.js";
import { equal, isObject, stableStringify, type Json } from "../util/json.ts";
import { LOSES_COMMENT, valueOf, type Edit, type Edits, type Source, type SourceNode } from "./source/source.ts";

/** The edits that make the same change to a value of the source as from `old` to `now`. Keeps everything else of it. */
export function rewrite(source: Source, node: SourceNode, old: Json | undefined, now: Json): Edits {
  if (old !== undefined && equal(old, now)) return [];
  if (node.type === "scalar" && (typeof now !== "object" || now === null)) return source.setScalar(node, now);
  if (node.type === "object" && isObject(now) && (old === undefined || isObject(old))) {
    const before = old ?? {};
    if (node.entries.length === 0) return source.replace(node, now);
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])];
    return combined(
      keys.map((key) => {
        const [was, is] = [before[key], now[key]];
        if (was !== undefined && is !== undefined && equal(was, is)) return [];
        const index = node.entries.findIndex(({ name }) => name === key);
        const entry = node.entries[index];
        if (is === undefined) return entry ? source.removeEntry(node, index) : [];
        return entry ? rewrite(source, entry.value, was, is) : source.addEntry(node, key, is);
      }),
    );
  }
  if (node.type === "list" && Array.isArray(now) && Array.isArray(old)) return rewriteList(source, node, old, now);
  return node.type === "computed" ? undefined : source.replace(node, now);
}

function rewriteList(
  source: Source,
  node: SourceNode & { readonly type: "list" },
  old: readonly Json[],
  now: readonly Json[],
): Edits {
  if (node.items.length !== old.length) return undefined;
  if (node.items.length === 0) return source.replace(node, [...now]);
  if (old.length === now.length)
    return combined(node.items.map((item, index) => rewrite(source, item, old[index] ?? null, now[index] ?? null)));
  // A list whose order does not matter can have another order in the code.
  const values = node.items.map(valueOf);
  const isStated = values.every((value) => value !== undefined);
  const own = isStated && sameItems(values, old) ? values : old;
  const edits: Edits[] = [];
  let at = 0;
  for (const { value, added, removed } of diffArrays([...own], [...now], { comparator: equal })) {
    if (added) edits.push(...value.map((item) => source.addItem(node, at, item)));
    else {
      if (removed) edits.push(...value.map((_, index) => source.removeItem(node, at + index)));
      at += value.length;
    }
  }
  return combined(edits);
}

function sameItems(a: readonly Json[], b: readonly Json[]): boolean {
  const texts = (all: readonly Json[]) => all.map(stableStringify).toSorted().join("\n");
  return texts(a) === texts(b);
}

function combined(all: readonly Edits[]): Edits {
  const edits: Edit[] = [];
  for (const one of all) {
    if (one === LOSES_COMMENT || one === undefined) return one;
    edits.push(...one);
  }
  return edits;
}
