import { objects } from "../model/panels.ts";
import { unitName } from "../model/units.ts";
import { isObject, textOf, type JsonObject } from "../../../util/json.ts";

export function titleOf(panel: JsonObject): string {
  return textOf(panel["title"]).trim() || (panel["type"] === "row" ? "Row" : `Panel ${textOf(panel["id"])}`);
}

export function typeOf(panel: JsonObject): string {
  return isObject(panel["libraryPanel"])
    ? `library panel ${textOf(panel["libraryPanel"]["name"])}`
    : textOf(panel["type"]);
}

export function unitOf({ fieldConfig }: JsonObject): string {
  const defaults = isObject(fieldConfig) ? fieldConfig["defaults"] : undefined;
  const unit = isObject(defaults) ? textOf(defaults["unit"]) : "";
  return unit === "" ? "" : unitName(unit);
}

export function repeatOf({ repeat }: JsonObject): string {
  return typeof repeat === "string" && repeat !== "" ? `repeats by $${repeat}` : "";
}

/** The properties in which datasources store a query. */
const ASKS = ["expr", "expression", "rawSql", "query", "search", "target"];
const ABOUT = new Set(["refId", "datasource", "legendFormat", "editorMode", "range", "instant", "hide"]);

interface Query {
  readonly name: string;
  readonly text: string;
}

export function queriesOf(panel: JsonObject): Query[] {
  return objects(panel["targets"]).flatMap((target) => {
    const others = Object.fromEntries(Object.entries(target).filter(([key]) => !ABOUT.has(key)));
    const text = queryIn(target) ?? JSON.stringify(others);
    return text === "{}" ? [] : [{ name: textOf(target["refId"]), text }];
  });
}

/** The query of a target, if it is text. */
export function queryIn(target: JsonObject): string | undefined {
  const asked = ASKS.map((key) => target[key]).find((value) => typeof value === "string" && value !== "");
  return asked === undefined ? undefined : textOf(asked);
}
