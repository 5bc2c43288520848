import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { canonicalDashboard } from "../../../src/kinds/dashboard/model/canonical.ts";
import { settle } from "../../../src/kinds/dashboard/model/layout.ts";
import { panelPlugins } from "../../../src/kinds/dashboard/model/saved-in-ui/plugins.ts";
import { hash, isObject, type Json, type JsonObject } from "../../../src/util/json.ts";
import { FORM } from "../../../src/ownership/marker.ts";

const GRAFANA = { version: "12.4.0", defaultDatasource: { uid: "prom" }, minRefreshInterval: "5s" };
const form = (model: JsonObject) => canonicalDashboard(model, GRAFANA);
/** A version whose plugins may have more properties than the catalogue. */
const later = (model: JsonObject) => canonicalDashboard(model, { ...GRAFANA, version: "13.0.0" });
const of = (panel: JsonObject): JsonObject => ({ panels: [{ id: 1, title: "P", ...panel }] });
const fields = (type: string, defaults: JsonObject, more: JsonObject = {}) =>
  of({ type, fieldConfig: { defaults }, ...more });
const overridden = (type: string, ...properties: JsonObject[]): JsonObject =>
  of({ type, fieldConfig: { defaults: {}, overrides: [{ matcher: { id: "byName", options: "a" }, properties }] } });
const canvas = (element: JsonObject, more: JsonObject = {}) =>
  of({ type: "canvas", options: { root: { elements: [{ name: "e", type: "metric-value", ...element }] } }, ...more });
const variable = (more: JsonObject): JsonObject => ({ templating: { list: [{ name: "v", ...more }] } });

function collapsedRow({ y, inner, gap = 0 }: { y: number; inner: number; gap?: number }): JsonObject {
  const at = (id: number, top: number) => ({ id, type: "stat", gridPos: { x: 0, y: top, w: 24, h: 4 } });
  const panels = [at(2, inner), at(3, inner + 4 + gap)];
  return { panels: [{ id: 1, type: "row", collapsed: true, gridPos: { x: 0, y, w: 24, h: 1 }, panels }] };
}

