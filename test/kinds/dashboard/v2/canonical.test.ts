import { describe, expect, test } from "vitest";
import { canonicalV2 } from "../../../../src/kinds/dashboard/v2/model/canonical.ts";
import type { JsonObject } from "../../../../src/util/json.ts";
import { GRAFANA } from "../../../corpus/recorded-v2.ts";
import { autoGrid, element, grid, row, rows, spec, tab, tabs } from "../../../helpers/schema-v2.ts";
import { DYNAMIC } from "./dynamic.ts";

const ELEMENTS = { "panel-1": element(1, "Requests"), "panel-2": element(2, "Errors") };
const plain = (): JsonObject => spec("Service", structuredClone(ELEMENTS), grid("panel-1", "panel-2"));
const form = (one: JsonObject) => canonicalV2(one, GRAFANA);

function at(value: unknown, ...path: (string | number)[]): JsonObject {
  let one = value;
  for (const step of path) one = (one as Record<string, unknown>)[step];
  return one as JsonObject;
}

const query = (one: JsonObject) => at(one, "elements", "panel-1", "spec", "data", "spec", "queries", 0, "spec");
const viz = (one: JsonObject) => at(one, "elements", "panel-1", "spec", "vizConfig");

describe("a save in Grafana's UI without a change, which", () => {
  test.each<[string, (one: JsonObject) => void]>([
    ["sets the time zone of the browser", (one) => (at(one, "timeSettings")["timezone"] = "browser")],
    ["adds the built-in annotation", (one) => (one["annotations"] = [builtIn({ name: "-- Grafana --" })])],
    ["adds the built-in annotation without its datasource", (one) => (one["annotations"] = [builtIn()])],
    ["adds the plugin's version", (one) => (viz(one)["version"] = "12.5.1")],
    [
      "adds the plugin's defaults",
      (one) => {
        at(viz(one), "spec")["options"] = {
          legend: { calcs: [], displayMode: "list", placement: "bottom", showLegend: true },
        };
        at(viz(one), "spec", "fieldConfig")["defaults"] = { custom: { lineWidth: 1, drawStyle: "line" } };
      },
    ],
    ["adds the default datasource", (one) => (at(query(one), "query")["datasource"] = { name: "prom" })],
    ["lacks the type of the default datasource", (one) => (at(query(one), "query")["group"] = "")],
    ["adds an id of the schema's revision", (one) => (one["revision"] = 7)],
    ["adds empty lists", (one) => Object.assign(one, { links: [], annotations: [], variables: [], tags: [] })],
  ])("%s, is no difference", (_what, change) => {
    const saved = plain();
    change(saved);
    expect(form(saved)).toEqual(form(plain()));
  });

  test("adds defaults to layouts, tabs and rows, is no difference", () => {
    const code = spec("Service", ELEMENTS, {
      kind: "TabsLayout",
      spec: {
        tabs: [
          {
            kind: "TabsLayoutTab",
            spec: { title: "First", layout: { kind: "AutoGridLayout", spec: { items: [item("panel-1")] } } },
          },
          { kind: "TabsLayoutTab", spec: { title: "Second", layout: { kind: "RowsLayout", spec: { rows: [] } } } },
        ],
      },
    });
    const none = {
      conditionalRendering: {
        kind: "ConditionalRenderingGroup",
        spec: { visibility: "show", condition: "and", items: [] },
      },
    };
    const saved = spec("Service", ELEMENTS, tabs(tab("First", autoGrid(none, "panel-1"), none), tab("Second", rows())));
    expect(form(saved)).toEqual(form(code));
  });

  test("has empty values for what the code omits, as Grafana stores it, is no difference", () => {
    const variable = (more: JsonObject) => ({
      ...plain(),
      variables: [{ kind: "CustomVariable", spec: { name: "env", query: "a,b", ...more } }],
    });
    const empty = {
      hide: "",
      skipUrlSync: false,
      multi: false,
      includeAll: false,
      allowCustomValue: false,
      options: [],
    };
    expect(form(variable(empty))).toEqual(form(variable({})));
    expect(form(variable({ allowCustomValue: true }))).not.toEqual(form(variable({})));
    expect(form({ ...plain(), cursorSync: "" })).toEqual(form(plain()));
  });

  test("moves panels up that have no panel above them, is no difference", () => {
    const gap = plain();
    at(gap, "layout", "spec", "items", 1, "spec")["y"] = 30;
    expect(form(gap)).toEqual(form(plain()));
  });

  test("adds an empty query to a panel without queries, is no difference", () => {
    const [code, saved] = [plain(), plain()];
    const empty = { query: { kind: "DataQuery", group: "", version: "v0", spec: {} }, refId: "A", hidden: false };
    at(code, "elements", "panel-1", "spec", "data", "spec")["queries"] = [];
    at(saved, "elements", "panel-1", "spec", "data", "spec")["queries"] = [{ kind: "PanelQuery", spec: empty }];
    expect(form(saved)).toEqual(form(code));
  });
});

describe("a change", () => {
  test.each<[string, (one: JsonObject) => void]>([
    ["of a query", (one) => (at(query(one), "query", "spec")["expr"] = "down")],
    ["of a datasource", (one) => (at(query(one), "query")["datasource"] = { name: "other" })],
    ["of the type of an unnamed datasource", (one) => (at(query(one), "query")["group"] = "loki")],
    ["of an option", (one) => (at(viz(one), "spec")["options"] = { legend: { showLegend: false } })],
    ["of a position", (one) => (at(one, "layout", "spec", "items", 0, "spec")["x"] = 12)],
    ["of the time zone", (one) => (at(one, "timeSettings")["timezone"] = "utc")],
    [
      "of the built-in annotation",
      (one) => (one["annotations"] = [{ ...builtIn(), spec: { ...at(builtIn(), "spec"), enable: false } }]),
    ],
  ])("%s is a difference", (_what, change) => {
    const changed = plain();
    change(changed);
    expect(form(changed)).not.toEqual(form(plain()));
  });

  test("of any leaf of the layout is a difference", () => {
    const layout = (one: JsonObject) => JSON.stringify(form(one)["layout"]);
    const nested = (title: string, collapse: boolean) =>
      spec("Service", ELEMENTS, rows(row(title, grid("panel-1"), { collapse })));
    const all = [nested("A", false), nested("A", true), nested("B", false), plain(), ...DYNAMIC].map(layout);
    expect(new Set(all).size).toBe(all.length);
  });
});

test("the input is not modified, and nothing that is not a dashboard is an error", () => {
  for (const one of DYNAMIC) {
    const before = structuredClone(one);
    form(one);
    expect(one).toEqual(before);
  }
  for (const odd of [{}, { elements: [], layout: 3 }, { elements: { a: 1 }, variables: "x", annotations: [null] }]) {
    expect(form({ title: "Odd", ...odd })["title"]).toBe("Odd");
  }
});

function item(name: string): JsonObject {
  return { kind: "AutoGridLayoutItem", spec: { element: { kind: "ElementReference", name } } };
}

function builtIn(datasource?: JsonObject): JsonObject {
  return {
    kind: "AnnotationQuery",
    spec: {
      builtIn: true,
      enable: true,
      hide: true,
      iconColor: "rgba(0, 211, 255, 1)",
      name: "Annotations & Alerts",
      query: { kind: "DataQuery", group: "grafana", version: "v0", spec: {}, ...(datasource ? { datasource } : {}) },
    },
  };
}
