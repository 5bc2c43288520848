import { isObject, textOf, type Json } from "../util/json.ts";
import type { Call, ListNode, ObjectNode, Range, ScalarNode, Source } from "./source/source.ts";
import { listAround, type Wanted } from "./wanted.ts";

/** How many parts are tried for one use of a name. */
const CHOICES = 3;
/** A name with more uses can be a common word. */
const USES = 3;

/** The code that belongs to one item: `.element("cpu", ...)`, an item of a list or a property. */
export type Part = Range & {
  /** Equal for parts that say the same about different items. */
  readonly role: string;
  /** The other parts with the same role around it. */
  readonly siblings: readonly Range[];
} & (
    | { readonly call: Call; readonly list?: never; readonly object?: never }
    | { readonly list: ListNode; readonly index: number; readonly call?: never; readonly object?: never }
    | { readonly object: ObjectNode; readonly index: number; readonly call?: never; readonly list?: never }
  );

export interface Named {
  readonly name: string;
  /** The names of the other items. */
  readonly others: ReadonlySet<string>;
}

/** The name of an item by which its list is compared, and those of the others. Undefined: it has none, or only an id. */
export function namedIn({ path, isItem }: Wanted, form: Json): Named | undefined {
  const [, key, name] = /\[([^=\]]+)=([^\]]+)\]$/.exec(path) ?? [];
  if (!isItem || key === undefined || name === undefined) return undefined;
  const others = listAround(form, path).flatMap((one) => (isObject(one) ? textOf(one[key]) : ""));
  return { name, others: new Set(others.filter((other) => other !== name && other !== "")) };
}

/** For each use of the name, the parts that belong to it and to no other item. Empty if the name has too many uses. */
export function usesOf(source: Source, { name, others }: Named): Part[][] {
  const texts = source.nodes.filter((node): node is ScalarNode => node.type === "scalar");
  const foreign = texts.filter(({ value }) => typeof value === "string" && others.has(value));
  const keys = source.nodes.flatMap((node) => (node.type === "object" ? node.entries : []));
  const foreignKeys = keys.filter((entry) => others.has(entry.name));
  const isOwn = (part: Range) => ![...foreign, ...foreignKeys].some((one) => isInside(one, part));
  const places: Range[] = [
    ...texts.filter(({ value }) => value === name),
    ...keys.filter((entry) => entry.name === name).map(({ start }) => ({ start, end: start })),
  ];
  const all = places.flatMap((place) => {
    const parts = partsAround(source, place).filter(isOwn).slice(0, CHOICES);
    const preferred = parts.toSorted((a, b) => Number(b.siblings.length > 0) - Number(a.siblings.length > 0));
    return preferred.length > 0 ? [{ place, preferred }] : [];
  });
  // A part can contain the name more than once.
  const uses = all.filter(({ place }, index) =>
    all.every(({ preferred: [first] }, other) => {
      if (other === index || !first || !isInside(place, first)) return true;
      const [own] = all[index]?.preferred ?? [];
      return own !== undefined && isSame(own, first) && index < other;
    }),
  );
  return uses.length > USES ? [] : uses.map(({ preferred }) => preferred);
}

/** The parts that contain a place, the innermost first. */
function partsAround(source: Source, place: Range): Part[] {
  const parts: Part[] = [];
  for (const call of source.calls) {
    const { start, end, method, chain } = call;
    if (!call.args.some((arg) => isInside(place, arg))) continue;
    const same = source.calls.filter((one) => one.method === method && isSame(one.chain, chain) && one !== call);
    parts.push({ call, start, end, role: `.${method}`, siblings: same });
  }
  for (const node of source.nodes) {
    if (node.type === "list")
      for (const [index, item] of node.items.entries())
        if (isInside(place, item))
          parts.push({
            list: node,
            index,
            start: item.start,
            end: item.end,
            role: `[] ${node.names.at(-1) ?? ""}`,
            siblings: node.items.filter((one) => one !== item),
          });
    if (node.type === "object")
      for (const [index, entry] of node.entries.entries())
        if (entry.start === place.start && place.end === place.start)
          parts.push({
            object: node,
            index,
            start: entry.start,
            end: entry.end,
            role: `{} ${node.names.at(-1) ?? ""}`,
            siblings: node.entries.filter((one) => one !== entry),
          });
  }
  return parts.toSorted((a, b) => a.end - a.start - (b.end - b.start));
}

export function isInside(one: Range, { start, end }: Range): boolean {
  return start <= one.start && one.end <= end;
}

function isSame(one: Range, other: Range): boolean {
  return one.start === other.start && one.end === other.end;
}
