import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalDashboard } from "../../src/kinds/dashboard/model/canonical.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { make, stored } from "../engine/support.ts";
import { GENERATED } from "../helpers/seed.ts";

const panelAt = (x: number, y: number, title: string): JsonObject => ({
  type: "stat",
  title,
  gridPos: { x, y, w: 12, h: 8 },
});

/** The same content in different notations. */
const ALIKE: [string, JsonObject, JsonObject][] = [
  ["omitted properties and Grafana's defaults", {}, { tags: [], timezone: "", editable: true, graphTooltip: 0 }],
  ["null and absent", { description: null, time: null }, {}],
  ["an empty list of variables and none", { templating: {}, annotations: {} }, { templating: { list: [] } }],
  ["no refresh and an empty one", { refresh: "" }, { preload: false }],
  ["ids and versions that the server sets", { id: 5, uid: "x", version: 9, iteration: 1 }, {}],
  [
    "a panel's defaults",
    { panels: [{ type: "stat" }] },
    { panels: [{ type: "stat", options: {}, links: [], targets: [] }] },
  ],
  [
    "an incomplete field configuration",
    { panels: [{ type: "stat", fieldConfig: { defaults: { unit: "s" } } }] },
    { panels: [{ type: "stat", fieldConfig: { defaults: { unit: "s" }, overrides: [] } }] },
  ],
  ["a panel's empty list of panels", { panels: [{ type: "row", panels: [] }] }, { panels: [{ type: "row" }] }],
  [
    "panels in another order in the file",
    { panels: [panelAt(12, 0, "b"), panelAt(0, 8, "c"), panelAt(0, 0, "a")] },
    { panels: [panelAt(0, 0, "a"), panelAt(12, 0, "b"), panelAt(0, 8, "c")] },
  ],
  ["keys in another order", { title: "T", tags: ["a"] }, { tags: ["a"], title: "T" }],
];

test.each(ALIKE)("%s are equal", (_what, one, other) => {
  expect(canonicalDashboard(one)).toEqual(canonicalDashboard(other));
});

test.each<[string, JsonObject, JsonObject]>([
  ["the order of tags", { tags: ["a", "b"] }, { tags: ["b", "a"] }],
  ["a time range", { time: { from: "now-1h", to: "now" } }, {}],
  ["whether a dashboard is editable", { editable: false }, {}],
  ["panels in another position", { panels: [panelAt(0, 0, "a")] }, { panels: [panelAt(1, 0, "a")] }],
  ["a row's panels", { panels: [{ type: "row", panels: [{ type: "stat" }] }] }, { panels: [{ type: "row" }] }],
  ["a null item of a list, whose position matters", { list: [1, null, 2] }, { list: [1, 2] }],
  ["a custom annotation", { annotations: { list: [{ name: "Deployments" }] } }, {}],
])("%s are different", (_what, one, other) => {
  expect(canonicalDashboard(one)).not.toEqual(canonicalDashboard(other));
});

test("Grafana's built-in annotation is ignored unless it was changed", () => {
  const builtIn = {
    builtIn: 1,
    datasource: { type: "grafana", uid: "-- Grafana --" },
    enable: true,
    hide: true,
    iconColor: "rgba(0, 211, 255, 1)",
    name: "Annotations & Alerts",
    type: "dashboard",
  };
  expect(canonicalDashboard({ annotations: { list: [builtIn] } })).toEqual({});
  const changed = { ...builtIn, enable: false };
  expect(canonicalDashboard({ annotations: { list: [changed] } })).toEqual({ annotations: { list: [changed] } });
});

describe("for any JSON", GENERATED, () => {
  const model = fc.dictionary(
    fc.constantFrom("title", "tags", "panels", "templating", "annotations", "refresh", "x"),
    fc.oneof(
      fc.jsonValue({ noUnicodeString: true }),
      fc.array(
        fc.record(
          {
            type: fc.constantFrom("row", "stat"),
            gridPos: fc.record({ x: fc.nat(3), y: fc.nat(3) }),
            options: fc.constant({}),
            panels: fc.array(fc.record({ gridPos: fc.record({ x: fc.nat(3), y: fc.nat(3) }) })),
          },
          { requiredKeys: [] },
        ),
      ),
    ),
    { noNullPrototype: true },
  ) as fc.Arbitrary<JsonObject>;

  test("the form of a form is the form itself", () => {
    fc.assert(
      fc.property(model, (one) => {
        const form = canonicalDashboard(one);
        expect(canonicalDashboard(form)).toEqual(form);
      }),
    );
  });

  test("the input is not modified", () => {
    fc.assert(
      fc.property(model, (one) => {
        const before = structuredClone(one);
        canonicalDashboard(one);
        expect(one).toEqual(before);
      }),
    );
  });
});

describe("Grafana itself", () => {
  const gridPos = { x: 0, y: 0, w: 12, h: 8 };
  test.each<[string, JsonObject]>([
    ["only a title", {}],
    ["a minimal panel", { panels: [{ id: 1, type: "timeseries", title: "P", gridPos }] }],
    [
      "panels with empty properties",
      {
        panels: [
          {
            id: 1,
            type: "timeseries",
            title: "P",
            gridPos,
            options: {},
            links: [],
            transparent: false,
            targets: [],
            datasource: null,
            fieldConfig: { defaults: {}, overrides: [] },
          },
        ],
      },
    ],
    [
      "panels out of order, and rows with and without panels",
      {
        panels: [
          {
            id: 1,
            type: "row",
            title: "Closed",
            collapsed: true,
            gridPos: { x: 0, y: 9, w: 24, h: 1 },
            panels: [{ id: 2, type: "stat", title: "Inside", gridPos: { x: 0, y: 10, w: 12, h: 8 } }],
          },
          { id: 3, type: "row", title: "Open", collapsed: false, gridPos: { x: 0, y: 0, w: 24, h: 1 }, panels: [] },
          { id: 4, type: "stat", title: "Second", gridPos: { x: 12, y: 1, w: 12, h: 8 } },
          { id: 5, type: "stat", title: "First", gridPos: { x: 0, y: 1, w: 12, h: 8 } },
        ],
      },
    ],
    [
      "custom variables, annotations and links",
      {
        templating: { list: [{ name: "env", type: "custom", query: "a,b", current: { text: "a", value: "a" } }] },
        annotations: { list: [{ name: "Deployments", enable: true, iconColor: "red", datasource: { uid: "x" } }] },
        links: [{ title: "Runbook", type: "link", url: "https://example.org", icon: "doc" }],
        refresh: "30s",
        time: { from: "now-1h", to: "now" },
      },
    ],
  ])("stores %s without a difference", async (_what, model) => {
    const grafana = await testGrafana();
    const uid = grafana.name("canonical");
    const spec: JsonObject = { title: "Canonical", schemaVersion: 42, ...model };
    await make(grafana, "dashboard", uid, { spec });

    expect(canonicalDashboard((await stored(grafana, "dashboard", uid)).spec)).toEqual(canonicalDashboard(spec));
  });
});
