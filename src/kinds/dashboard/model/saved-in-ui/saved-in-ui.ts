import { isObject, textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { parseDuration } from "../../../../util/duration.ts";
import { COLUMNS, settle, settleInside } from "../layout.ts";
import { isLegacy } from "../legacy-panels.ts";
import { allPanels, objects } from "../panels.ts";
import { forgetThresholds, keepFields } from "./fields.ts";
import { migratePanel } from "./migrations/migrations.ts";
import { isComplete, panelPlugins, type PanelPlugin } from "./plugins.ts";
import { dropEqual, dropFalsy, dropLeaves, dropUnused, keepOnly, words } from "./properties.ts";
import { forgetInVariable } from "./variables.ts";

/** The Grafana that determines how a dashboard looks after a save in its UI. */
export interface Surroundings {
  /** `12.4.0` */
  readonly version: string;
  /** The datasource of panels that set none. */
  readonly defaultDatasource?: { readonly uid: string; readonly type?: string };
  /** A save removes shorter intervals, and strings that are not intervals. */
  readonly minRefreshInterval?: string;
}

// Facts about Grafana 12.4's front end: values that a save adds, and values that it removes. Both equal their absence. The
// facts about panel plugins are in plugins/ and migrations/, those about variables in variables.ts.

/** A save adds `browser` if there is no time zone. */
const DASHBOARD: JsonObject = { timezone: "browser", liveNow: false, description: "" };
/** Fields of former versions and of the origin of an imported dashboard. */
const DASHBOARD_UNUSED = ["gnetId", "revision", "style", "hideControls", "sharedCrosshair", "originalTitle"];
const DASHBOARD_SAVED = words(
  "annotations description editable fiscalYearStartMonth graphTooltip links liveNow panels preload refresh schemaVersion " +
    "scopeMeta tags templating time timepicker timezone title weekStart",
);

/** A link without these has the same meaning. A link without a placement is above the panels, and not in the menu. */
export const LINK: JsonObject = {
  tooltip: "",
  url: "",
  icon: "",
  tags: [],
  asDropdown: false,
  targetBlank: false,
  includeVars: false,
  keepTime: false,
};

export const TIMEPICKER: JsonObject = {
  hidden: false,
  quick_ranges: [],
  refresh_intervals: ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"],
};
const TIMEPICKER_UNUSED = ["collapse", "enable", "notice", "now", "status", "time_options", "type"];
const TIMEPICKER_SAVED = words("hidden nowDelay quick_ranges refresh_intervals");

const LIST = new Set(["list"]);
const ANNOTATION: JsonObject = { enable: false, hide: false, builtIn: 0, datasource: {} };

const PANEL: JsonObject = { description: "", title: "", transformations: [], datasource: {}, hideTimeOverride: false };
const TARGET: JsonObject = { hide: false, datasource: {} };
const PANEL_SAVED = words(
  "cacheTimeout datasource description fieldConfig gridPos hideTimeOverride id interval links maxDataPoints maxPerRow options " +
    "queryCachingTTL repeat repeatDirection targets timeCompare timeFrom timeShift title transformations transparent type",
);
const TIME_OPTIONS = ["timeFrom", "timeShift", "timeCompare"];
/** Without a value, these equal their absence. */
const PANEL_OPTIONAL = ["cacheTimeout", "interval", "maxPerRow", "queryCachingTTL"];

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
  const isKnown = isComplete(surroundings.version);
  dropUnused(model, DASHBOARD_UNUSED);
  if (isKnown) keepOnly(model, DASHBOARD_SAVED);
  dropEqual(model, DASHBOARD);
  if (isObject(model["timepicker"])) {
    dropUnused(model["timepicker"], TIMEPICKER_UNUSED);
    if (isKnown) keepOnly(model["timepicker"], TIMEPICKER_SAVED);
    forgetUnusableIntervals(model["timepicker"], surroundings.minRefreshInterval);
    dropEqual(model["timepicker"], TIMEPICKER);
  }
  for (const link of objects(model["links"])) dropEqual(link, LINK);
  for (const holder of ["annotations", "templating"]) if (isObject(model[holder])) keepOnly(model[holder], LIST);
  for (const annotation of listIn(model["annotations"])) dropEqual(annotation, ANNOTATION);
  for (const variable of listIn(model["templating"])) forgetInVariable(variable, isKnown);
  for (const panel of allPanels(model)) forgetInPanel(panel, surroundings);
  const panels = objects(model["panels"]);
  settle(panels);
  for (const row of panels) settleInside(row);
}

