import { legacyTableFields, replaceAngularType, keepOnly, hasCustom, restoreCustom } from "./angular-panels.ts";
import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { canMigrate, migrate } from "./dashboard-migrations.ts";

const importFields = ["__elements", "__inputs", "__requires"];

/** Fields of Grafana's dashboard model that it never stores. */
const unsavedFields = [
  "appEventsSubscription",
  "events",
  "formatDate",
  "getVariablesFromState",
  "iteration",
  "lastRefresh",
  "meta",
  "nav",
  "originalDashboard",
  "originalLibraryPanels",
  "originalTemplating",
  "originalTime",
  "panelInEdit",
  "panelInView",
  "panelsAffectedByVariableChange",
  "pulldowns",
  "timeRangeUpdatedDuringEditOrView",
  "variables",
  "version",
];

const unsavedPanelFields = [
  "cachedPluginOptions",
  "configRev",
  "dataSupport",
  "events",
  "getDisplayTitle",
  "hasRefreshed",
  "hasSavedPanelEditChange",
  "isEditing",
  "isInView",
  "isNew",
  "isViewing",
  "key",
  "plugin",
  "queryRunner",
  "refreshWhenInView",
  "replaceVariables",
  "scopedVars",
];

/** Defaults of panel fields, which Grafana does not store. */
const panelDefaults: JsonObject = {
  fieldConfig: { defaults: {}, overrides: [] },
  gridPos: { h: 3, w: 6, x: 0, y: 0 },
  links: [],
  options: {},
  targets: [{ refId: "A" }],
  title: "",
  transparent: false,
};

const builtInAnnotation: JsonObject = {
  builtIn: 1,
  datasource: { type: "grafana", uid: "-- Grafana --" },
  enable: true,
  hide: true,
  iconColor: "rgba(0, 211, 255, 1)",
  name: "Annotations & Alerts",
  type: "dashboard",
};

/**
 * Converts a dashboard to the form that `v1beta1` stores: with defaults, unique panel ids and panels in grid order, without
 * values that equal a default. A dashboard that is too old to migrate gets only dashboard defaults and panel ids.
 */
export function normalizeDashboard(dashboard: JsonObject): void {
  for (const field of importFields) delete dashboard[field];
  const current = canMigrate(dashboard);
  addDashboardDefaults(dashboard);
  dropNullsOfVariables(dashboard);
  if (current) for (const panel of listOf(dashboard["panels"])) addPanelDefaults(panel);
  assignPanelIds(dashboard);
  if (current) migrate(dashboard);
  addBuiltInAnnotation(dashboard);
  for (const field of unsavedFields) delete dashboard[field];
  for (const field of ["gnetId", "id"]) if (dashboard[field] === null) delete dashboard[field];
  if (dashboard["style"] === "dark") delete dashboard["style"];
  if (dashboard["hideControls"] === false) delete dashboard["hideControls"];
  cleanVariables(dashboard);
  if (current) dashboard["panels"] = cleanPanels(listOf(dashboard["panels"]));
  else if (!Array.isArray(dashboard["panels"])) dashboard["panels"] = [];
}

/** Replaces `$name` and `${name}` as a datasource with `{uid}`. Grafana does so only for dashboards that are stored as v0alpha1. */
export function datasourceVariablesAsObjects(dashboard: JsonObject): void {
  for (const variable of variablesOf(dashboard)) {
    if (variable["type"] === "query") datasourceAsObject(variable);
  }
  const visit = (panels: JsonObject[]): void => {
    for (const panel of panels) {
      if (panel["type"] === "row") visit(listOf(panel["panels"]));
      datasourceAsObject(panel);
      for (const target of listOf(panel["targets"])) datasourceAsObject(target);
    }
  };
  visit(listOf(dashboard["panels"]));
}

