import { isObject, type Json } from "../util/json.ts";
import { placeScore, type Candidate } from "./candidates.ts";
import { borrowed, type Borrowed, type Example } from "./examples.ts";
import type { SdkNames } from "./sdk-names.ts";
import {
  indentAt,
  LOSES_COMMENT,
  startsLine,
  type Call,
  type Edits,
  type Placed,
  type Source,
} from "./source/source.ts";
import type { Wanted } from "./wanted.ts";

/** How many calls of examples, and how many places for them, are tried. */
const CALLS = 6;
const PLACES = 6;

/** A file of the code. */
export interface CodeFile {
  /** Relative to the configuration. */
  readonly path: string;
  readonly source: Source;
}

/** Candidates with code as `import` writes it: calls that the builders of a file lack, or that have other arguments. */
export function borrowedCandidates(
  wanted: Wanted,
  { path, source }: CodeFile,
  examples: readonly Example[],
  sdk: SdkNames,
): Candidate[] {
  const { key, names, isItem, now } = wanted;
  if (now === undefined || wanted.isOrder) return [];
  const scoreIn = placeScore(wanted, source.text, sdk);
  const calls = examples.flatMap((example) => {
    const score = placeScore(wanted, example.source.text, sdk);
    return example.source.calls.map((call) => {
      const own = { start: call.start, end: call.end };
      const isNear = names.some((name) => name === call.method || sdk.sets(call.method, name));
      const place = { ...call, names: [...call.names, call.method], around: [own, ...call.around] };
      return { example, call, score: score(place) + (isNear ? NEAR : 0) };
    });
  });
  const best = calls.toSorted((a, b) => b.score - a.score).slice(0, CALLS);
  const chains = source.chains
    .map((chain) => ({ chain, score: scoreIn(chain) }))
    .toSorted((a, b) => b.score - a.score)
    .slice(0, PLACES);
  const lists = source.nodes.filter((node) => node.type === "list" && isItem && fitsList(node, key, sdk));
  const found: Candidate[] = [];
  const add = (place: Placed, edits: Edits, code: Borrowed, score: number) => {
    if (edits && edits !== LOSES_COMMENT) found.push({ edits: [...edits, ...code.imports], score, at: place.start });
  };
  for (const { example, call, score } of best) {
    const code = borrowed(example, { start: call.start, end: call.end }, { path, text: source.text });
    if (!code) continue;
    for (const { chain, score: own } of chains)
      for (const extra of isItem ? ["", ...statedIn(now)] : [""])
        add(chain, callEdits(source, chain, call, code, isItem, extra), code, score + own);
    const [arg] = call.args;
    const item = arg && call.args.length === 1 ? borrowed(example, arg, { path, text: source.text }) : undefined;
    if (!item) continue;
    for (const list of lists)
      if (list.type === "list")
        for (const extra of ["", ...statedIn(now)])
          add(
            list,
            source.addCode(list, list.items.length, (indent) => item.text(indent) + extra),
            item,
            score + scoreIn(list),
          );
  }
  return found.toSorted((a, b) => b.score - a.score);
}

/** The bonus of a method that sets a property of the path. */
const NEAR = 6;

function fitsList({ names }: Placed, key: string, sdk: SdkNames): boolean {
  const last = names.at(-1);
  return last !== undefined && (last === key || sdk.sets(last, key));
}

function callEdits(source: Source, chain: Placed, call: Call, code: Borrowed, isItem: boolean, extra: string): Edits {
  const own = source.calls.filter((one) => one.chain.start === chain.start && one.chain.end === chain.end);
  // The last call comes first.
  const same = own.find(({ method }) => method === call.method);
  const reference = same ?? own[0];
  const isOnLine = reference !== undefined && startsLine(source.text, reference.start);
  const indent = indentAt(source.text, reference?.start ?? chain.start);
  const text = code.text(indent);
  // Before the parenthesis of `.withPanel(...)`.
  const whole = extra === "" ? text : `${text.slice(0, text.lastIndexOf(")")).replace(/,?\s*$/, "")}${extra})`;
  if (same && !isItem) return [{ start: same.start, end: same.end, text: whole }];
  const at = same?.end ?? chain.end;
  const eol = source.text.includes("\r\n") ? "\r\n" : "\n";
  return [{ start: at, end: at, text: isOnLine ? `${eol}${indent}${whole}` : whole }];
}

/** Calls that set what an example leaves to the order of its items: `.gridPos({ h: 8, w: 12, x: 0, y: 8 })`. */
function statedIn(item: Json): string[] {
  if (!isObject(item)) return [];
  return Object.entries(item).flatMap(([key, value]) => {
    const isPosition = isObject(value) && Object.values(value).every((one) => typeof one === "number");
    if (!isPosition || Object.keys(value).length === 0) return [];
    const parts = Object.entries(value).map(([name, one]) => `${name}: ${JSON.stringify(one)}`);
    return [`.${key}({ ${parts.join(", ")} })`];
  });
}
