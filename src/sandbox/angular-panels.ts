import { isObject, text, type JsonObject } from "./json.ts";

export const legacyTableFields = ["fontSize", "pageSize", "scroll", "showHeader", "sort"];

/** Removed Angular panel types and their replacements. */
const angularPanels: Record<string, string> = {
  "grafana-piechart-panel": "piechart",
  "grafana-singlestat-panel": "stat",
  "grafana-worldmap-panel": "geomap",
  "natel-discrete-panel": "state-timeline",
  singlestat: "stat",
  "table-old": "table",
};

export function replaceAngularType(panel: JsonObject): void {
  const type = text(panel["type"]);
  const replacement = type === "graph" || type === "graphite" ? graphReplacement(panel) : angularPanels[type];
  if (replacement === undefined) return;
  panel["autoMigrateFrom"] = type;
  panel["type"] = replacement;
}

function graphReplacement(panel: JsonObject): string {
  const mode = isObject(panel["xaxis"]) ? panel["xaxis"]["mode"] : undefined;
  if (mode === "histogram") return "histogram";
  if (mode !== "series") return "timeseries";
  return isObject(panel["legend"]) && panel["legend"]["values"] === true ? "bargauge" : "barchart";
}

export function keepOnly(target: JsonObject, fields: string[]): void {
  for (const [key, value] of Object.entries(target)) {
    if (!fields.includes(key) || value === null) delete target[key];
  }
}

function fieldDefaultsOf(panel: JsonObject): JsonObject | undefined {
  const config = panel["fieldConfig"];
  return isObject(config) && isObject(config["defaults"]) ? config["defaults"] : undefined;
}

export function hasCustom(panel: JsonObject): boolean {
  return "custom" in (fieldDefaultsOf(panel) ?? {});
}

/** Keeps a `custom` that was sent, even if it is empty. */
export function restoreCustom(panel: JsonObject): void {
  panel["fieldConfig"] ??= { defaults: {}, overrides: [] };
  const defaults = fieldDefaultsOf(panel);
  if (defaults !== undefined) defaults["custom"] ??= {};
}
