import { diffLines } from "diff/lib/diff/line.js";
import { diffWordsWithSpace } from "diff/lib/diff/word.js";
import type { Difference } from "../../engine/difference.ts";
import type { Json } from "../../util/json.ts";
import { isMaskedChange, joinLabels, pushedText, pushedTogether, statementOf } from "../differences.ts";
import { markup, shortened, type Markup } from "../../util/markup.ts";

/** A list of differences with both values in full. `depth`: the number of labels that the context already shows. */
export function differenceList(differences: readonly Difference[], depth = 0): Markup | undefined {
  if (differences.length === 0) return undefined;
  const pushed = depth === 0 ? pushedTogether(differences) : [];
  const single = differences.filter((one) => !pushed.some((group) => group.includes(one)));
  return markup`<ul class="diff">${single.map((one) => item(one, depth))}${pushed.map(
    (group) => markup`<li class="moved">${pushedText(group)}</li>`,
  )}</ul>`;
}

/** A short label: `query A`, `unit`. */
export function labelOf({ labels, meaning }: Difference, depth: number): string {
  const own = labels.slice(depth);
  if (meaning !== undefined && meaning !== "reordered") return meaning;
  return joinLabels(own)[0] ?? "";
}

function item(difference: Difference, depth: number): Markup {
  const { type, labels, before, after, shown } = difference;
  const names = joinLabels(labels.slice(depth));
  // Depth 0 includes the former name in a rename.
  const statement = statementOf(difference, 0);
  const isMove = difference.meaning?.startsWith("moved") || difference.meaning === "resized";
  if (statement !== undefined) {
    const around = names.slice(0, difference.meaning === "reordered" ? -2 : -1);
    return markup`<li class="${isMove ? "moved" : "changed"}">${label(around)}${statement}</li>`;
  }
  const status = type === "changed" ? "changed" : type;
  const [was, is] = [shown?.before ?? valueText(before), shown?.after ?? valueText(after)];
  if (isMaskedChange(difference))
    return markup`<li class="changed">${label(names)}${shortened(is)}, value changed</li>`;
  if (type === "added") return markup`<li class="${status}">${label(names)}<ins>${shortened(is)}</ins></li>`;
  if (type === "removed") return markup`<li class="${status}">${label(names)}<del>${shortened(was)}</del></li>`;
  return markup`<li class="${status}">${label(names)}${changedText(was, is)}</li>`;
}

function label(names: readonly string[]): Markup | undefined {
  return names.length > 0 ? markup`<b>${names.join(" › ")}</b> ` : undefined;
}

/** The minimum share of common text for a comparison. */
const MIN_COMMON = 0.3;
/** The edit distance above which a comparison would not be readable. */
const MAX_EDITS = 2_000;

/** The number of unchanged lines that are shown before and after a change. */
const CONTEXT = 2;

/** A text before and after, with the changes marked. Of a text with several lines, only the lines around changes. */
export function changedText(before: string, after: string): Markup {
  return before.includes("\n") || after.includes("\n") ? changedLines(before, after) : changedWords(before, after);
}

function changedLines(before: string, after: string): Markup {
  const parts = diffLines(before, after, { maxEditLength: MAX_EDITS });
  if (!parts) return replaced(before, after);
  const shown = parts.map(({ value, added, removed }, index) => {
    const text = value.replace(/\n$/, "");
    const [last, next] = [parts[index - 1], parts[index + 1]];
    // The lines that replace others are compared with them.
    if (removed)
      return next?.added ? changedWords(text, next.value.replace(/\n$/, "")) : markup`<del>${shortened(text)}</del>`;
    if (added) return last?.removed ? undefined : markup`<ins>${shortened(text)}</ins>`;
    return contextMarkup(text.split("\n"), { isFirst: !last, isLast: !next });
  });
  return markup`${shown}`;
}

/** Unchanged lines, of which only those next to a change are shown. */
function contextMarkup(lines: readonly string[], { isFirst, isLast }: { isFirst: boolean; isLast: boolean }): Markup {
  const [head, tail] = [isFirst ? 0 : CONTEXT, isLast ? 0 : CONTEXT];
  const hidden = lines.length - head - tail;
  const part = (own: readonly string[]) =>
    own.length > 0 ? markup`<div class="context">${shortened(own.join("\n"))}</div>` : undefined;
  if (hidden <= 1) return markup`${part(lines)}`;
  return markup`${part(lines.slice(0, head))}<small class="omitted">${hidden} unchanged lines</small>${part(lines.slice(lines.length - tail))}`;
}

function changedWords(before: string, after: string): Markup {
  const [was, is] = [shortened(before), shortened(after)];
  const parts = diffWordsWithSpace(was, is, { maxEditLength: MAX_EDITS });
  const common = parts?.reduce((sum, { value, added, removed }) => sum + (added || removed ? 0 : value.length), 0) ?? 0;
  if (!parts || common < MIN_COMMON * Math.min(was.length, is.length)) return replaced(was, is);
  const side = (other: "added" | "removed") =>
    parts
      .filter((part) => !part[other])
      .map(({ value, added, removed }) => (added || removed ? markup`<mark>${value}</mark>` : value));
  return markup`<del>${side("added")}</del><ins>${side("removed")}</ins>`;
}

function replaced(before: string, after: string): Markup {
  return markup`<del>${shortened(before)}</del><ins>${shortened(after)}</ins>`;
}

/** Strings unchanged, other values as readable JSON. */
function valueText(value: Json | undefined): string {
  return typeof value === "string" ? value : jsonText(value);
}

/** JSON on one line if it is short. */
export function jsonText(value: Json | undefined): string {
  if (value === undefined) return "";
  const short = JSON.stringify(value);
  return short.length <= 100 ? short : JSON.stringify(value, null, 2);
}
