import type { Change } from "../../engine/change.ts";
import { textOf } from "../../util/json.ts";
import type { Sides, ViewFacet } from "../../engine/view.ts";
import { differenceList, jsonText } from "./differences.ts";
import { markup, shortened, type Markup } from "../../util/markup.ts";

/** The content of a resource without a drawing: its differences, or its full form if it is created. */
export function resourceMarkup(change: Change, { after }: Sides, view: ViewFacet = {}): Markup | undefined {
  if (change.differences.length > 0) return differenceList(change.differences);
  // Deleted objects are not shown: the code no longer tells where they contain secrets.
  if (change.action !== "create" || !after) return undefined;
  const facts = (view.facts?.(after) ?? []).filter(Boolean);
  const text = textOf(view.text?.(after)) || jsonText(after);
  return markup`${facts.map((line) => markup`<p class="facts">${line}</p>`)}<details><summary>Full content</summary><pre>${shortened(text)}</pre></details>`;
}
