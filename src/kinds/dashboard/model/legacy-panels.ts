import { isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "./panels.ts";

/** The replacements of panel types that Grafana's front end no longer has. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  graph: "timeseries",
  singlestat: "stat",
  "grafana-singlestat-panel": "stat",
  "table-old": "table",
  "grafana-piechart-panel": "piechart",
  "grafana-worldmap-panel": "geomap",
  "natel-discrete-panel": "state-timeline",
};

/** A former notation of a panel, which its plugin rewrites when the panel is opened. */
interface FormerOptions {
  readonly type: string;
  readonly has: (panel: JsonObject) => boolean;
}

const FORMER_OPTIONS: readonly FormerOptions[] = [
  { type: "bargauge", has: (panel) => isObject(optionsOf(panel)["fieldOptions"]) },
  { type: "gauge", has: (panel) => isObject(optionsOf(panel)["fieldOptions"]) },
  { type: "stat", has: (panel) => isObject(optionsOf(panel)["fieldOptions"]) },
  // 12.2 moved the footer to the fields, and text wrapping out of the cell options.
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

/** The type of a panel that Grafana's front end migrates, before or after; undefined for other panels. */
export function legacyType({ type, autoMigrateFrom, columns, styles }: JsonObject): string | undefined {
  // Left by the migration of the schema, which does the first half.
  if (typeof autoMigrateFrom === "string" && autoMigrateFrom !== "") return autoMigrateFrom;
  if (type === "table" && (Array.isArray(columns) || Array.isArray(styles))) return "table-old";
  return Object.hasOwn(SUCCESSORS, textOf(type)) ? textOf(type) : undefined;
}

/** Whether Grafana's front end will rewrite the panel. */
export function isLegacy(panel: JsonObject): boolean {
  return (
    legacyType(panel) !== undefined || FORMER_OPTIONS.some(({ type, has }) => type === panel["type"] && has(panel))
  );
}

/** The properties that a migration does not change. The rest of a migrated panel can't be compared. */
const KEPT = [
  ..."id title description gridPos targets datasource links repeat repeatDirection maxPerRow transparent".split(" "),
  ..."timeFrom timeShift hideTimeOverride interval maxDataPoints".split(" "),
];

/**
 * A panel that Grafana's UI saved, and the legacy panel that it comes from: the types before and after, and the comparable
 * part of both. Undefined if there was no migration.
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
