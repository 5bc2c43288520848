import type { Difference } from "../engine/difference.ts";
import type { Desired } from "../engine/model.ts";
import { isObject, stableStringify } from "../util/json.ts";
import type { SdkNames } from "./sdk-names.ts";
import { LOSES_COMMENT, type Edit, type Placed, type Source } from "./source/source.ts";
import { wantedOf, type Wanted } from "./wanted.ts";

// An item that is added or removed can move the others, whose positions the code calculates from their order.

/** How many other items an edit may move, and how often other places are tried. */
const MOVED = 16;
const ROUNDS = 12;

function keyOf({ path, before, after }: Difference): string {
  return stableStringify([path, before ?? null, after ?? null]);
}

/** What an edit changes apart from the wanted difference. */
export function excessOf(differences: readonly Difference[], known: readonly Difference[]): readonly Difference[] {
  const keys = new Set(known.map(keyOf));
  return differences.filter((one) => !keys.has(keyOf(one)));
}

/** Whether these differences only concern one property of other items, which the edit of an item can have changed. */
export function areShifts({ isItem }: Wanted, excess: readonly Difference[]): boolean {
  return isItem && excess.length <= MOVED && haveOneProperty(excess);
}

function haveOneProperty(excess: readonly Difference[]): boolean {
  const last = (path: string) => path.slice(path.lastIndexOf("."));
  return excess.every(
    ({ path, before, after }) =>
      isObject(before) && isObject(after) && path.includes("].") && last(path) === last(excess[0]?.path ?? ""),
  );
}

/** A state of the files, and what it gives. */
export interface State {
  readonly texts: ReadonlyMap<string, string>;
  readonly desired: Desired;
  readonly differences: readonly Difference[];
}

export interface FileEdits {
  readonly file: string;
  readonly edits: readonly Edit[];
}

interface Steps {
  readonly wanted: Wanted;
  readonly known: readonly Difference[];
  /** The files that the object uses. */
  readonly sources: ReadonlyMap<string, Source>;
  readonly sdk: SdkNames;
  /** The state after the first one with these edits. Undefined if the code has an error. */
  readonly evaluate: (edits: readonly FileEdits[]) => Promise<State | undefined>;
}

/** Gives the moved items the positions that they have in Grafana. Undefined if this is not possible. */
export async function settled(
  first: State,
  { wanted, known, sources, sdk, evaluate }: Steps,
): Promise<State | undefined> {
  const chosen = new Map<string, { readonly places: readonly FileEdits[]; readonly index: number }>();
  let excess = excessOf(first.differences, known);
  for (let round = 0; round < ROUNDS; round++) {
    const failed = excess.filter(({ path }) => chosen.has(path));
    // An edit at a wrong place moves other items.
    if (failed.length === 0 && !areShifts(wanted, excess)) return undefined;
    const uncertain = failed.filter(({ path }) => (chosen.get(path)?.places.length ?? 0) > 1);
    if (failed.length > 0 && uncertain.length === 0) return undefined;
    for (const difference of failed.length > 0 ? uncertain : excess) {
      const before = chosen.get(difference.path);
      const places = before?.places ?? placesOf(wantedOf(difference), sources, sdk);
      const index = before ? before.index + 1 : 0;
      if (index >= places.length) return undefined;
      chosen.set(difference.path, { places, index });
    }
    const edits = [...chosen.values()].flatMap(({ places, index }) => places[index] ?? []);
    const state = await evaluate(edits);
    if (!state) return undefined;
    excess = excessOf(state.differences, known);
    if (excess.length === 0) return state;
  }
  return undefined;
}

/** Calls that set the position of an item; first the smallest builders that contain its title. */
function placesOf({ key, now, words }: Wanted, sources: ReadonlyMap<string, Source>, sdk: SdkNames): FileEdits[] {
  const [method] = now === undefined ? [] : sdk.settersOf(key, now).filter((one) => one === key);
  if (now === undefined || method === undefined) return [];
  const found: (FileEdits & { readonly size: number })[] = [];
  for (const [file, source] of sources) {
    const titles = source.nodes.filter(
      (node) => node.type === "scalar" && typeof node.value === "string" && words.includes(node.value),
    );
    for (const chain of source.chains) {
      if (!titles.some(({ start, end }) => chain.start <= start && end <= chain.end)) continue;
      const edits = setterEdits(source, chain, method, now, sdk);
      if (edits) found.push({ file, edits, size: chain.end - chain.start });
    }
  }
  return found.toSorted((a, b) => a.size - b.size);
}

function setterEdits(
  source: Source,
  chain: Placed,
  method: string,
  value: Exclude<Wanted["now"], undefined>,
  sdk: SdkNames,
): readonly Edit[] | undefined {
  const own = source.calls.filter((one) => one.chain.start === chain.start && one.chain.end === chain.end);
  const [arg] = own.find((one) => one.method === method)?.args ?? [];
  const set = arg ? source.replace(arg, value) : source.addCall(chain, method, value);
  if (set === undefined || set === LOSES_COMMENT) return undefined;
  const parts = isObject(value) ? Object.keys(value) : [];
  const replaced = own.filter((one) => one.method !== method && parts.some((part) => sdk.sets(one.method, part)));
  const removals = replaced.map((call) => source.removeCall(call));
  // Without them, the code is shorter. Their comments stay.
  return removals.some((one) => one === undefined || one === LOSES_COMMENT)
    ? set
    : [...set, ...removals.flatMap((one) => (one === undefined || one === LOSES_COMMENT ? [] : one))];
}
