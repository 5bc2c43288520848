import type { Change } from "../engine/change.ts";
import { clean } from "../util/clean.ts";

/** The maximum length of a line about a new object. */
const MAX_WIDTH = 110;
/** The number of new objects up to which each is described, even if only in part. */
const FEW = 3;
/** The maximum numbers of lines about one new object, and about all. */
const MAX_LINES = 8;
const MAX_ALL = 60;

/** The lines that a report shows about a new object. */
export type Described = (change: Change) => string[];

/**
 * Chooses the lines about new objects. If a plan has more than `FEW`, long descriptions are cut to their first line, and in a
 * long plan all are.
 */
export function describedIn(changes: readonly Change[], all: boolean): Described {
  const described = changes.filter(({ facts = [] }) => facts.length > 0);
  const whole = described.filter(({ facts = [] }) => facts.length <= MAX_LINES);
  const isLong = whole.reduce((sum, { facts = [] }) => sum + facts.length, 0) > MAX_ALL;
  return ({ facts = [] }) => {
    if (all) return facts.map(cutFact);
    if (described.length <= FEW) return factLines(facts, MAX_LINES);
    return factLines(facts.length > MAX_LINES || isLong ? facts.slice(0, 1) : facts, MAX_LINES);
  };
}

/** The first lines of a description. The last one counts the omitted lines. */
export function factLines(facts: readonly string[], most: number): string[] {
  const lines = facts.map(cutFact);
  return lines.length <= most ? lines : [...lines.slice(0, most - 1), `… and ${lines.length - most + 1} more lines`];
}

function cutFact(line: string): string {
  const text = clean(line);
  return text.length > MAX_WIDTH ? `${text.slice(0, MAX_WIDTH - 1)}…` : text;
}
