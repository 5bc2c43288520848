import type { JsonObject } from "../../util/json.ts";

/** A dashboard with tabs, rows, an auto grid, a repeat, a condition and a variable, with all properties that `v2beta1` requires. */
export function structuredSpec(): JsonObject {
  const repeat = { mode: "variable", value: "host" };
  const grid = { x: 0, y: 0, width: 12, height: 8, element: reference("panel-1") };
  const row = {
    title: "Row",
    collapse: false,
    layout: { kind: "GridLayout", spec: { items: [{ kind: "GridLayoutItem", spec: grid }] } },
  };
  const auto = {
    maxColumnCount: 3,
    columnWidthMode: "standard",
    rowHeightMode: "standard",
    fillScreen: false,
    items: [{ kind: "AutoGridLayoutItem", spec: { element: reference("panel-2"), repeat } }],
  };
  const condition = {
    kind: "ConditionalRenderingGroup",
    spec: {
      visibility: "show",
      condition: "and",
      items: [{ kind: "ConditionalRenderingTimeRangeSize", spec: { value: "7d" } }],
    },
  };
  return {
    annotations: [],
    cursorSync: "Off",
    editable: true,
    elements: { "panel-1": panel(1), "panel-2": panel(2) },
    layout: {
      kind: "TabsLayout",
      spec: {
        tabs: [
          tab("First", { kind: "RowsLayout", spec: { rows: [{ kind: "RowsLayoutRow", spec: row }] } }),
          tab("Second", { kind: "AutoGridLayout", spec: auto }, { conditionalRendering: condition }),
        ],
      },
    },
    links: [],
    liveNow: false,
    preload: false,
    tags: [],
    timeSettings: {
      timezone: "browser",
      from: "now-6h",
      to: "now",
      autoRefresh: "",
      autoRefreshIntervals: ["5s", "1m"],
      hideTimepicker: false,
      fiscalYearStartMonth: 0,
    },
    title: "Check",
    variables: [variable()],
  };
}

function reference(name: string): JsonObject {
  return { kind: "ElementReference", name };
}

function tab(title: string, layout: JsonObject, more: JsonObject = {}): JsonObject {
  return { kind: "TabsLayoutTab", spec: { title, layout, ...more } };
}

function panel(id: number): JsonObject {
  const defaults = {
    unit: "s",
    thresholds: { mode: "absolute", steps: [{ value: null, color: "green" }] },
    custom: { width: 1 },
  };
  return {
    kind: "Panel",
    spec: {
      id,
      title: `Panel ${id}`,
      description: "",
      links: [],
      data: { kind: "QueryGroup", spec: { queries: [], transformations: [], queryOptions: {} } },
      vizConfig: {
        kind: "VizConfig",
        group: "text",
        version: "",
        spec: { options: { content: "Check" }, fieldConfig: { defaults, overrides: [] } },
      },
    },
  };
}

function variable(): JsonObject {
  const value = { text: "a", value: "a" };
  const spec = {
    name: "host",
    query: "a,b",
    current: value,
    options: [{ selected: true, ...value }],
    multi: false,
    includeAll: false,
    hide: "dontHide",
    skipUrlSync: false,
    allowCustomValue: true,
  };
  return { kind: "CustomVariable", spec };
}
