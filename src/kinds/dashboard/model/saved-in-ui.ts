import { equal, isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { COLUMNS, settle } from "./layout.ts";
import { isLegacy } from "./legacy-panels.ts";
import { panelDefaults } from "./panel-defaults.ts";
import { allPanels, objects } from "./panels.ts";

/** The Grafana that determines how a dashboard looks after a save in its UI. */
export interface Surroundings {
  /** `12.4.0` */
  readonly version: string;
  /** The datasource of panels that set none. */
  readonly defaultDatasource?: { readonly uid: string };
}

// Facts about Grafana 12.4's front end: values that a save adds, and values that it removes. Both equal their absence. The
// defaults of panels are in panel-defaults/.

/** A save adds `browser` if there is no time zone. */
const DASHBOARD: JsonObject = { timezone: "browser", liveNow: false, description: "" };
/** Fields of former versions and of the origin of an imported dashboard. */
const DASHBOARD_UNUSED = ["gnetId", "revision", "style", "hideControls", "sharedCrosshair", "originalTitle"];

const TIMEPICKER: JsonObject = {
  hidden: false,
  quick_ranges: [],
  refresh_intervals: ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"],
};
const TIMEPICKER_UNUSED = ["collapse", "enable", "notice", "now", "status", "time_options", "type"];

const ANNOTATION: JsonObject = { hide: false, builtIn: 0, datasource: {} };

const VARIABLE: JsonObject = { hide: 0, label: "", multi: false, skipUrlSync: false, sort: 0, datasource: {} };
const VARIABLE_UNUSED = ["queryValue", "tagValuesQuery", "tags", "tagsQuery", "useTags"];
const VARIABLES: Readonly<Record<string, JsonObject>> = {
  query: { regexApplyTo: "value" },
  custom: { valuesFormat: "csv", refresh: 0, regex: "" },
  datasource: { refresh: 1 },
};

const PANEL: JsonObject = { description: "", title: "", transformations: [], datasource: {}, hideTimeOverride: false };
const TARGET: JsonObject = { hide: false, datasource: {} };

/** Rows have only these properties. In the grid, they are one line high and as wide as the grid. */
const ROW = new Set(["id", "type", "title", "gridPos", "collapsed", "panels", "repeat"]);
/** Other properties belong to the library panel. */
const LIBRARY_PANEL = new Set(["id", "title", "gridPos", "libraryPanel", "repeat", "repeatDirection", "maxPerRow"]);

/** Panels without queries (`skipDataQuery`). */
const WITHOUT_QUERIES = new Set("alertlist annolist dashlist gettingstarted live news text welcome".split(" "));
const QUERY_PROPERTIES = ["datasource", "targets", "maxDataPoints", "interval"];
/** Panels whose plugins have no field configuration. */
const WITHOUT_FIELDS = new Set(
  "alertlist annolist dashlist datagrid debug gettingstarted live logs news text traces welcome".split(" "),
);

/** Options of Grafana's panels before version 8 outside of `options`, which are no longer read. */
const PANEL_UNUSED = [
  ..."aliasColors bars dashLength dashes decimals fill fillGradient grid hiddenSeries legend lines linewidth".split(
    " ",
  ),
  ..."nullPointMode percentage pointradius points renderer seriesOverrides spaceLength stack steppedLine".split(" "),
  ..."thresholds timeRegions tooltip xaxis yaxes yaxis error isNew span editable height minSpan".split(" "),
];

/** Changes a dashboard, in place, to what it would be after a save in the UI without changes, with defaults removed. */
export function forgetTheUi(model: JsonObject, surroundings: Surroundings): void {
  dropUnused(model, DASHBOARD_UNUSED);
  dropEqual(model, DASHBOARD);
  if (isObject(model["timepicker"])) {
    dropUnused(model["timepicker"], TIMEPICKER_UNUSED);
    dropEqual(model["timepicker"], TIMEPICKER);
  }
  for (const annotation of listIn(model["annotations"])) dropEqual(annotation, ANNOTATION);
  for (const variable of listIn(model["templating"])) forgetInVariable(variable);
  for (const panel of allPanels(model)) forgetInPanel(panel, surroundings);
  settle(objects(model["panels"]));
}

function forgetInVariable(variable: JsonObject): void {
  dropUnused(variable, VARIABLE_UNUSED);
  dropEqual(variable, VARIABLE);
  const type = textOf(variable["type"]);
  if (Object.hasOwn(VARIABLES, type)) dropEqual(variable, VARIABLES[type] ?? {});
  if (isObject(variable["current"])) delete variable["current"]["selected"];
}

function forgetInPanel(panel: JsonObject, surroundings: Surroundings): void {
  const type = textOf(panel["type"]);
  if (type === "row") return forgetInRow(panel);
  if (isObject(panel["libraryPanel"])) return forgetInLibraryPanel(panel, panel["libraryPanel"]);
  delete panel["pluginVersion"];
  forgetRepetition(panel);
  if (WITHOUT_QUERIES.has(type)) dropUnused(panel, QUERY_PROPERTIES);
  forgetDatasources(panel, surroundings.defaultDatasource?.uid);
  dropEqual(panel, PANEL);
  if (type === "table") forgetFooter(panel);
  // This is the content of a legacy panel until the UI migrates it.
  if (isLegacy(panel)) return;
  if (WITHOUT_FIELDS.has(type)) delete panel["fieldConfig"];

  forgetBaseThresholds(panel["fieldConfig"]);
  const known = panelDefaults(surroundings.version);
  if (!Object.hasOwn(known, type)) return;
  // It is unknown what other plugins read.
  dropUnused(panel, PANEL_UNUSED);
  const { options, fieldConfig } = known[type] ?? {};
  if (options && isObject(panel["options"])) dropLeaves(panel["options"], options);
  if (!isObject(panel["fieldConfig"])) return;
  const fields = panel["fieldConfig"]["defaults"];
  if (!isObject(fields)) return;
  if (fieldConfig) dropLeaves(fields, fieldConfig.defaults);
  if (equal(fields["custom"], {})) delete fields["custom"];
}

function forgetInRow(row: JsonObject): void {
  dropUnused(
    row,
    Object.keys(row).filter((key) => !ROW.has(key)),
  );
  dropEqual(row, { collapsed: false, title: "" });
  if (isObject(row["gridPos"])) row["gridPos"] = { ...row["gridPos"], x: 0, w: COLUMNS, h: 1 };
}

function forgetInLibraryPanel(panel: JsonObject, { uid, name }: JsonObject): void {
  dropUnused(
    panel,
    Object.keys(panel).filter((key) => !LIBRARY_PANEL.has(key)),
  );
  panel["libraryPanel"] = { ...(uid === undefined ? {} : { uid }), ...(name === undefined ? {} : { name }) };
  forgetRepetition(panel);
  dropEqual(panel, PANEL);
}

/** Panels repeat horizontally by default, and then have the full width. */
function forgetRepetition(panel: JsonObject): void {
  if (!panel["repeat"]) return dropUnused(panel, ["repeat", "repeatDirection"]);
  if (panel["repeatDirection"] === "v") return;
  delete panel["repeatDirection"];
  if (isObject(panel["gridPos"])) panel["gridPos"] = { ...panel["gridPos"], x: 0, w: COLUMNS };
}

/** A query's default datasource is the panel's, and a panel's is the default one. The UI writes both. */
function forgetDatasources(panel: JsonObject, byDefault: string | undefined): void {
  const own = uidIn(panel["datasource"]) ?? byDefault;
  for (const target of objects(panel["targets"])) {
    if (own !== undefined && uidIn(target["datasource"]) === own) delete target["datasource"];
    dropEqual(target, TARGET);
  }
  if (own !== undefined && own === byDefault) delete panel["datasource"];
}

function uidIn(datasource: Json | undefined): string | undefined {
  const uid = isObject(datasource) ? datasource["uid"] : undefined;
  return typeof uid === "string" && uid !== "" ? uid : undefined;
}

/** Since 12.2, a table's footer is part of its fields. A hidden footer counts as absent. */
function forgetFooter(panel: JsonObject): void {
  const { options } = panel;
  if (!isObject(options) || !isObject(options["footer"]) || options["footer"]["show"] === true) return;
  const pages = options["enablePagination"] ?? options["footer"]["enablePagination"];
  delete options["footer"];
  if (pages === true) options["enablePagination"] = pages;
  else delete options["enablePagination"];
}

/** The first threshold starts at minus infinity, which JSON can't represent, so the UI writes 0. */
function forgetBaseThresholds(config: Json | undefined): void {
  if (!isObject(config)) return;
  const own = isObject(config["defaults"]) ? [config["defaults"]["thresholds"]] : [];
  const others = objects(config["overrides"])
    .flatMap((override) => objects(override["properties"]))
    .flatMap(({ id, value }) => (id === "thresholds" && value !== undefined ? [value] : []));
  for (const thresholds of [...own, ...others]) {
    const [base] = isObject(thresholds) ? objects(thresholds["steps"]) : [];
    if (base) delete base["value"];
  }
}

function listIn(holder: Json | undefined): JsonObject[] {
  return isObject(holder) ? objects(holder["list"]) : [];
}

function dropUnused(object: JsonObject, keys: readonly string[]): void {
  for (const key of keys) delete object[key];
}

/** Deletes properties that have these values. */
export function dropEqual(object: JsonObject, defaults: JsonObject): void {
  for (const key of Object.keys(defaults)) if (equal(object[key], defaults[key])) delete object[key];
}

/** The same at all depths. Removes objects that become empty. */
function dropLeaves(object: JsonObject, defaults: JsonObject): void {
  for (const [key, own] of Object.entries(object)) {
    if (!Object.hasOwn(defaults, key)) continue;
    const given = defaults[key];
    if (isObject(own) && isObject(given)) {
      dropLeaves(own, given);
      if (Object.keys(own).length === 0) delete object[key];
    } else if (equal(own, given)) delete object[key];
  }
}
