import { isObject, text, type Json, type JsonObject } from "../json.ts";
import { panelsOf } from "./layout-to-panels.ts";
import {
  CURSOR_SYNC,
  datasourceOf,
  filled,
  list,
  part,
  picked,
  QUERY_OPTIONS,
  TEXT_QUERY,
  VARIABLES,
} from "./parts.ts";

/**
 * Converts a dashboard from schema v2 to the classic schema. Layouts, panels, queries and times are converted like Grafana
 * does; variables, annotations and links keep only the properties that have the same name in both schemas.
 */
export function toClassic(spec: JsonObject): JsonObject {
  const elements = part(spec, "elements");
  const ids = Object.values(elements).map((element) => Number(part(element, "spec")["id"] ?? 0));
  let id = Math.max(0, ...ids);
  const panels = panelsOf(spec["layout"], {
    make: (name) => (isObject(elements[name]) ? panelOf(elements[name]) : undefined),
    nextId: () => ++id,
  });
  const variables = list(spec["variables"]).map(variableOf);
  return {
    ...picked(spec, ["title", "description", "editable", "liveNow", "preload", "revision"]),
    ...filled("tags", spec["tags"]),
    ...filled("links", spec["links"]),
    graphTooltip: Math.max(0, CURSOR_SYNC.indexOf(spec["cursorSync"] as never)),
    schemaVersion: 42,
    ...timesOf(part(spec, "timeSettings")),
    ...filled("panels", panels),
    ...(variables.length > 0 ? { templating: { list: variables } } : {}),
    annotations: { list: list(spec["annotations"]).map(annotationOf) },
  };
}

function timesOf(settings: JsonObject): JsonObject {
  const { autoRefreshIntervals, hideTimepicker, quickRanges, from, to, autoRefresh, fiscalYearStartMonth } = settings;
  const timepicker = {
    ...filled("refresh_intervals", autoRefreshIntervals),
    ...(hideTimepicker === true ? { hidden: true } : {}),
    ...picked(settings, ["nowDelay"]),
    ...filled("quick_ranges", quickRanges),
  };
  return {
    time: { from: text(from) || "now-6h", to: text(to) || "now" },
    refresh: text(autoRefresh),
    fiscalYearStartMonth: fiscalYearStartMonth ?? 0,
    ...picked(settings, ["timezone", "weekStart"]),
    ...(Object.keys(timepicker).length > 0 ? { timepicker } : {}),
  };
}

function panelOf(element: JsonObject): JsonObject {
  const spec = part(element, "spec");
  if (element["kind"] === "LibraryPanel") return picked(spec, ["id", "title", "libraryPanel"]);
  const [viz, data] = [part(spec, "vizConfig"), part(part(spec, "data"), "spec")];
  const { options, fieldConfig } = part(viz, "spec");
  const targets = list(data["queries"]).map((query) => targetOf(part(query, "spec")));
  const datasource = panelDatasource(targets);
  const description = text(spec["description"]);
  return {
    ...picked(spec, ["id", "title", "transparent"]),
    ...(description === "" ? {} : { description }),
    type: text(viz["group"]),
    pluginVersion: text(viz["version"]),
    ...(isObject(options) ? { options } : {}),
    ...fieldConfigOf(fieldConfig),
    ...filled("links", spec["links"]),
    targets,
    ...(datasource ? { datasource } : {}),
    ...filled(
      "transformations",
      list(data["transformations"]).map((one) => part(one, "spec")),
    ),
    ...picked(part(data, "queryOptions"), QUERY_OPTIONS),
  };
}

function fieldConfigOf(config: Json | undefined): JsonObject {
  const { defaults, overrides } = isObject(config) ? config : {};
  const given = {
    ...(isObject(defaults) && Object.keys(defaults).length > 0 ? { defaults } : {}),
    ...filled("overrides", overrides),
  };
  return Object.keys(given).length > 0 ? { fieldConfig: given } : {};
}

function targetOf(spec: JsonObject): JsonObject {
  const query = part(spec, "query");
  const datasource = datasourceOf(query);
  return {
    ...part(query, "spec"),
    refId: text(spec["refId"]),
    ...(spec["hidden"] === true ? { hide: true } : {}),
    ...(datasource ? { datasource } : {}),
  };
}

function panelDatasource(targets: readonly JsonObject[]): JsonObject | undefined {
  const all = new Map(targets.map(({ datasource }) => [JSON.stringify(datasource ?? null), datasource]));
  if (all.size > 1) return { type: "mixed", uid: "-- Mixed --" };
  const [only] = all.values();
  return isObject(only) ? only : undefined;
}

function variableOf({ kind, ...rest }: JsonObject): JsonObject {
  const { query, ...spec } = part(rest, "spec");
  const type = Object.keys(VARIABLES).find((name) => VARIABLES[name] === kind) ?? text(kind);
  if (!isObject(query)) return { type, ...spec, ...(query === undefined ? {} : { query }) };
  const datasource = datasourceOf(query);
  const asked = part(query, "spec");
  return { type, ...spec, query: asked[TEXT_QUERY] ?? asked, ...(datasource ? { datasource } : {}) };
}

function annotationOf(annotation: JsonObject): JsonObject {
  const { query, builtIn, legacyOptions, ...spec } = part(annotation, "spec");
  const datasource = isObject(query) ? datasourceOf(query) : undefined;
  return {
    ...(isObject(legacyOptions) ? legacyOptions : {}),
    ...spec,
    ...(builtIn === true ? { builtIn: 1 } : {}),
    ...(datasource ? { datasource } : {}),
  };
}
