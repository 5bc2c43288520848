import type { JsonObject } from "../../../../src/util/json.ts";
import {
  autoGrid,
  conditions,
  element,
  grid,
  row,
  rows,
  spec,
  tab,
  tabs,
  whenData,
  whenVariable,
} from "../../../helpers/schema-v2.ts";

/** A dashboard in schema v2, and an edit as in Grafana's UI. */
export interface Board {
  readonly what: string;
  /** The path of the only difference after the edit. */
  readonly path: string;
  readonly spec: JsonObject;
  readonly edit: (spec: JsonObject) => unknown;
}

const repeat = (value: string) => ({ repeat: { mode: "variable", value } });

function variable(name: string, values: string): JsonObject {
  const options = values.split(",").map((value) => ({ text: value, value, selected: false }));
  return {
    kind: "CustomVariable",
    spec: {
      name,
      query: values,
      current: { text: "All", value: "$__all" },
      options,
      multi: true,
      includeAll: true,
      hide: "dontHide",
      skipUrlSync: false,
      allowCustomValue: true,
    },
  };
}

function board(layout: JsonObject, panels: number, more: JsonObject = {}): JsonObject {
  const elements = Object.fromEntries(
    Array.from({ length: panels }, (_, index) => [`panel-${index + 1}`, element(index + 1, `Panel ${index + 1}`)]),
  );
  return { ...spec("Dynamic", elements, layout), ...more };
}

/** The value at a path of keys and indexes. */
export function at(value: unknown, ...path: (string | number)[]): JsonObject {
  return path.reduce<unknown>((part, key) => (part as Record<string | number, unknown>)[key], value) as JsonObject;
}

function listAt(value: unknown, ...path: (string | number)[]): unknown[] {
  return at(value, ...path) as unknown as unknown[];
}

const tabAt = (spec: JsonObject, index: number) => at(spec, "layout", "spec", "tabs", index, "spec");
const rowAt = (spec: JsonObject, index: number) => at(spec, "layout", "spec", "rows", index, "spec");

const ENVIRONMENTS = variable("env", "staging,production");

export const BOARDS: readonly Board[] = [
  {
    what: "a grid",
    path: "elements[name=panel-2].title",
    spec: board(grid("panel-1", "panel-2"), 2),
    edit: (one) => Object.assign(at(one, "elements", "panel-2", "spec"), { title: "Renamed" }),
  },
  {
    what: "tabs with grids",
    path: 'layout[tab "Log lines"].title',
    spec: board(tabs(tab("Metrics", grid("panel-1")), tab("Logs", grid("panel-2"))), 2),
    edit: (one) => Object.assign(tabAt(one, 1), { title: "Log lines" }),
  },
  {
    what: "an auto grid",
    path: "layout.maxColumnCount",
    spec: board(autoGrid({}, "panel-1", "panel-2", "panel-3"), 3),
    edit: (one) => Object.assign(at(one, "layout", "spec"), { maxColumnCount: 2 }),
  },
  {
    what: "rows with grids",
    path: 'layout[row "Errors"].collapse',
    spec: board(rows(row("Requests", grid("panel-1")), row("Errors", grid("panel-2"), { collapse: true })), 2),
    edit: (one) => Object.assign(rowAt(one, 1), { collapse: false }),
  },
  {
    what: "nested rows",
    path: 'layout[row "Outer" › row "Innermost"].title',
    spec: board(rows(row("Outer", rows(row("Inner", grid("panel-1")), row("Other", autoGrid({}, "panel-2"))))), 2),
    edit: (one) => Object.assign(at(rowAt(one, 0), "layout", "spec", "rows", 0, "spec"), { title: "Innermost" }),
  },
  {
    what: "tabs with rows",
    path: 'layout[tab "One"].rows[order]',
    spec: board(
      tabs(tab("One", rows(row("A", grid("panel-1")), row("B", grid("panel-2")))), tab("Two", grid("panel-3"))),
      3,
    ),
    edit: (one) => {
      const list = listAt(tabAt(one, 0), "layout", "spec", "rows");
      list.push(list.shift());
    },
  },
  {
    what: "rows with tabs",
    path: "time",
    spec: board(rows(row("Stack", tabs(tab("CPU", grid("panel-1")), tab("Memory", autoGrid({}, "panel-2"))))), 2),
    edit: (one) => Object.assign(at(one, "timeSettings"), { from: "now-3h" }),
  },
  {
    what: "a repeated tab and a repeated row",
    path: 'layout[tab "$env"].repeat',
    spec: board(tabs(tab("$env", rows(row("$env", grid("panel-1"), repeat("env"))), repeat("env"))), 1, {
      variables: [ENVIRONMENTS, variable("zone", "a,b")],
    }),
    edit: (one) => Object.assign(at(tabAt(one, 0), "repeat"), { value: "zone" }),
  },
  {
    what: "a repeated panel in an auto grid",
    path: "variables[name=env].label",
    spec: board(autoGrid(repeat("env"), "panel-1"), 1, { variables: [ENVIRONMENTS] }),
    edit: (one) => Object.assign(at(one, "variables", 0, "spec"), { label: "Environment" }),
  },
  {
    what: "conditions on tabs and rows",
    path: 'layout[tab "Long"].conditions',
    spec: board(
      tabs(
        tab("Always", rows(row("With data", grid("panel-1"), whenData(true)))),
        tab("Long", grid("panel-2"), conditions("7d")),
      ),
      2,
    ),
    edit: (one) =>
      Object.assign(at(tabAt(one, 1), "conditionalRendering", "spec", "items", 0, "spec"), { value: "2d" }),
  },
  {
    what: "conditions on panels of an auto grid",
    path: "elements[name=panel-1].queries[refId=A].spec.expr",
    spec: board(autoGrid(whenVariable("env", "equals", "production"), "panel-1", "panel-2"), 2, {
      variables: [ENVIRONMENTS],
    }),
    edit: (one) =>
      Object.assign(at(one, "elements", "panel-1", "spec", "data", "spec", "queries", 0, "spec", "query", "spec"), {
        expr: "down",
      }),
  },
  {
    what: "everything at once",
    path: "tags",
    spec: board(
      tabs(
        tab("Metrics", rows(row("Requests", grid("panel-1"), repeat("env")), row("Errors", autoGrid({}, "panel-2")))),
        tab("Logs", autoGrid(whenData(false), "panel-3"), whenVariable("env", "notEquals", "staging")),
        tab("Traces", rows(row("Outer", rows(row("Inner", grid("panel-4"))))), conditions("1h")),
      ),
      4,
      { variables: [ENVIRONMENTS], tags: ["dynamic"], description: "All features", links: [] },
    ),
    edit: (one) => listAt(one, "tags").push("edited"),
  },
];
