import { diffLines } from "diff/lib/diff/line.js";
import { diffWordsWithSpace } from "diff/lib/diff/word.js";
import type { Paint } from "./output.ts";
import { clean } from "../util/clean.ts";

/** The maximum length of a line. Unchanged text is cut first. */
const MAX_WIDTH = 96;
/** The length of the unchanged text that is shown on each side of a change. */
const CONTEXT = 24;
/** The maximum number of changed lines. */
const MAX_LINES = 12;
/** The minimum share of common text for a comparison by words. */
const MIN_COMMON = 0.3;

interface Piece {
  readonly text: string;
  readonly changed: boolean;
}

/**
 * Compares two long texts. Texts with several lines are compared by line. Others are compared by word, with the changes
 * marked and unchanged text shortened.
 */
export function changedText(before: string, after: string, paint: Paint): string[] {
  return before.includes("\n") || after.includes("\n")
    ? changedLines(before, after, paint)
    : changedWords(before, after, paint);
}

function changedWords(before: string, after: string, paint: Paint): string[] {
  const parts = diffWordsWithSpace(before, after);
  const common = parts.reduce((sum, { value, added, removed }) => sum + (added || removed ? 0 : value.length), 0);
  if (common < MIN_COMMON * Math.min(before.length, after.length))
    return [paint("red", `- ${cut(clean(before))}`), paint("green", `+ ${cut(clean(after))}`)];
  const isLong = Math.max(before.length, after.length) > MAX_WIDTH;
  const pieces = parts.map(({ value, added, removed }, index) => {
    const changed = added || removed;
    const place = { first: index === 0, last: index === parts.length - 1 };
    return { text: clean(!isLong ? value : changed ? cut(value) : ends(value, place)), changed, added, removed };
  });
  return [
    ...wordLine(
      "-",
      "red",
      pieces.filter(({ added }) => !added),
      paint,
    ),
    ...wordLine(
      "+",
      "green",
      pieces.filter(({ removed }) => !removed),
      paint,
    ),
  ];
}

function wordLine(sign: string, style: "red" | "green", pieces: readonly Piece[], paint: Paint): string[] {
  const painted = pieces.map(({ text, changed }) => paint(changed ? [style, "bold"] : style, text));
  const marks = pieces.map(({ text, changed }) => (changed ? "^" : " ").repeat(text.length)).join("");
  const line = `${paint(style, sign)} ${painted.join("")}`;
  return marks.trim() === "" ? [line] : [line, `  ${marks.trimEnd()}`];
}

/** Shortens unchanged text to the parts next to a change. */
function ends(text: string, { first, last }: { first: boolean; last: boolean }): string {
  const [head, tail] = [first ? 0 : CONTEXT, last ? 0 : first ? 2 * CONTEXT : CONTEXT];
  if (text.length <= head + tail + 3) return text;
  return `${text.slice(0, head)}…${tail > 0 ? text.slice(-tail) : ""}`;
}

function cut(text: string): string {
  return text.length > MAX_WIDTH ? `${text.slice(0, MAX_WIDTH - CONTEXT)}…${text.slice(-CONTEXT)}` : text;
}

function changedLines(before: string, after: string, paint: Paint): string[] {
  const lines = diffLines(before, after).flatMap(({ value, added, removed }) => {
    if (!added && !removed) return [];
    const [sign, style] = added ? (["+", "green"] as const) : (["-", "red"] as const);
    return value
      .replace(/\n$/, "")
      .split("\n")
      .map((line) => paint(style, `${sign} ${cut(clean(line))}`));
  });
  return lines.length > MAX_LINES
    ? [...lines.slice(0, MAX_LINES), `… and ${lines.length - MAX_LINES} more lines`]
    : lines;
}
