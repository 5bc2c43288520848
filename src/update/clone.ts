import { equal, isObject, type Json } from "../util/json.ts";
import { placeScore, type Candidate } from "./candidates.ts";
import type { SdkNames } from "./sdk-names.ts";
import {
  applyEdits,
  indentAt,
  lineBreakOf,
  LOSES_COMMENT,
  startsLine,
  type Call,
  type Edit,
  type Edits,
  type ListNode,
  type Placed,
  type Range,
  type Source,
  type SourceNode,
} from "./source/source.ts";
import type { Wanted } from "./wanted.ts";

// A new item of a list, as a copy of the code of another item with other values.

/** How many of the other items are copied. */
const COPIES = 3;
/** The bonus of a place with the values of another item. */
const VALUE = 6;
/** Names that the order of the items can give. */
const BY_ORDER = "refId";

/** The code of an item: `.withTarget(query("up", "{{job}}"))`, or an item of a list. */
interface Unit {
  readonly place: Placed;
  readonly inner: SourceNode;
  readonly call?: Call;
  readonly list?: ListNode;
}

/** Candidates that add an item. `siblings`: the other items of its list, as the code gives them. */
export function cloneCandidates(
  wanted: Wanted,
  siblings: readonly Json[],
  source: Source,
  sdk: SdkNames,
): readonly Candidate[] {
  const { now, key, isItem } = wanted;
  if (!isItem || !isObject(now)) return [];
  const score = placeScore(wanted, source.text, sdk);
  const nearest = siblings
    .filter(isObject)
    .map((item) => ({ item, changes: changesOf(item, now) }))
    .toSorted((a, b) => a.changes.length - b.changes.length)
    .slice(0, COPIES);
  const found: Candidate[] = [];
  for (const unit of unitsOf(source, key, sdk)) {
    // A comment would be copied, too.
    if (source.replace(unit.inner, null) === LOSES_COMMENT) continue;
    for (const { item, changes } of nearest) {
      const known = textsOf(item).filter((text) => scalarsIn(source, unit.inner).some((node) => node.value === text));
      if (known.length === 0) continue;
      for (const [index, code] of copiesOf(source, unit.inner, changes, sdk).entries()) {
        const edits = added(source, unit, code);
        if (edits === LOSES_COMMENT || edits === undefined) continue;
        const total = score(unit.place) + known.length * VALUE - index;
        found.push({ edits, score: total, at: unit.place.start });
      }
    }
  }
  return found.toSorted((a, b) => b.score - a.score);
}

function unitsOf(source: Source, key: string, sdk: SdkNames): Unit[] {
  const calls = source.calls.flatMap((call): Unit[] => {
    const [inner, ...others] = call.args;
    const isOne = inner !== undefined && others.length === 0 && (call.method === key || sdk.sets(call.method, key));
    return isOne && inner.type !== "list" ? [{ place: call, inner, call }] : [];
  });
  const items = source.nodes.flatMap((node): Unit[] =>
    node.type === "list" ? node.items.map((inner) => ({ place: inner, inner, list: node })) : [],
  );
  return [...calls, ...items];
}

/** A property that differs between two items. Undefined: one of them lacks it. */
interface Change {
  readonly key: string;
  readonly old: Json | undefined;
  readonly now: Json | undefined;
}

function changesOf(item: Json, now: Json): Change[] {
  if (!isObject(item) || !isObject(now)) return [];
  return [...new Set([...Object.keys(item), ...Object.keys(now)])].flatMap((key): Change[] => {
    const [old, value] = [item[key], now[key]];
    if (old !== undefined && value !== undefined && equal(old, value)) return [];
    return isObject(old) && isObject(value) ? changesOf(old, value) : [{ key, old, now: value }];
  });
}

function textsOf(value: Json): string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsOf) : [];
}

function scalarsIn(source: Source, { start, end }: Range) {
  return source.nodes.filter((node) => node.type === "scalar").filter((node) => start <= node.start && node.end <= end);
}

