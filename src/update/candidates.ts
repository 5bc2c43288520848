import { equal, type Json } from "../util/json.ts";
import { rewrite } from "./rewrite.ts";
import type { SdkNames } from "./sdk-names.ts";
import { LOSES_COMMENT, valueOf, type Edit, type Edits, type Placed, type Source } from "./source/source.ts";
import { onlyLeaf, type Leaf, type Wanted } from "./wanted.ts";

/** An edit that may be the wanted one. Only an evaluation of the code shows whether it is. */
export interface Candidate {
  readonly edits: readonly Edit[];
  /** How well its place fits. */
  readonly score: number;
  readonly at: number;
}

export interface Candidates {
  /** The best first. */
  readonly all: readonly Candidate[];
  /** Where an edit would remove a comment. */
  readonly lossy: number | undefined;
  /** The place that fits best, whether or not it can be edited. */
  readonly nearest: { readonly at: number; readonly score: number } | undefined;
}

/** The scores of properties of a place. */
const SCORE = { value: 12, name: 20, outerName: 2, word: 6, fragment: 4 };
/** How many levels around a value are searched for words. */
const LEVELS = 5;
/** Larger parts contain too much to identify a place. */
const LARGE = 20_000;

export function candidatesFor(wanted: Wanted, source: Source, sdk: SdkNames): Candidates {
  const found: Candidate[] = [];
  let lossy: number | undefined;
  let nearest: Candidates["nearest"];
  const score = placeScore(wanted, source.text, sdk);
  const add = (place: Placed, edits: Edits, bonus = 0) => {
    const total = score(place) + bonus;
    if (!nearest || total > nearest.score) nearest = { at: place.start, score: total };
    if (edits === LOSES_COMMENT) lossy ??= place.start;
    else if (edits && edits.length > 0) found.push({ edits, score: total, at: place.start });
  };
  const { old, now } = wanted;
  if (now === undefined) removals(wanted, source, sdk, add);
  else if (old === undefined) additions(wanted, now, source, sdk, add);
  else {
    if (wanted.isOrder) orders(wanted, old, now, source, sdk, add);
    else changes(wanted, old, now, source, sdk, add);
    // The code can lack a value that counts as Grafana's default.
    if (!wanted.isOrder)
      additions(wanted, now, source, sdk, (place, edits, bonus = 0) => add(place, edits, bonus - SCORE.value));
  }
  return { all: found.toSorted((a, b) => b.score - a.score || a.at - b.at), lossy, nearest };
}

type Add = (place: Placed, edits: Edits, bonus?: number) => void;

function changes(wanted: Wanted, old: Json, now: Json, source: Source, sdk: SdkNames, add: Add): void {
  const leaf = onlyLeaf(wanted.key, old, now);
  for (const node of source.nodes) {
    const isNamed = fits(node, wanted.key, sdk);
    const value = valueOf(node);
    if (node.type !== "scalar" && typeof old === "object" && (isNamed || equal(value, old)))
      add(node, rewrite(source, node, old, now), equal(value, old) ? SCORE.value : 0);
    if (node.type !== "scalar" || !leaf) continue;
    const isSame = equal(node.value, leaf.old);
    const isLikely = fits(node, leaf.key, sdk) && typeof node.value === typeof leaf.now;
    if (isSame || isLikely) add(node, source.setScalar(node, leaf.now), isSame ? SCORE.value : 0);
  }
  if (!leaf) return;
  for (const member of source.members) {
    const other = sdk.instead(member, leaf.old, leaf.now);
    const start = other?.whole ? member.start : member.end - member.name.length;
    if (other) add(member, [{ start, end: member.end, text: other.text }], SCORE.value);
  }
  pieces(leaf, source, add);
}