/** Values that a save adds or removes, with the content before it. */
const ALIKE: [string, JsonObject, JsonObject][] = [
  ["the browser's time zone and no time zone", { timezone: "browser" }, {}],
  ["the origin of an imported dashboard", { gnetId: 1860, revision: "2" }, {}],
  ["the default refresh intervals", { timepicker: { hidden: false, time_options: ["5m"] } }, {}],
  [
    "an annotation that is not hidden",
    { annotations: { list: [{ name: "a", hide: false }] } },
    { annotations: { list: [{ name: "a" }] } },
  ],
  [
    "a variable's defaults",
    variable({ type: "query", hide: 0, multi: false, sort: 0, regexApplyTo: "value" }),
    variable({ type: "query" }),
  ],
  [
    "the notations of a custom variable",
    variable({ type: "custom", valuesFormat: "csv" }),
    variable({ type: "custom" }),
  ],
  ["the plugin's version", of({ type: "stat", pluginVersion: "12.4.0" }), of({ type: "stat" })],
  [
    "an empty description, and no title",
    { panels: [{ id: 1, type: "stat", title: "", description: "" }] },
    { panels: [{ id: 1, type: "stat" }] },
  ],
  [
    "some of the defaults",
    of({ type: "timeseries", options: { legend: { displayMode: "list", placement: "bottom" } } }),
    of({ type: "timeseries" }),
  ],
  [
    "a base threshold of 0 and a missing one",
    of({
      type: "stat",
      fieldConfig: { defaults: { thresholds: { mode: "absolute", steps: [{ color: "blue", value: 0 }] } } },
    }),
    of({
      type: "stat",
      fieldConfig: { defaults: { thresholds: { mode: "absolute", steps: [{ color: "blue", value: null }] } } },
    }),
  ],
  [
    "queries of a panel without queries",
    of({ type: "text", targets: [{ refId: "A" }], datasource: { uid: "x" } }),
    of({ type: "text" }),
  ],
  [
    "the panel's datasource in its query",
    of({
      type: "stat",
      datasource: { uid: "loki" },
      targets: [{ refId: "A", datasource: { type: "loki", uid: "loki" } }],
    }),
    of({ type: "stat", datasource: { uid: "loki" }, targets: [{ refId: "A" }] }),
  ],
  [
    "the default datasource and no datasource",
    of({
      type: "stat",
      datasource: { uid: "prom" },
      targets: [{ refId: "A", datasource: { uid: "prom" }, hide: false }],
    }),
    of({ type: "stat", targets: [{ refId: "A" }] }),
  ],
  [
    "a hidden footer",
    of({ type: "table", options: { footer: { show: false, reducer: ["sum"] } } }),
    of({ type: "table" }),
  ],
  [
    "the default direction of repetition",
    of({ type: "stat", repeat: "v", repeatDirection: "h" }),
    of({ type: "stat", repeat: "v" }),
  ],
  [
    "refresh intervals that Grafana does not offer",
    { timepicker: { refresh_intervals: ["1s", "10s", "1M", "$__rate_interval"] } },
    { timepicker: { refresh_intervals: ["10s", "1M"] } },
  ],
  [
    "the position of panels in a collapsed row, which the UI does not move with the row",
    collapsedRow({ y: 2, inner: 9 }),
    collapsedRow({ y: 5, inner: 1 }),
  ],
  [
    "properties that dashboards do not have",
    { annotations: { enable: false, list: [] }, rows: [], title: "T" },
    { title: "T" },
  ],
  [
    "an annotation that is off",
    { annotations: { list: [{ name: "a", enable: false }] } },
    { annotations: { list: [{ name: "a" }] } },
  ],
  [
    "properties of former variables",
    variable({ type: "query", allFormat: "glob", multiFormat: "glob", refresh_on_load: true, allValue: "" }),
    variable({ type: "query" }),
  ],
  ["filters of an ad hoc variable", variable({ type: "adhoc", baseFilters: [] }), variable({ type: "adhoc" })],
  [
    "what a constant always has",
    variable({ type: "constant", hide: 2, skipUrlSync: true }),
    variable({ type: "constant" }),
  ],
  [
    "the notations of an interval variable",
    variable({ type: "interval", query: '1m,"5m" , 5m', refresh: 2 }),
    variable({ type: "interval", query: "1m,5m" }),
  ],
  [
    "automatic intervals of another variable",
    variable({ type: "query", auto: false, auto_min: "10s" }),
    variable({ type: "query" }),
  ],
  [
    "properties that panels do not have, and empty ones",
    of({ type: "stat", interval: "", cacheTimeout: "", style: {}, tags: ["a"], hideTimeOverride: true }),
    of({ type: "stat" }),
  ],
  [
    "field properties that the plugin does not have",
    fields("stat", { nullValueMode: "connected", custom: { axisPlacement: "left", align: "left" }, unit: "s" }),
    fields("stat", { unit: "s" }),
  ],
  [
    "overrides that the plugin does not have",
    overridden("stat", { id: "custom.width", value: 90 }, { id: "unit", value: "s" }),
    overridden("stat", { id: "unit", value: "s" }),
  ],
  [
    "the mode of thresholds",
    overridden("stat", { id: "thresholds", value: { mode: "absolute", steps: [{ color: "red", value: 0 }] } }),
    overridden("stat", { id: "thresholds", value: { steps: [{ color: "red", value: null }] } }),
  ],
  [
    "the limits of a percentage before version 8",
    fields("gauge", { unit: "percent", min: 0, max: 100 }, { pluginVersion: "12.4.0" }),
    fields("gauge", { unit: "percent" }, { pluginVersion: "7.5.0" }),
  ],
  [
    "a former text panel",
    of({ type: "text", options: { content: "a", mode: "html" }, pluginVersion: "12.4.0" }),
    of({ type: "text", content: "a", mode: "html" }),
  ],
  [
    "a former mode of text",
    of({ type: "text", options: { mode: "text" } }),
    of({ type: "text", options: { mode: "markdown" } }),
  ],
  [
    "a former list of dashboards",
    of({ type: "dashlist", options: { showStarred: false, maxItems: 3, tags: ["a"], folderUID: "" } }),
    of({ type: "dashlist", starred: false, limit: 3, tags: ["a"], folderId: 0 }),
  ],
  [
    "a former filter of alerts",
    of({ type: "alertlist", options: { stateFilter: { normal: true } } }),
    of({ type: "alertlist", options: { stateFilter: { inactive: true } } }),
  ],
  [
    "a former tooltip of a heatmap",
    of({ type: "heatmap", options: { calculate: true, tooltip: { mode: "none" } } }),
    of({ type: "heatmap", options: { calculate: true, tooltip: { show: false } } }),
  ],
  [
    "a heatmap from before version 9",
    of({
      type: "heatmap",
      options: {
        calculate: true,
        calculation: { xBuckets: { mode: "size", value: "5m" } },
        cellGap: 2,
        cellValues: { decimals: 1 },
        color: { mode: "scheme", scheme: "OrRd", steps: 128, fill: "#b4ff00", min: 1, max: 9, reverse: true },
        legend: { show: true },
        rowsFrame: { layout: "ge" },
        showValue: "never",
        tooltip: { mode: "single", yHistogram: true },
        yAxis: { axisPlacement: "hidden", unit: "s" },
      },
    }),
    of({
      type: "heatmap",
      dataFormat: "timeseries",
      xBucketSize: "5m",
      color: { mode: "spectrum", colorScheme: "interpolateYlOrRd", cardColor: "#b4ff00", min: 9, max: 1 },
      legend: { show: true },
      tooltip: { show: true, showHistogram: true },
      tooltipDecimals: 1,
      yAxis: { format: "s", show: false },
      yBucketBound: "upper",
    }),
  ],
  [
    "the footer of a table before 12.2",
    of({
      type: "table",
      options: { enablePagination: false },
      fieldConfig: {
        overrides: [
          { matcher: { id: "byName", options: "a" }, properties: [{ id: "custom.footer.reducers", value: ["sum"] }] },
        ],
      },
    }),
    of({
      type: "table",
      options: { footer: { show: true, reducer: ["sum"], fields: ["a"], enablePagination: false } },
    }),
  ],
  [
    "a count in the footer of a table before 12.2",
    fields("table", { custom: { footer: { reducers: ["countAll"] } } }, { options: { enablePagination: true } }),
    of({
      type: "table",
      options: { footer: { show: true, reducer: ["count"], countRows: true, enablePagination: true } },
    }),
  ],
  [
    "wrapped text and hidden fields of a table before 12.2",
    overridden(
      "table",
      { id: "custom.cellOptions", value: { type: "auto" } },
      { id: "custom.wrapText", value: true },
      { id: "custom.hideFrom.viz", value: true },
    ),
    overridden(
      "table",
      { id: "custom.cellOptions", value: { type: "auto", wrapText: true } },
      { id: "custom.hidden", value: true },
    ),
  ],
  [
    "what a canvas adds to elements",
    canvas({ background: { color: { fixed: "transparent" } }, border: { color: { fixed: "dark-green" } } }),
    canvas({}),
  ],
  [
    "former connections of a canvas",
    canvas({
      connections: [
        { direction: { mode: "fixed", fixed: "both" } },
        { direction: { mode: "fixed", fixed: "forward" } },
      ],
    }),
    canvas({ connections: [{ direction: "both" }, {}] }),
  ],
  [
    "former links and actions of a canvas",
    canvas({ links: [{ url: "u", oneClick: true }], actions: [{ fetch: { method: "GET" } }] }),
    canvas(
      { oneClickMode: "link", links: [{ url: "u" }], actions: [{ options: { method: "GET" } }] },
      { pluginVersion: "11.3.0" },
    ),
  ],
  [
    "options that only former panels read",
    of({ type: "timeseries", lines: true, yaxes: [] }),
    of({ type: "timeseries" }),
  ],
];

