import { isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "./panels.ts";

/** What Grafana's front end makes of panel types that it no longer has, when it opens a dashboard. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  graph: "timeseries",
  singlestat: "stat",
  "grafana-singlestat-panel": "stat",
  "table-old": "table",
  "grafana-piechart-panel": "piechart",
  "grafana-worldmap-panel": "geomap",
  "natel-discrete-panel": "state-timeline",
};

/** A panel's former way to say something, which its plugin rewrites when it opens the panel. */
interface FormerOptions {
  readonly type: string;
  readonly has: (panel: JsonObject) => boolean;
}

const FORMER_OPTIONS: readonly FormerOptions[] = [
  { type: "bargauge", has: (panel) => isObject(optionsOf(panel)["fieldOptions"]) },
  { type: "gauge", has: (panel) => isObject(optionsOf(panel)["fieldOptions"]) },
  { type: "stat", has: (panel) => isObject(optionsOf(panel)["fieldOptions"]) },
  // 12.2 moved the footer to the fields, and text wrapping out of the cells.
  { type: "table", has: (panel) => isObject(optionsOf(panel)["footer"]) && optionsOf(panel)["footer"] !== undefined },
  { type: "table", has: (panel) => fieldsOf(panel).some(({ cellOptions }) => wraps(cellOptions)) },
  {
    type: "table",
    has: (panel) =>
      overridesOf(panel).some(
        ({ id, value }) => id === "custom.hidden" || (id === "custom.cellOptions" && wraps(value)),
      ),
  },
  { type: "text", has: ({ content, mode }) => content !== undefined || mode !== undefined },
  { type: "xychart", has: (panel) => optionsOf(panel)["seriesMapping"] !== undefined },
];

/** Which type a panel had, or has, that Grafana's front end migrates; undefined for any other panel. */
export function legacyType({ type, autoMigrateFrom, columns, styles }: JsonObject): string | undefined {
  // Left there by the migration of the schema, which does the first half.
  if (typeof autoMigrateFrom === "string" && autoMigrateFrom !== "") return autoMigrateFrom;
  if (type === "table" && (Array.isArray(columns) || Array.isArray(styles))) return "table-old";
  return Object.hasOwn(SUCCESSORS, textOf(type)) ? textOf(type) : undefined;
}

/** Whether what a panel says will be rewritten by Grafana's front end. */
export function isLegacy(panel: JsonObject): boolean {
  return (
    legacyType(panel) !== undefined || FORMER_OPTIONS.some(({ type, has }) => type === panel["type"] && has(panel))
  );
}

/** What a migration leaves as it is: the rest of a migrated panel can't be compared with what it was made of. */
const KEPT = [
  ..."id title description gridPos targets datasource links repeat repeatDirection maxPerRow transparent".split(" "),
  ..."timeFrom timeShift hideTimeOverride interval maxDataPoints".split(" "),
];

/**
 * A panel as Grafana's UI saved it, beside the legacy panel that it was made of: what it was migrated from and to, and of
 * both what can be compared. Undefined where there was no migration.
 */
export function migration(
  saved: JsonObject,
  legacy: JsonObject,
): { from: string; to: string; saved: JsonObject; legacy: JsonObject } | undefined {
  if (isLegacy(saved) || !isLegacy(legacy)) return undefined;
  const to = textOf(saved["type"]);
  const from = legacyType(legacy) ?? textOf(legacy["type"]);
  if (to !== (SUCCESSORS[from] ?? from)) return undefined;
  const kept = (panel: JsonObject) => Object.fromEntries(Object.entries(panel).filter(([key]) => KEPT.includes(key)));
  return { from, to, saved: kept(saved), legacy: kept(legacy) };
}

function optionsOf({ options }: JsonObject): JsonObject {
  return isObject(options) ? options : {};
}

function fieldsOf({ fieldConfig }: JsonObject): JsonObject[] {
  const defaults = isObject(fieldConfig) ? fieldConfig["defaults"] : undefined;
  return isObject(defaults) && isObject(defaults["custom"]) ? [defaults["custom"]] : [];
}

function overridesOf({ fieldConfig }: JsonObject): JsonObject[] {
  return objects(isObject(fieldConfig) ? fieldConfig["overrides"] : []).flatMap(({ properties }) =>
    objects(properties),
  );
}

function wraps(cell: Json | undefined): boolean {
  return isObject(cell) && cell["wrapText"] !== undefined;
}
