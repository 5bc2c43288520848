import { diffLines } from "diff/lib/diff/line.js";
import { diffWordsWithSpace } from "diff/lib/diff/word.js";
import type { Paint } from "./output.ts";
import { clean } from "../util/clean.ts";

/** Longest line; what stayed is cut before what changed. */
const WIDTH = 96;
/** What is shown of the unchanged text beside a change. */
const AROUND = 24;
/** Changed lines of a text; the rest is counted. */
const MOST = 12;
/** Below this share of common text two texts are two texts. */
const ALIKE = 0.3;

interface Piece {
  readonly text: string;
  readonly changed: boolean;
}

/**
 * A long text before and after, as two lines of `-` and `+`: of a query its changed part with what stands around it,
 * marked; of a text of many lines the changed lines.
 */
export function changedText(before: string, after: string, paint: Paint): string[] {
  return before.includes("\n") || after.includes("\n")
    ? changedLines(before, after, paint)
    : changedWords(before, after, paint);
}

function changedWords(before: string, after: string, paint: Paint): string[] {
  const parts = diffWordsWithSpace(before, after);
  const common = parts.reduce((sum, { value, added, removed }) => sum + (added || removed ? 0 : value.length), 0);
  if (common < ALIKE * Math.min(before.length, after.length))
    return [paint("red", `- ${cut(clean(before))}`), paint("green", `+ ${cut(clean(after))}`)];
  const isLong = Math.max(before.length, after.length) > WIDTH;
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

/** The ends of unchanged text that touch a change. */
function ends(text: string, { first, last }: { first: boolean; last: boolean }): string {
  const [head, tail] = [first ? 0 : AROUND, last ? 0 : first ? 2 * AROUND : AROUND];
  if (text.length <= head + tail + 3) return text;
  return `${text.slice(0, head)}…${tail > 0 ? text.slice(-tail) : ""}`;
}

function cut(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - AROUND)}…${text.slice(-AROUND)}` : text;
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
  return lines.length > MOST ? [...lines.slice(0, MOST), `… and ${lines.length - MOST} more lines`] : lines;
}
