import type { Json } from "../util/json.ts";
import type { CodeFile } from "./borrow.ts";
import type { Candidate } from "./candidates.ts";
import { borrowed, type Example } from "./examples.ts";
import { isInside, namedIn, usesOf, type Named, type Part } from "./named-parts.ts";
import {
  applyEdits,
  indentAt,
  LOSES_COMMENT,
  startsLine,
  valueOf,
  type Edit,
  type Edits,
  type Range,
  type ScalarNode,
  type Source,
} from "./source/source.ts";
import type { Wanted } from "./wanted.ts";

// An item with a name that another part of the object uses: an element of a dashboard, and its place in the layout. Each of
// them would be an error without the other one, so both are added or removed at once.

/** How many combinations of parts are tried. */
const COMBINATIONS = 6;
const SCORE = 100;

/** Candidates that remove all parts of an item. `form`: the values of the code. */
export function namedRemovals(wanted: Wanted, form: Json, { source }: CodeFile): Candidate[] {
  const named = wanted.now === undefined ? namedIn(wanted, form) : undefined;
  if (!named) return [];
  const all = combinations(usesOf(source, named)).slice(0, COMBINATIONS);
  return all.flatMap((parts, index) =>
    candidate(
      parts.map((part) => removal(source, part)),
      SCORE - index,
    ),
  );
}

/** Whether the code has several parts for each item of the list. */
export function isNamedIn(wanted: Wanted, form: Json, source: Source): boolean {
  const named = namedIn(wanted, form);
  return [...(named?.others ?? [])].some((name) => {
    const others = new Set([...(named?.others ?? [])].filter((one) => one !== name));
    return usesOf(source, { name, others }).length > 1;
  });
}

/** Candidates that add all parts of an item next to those of another one. `examples`: the object as `import` writes it. */
export function namedAdditions(
  wanted: Wanted,
  form: Json,
  target: CodeFile,
  examples: readonly (Example | Source)[],
): Candidate[] {
  const named = wanted.old === undefined ? namedIn(wanted, form) : undefined;
  if (!named) return [];
  return examples.flatMap((example, order) => {
    const from = "source" in example ? example.source : example;
    const uses = usesOf(from, named);
    const roles = new Set(uses.flatMap(([part]) => part?.role ?? []));
    const added = uses.map((choices) => {
      for (const part of choices) {
        const code = "source" in example ? example : undefined;
        const found = additionOf({ part, roles, named, from, example: code }, target);
        if (found) return found;
      }
      return undefined;
    });
    return uses.length < 2 || added.includes(undefined) ? [] : candidate(added, SCORE - order);
  });
}

function candidate(all: readonly Edits[], score: number): Candidate[] {
  const edits: Edit[] = [];
  for (const one of all) {
    if (one === undefined || one === LOSES_COMMENT) return [];
    edits.push(...one);
  }
  const [first] = edits;
  return first ? [{ edits, score, at: first.start }] : [];
}

/** One part for each use, the most likely first. */
function combinations(uses: readonly (readonly Part[])[]): Part[][] {
  let all: Part[][] = [[]];
  for (const choices of uses) all = all.flatMap((one) => choices.map((part) => [...one, part]));
  return uses.length < 2 ? [] : all;
}

function removal(source: Source, part: Part): Edits {
  if (part.call) return source.removeCall(part.call);
  return part.list ? source.removeItem(part.list, part.index) : source.removeEntry(part.object, part.index);
}

interface Addition {
  readonly part: Part;
  /** The roles of all parts of the item. */
  readonly roles: ReadonlySet<string>;
  readonly named: Named;
  readonly from: Source;
  /** Absent: the example is a document. */
  readonly example: Example | undefined;
}

