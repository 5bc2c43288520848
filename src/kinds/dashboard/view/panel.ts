import type { JsonObject } from "../../../util/json.ts";
import { markup, shortened, type Markup } from "../../../util/markup.ts";
import type { PanelChange } from "./panel-changes.ts";
import { queriesOf, repeatOf, titleOf, typeOf, unitOf } from "./panel-texts.ts";
import { pictogram } from "./pictograms.ts";

/** The maximum length of a query in an unchanged panel. */
const FEW = 300;

/**
 * Draws a panel as a button that opens its differences. `places`: the CSS classes of its position. The Tab key stops at changed
 * panels, and the arrow keys reach all others. `badges`: what decides whether Grafana shows it.
 */
export function panelMarkup(
  panel: JsonObject,
  change: PanelChange,
  places: string,
  badges: readonly string[] = [],
): Markup {
  const { key, status, movement, pushed } = change;
  const isRow = panel["type"] === "row";
  const type = typeOf(panel);
  const about = isRow ? [repeatOf(panel), movement] : [type, unitOf(panel), repeatOf(panel), movement];
  const most = status === "same" || status === "moved" ? FEW : undefined;
  const queries = queriesOf(panel).map(
    ({ name, text }) => markup`<code><i>${name}</i> ${shortened(text, most)}</code>`,
  );
  const focus = status === "same" || pushed ? markup` tabindex="-1"` : undefined;
  return markup`<button class="p ${isRow ? "row " : ""}${status}${pushed ? " pushed" : ""} ${places}" data-k="${key}"${focus}><b>${titleOf(panel)}</b><small>${about
    .filter(Boolean)
    .join(
      " · ",
    )}</small>${badges.map((text) => markup`<i class="badge">${text}</i>`)}${queries}${isRow ? undefined : pictogram(type)}</button>`;
}
