import { sharedWords } from "../util/similar.ts";

/** What an item is recognized by. Each part counts as much as the others. */
export interface Traits {
  /** Items of different groups are never the same. */
  readonly group?: string;
  /** Empty: unknown. */
  readonly type: string;
  readonly name: string;
  /** The texts that make it different from others, such as its queries. */
  readonly content: string;
  /** Where it is. Empty: unknown. */
  readonly place: string;
}

/** Two of four parts must be the same, or a corresponding share of their words. */
const ENOUGH = 2;

/** More pairs than this are not compared, which would take seconds. */
const MANY = 100_000;

interface Scored<Item> {
  readonly was: Item;
  readonly is: Item;
  readonly score: number;
}

/**
 * Pairs the items of two lists that are most likely the same, although both their names and their contents may differ. An item
 * that is equally similar to several others is not paired.
 */
export function similarPairs<Item>(
  before: readonly Item[],
  after: readonly Item[],
  traitsOf: (item: Item) => Traits,
): Map<Item, Item> {
  const pairs = new Map<Item, Item>();
  if (before.length * after.length > MANY) return pairs;
  const taken = new Set<Item>();
  for (const { was, is } of clearest(scoresOf(before, after, traitsOf))) {
    if (pairs.has(was) || taken.has(is)) continue;
    pairs.set(was, is);
    taken.add(is);
  }
  return pairs;
}

function scoresOf<Item>(
  before: readonly Item[],
  after: readonly Item[],
  traitsOf: (item: Item) => Traits,
): Scored<Item>[] {
  const known = new Map([...before, ...after].map((item) => [item, detailsOf(traitsOf(item))]));
  return before.flatMap((was) =>
    after.flatMap((is) => {
      const score = likeness(known.get(was), known.get(is));
      return score < ENOUGH ? [] : [{ was, is, score }];
    }),
  );
}

/** The most similar pairs first, without those whose items have another pair with the same score. */
function clearest<Item>(scored: readonly Scored<Item>[]): Scored<Item>[] {
  const counts = new Map<Item, Map<number, number>>();
  for (const { was, is, score } of scored) {
    for (const item of [was, is]) {
      const own = counts.get(item) ?? new Map<number, number>();
      counts.set(item, own.set(score, (own.get(score) ?? 0) + 1));
    }
  }
  const isClear = ({ was, is, score }: Scored<Item>) => [was, is].every((item) => counts.get(item)?.get(score) === 1);
  return scored.filter(isClear).toSorted((a, b) => b.score - a.score);
}

interface Details extends Traits {
  readonly names: ReadonlySet<string>;
  readonly contents: ReadonlySet<string>;
}

function detailsOf(traits: Traits): Details {
  return { ...traits, names: wordsOf(traits.name), contents: wordsOf(traits.content) };
}

function likeness(a: Details | undefined, b: Details | undefined): number {
  if (!a || !b || a.group !== b.group) return 0;
  const same = (one: string, other: string) => Number(one !== "" && one === other);
  return (
    same(a.type, b.type) + same(a.place, b.place) + sharedWords(a.names, b.names) + sharedWords(a.contents, b.contents)
  );
}

function wordsOf(text: string): Set<string> {
  return new Set(text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []);
}
