import type { Change } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import { clean } from "../util/clean.ts";
import { countOf, kindWords } from "../util/plural.ts";
import { hintOf, type CommonChange } from "./common-changes.ts";
import { differenceLines } from "./differences.ts";
import type { Paint } from "./output.ts";

/** The minimum number of resources whose common differences are shown once. */
export const MANY = 3;
/** The same for skipped changes, which are decided one by one. */
export const MANY_LEFT = 10;
/** The maximum number of addresses of common changes in a text. */
const MAX_NAMES = 5;

/** `380 dashboards` */
export function countedKind([first, ...rest]: CommonChange["changes"]): string {
  return countOf(rest.length + 1, kindWords(first.kind));
}

/** The common differences, and the addresses of the resources: some of them, or all. */
export function commonLines({ changes, differences }: CommonChange, paint: Paint, all: boolean): string[] {
  const names = changes.map(address);
  const shown = all || names.length <= MAX_NAMES + 1 ? names : names.slice(0, MAX_NAMES);
  const more = names.length > shown.length ? [`and ${names.length - shown.length} more (-v lists all)`] : [];
  const lines = all ? shown : [[...shown, ...more].join(", ").replace(/, and (?=\d+ more)/, " and ")];
  return [...differenceLines(differences, paint), ...lines.map((line) => `      ${paint("dim", clean(line))}`)];
}

/** How to include skipped changes. */
export function commonHint(change: Change): string[] {
  const hint = hintOf(change);
  return hint === undefined ? [] : [clean(hint)];
}

/** Says how many differences of a change are shown elsewhere; empty if none are. */
export function elsewhereText(inCommon: number): string[] {
  return inCommon > 0 ? [`and ${countOf(inCommon, "difference")} in common with other resources, shown above`] : [];
}
