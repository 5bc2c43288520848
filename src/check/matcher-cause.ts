import { matchesWhole } from "../util/re2.ts";
import { similar } from "../util/similar.ts";
import type { Labels } from "./prometheus-facts.ts";

/** A matcher of a selector. */
export interface Matching {
  readonly label: string;
  /** `=`, `!=`, `=~`, `!~` */
  readonly operator: string;
  readonly value: string;
}

/** Whether a value satisfies a matcher. */
export function satisfies({ operator, value }: Matching, found: string): boolean {
  const isMatch = operator.endsWith("~") ? matchesWhole(value, found) === true : value === found;
  return isMatch !== operator.startsWith("!");
}

/** The first matcher that no series satisfies, or that all together satisfy none. */
export type Culprit =
  | { readonly type: "label"; readonly matcher: Matching }
  | { readonly type: "value"; readonly matcher: Matching; readonly values: readonly string[] }
  | { readonly type: "combination"; readonly matchers: readonly Matching[] };

/** Why no series matches. Undefined: some do. */
export function culpritOf(matchers: readonly Matching[], series: readonly Labels[]): Culprit | undefined {
  const has = new Map(matchers.map((matcher) => [matcher, testOf(matcher)]));
  const matches = (some: readonly Matching[]) =>
    series.some((labels) => some.every((one) => has.get(one)?.(labels) === true));
  if (matches(matchers)) return undefined;
  const matcher = matchers.find((one) => !matches([one]));
  if (!matcher) return { type: "combination", matchers: smallest(matchers, matches) };
  const values = [...new Set(series.map((labels) => labels[matcher.label] ?? ""))].filter((value) => value !== "");
  return values.length === 0 ? { type: "label", matcher } : { type: "value", matcher, values };
}

/** Drops each matcher without which still no series matches. */
function smallest(matchers: readonly Matching[], matches: (some: readonly Matching[]) => boolean): readonly Matching[] {
  let kept = matchers;
  for (const one of matchers) {
    const rest = kept.filter((other) => other !== one);
    if (!matches(rest)) kept = rest;
  }
  return kept;
}

/** Tests each different value once. */
function testOf(matcher: Matching): (labels: Labels) => boolean {
  const known = new Map<string, boolean>();
  return (labels) => {
    const value = labels[matcher.label] ?? "";
    const isMatch = known.get(value) ?? satisfies(matcher, value);
    known.set(value, isMatch);
    return isMatch;
  };
}

/** A value near the one of a matcher. A regular expression is compared by each of its alternatives. */
export function nearValue({ operator, value }: Matching, values: readonly string[]): string | undefined {
  if (operator.startsWith("!")) return undefined;
  const written = operator === "=~" ? value.replace(/^\((?:\?:)?(.*)\)$/, "$1").split("|") : [value];
  for (const one of written) {
    const literal = one.replaceAll(/\\(.)/g, "$1");
    // Only wildcards at its ends: the rest can be misspelled.
    const word = literal.replaceAll(/^\.[*+]|\.[*+]$/g, "");
    const found = word === "" ? undefined : similar(word, values);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `job="api"` */
export function matcherText({ label, operator, value }: Matching): string {
  return `${label}${operator}${JSON.stringify(value)}`;
}