/** Parts of a text that the code combines from several. */
function pieces({ old, now }: Leaf, source: Source, add: Add): void {
  if (typeof old !== "string" || typeof now !== "string") return;
  const shorter = Math.min(old.length, now.length);
  let start = 0;
  while (start < shorter && old[start] === now[start]) start++;
  let tail = 0;
  while (tail < shorter - start && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  const end = old.length - tail;
  const inserted = now.slice(start, now.length - tail);
  for (const piece of source.pieces) {
    const { text } = piece;
    if (text === old || text.length < 2) continue;
    for (let at = old.indexOf(text); at >= 0; at = old.indexOf(text, at + 1)) {
      if (at > start || at + text.length < end) continue;
      const changed = text.slice(0, start - at) + inserted + text.slice(end - at);
      add(piece, source.setPiece(piece, changed), Math.min(SCORE.fragment, text.length / 10));
    }
  }
}

/** Lists and builders whose items have another order. Both values are lists of names. */
function orders({ key }: Wanted, old: Json, now: Json, source: Source, sdk: SdkNames, add: Add): void {
  if (!Array.isArray(old) || !Array.isArray(now)) return;
  const free = old.map((name, index) => ({ name, index }));
  const order = now.map((name) => {
    const at = free.findIndex((one) => equal(one.name, name));
    return free.splice(at, 1)[0]?.index ?? -1;
  });
  for (const node of source.nodes)
    if (node.type === "list" && node.items.length === order.length && fits(node, key, sdk))
      add(node, source.reorder(node.items, order));
  for (const chain of source.chains) {
    const calls = source.calls.filter((one) => one.chain.start === chain.start && one.chain.end === chain.end);
    for (const own of Map.groupBy(calls, ({ method }) => method).values())
      if (own.length === order.length) add(chain, source.reorder(own.toReversed(), order));
  }
}

function removals({ key, old, isItem }: Wanted, source: Source, sdk: SdkNames, add: Add): void {
  for (const node of source.nodes) {
    if (node.type === "object" && !isItem)
      for (const [index, entry] of node.entries.entries()) {
        const value = valueOf(entry.value);
        const isSame = value !== undefined && equal(value, old);
        if (entry.name === key || isSame) add(entry.value, source.removeEntry(node, index), isSame ? SCORE.value : 0);
      }
    if (node.type === "list" && isItem)
      for (const [index, item] of node.items.entries()) {
        const around = [{ start: item.start, end: item.end }, ...item.around];
        add({ ...item, around }, source.removeItem(node, index), equal(valueOf(item), old) ? SCORE.value : 0);
      }
  }
  for (const call of source.calls) {
    const range = { start: call.start, end: call.end };
    const place = { ...call, names: [...call.names, call.method], around: [range, ...call.around] };
    if (isItem || sdk.sets(call.method, key) || call.method === key) add(place, source.removeCall(call));
  }
}

function additions({ key, names, isItem, old }: Wanted, now: Json, source: Source, sdk: SdkNames, add: Add): void {
  const parent = names.at(-2);
  for (const node of source.nodes) {
    // The code can state a default, which is no part of the compared value.
    if (node.type === "scalar" && !isItem && fits(node, key, sdk) && typeof node.value === typeof now)
      add(node, source.setScalar(node, now));
    if (node.type === "object" && !isItem) {
      if (fits(node, key, sdk)) add(node, rewrite(source, node, old, now));
      const around = [{ start: node.start, end: node.end }, ...node.around];
      const has = node.entries.some(({ name }) => name === key);
      const bonus = parent !== undefined && node.names.at(-1) === parent ? SCORE.name : 0;
      if (!has) add({ ...node, around }, source.addEntry(node, key, now), bonus);
    }
    if (node.type === "list" && isItem && fits(node, key, sdk)) {
      const last = node.items.length;
      for (let index = last; index >= 0; index--) add(node, source.addItem(node, index, now), index === last ? 1 : 0);
    }
    if (node.type === "list" && !isItem && fits(node, key, sdk) && node.items.length === 0)
      add(node, source.replace(node, now));
  }
  if (isItem) return;
  for (const method of sdk.settersOf(key, now))
    for (const chain of source.chains) {
      const has = source.calls.some(
        ({ chain: own, method: one }) => one === method && own.start === chain.start && own.end === chain.end,
      );
      if (!has) add(chain, source.addCall(chain, method, now), method === key ? 1 : 0);
    }
}

/** Whether the property or the method that has this value is the one of a key. */
function fits({ names }: Pick<Placed, "names">, key: string, sdk: SdkNames): boolean {
  const last = names.at(-1);
  return last !== undefined && (last === key || sdk.sets(last, key));
}

/** How well places fit a change. */
export function placeScore({ key, names, words }: Wanted, text: string, sdk: SdkNames): (place: Placed) => number {
  const outer = new Set(names.slice(0, -1));
  const known = new Map<string, boolean>();
  const has = (start: number, end: number, word: string): boolean => {
    const id = `${start} ${end} ${word}`;
    const found = known.get(id) ?? hasWord(text.slice(start, end), word);
    known.set(id, found);
    return found;
  };
  return (place) => {
    let score = fits(place, key, sdk) ? SCORE.name : 0;
    score += place.names.filter((name) => outer.has(name)).length * SCORE.outerName;
    const levels = place.around.slice(0, LEVELS).filter(({ start, end }) => end - start < LARGE);
    for (const word of words) {
      const level = levels.findIndex(({ start, end }) => has(start, end, word));
      if (level >= 0) score += SCORE.word - level;
    }
    return score;
  };
}

/** Whether a text contains a word as a whole. */
function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const [before = "", after = ""] = [text[at - 1], text[at + word.length]];
    if (!/\w/.test(before) && !/\w/.test(after)) return true;
  }
  return false;
}
