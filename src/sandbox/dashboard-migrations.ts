import { isObject, text, type Json, type JsonObject } from "./json.ts";

const latestSchemaVersion = 42;

/** The oldest schema version that the sandbox migrates. It keeps older dashboards unchanged. */
const oldestMigrated = 36;

const steps: Record<number, (dashboard: JsonObject) => void> = {
  37: (dashboard) => eachDataPanel(dashboard, normalizeLegend),
  38: (dashboard) => eachDataPanel(dashboard, tableCellOptions),
  39: (dashboard) => eachDataPanel(dashboard, timeSeriesTableOptions),
  40: (dashboard) => {
    dashboard["refresh"] = text(dashboard["refresh"]);
  },
  41: (dashboard) => {
    if (isObject(dashboard["timepicker"])) delete dashboard["timepicker"]["time_options"];
  },
  42: (dashboard) => eachPanel(dashboard, hideFromTooltip),
};

/** Whether the dashboard has the latest schema version or can be migrated to it. */
export function canMigrate(dashboard: JsonObject): boolean {
  return schemaVersionOf(dashboard) >= oldestMigrated;
}

export function isMigrated(dashboard: JsonObject): boolean {
  return schemaVersionOf(dashboard) >= latestSchemaVersion;
}

/** Migrates a dashboard to the latest schema version. */
export function migrate(dashboard: JsonObject): void {
  for (let version = schemaVersionOf(dashboard) + 1; version <= latestSchemaVersion; version += 1) {
    steps[version]?.(dashboard);
    dashboard["schemaVersion"] = version;
  }
}

function schemaVersionOf(dashboard: JsonObject): number {
  const version = dashboard["schemaVersion"];
  // JSON without a version is usually written by hand for a current Grafana.
  if (version === undefined || version === null || version === 0) return 39;
  return typeof version === "number" ? version : Number(version);
}

function panelsOf(holder: JsonObject): JsonObject[] {
  return Array.isArray(holder["panels"]) ? holder["panels"].filter(isObject) : [];
}

function eachPanel(holder: JsonObject, visit: (panel: JsonObject) => void): void {
  for (const panel of panelsOf(holder)) {
    visit(panel);
    eachPanel(panel, visit);
  }
}

/** Visits all panels except rows, including the panels in rows. */
function eachDataPanel(holder: JsonObject, visit: (panel: JsonObject) => void): void {
  for (const panel of panelsOf(holder)) {
    if (panel["type"] === "row") eachDataPanel(panel, visit);
    else visit(panel);
  }
}

function overrideProperties(panel: JsonObject): JsonObject[] {
  const config = panel["fieldConfig"];
  const overrides = isObject(config) && Array.isArray(config["overrides"]) ? config["overrides"] : [];
  return overrides
    .filter(isObject)
    .flatMap((override) => (Array.isArray(override["properties"]) ? override["properties"].filter(isObject) : []));
}

function normalizeLegend(panel: JsonObject): void {
  const legend = isObject(panel["options"]) ? panel["options"]["legend"] : undefined;
  if (!isObject(legend)) return;
  const hidden = legend["displayMode"] === "hidden" || legend["showLegend"] === false;
  if (hidden) legend["displayMode"] = "list";
  legend["showLegend"] = !hidden;
}

function tableCellOptions(panel: JsonObject): void {
  const config = panel["fieldConfig"];
  if (panel["type"] !== "table" || !isObject(config)) return;
  const custom = isObject(config["defaults"]) ? config["defaults"]["custom"] : undefined;
  if (isObject(custom) && "displayMode" in custom) {
    if (typeof custom["displayMode"] === "string") custom["cellOptions"] = cellOptions(custom["displayMode"]);
    delete custom["displayMode"];
  }
  for (const property of overrideProperties(panel)) {
    if (property["id"] !== "custom.displayMode") continue;
    property["id"] = "custom.cellOptions";
    if (typeof property["value"] === "string") property["value"] = cellOptions(property["value"]);
    else if (!("value" in property)) property["value"] = {};
  }
}

function cellOptions(displayMode: string): Json {
  switch (displayMode) {
    case "basic":
      return { type: "gauge", mode: "basic" };
    case "gradient-gauge":
      return { type: "gauge", mode: "gradient" };
    case "lcd-gauge":
      return { type: "gauge", mode: "lcd" };
    case "color-background":
      return { type: "color-background", mode: "gradient" };
    case "color-background-solid":
      return { type: "color-background", mode: "basic" };
    default:
      return { type: displayMode };
  }
}

function timeSeriesTableOptions(panel: JsonObject): void {
  const transformations = Array.isArray(panel["transformations"]) ? panel["transformations"].filter(isObject) : [];
  for (const transformation of transformations) {
    const options = transformation["options"];
    if (transformation["id"] !== "timeSeriesTable" || !isObject(options) || !isObject(options["refIdToStat"])) continue;
    transformation["options"] = Object.fromEntries(
      Object.entries(options["refIdToStat"]).map(([refId, stat]) => [refId, { stat }]),
    );
  }
}

function hideFromTooltip(panel: JsonObject): void {
  for (const { id, value } of overrideProperties(panel)) {
    if (id === "custom.hideFrom" && isObject(value) && value["viz"] === true) value["tooltip"] = true;
  }
}