test.each(ALIKE)("%s are equal after a save in the UI", (_what, one, other) => {
  expect(form(one)).toEqual(form(other));
});

test.each<[string, JsonObject, JsonObject]>([
  ["another time zone", { timezone: "utc" }, {}],
  ["a hidden variable", variable({ hide: 2 }), variable({})],
  [
    "a value that is not the default",
    of({ type: "timeseries", options: { legend: { displayMode: "table" } } }),
    of({ type: "timeseries" }),
  ],
  [
    "another panel's default",
    of({ type: "piechart", options: { legend: { showLegend: false } } }),
    of({ type: "piechart" }),
  ],
  ["another datasource than the default", of({ type: "stat", datasource: { uid: "loki" } }), of({ type: "stat" })],
  [
    "a visible footer",
    of({ type: "table", options: { footer: { show: true, reducer: ["sum"] } } }),
    of({ type: "table" }),
  ],
  ["another filter", variable({ type: "adhoc", baseFilters: [{ key: "a" }] }), variable({ type: "adhoc" })],
  ["another interval", variable({ type: "interval", query: "1m,5m" }), variable({ type: "interval", query: "1m,9m" })],
  ["an automatic interval", variable({ type: "interval", auto: true }), variable({ type: "interval" })],
  [
    "an offered refresh interval",
    { timepicker: { refresh_intervals: ["5s"] } },
    { timepicker: { refresh_intervals: ["9s"] } },
  ],
  [
    "a panel that was moved in a collapsed row",
    collapsedRow({ y: 2, inner: 3 }),
    collapsedRow({ y: 2, inner: 3, gap: 4 }),
  ],
  ["an interval", of({ type: "stat", interval: "1m" }), of({ type: "stat" })],
  [
    "a hidden time override",
    of({ type: "stat", timeFrom: "1h", hideTimeOverride: true }),
    of({ type: "stat", timeFrom: "1h" }),
  ],
  [
    "limits that were removed since version 8",
    fields("gauge", { unit: "percent", min: 0 }, { pluginVersion: "12.4.0" }),
    fields("gauge", { unit: "percent" }, { pluginVersion: "12.4.0" }),
  ],
  [
    "percentages of thresholds",
    overridden("stat", { id: "thresholds", value: { mode: "percentage" } }),
    overridden("stat", { id: "thresholds", value: {} }),
  ],
  ["a border of a canvas", canvas({ border: { color: { fixed: "red" } } }), canvas({})],
  ["a direction of a canvas", canvas({ connections: [{ direction: "reverse" }] }), canvas({ connections: [{}] })],
  [
    "the color of a former heatmap",
    of({ type: "heatmap", color: { mode: "spectrum", colorScheme: "interpolateBlues" } }),
    of({ type: "heatmap" }),
  ],
  [
    "the reducer of a former footer",
    of({ type: "table", options: { footer: { show: true, reducer: ["sum"] } } }),
    of({ type: "table", options: { footer: { show: true, reducer: ["max"] } } }),
  ],
  ["a property of a plugin that is not Grafana's", of({ type: "acme-panel", acme: 1 }), of({ type: "acme-panel" })],
  [
    "a field of a plugin that is not Grafana's",
    fields("acme-panel", { custom: { acme: 1 } }),
    fields("acme-panel", {}),
  ],
  ["options that a legacy panel reads", of({ type: "graph", lines: true }), of({ type: "graph" })],
])("%s is still a difference", (_what, one, other) => {
  expect(form(one)).not.toEqual(form(other));
});

