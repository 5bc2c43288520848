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
  return markup`<li class="${status}">${label(names)}${changedText(shortened(was), shortened(is))}</li>`;
}

function label(names: readonly string[]): Markup | undefined {
  return names.length > 0 ? markup`<b>${names.join(" › ")}</b> ` : undefined;
}

/** The minimum share of common text for a comparison. */
const MIN_COMMON = 0.3;
/** The edit distance above which a comparison would not be readable. */
const MAX_EDITS = 2_000;

/** A text before and after, with the changes marked. */
export function changedText(before: string, after: string): Markup {
  const options = { maxEditLength: MAX_EDITS };
  const byLine = before.includes("\n") || after.includes("\n");
  const parts = byLine ? diffLines(before, after, options) : diffWordsWithSpace(before, after, options);
  const common = parts?.reduce((sum, { value, added, removed }) => sum + (added || removed ? 0 : value.length), 0) ?? 0;
  if (!parts || common < MIN_COMMON * Math.min(before.length, after.length))
    return markup`<del>${before}</del><ins>${after}</ins>`;
  const side = (other: "added" | "removed") =>
    parts
      .filter((part) => !part[other])
      .map(({ value, added, removed }) => (added || removed ? markup`<mark>${value}</mark>` : value));
  return markup`<del>${side("added")}</del><ins>${side("removed")}</ins>`;
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
