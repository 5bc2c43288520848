import { diffLines } from "diff/lib/diff/line.js";
import { diffWordsWithSpace } from "diff/lib/diff/word.js";
import type { Difference } from "../../engine/difference.ts";
import type { Json } from "../../util/json.ts";
import { HIDDEN } from "../../secrets/secret.ts";
import { joined, pushedText, pushedTogether, saying } from "../differences.ts";
import { markup, shortened, type Markup } from "../../util/markup.ts";

/** What differs, one item each, both values in full. `depth`: how many of the labels are said around it. */
export function differenceList(differences: readonly Difference[], depth = 0): Markup | undefined {
  if (differences.length === 0) return undefined;
  const pushed = depth === 0 ? pushedTogether(differences) : [];
  const single = differences.filter((one) => !pushed.some((group) => group.includes(one)));
  return markup`<ul class="diff">${single.map((one) => item(one, depth))}${pushed.map(
    (group) => markup`<li class="moved">${pushedText(group)}</li>`,
  )}</ul>`;
}

/** What a difference is of, in a word or two: `query A`, `unit`. */
export function labelOf({ labels, meaning }: Difference, depth: number): string {
  const own = labels.slice(depth);
  if (meaning !== undefined && meaning !== "reordered") return meaning;
  return joined(own)[0] ?? "";
}

function item(difference: Difference, depth: number): Markup {
  const { type, labels, before, after, shown } = difference;
  const names = joined(labels.slice(depth));
  // As of the resource itself, whatever it is of: from what it was renamed is of interest here.
  const said = saying(difference, 0);
  const isMove = difference.meaning?.startsWith("moved") || difference.meaning === "resized";
  if (said !== undefined) {
    const around = names.slice(0, difference.meaning === "reordered" ? -2 : -1);
    return markup`<li class="${isMove ? "moved" : "changed"}">${label(around)}${said}</li>`;
  }
  const status = type === "changed" ? "changed" : type;
  if (before === HIDDEN && after === HIDDEN)
    return markup`<li class="changed">${label(names)}${HIDDEN}, another than was sent</li>`;
  const [was, is] = [shown?.before ?? valueText(before), shown?.after ?? valueText(after)];
  if (type === "added") return markup`<li class="${status}">${label(names)}<ins>${shortened(is)}</ins></li>`;
  if (type === "removed") return markup`<li class="${status}">${label(names)}<del>${shortened(was)}</del></li>`;
  return markup`<li class="${status}">${label(names)}${changedText(shortened(was), shortened(is))}</li>`;
}

function label(names: readonly string[]): Markup | undefined {
  return names.length > 0 ? markup`<b>${names.join(" › ")}</b> ` : undefined;
}

/** Below this share of common text two texts are two texts. */
const ALIKE = 0.3;
/** Steps after which nobody would see what the comparison found. */
const EFFORT = 2_000;

/** A text before and after, what changed in them marked. */
export function changedText(before: string, after: string): Markup {
  const options = { maxEditLength: EFFORT };
  const byLine = before.includes("\n") || after.includes("\n");
  const parts = byLine ? diffLines(before, after, options) : diffWordsWithSpace(before, after, options);
  const common = parts?.reduce((sum, { value, added, removed }) => sum + (added || removed ? 0 : value.length), 0) ?? 0;
  if (!parts || common < ALIKE * Math.min(before.length, after.length))
    return markup`<del>${before}</del><ins>${after}</ins>`;
  const side = (other: "added" | "removed") =>
    parts
      .filter((part) => !part[other])
      .map(({ value, added, removed }) => (added || removed ? markup`<mark>${value}</mark>` : value));
  return markup`<del>${side("added")}</del><ins>${side("removed")}</ins>`;
}

/** Texts as they are, everything else as JSON that can be read. */
function valueText(value: Json | undefined): string {
  return typeof value === "string" ? value : jsonText(value);
}

/** On one line where that is short. */
export function jsonText(value: Json | undefined): string {
  if (value === undefined) return "";
  const short = JSON.stringify(value);
  return short.length <= 100 ? short : JSON.stringify(value, null, 2);
}