test.each<[string, JsonObject, JsonObject]>([
  ["a panel", of({ type: "stat", added: 1 }), of({ type: "stat" })],
  ["a field", fields("stat", { custom: { added: 1 } }), fields("stat", {})],
  ["an override", overridden("stat", { id: "custom.added", value: 1 }), overridden("stat")],
  ["a variable", variable({ type: "query", added: 1 }), variable({ type: "query" })],
  ["a dashboard", { added: 1 }, {}],
])("a property of %s that a later version of Grafana may have is still a difference there", (_what, one, other) => {
  expect(form(one)).toEqual(form(other));
  expect(later(one)).not.toEqual(later(other));
});

test("the form of a form is the form itself", () => {
  for (const [, one, other] of ALIKE) for (const model of [one, other]) expect(form(form(model))).toEqual(form(model));
});

describe.each(Object.entries(panelPlugins("12.4.0")))("of the plugin %s", (type, plugin) => {
  const set = (path: string, value: Json): JsonObject =>
    path.split(".").reduceRight<Json>((inner, key) => ({ [key]: inner }), value) as JsonObject;
  const leaves = (value: Json | undefined, path: readonly string[] = []): [string, Json][] =>
    isObject(value)
      ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, [...path, key]))
      : [[path.join("."), value ?? null]];
  // Grafana replaces modes of text that it doesn't know.
  const other = type === "text" ? "code" : { other: "than the default" };
  // Without options, a heatmap is one from before version 9.
  const panel = (more: JsonObject): JsonObject =>
    of({
      type,
      pluginVersion: "12.4.0",
      options: { own: 1 },
      ...more,
      ...(more["options"] ? { options: { own: 1, ...(more["options"] as JsonObject) } } : {}),
    });

  test.skipIf(plugin.fields.length === 0)("every field is still a difference if it is set or removed", () => {
    for (const id of plugin.fields) {
      const [config, override] = [set(id, other), { id, value: other }];
      expect(form(panel({ fieldConfig: { defaults: config } })), id).not.toEqual(form(panel({})));
      const overrides = (properties: Json[]) =>
        panel({ fieldConfig: { overrides: [{ matcher: { id: "byName" }, properties }] } });
      expect(form(overrides([override])), id).not.toEqual(form(overrides([])));
    }
  });

  test("no default is a difference, and every other value is", () => {
    const options = leaves(plugin.options).filter(([path]) => path !== "");
    for (const [path, value] of options) {
      expect(form(panel({ options: set(path, value) })), path).toEqual(form(panel({})));
      expect(form(panel({ options: set(path, other) })), path).not.toEqual(form(panel({})));
    }
    const defaults = leaves(plugin.fieldConfig?.defaults).filter(([path]) => path !== "");
    for (const [path, value] of defaults) {
      expect(form(panel({ fieldConfig: { defaults: set(path, value) } })), path).toEqual(form(panel({})));
      expect(form(panel({ fieldConfig: { defaults: set(path, other) } })), path).not.toEqual(form(panel({})));
    }
  });
});