function datasourceAsObject(holder: JsonObject): void {
  const datasource = holder["datasource"];
  if (typeof datasource === "string" && datasource.startsWith("$")) holder["datasource"] = { uid: datasource };
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function addDashboardDefaults(dashboard: JsonObject): void {
  setMissing(dashboard, {
    title: "No Title",
    tags: [],
    timezone: "",
    weekStart: "",
    editable: true,
    graphTooltip: 0,
    time: { from: "now-6h", to: "now" },
    timepicker: {},
    schemaVersion: 0,
    fiscalYearStartMonth: 0,
    links: [],
  });
  for (const field of ["templating", "annotations"]) {
    const holder = dashboard[field];
    if (!isObject(holder)) dashboard[field] = { list: [] };
    else holder["list"] ??= [];
  }
}

/** Treats null as missing, like Grafana. */
function setMissing(target: JsonObject, defaults: JsonObject): void {
  for (const [key, value] of Object.entries(defaults)) target[key] ??= structuredClone(value);
}

function addPanelDefaults(panel: JsonObject): void {
  const { fieldConfig, ...others } = panelDefaults;
  setMissing(panel, others);
  if (!("fieldConfig" in panel)) panel["fieldConfig"] = structuredClone(fieldConfig ?? null);
  else if (isObject(panel["fieldConfig"])) {
    if (!("defaults" in panel["fieldConfig"])) panel["fieldConfig"]["defaults"] = {};
    if (!("overrides" in panel["fieldConfig"])) panel["fieldConfig"]["overrides"] = [];
  }
  addRefIds(listOf(panel["targets"]));
}

function addRefIds(targets: JsonObject[]): void {
  const taken = new Set(targets.map((target) => target["refId"]));
  const free = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".split("").filter((letter) => !taken.has(letter));
  for (const target of targets) {
    if (target["refId"] !== undefined && target["refId"] !== null) continue;
    const letter = free.shift();
    if (letter !== undefined) target["refId"] = letter;
  }
}

function assignPanelIds(dashboard: JsonObject): void {
  const inRows = listOf(dashboard["rows"]).flatMap((row) => listOf(row["panels"]));
  const panels = listOf(dashboard["panels"]).flatMap((panel) => [panel, ...listOf(panel["panels"])]);
  const all = [...panels, ...inRows];
  // Grafana's highest id is a 64-bit integer, and larger ones overflow it.
  const ids = all.map((panel) => panel["id"]).filter((id): id is number => typeof id === "number" && id < 2 ** 63);
  let next = Math.max(0, ...ids.map(Math.trunc)) + 1;
  const seen = new Set<number>();
  for (const panel of all) {
    const id = panel["id"];
    if (typeof id === "number" && id > 0 && !seen.has(id)) {
      seen.add(id);
    } else {
      panel["id"] = next;
      next += 1;
    }
  }
}

function addBuiltInAnnotation(dashboard: JsonObject): void {
  const annotations = dashboard["annotations"];
  if (!isObject(annotations) || !Array.isArray(annotations["list"])) return;
  const { list } = annotations;
  if (list.some((entry) => isObject(entry) && entry["builtIn"] === 1)) return;
  annotations["list"] = [structuredClone(builtInAnnotation), ...list];
}

function variablesOf(dashboard: JsonObject): JsonObject[] {
  return isObject(dashboard["templating"]) ? listOf(dashboard["templating"]["list"]) : [];
}

function dropNullsOfVariables(dashboard: JsonObject): void {
  for (const { current } of variablesOf(dashboard)) {
    if (!isObject(current)) continue;
    const value = current["value"];
    if (value === null || (Array.isArray(value) && value.includes(null))) delete current["value"];
  }
}

function cleanVariables(dashboard: JsonObject): void {
  if (isObject(dashboard["templating"])) dropNulls(dashboard["templating"]);
  for (const variable of variablesOf(dashboard)) {
    delete variable["index"];
    const refresh = typeof variable["refresh"] === "number" ? Math.trunc(variable["refresh"]) : 1;
    if (variable["type"] === "query" && refresh !== 0) variable["options"] ??= [];
    if (variable["type"] === "constant") delete variable["options"];
    if (variable["type"] === "datasource") variable["options"] = [];
  }
}

function dropNulls(value: Json): void {
  if (Array.isArray(value)) {
    for (const item of value) dropNulls(item);
  } else if (isObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (item === null) delete value[key];
      else dropNulls(item);
    }
  }
}

function cleanPanels(panels: JsonObject[]): Json[] {
  // Repeated panels are created when a dashboard is shown and never stored.
  const kept = panels.filter((panel) => !("repeatPanelId" in panel) && !("repeatedByRow" in panel));
  for (const panel of kept) {
    cleanPanel(panel, false);
    for (const nested of listOf(panel["panels"])) cleanPanel(nested, true);
  }
  return kept.toSorted((a, b) => position(a, "y") - position(b, "y") || position(a, "x") - position(b, "x"));
}

function position(panel: JsonObject, axis: "x" | "y"): number {
  const value = isObject(panel["gridPos"]) ? panel["gridPos"][axis] : 0;
  return typeof value === "number" ? value : 0;
}

function cleanPanel(panel: JsonObject, nested: boolean): void {
  replaceAngularType(panel);
  if (panel["libraryPanel"] !== undefined && panel["libraryPanel"] !== null) {
    keepOnly(panel, ["id", "title", "gridPos", "libraryPanel"]);
    return;
  }
  if (panel["type"] === "row" && panel["repeat"] === "") delete panel["repeat"];
  for (const field of unsavedPanelFields) delete panel[field];
  const hadCustom = hasCustom(panel);
  for (const [field, value] of Object.entries(panelDefaults)) {
    if (isDeepStrictEqual(panel[field], value)) delete panel[field];
  }
  if (!nested && isEmptyList(panel["transformations"])) delete panel["transformations"];
  dropNulls(panel);
  if (panel["type"] === "table" && panel["autoMigrateFrom"] !== "table-old") {
    for (const field of legacyTableFields) delete panel[field];
  }
  if (isDeepStrictEqual(panel["fieldConfig"], panelDefaults["fieldConfig"])) delete panel["fieldConfig"];
  if (isEmptyList(panel["targets"])) delete panel["targets"];
  if (hadCustom) restoreCustom(panel);
}

function isEmptyList(value: Json | undefined): boolean {
  return Array.isArray(value) && value.length === 0;
}
