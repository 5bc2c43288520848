import { isObject, text, type Json, type JsonObject } from "../json.ts";
import { CURSOR_SYNC, dataQuery, list, part, picked, QUERY_OPTIONS, TEXT_QUERY, VARIABLES } from "./parts.ts";

const REFRESH_INTERVALS = ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"];

/** Converts a normalized classic dashboard to schema v2, with the limits of `toClassic`. */
export function fromClassic(spec: JsonObject): JsonObject {
  const elements = new Map<string, JsonObject>();
  const layout = layoutOf(list(spec["panels"]), elements);
  return {
    ...picked(spec, ["title", "description", "revision"]),
    annotations: list(part(spec, "annotations")["list"]).map(annotationOf),
    cursorSync: CURSOR_SYNC[Number(spec["graphTooltip"] ?? 0)] ?? "Off",
    editable: spec["editable"] !== false,
    elements: Object.fromEntries(elements),
    layout,
    links: list(spec["links"]),
    liveNow: spec["liveNow"] === true,
    preload: spec["preload"] === true,
    tags: Array.isArray(spec["tags"]) ? spec["tags"] : [],
    timeSettings: timeSettingsOf(spec),
    variables: list(part(spec, "templating")["list"]).map(variableOf),
  };
}

function timeSettingsOf(spec: JsonObject): JsonObject {
  const [time, timepicker] = [part(spec, "time"), part(spec, "timepicker")];
  const { refresh_intervals: intervals, quick_ranges: ranges } = timepicker;
  const weekStart = text(spec["weekStart"]);
  return {
    ...picked(spec, ["timezone"]),
    from: text(time["from"]) || "now-6h",
    to: text(time["to"]) || "now",
    autoRefresh: text(spec["refresh"]),
    autoRefreshIntervals: Array.isArray(intervals) && intervals.length > 0 ? intervals : REFRESH_INTERVALS,
    hideTimepicker: timepicker["hidden"] === true,
    fiscalYearStartMonth: spec["fiscalYearStartMonth"] ?? 0,
    ...(weekStart === "" ? {} : { weekStart }),
    ...picked(timepicker, ["nowDelay"]),
    ...(Array.isArray(ranges) ? { quickRanges: ranges } : {}),
  };
}

/** A grid, or rows of grids if there are rows. Panels above all rows are in a first row without header. */
function layoutOf(panels: readonly JsonObject[], elements: Map<string, JsonObject>): JsonObject {
  if (!panels.some(({ type }) => type === "row")) {
    return grid(panels.map((panel) => itemOf(panel, elements)));
  }
  const rows: { spec: JsonObject; items: JsonObject[]; y: number }[] = [];
  for (const panel of panels) {
    if (panel["type"] === "row") {
      const y = Number(part(panel, "gridPos")["y"] ?? 0);
      const inner = list(panel["panels"]).map((one) => itemOf(one, elements, y));
      rows.push({ spec: rowSpec(panel), items: inner, y });
      continue;
    }
    const current = rows.at(-1);
    if (current) current.items.push(itemOf(panel, elements, current.y));
    else rows.push({ spec: { collapse: false, title: "", hideHeader: true }, items: [itemOf(panel, elements)], y: -1 });
  }
  const kinds = rows.map(({ spec, items }) => ({ kind: "RowsLayoutRow", spec: { ...spec, layout: grid(items) } }));
  return { kind: "RowsLayout", spec: { rows: kinds } };
}

function grid(items: JsonObject[]): JsonObject {
  return { kind: "GridLayout", spec: { items } };
}

function rowSpec({ collapsed, title, repeat }: JsonObject): JsonObject {
  const variable = text(repeat);
  return {
    collapse: collapsed === true,
    title: text(title),
    ...(variable === "" ? {} : { repeat: { mode: "variable", value: variable } }),
  };
}

/** `rowY`: the position of the panel's row, which the result is relative to. */
function itemOf(panel: JsonObject, elements: Map<string, JsonObject>, rowY?: number): JsonObject {
  const name = `panel-${Number(panel["id"] ?? 0)}`;
  elements.set(name, elementOf(panel));
  const { x = 0, y = 0, w = 6, h = 3 } = part(panel, "gridPos");
  const variable = text(panel["repeat"]);
  const repeat = {
    mode: "variable",
    value: variable,
    ...(panel["repeatDirection"] === undefined ? {} : { direction: panel["repeatDirection"] }),
    ...(panel["maxPerRow"] === undefined ? {} : { maxPerRow: panel["maxPerRow"] }),
  };
  return {
    kind: "GridLayoutItem",
    spec: {
      x,
      y: rowY === undefined ? y : Math.max(0, Number(y) - rowY - 1),
      width: w,
      height: h,
      element: { kind: "ElementReference", name },
      ...(variable === "" ? {} : { repeat }),
    },
  };
}

function elementOf(panel: JsonObject): JsonObject {
  const { id = 0, title = "", description = "" } = panel;
  if (isObject(panel["libraryPanel"])) {
    return { kind: "LibraryPanel", spec: { id, title, libraryPanel: panel["libraryPanel"] } };
  }
  const queries = list(panel["targets"]).map((target) => queryOf(target, panel["datasource"]));
  const { defaults = {}, overrides = [] } = part(panel, "fieldConfig");
  const transformations = list(panel["transformations"]).map((one) => ({ kind: text(one["id"]), spec: one }));
  const data = { queries, transformations, queryOptions: picked(panel, QUERY_OPTIONS) };
  return {
    kind: "Panel",
    spec: {
      id,
      title,
      description,
      links: list(panel["links"]),
      data: { kind: "QueryGroup", spec: data },
      vizConfig: {
        kind: "VizConfig",
        group: text(panel["type"]),
        version: text(panel["pluginVersion"]),
        spec: { options: part(panel, "options"), fieldConfig: { defaults, overrides } },
      },
      ...picked(panel, ["transparent"]),
    },
  };
}

function queryOf({ refId, hide, datasource, ...query }: JsonObject, ofPanel: Json | undefined): JsonObject {
  return {
    kind: "PanelQuery",
    spec: { query: dataQuery(query, datasource ?? ofPanel), refId: text(refId), hidden: hide === true },
  };
}

function variableOf({ type, datasource, query, ...spec }: JsonObject): JsonObject {
  const asked = isObject(query) ? query : { [TEXT_QUERY]: query ?? "" };
  const isQuery = type === "query";
  return {
    kind: VARIABLES[text(type)] ?? text(type),
    spec: { ...spec, ...(isQuery ? { query: dataQuery(asked, datasource) } : query === undefined ? {} : { query }) },
  };
}

function annotationOf({ datasource, builtIn, type, ...spec }: JsonObject): JsonObject {
  return {
    kind: "AnnotationQuery",
    spec: {
      ...spec,
      query: dataQuery({}, datasource),
      ...(builtIn === 1 ? { builtIn: true } : {}),
      ...(type === undefined ? {} : { legacyOptions: { type } }),
    },
  };
}