describe("positions in the grid", () => {
  const at = (x: number, y: number, w: number, h: number): JsonObject => ({ gridPos: { x, y, w, h } });
  const places = (panels: JsonObject[]): Json[] => {
    settle(panels);
    return panels.map(({ gridPos }) => (gridPos as JsonObject)["y"] ?? null);
  };

  test("are as near to the top as other panels allow", () => {
    expect(places([at(0, 5, 12, 4), at(12, 7, 12, 4), at(0, 30, 24, 2)])).toEqual([0, 0, 4]);
  });

  test("are below overlapping panels", () => {
    expect(places([at(0, 0, 12, 8), at(6, 0, 12, 8), at(0, 4, 6, 4)])).toEqual([0, 8, 8]);
  });

  test("are not changed if one of them is unknown", () => {
    expect(places([at(0, 5, 12, 4), { gridPos: { x: 0, y: 9 } }])).toEqual([5, 9]);
  });
});

const RECORDED = resolve(
  process.env["CORPUS_DIR"] ?? join(import.meta.dirname, "../../../../shared/corpus"),
  "panel-defaults.json",
);

describe("the defaults of panels", () => {
  test.skipIf(!existsSync(RECORDED))("are those that Grafana 12.4.0 wrote into panels that did not set them", () => {
    const { panels } = JSON.parse(readFileSync(RECORDED, "utf8")) as { panels: Record<string, JsonObject> };
    for (const [type, written] of Object.entries(panels)) {
      expect(form(of({ type, ...written })), type).toEqual(form(of({ type })));
    }
  });

  test("are those of the previous version if a version has none", () => {
    expect(panelPlugins("13.1.0")).toBe(panelPlugins("12.4.0"));
    expect(panelPlugins("12.3.0")).toEqual({});
  });

  test("affect hashes, so a change of them requires a higher FORM", () => {
    expect([FORM, hash(panelPlugins("12.4.0") as unknown as Json)]).toEqual([4, "b47184754fe70f2a7ffc302b19f30900"]);
  });
});