/** The code of an item with these changes; the simplest first. A name such as `refId` can be set by the order of the items. */
function copiesOf(source: Source, inner: SourceNode, changes: readonly Change[], sdk: SdkNames): string[] {
  const edits: Edit[] = [];
  const calls: string[] = [];
  const used = new Set<SourceNode>();
  const unknown: Change[] = [];
  const scalars = scalarsIn(source, inner);
  for (const change of changes) {
    const { key, old, now } = change;
    const fitting = scalars.filter((node) => !used.has(node) && old !== undefined && equal(node.value, old));
    const node = fitting.find(({ names }) => names.at(-1) === key) ?? fitting[0];
    if (node && now !== undefined && (typeof now !== "object" || now === null)) {
      used.add(node);
      edits.push(...listOf(source.setScalar(node, now)));
    } else if (now === undefined) {
      const removal = removalOf(source, inner, key);
      if (!removal) return [];
      edits.push(...removal);
    } else unknown.push(change);
  }
  const [last] = unknown.filter(({ key }) => key !== BY_ORDER && !setter(key));
  for (const { key, old, now } of unknown) {
    const method = setter(key);
    if (typeof now === "string" && old !== undefined && key === last?.key) {
      const computed = computedArgument(source, inner, used);
      if (!computed) return [];
      edits.push({ start: computed.start, end: computed.end, text: JSON.stringify(now) });
    } else if (method !== undefined && now !== undefined && inner.type === "computed")
      calls.push(`.${method}(${JSON.stringify(now)})`);
    else return [];
  }
  const text = applyEdits(
    source.text.slice(inner.start, inner.end),
    edits.map(({ start, end, text: own }) => ({ start: start - inner.start, end: end - inner.start, text: own })),
  );
  const implicit = calls.filter((call) => !call.startsWith(`.${BY_ORDER}(`));
  return [...new Set([text + implicit.join(""), text + calls.join("")])];

  function setter(name: string): string | undefined {
    const { now } = unknown.find(({ key }) => key === name) ?? {};
    return now === undefined ? undefined : sdk.settersOf(name, now).find((method) => method === name);
  }
}

function listOf(edits: Edits): readonly Edit[] {
  return edits === undefined || edits === LOSES_COMMENT ? [] : edits;
}

function removalOf(source: Source, inner: SourceNode, key: string): readonly Edit[] | undefined {
  const call = source.calls.find(
    ({ method, start, end }) => method === key && inner.start <= start && end <= inner.end,
  );
  if (call) return listOf(source.removeCall(call));
  const index = inner.type === "object" ? inner.entries.findIndex(({ name }) => name === key) : -1;
  return inner.type === "object" && index >= 0 ? listOf(source.removeEntry(inner, index)) : undefined;
}

/** The only argument of the item's function that is not a literal: `rate("requests_total")` in `query("A", rate("requests_total"))`. */
function computedArgument(source: Source, inner: SourceNode, used: ReadonlySet<SourceNode>): SourceNode | undefined {
  const within = source.nodes.filter(
    (node) =>
      (node.type === "computed" || (node.type === "scalar" && !used.has(node) && typeof node.value === "string")) &&
      inner.start < node.start &&
      node.end <= inner.end &&
      node.names.length === inner.names.length + 1,
  );
  const free = within.filter(({ start, end }) => ![...used].some((one) => start <= one.start && one.end <= end));
  const [only, ...others] = free.filter(({ type }) => type === "computed");
  return only && others.length === 0 ? only : undefined;
}

function added(source: Source, { call, list, inner }: Unit, code: string): Edits {
  if (list) {
    const from = indentAt(source.text, inner.start);
    return source.addCode(list, list.items.length, (indent) => code.replaceAll(`\n${from}`, `\n${indent}`));
  }
  if (!call) return undefined;
  const { chain, method } = call;
  const last = source.calls.find(
    (one) => one.method === method && one.chain.start === chain.start && one.chain.end === chain.end,
  );
  const at = last?.end ?? call.end;
  const before = startsLine(source.text, call.start)
    ? `${lineBreakOf(source.text)}${indentAt(source.text, call.start)}`
    : "";
  const head = source.text.slice(call.start, inner.start);
  const tail = source.text.slice(inner.end, call.end);
  return [{ start: at, end: at, text: `${before}${head}${code}${tail}` }];
}
