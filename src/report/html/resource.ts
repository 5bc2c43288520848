import type { Change } from "../../engine/change.ts";
import { textOf } from "../../util/json.ts";
import type { Sides, ViewFacet } from "../../engine/view.ts";
import { differenceList, jsonText } from "./differences.ts";
import { markup, shortened, type Markup } from "../../util/markup.ts";

/** What has no picture: its differences, or what it will be. */
export function resourceMarkup(change: Change, { after }: Sides, view: ViewFacet = {}): Markup | undefined {
  if (change.differences.length > 0) return differenceList(change.differences);
  // Of what is deleted nothing is shown: where secrets stood in it, the code knew.
  if (change.action !== "create" || !after) return undefined;
  const facts = view.facts?.(after) ?? "";
  const text = textOf(view.text?.(after)) || jsonText(after);
  return markup`${facts === "" ? undefined : markup`<p class="facts">${facts}</p>`}<details><summary>What it will be</summary><pre>${shortened(text)}</pre></details>`;
}
