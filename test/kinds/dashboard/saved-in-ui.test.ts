import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { canonicalDashboard } from "../../../src/kinds/dashboard/model/canonical.ts";
import { settle } from "../../../src/kinds/dashboard/model/layout.ts";
import { panelDefaults } from "../../../src/kinds/dashboard/model/panel-defaults.ts";
import { hash, type Json, type JsonObject } from "../../../src/util/json.ts";
import { FORM } from "../../../src/ownership/marker.ts";

const GRAFANA = { version: "12.4.0", defaultDatasource: { uid: "prom" } };
const form = (model: JsonObject) => canonicalDashboard(model, GRAFANA);
const of = (panel: JsonObject): JsonObject => ({ panels: [{ id: 1, title: "P", ...panel }] });
const variable = (more: JsonObject): JsonObject => ({ templating: { list: [{ name: "v", ...more }] } });

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
  ["a visible footer", of({ type: "table", options: { footer: { show: true } } }), of({ type: "table" })],
  ["options that a legacy panel reads", of({ type: "graph", lines: true }), of({ type: "graph" })],
])("%s is still a difference", (_what, one, other) => {
  expect(form(one)).not.toEqual(form(other));
});

test("the form of a form is the form itself", () => {
  for (const [, one, other] of ALIKE) for (const model of [one, other]) expect(form(form(model))).toEqual(form(model));
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
    expect(panelDefaults("13.1.0")).toBe(panelDefaults("12.4.0"));
    expect(panelDefaults("12.3.0")).toEqual({});
  });

  test("affect hashes, so a change of them requires a higher FORM", () => {
    expect([FORM, hash(panelDefaults("12.4.0") as unknown as Json)]).toEqual([2, "e372d5f8c75ad23c09731e4c4736904e"]);
  });
});
