import { diffLines, diffWordsWithSpace } from "diff";
import { clean, type Paint } from "./output.ts";

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
  const alike = common >= ALIKE * Math.min(before.length, after.length);
  const side = (other: "added" | "removed"): Piece[] =>
    parts
      .filter((part) => !part[other])
      .map(({ value, added, removed }) => ({ text: value, changed: added || removed }));
  const [old, now] = alike ? [side("added"), side("removed")] : [whole(before), whole(after)];
  return [...wordLine("-", "red", old, paint), ...wordLine("+", "green", now, paint)];
}

function whole(text: string): Piece[] {
  return [{ text, changed: false }];
}

function wordLine(sign: string, style: "red" | "green", pieces: readonly Piece[], paint: Paint): string[] {
  const length = pieces.reduce((sum, { text }) => sum + text.length, 0);
  const isMarked = pieces.some(({ changed }) => changed);
  const shown = pieces.map(({ text, changed }, index): Piece => {
    const place = { first: index === 0, last: index === pieces.length - 1 };
    const fits = length <= WIDTH;
    return { text: clean(fits ? text : changed || !isMarked ? cut(text) : ends(text, place)), changed };
  });
  const text = shown.map((piece) => piece.text).join("");
  if (!isMarked) return [paint(style, `${sign} ${text}`)];
  const painted = shown.map((piece) => paint(piece.changed ? [style, "bold"] : style, piece.text));
  const marks = shown.map((piece) => (piece.changed ? "^" : " ").repeat(piece.text.length)).join("");
  return [`${paint(style, sign)} ${painted.join("")}`, `  ${marks.trimEnd()}`];
}

/** The ends of unchanged text that touch a change. */
function ends(text: string, { first, last }: { first: boolean; last: boolean }): string {
  const kept = (first ? 0 : AROUND) + (last ? 0 : AROUND);
  if (text.length <= kept + 3) return text;
  return `${first ? "" : text.slice(0, AROUND)}…${last ? "" : text.slice(-AROUND)}`;
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