function forgetUnusableIntervals(timepicker: JsonObject, shortest: string | undefined): void {
  const intervals = timepicker["refresh_intervals"];
  if (Array.isArray(intervals)) timepicker["refresh_intervals"] = usableIntervals(intervals, shortest);
}

/** The refresh intervals that a save keeps. */
export function usableIntervals(intervals: readonly Json[], shortest: string | undefined): Json[] {
  const minimum = shortest === undefined ? undefined : parseDuration(shortest);
  if (minimum === undefined) return [...intervals];
  return intervals.map(textOf).filter((text) => /^\d+M$/.test(text) || (parseDuration(text) ?? -1) >= minimum);
}

/** The same for one panel. */
export function forgetInPanel(panel: JsonObject, { version, defaultDatasource }: Surroundings): void {
  const type = textOf(panel["type"]);
  if (type === "row") return forgetInRow(panel);
  if (isObject(panel["libraryPanel"])) return forgetInLibraryPanel(panel, panel["libraryPanel"]);
  const savedBy = Number.parseFloat(textOf(panel["pluginVersion"]));
  delete panel["pluginVersion"];
  forgetRepetition(panel);
  if (WITHOUT_QUERIES.has(type)) dropUnused(panel, QUERY_PROPERTIES);
  forgetDatasources(panel, defaultDatasource?.uid);
  dropEqual(panel, PANEL);
  dropFalsy(panel, PANEL_OPTIONAL);
  if (!TIME_OPTIONS.some((key) => panel[key])) dropUnused(panel, [...TIME_OPTIONS, "hideTimeOverride"]);
  // This is the content of a legacy panel until the UI migrates it.
  if (isLegacy(panel)) return;
  if (WITHOUT_FIELDS.has(type)) delete panel["fieldConfig"];
  forgetThresholds(panel["fieldConfig"]);
  const plugins = panelPlugins(version);
  // It is unknown what other plugins read.
  if (Object.hasOwn(plugins, type) && plugins[type]) forgetOptions(panel, plugins[type], savedBy, isComplete(version));
}

/** `isKnown`: whether the plugin has only the properties that are listed. */
function forgetOptions(panel: JsonObject, plugin: PanelPlugin, savedBy: number, isKnown: boolean): void {
  migratePanel(panel, textOf(panel["type"]), savedBy);
  dropUnused(panel, PANEL_UNUSED);
  if (isKnown) keepOnly(panel, PANEL_SAVED);
  if (plugin.options && isObject(panel["options"])) dropLeaves(panel["options"], plugin.options);
  const config = panel["fieldConfig"];
  if (!isObject(config)) return;
  if (isKnown) keepFields(config, plugin.fields);
  const fields = config["defaults"];
  if (!isObject(fields)) return;
  if (plugin.fieldConfig) dropLeaves(fields, plugin.fieldConfig.defaults);
  dropEqual(fields, { custom: {} });
}

function forgetInRow(row: JsonObject): void {
  keepOnly(row, ROW);
  dropEqual(row, { collapsed: false, title: "" });
  if (isObject(row["gridPos"])) row["gridPos"] = { ...row["gridPos"], x: 0, w: COLUMNS, h: 1 };
}

function forgetInLibraryPanel(panel: JsonObject, { uid, name }: JsonObject): void {
  keepOnly(panel, LIBRARY_PANEL);
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

function listIn(holder: Json | undefined): JsonObject[] {
  return isObject(holder) ? objects(holder["list"]) : [];
}