/** The edit that adds a part next to the one of another item, which is its neighbor in the example. */
function additionOf({ part, roles, named, from, example }: Addition, { path, source }: CodeFile): Edits {
  const nearest = part.siblings
    .toSorted((a, b) => distance(a, part) - distance(b, part))
    .flatMap((sibling) =>
      [...named.others].flatMap((name) => (mentions(from, sibling, name) ? [{ sibling, name }] : [])),
    );
  for (const { sibling, name } of nearest) {
    const others = new Set([...named.others, named.name].filter((one) => one !== name));
    const all = usesOf(source, { name, others });
    // Another method can add the same: `withItem("cpu")`.
    const different = all.flatMap(([one]) => (one?.call && !roles.has(one.role) ? [one] : []));
    const only = part.call && different.length === 1 ? different[0] : undefined;
    const there = all.flat().find((one) => one.role === part.role) ?? only;
    if (!there) continue;
    const isAfter = sibling.start < part.start;
    const edits = part.call
      ? besideCall(source, { from, part, path, example, there, isAfter, names: [name, named.name] })
      : besideValue(source, { part, there, isAfter, name: named.name });
    if (edits) return edits;
  }
  return undefined;
}

/** The preceding part is the most similar one. */
function distance(sibling: Range, { start }: Range): number {
  return sibling.start < start ? start - sibling.start : 2 * (sibling.start - start);
}

function mentions(source: Source, part: Range, name: string): boolean {
  return source.nodes.some(
    (node) =>
      (node.type === "scalar" && node.value === name && isInside(node, part)) ||
      (node.type === "object" && node.entries.some((entry) => entry.name === name && entry.start === part.start)),
  );
}

interface Beside {
  readonly from: Source;
  readonly part: Part;
  readonly path: string;
  readonly example: Example | undefined;
  readonly there: Part;
  readonly isAfter: boolean;
  /** The name of the item next to it, and its own. */
  readonly names: readonly [string, string];
}

function besideCall(source: Source, { from, part, path, example, there, isAfter, names }: Beside): Edits {
  if (!there.call) return undefined;
  const own = ownStyle(source, there, names, { source: from, part });
  const code = own === undefined ? example && borrowed(example, part, { path, text: source.text }) : undefined;
  if (own === undefined && !code) return undefined;
  const isOnLine = startsLine(source.text, there.start);
  const indent = indentAt(source.text, there.start);
  const eol = source.text.includes("\r\n") ? "\r\n" : "\n";
  const lead = isOnLine ? `${eol}${indent}` : "";
  const text = own ?? code?.text(indent) ?? "";
  // A call begins with its dot, after the line break.
  const at = isAfter ? there.end : there.start - (isOnLine ? lead.length : 0);
  return [{ start: at, end: at, text: `${lead}${text}` }, ...(code?.imports ?? [])];
}

/** The code of another item with the name and the values of the new one, if it sets the same properties. */
function ownStyle(
  source: Source,
  there: Part,
  [name, now]: Beside["names"],
  example: { readonly source: Source; readonly part: Part },
): string | undefined {
  const scalarsIn = (text: Source, part: Range) =>
    text.nodes.filter((node): node is ScalarNode => node.type === "scalar" && isInside(node, part));
  const given = new Map<string, ScalarNode["value"]>();
  for (const { names, value } of scalarsIn(example.source, example.part))
    if (value !== now) given.set(names.at(-1) ?? "", value);
  const edits: Edit[] = [];
  const set = new Set<string>();
  for (const node of scalarsIn(source, there)) {
    const key = node.names.at(-1) ?? "";
    const value = node.value === name ? now : given.get(key);
    if (value === undefined) return undefined;
    if (node.value !== name) set.add(key);
    const edit = source.setScalar(node, value);
    if (edit === undefined || edit === LOSES_COMMENT) return undefined;
    edits.push(...edit.map(({ start, end, text }) => ({ start: start - there.start, end: end - there.start, text })));
  }
  return set.size === given.size ? applyEdits(source.text.slice(there.start, there.end), edits) : undefined;
}

/** A value of a document, in a document or in an object of the code. */
function besideValue(
  source: Source,
  {
    part,
    there,
    isAfter,
    name,
  }: Pick<Addition, "part"> & Pick<Beside, "there" | "isAfter"> & { readonly name: string },
): Edits {
  if (part.list && there.list) {
    const item = part.list.items[part.index];
    const value = item && valueOf(item);
    return value === undefined ? undefined : source.addItem(there.list, there.index + Number(isAfter), value);
  }
  if (!part.object || !there.object) return undefined;
  const entry = part.object.entries[part.index];
  const value = entry && valueOf(entry.value);
  return value === undefined ? undefined : source.addEntry(there.object, name, value);
}
