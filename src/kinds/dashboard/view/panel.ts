import { objects } from "../model/panels.ts";
import { unitName } from "../model/units.ts";
import { isObject, textOf, type JsonObject } from "../../../util/json.ts";
import { markup, shortened, type Markup } from "../../../util/markup.ts";
import type { PanelChange } from "./panel-changes.ts";
import { pictogram } from "./pictograms.ts";

/** The maximum length of a query in an unchanged panel. */
const FEW = 300;

/**
 * Draws a panel as a button that opens its differences. `places`: the CSS classes of its position. The Tab key stops at changed
 * panels, and the arrow keys reach all others.
 */
export function panelMarkup(panel: JsonObject, change: PanelChange, places: string): Markup {
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
    .join(" · ")}</small>${queries}${isRow ? undefined : pictogram(type)}</button>`;
}

export function titleOf(panel: JsonObject): string {
  return textOf(panel["title"]).trim() || (panel["type"] === "row" ? "Row" : `Panel ${textOf(panel["id"])}`);
}

export function typeOf(panel: JsonObject): string {
  return isObject(panel["libraryPanel"])
    ? `library panel ${textOf(panel["libraryPanel"]["name"])}`
    : textOf(panel["type"]);
}

function unitOf({ fieldConfig }: JsonObject): string {
  const defaults = isObject(fieldConfig) ? fieldConfig["defaults"] : undefined;
  const unit = isObject(defaults) ? textOf(defaults["unit"]) : "";
  return unit === "" ? "" : unitName(unit);
}

function repeatOf({ repeat }: JsonObject): string {
  return typeof repeat === "string" && repeat !== "" ? `repeats by $${repeat}` : "";
}

/** The properties in which datasources store a query. */
const ASKS = ["expr", "expression", "rawSql", "query", "search", "target"];
const ABOUT = new Set(["refId", "datasource", "legendFormat", "editorMode", "range", "instant", "hide"]);

interface Query {
  readonly name: string;
  readonly text: string;
}

function queriesOf(panel: JsonObject): Query[] {
  return objects(panel["targets"]).flatMap((target) => {
    const asked = ASKS.map((key) => target[key]).find((value) => typeof value === "string" && value !== "");
    const others = Object.fromEntries(Object.entries(target).filter(([key]) => !ABOUT.has(key)));
    const text = asked === undefined ? JSON.stringify(others) : textOf(asked);
    return text === "{}" ? [] : [{ name: textOf(target["refId"]), text }];
  });
}
