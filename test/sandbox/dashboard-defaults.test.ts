import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { normalizeDashboard } from "../../src/sandbox/dashboard-defaults.ts";
import type { JsonObject } from "../../src/sandbox/json.ts";

function normalized(spec: JsonObject): JsonObject {
  const copy = structuredClone({ title: "T", schemaVersion: 42, ...spec });
  normalizeDashboard(copy);
  return copy;
}

test("a dashboard gets Grafana's defaults and keeps its own values", () => {
  expect(normalized({ tags: ["a"], editable: false, refresh: "5m", style: "dark", gnetId: null })).toEqual({
    annotations: { list: [expect.objectContaining({ builtIn: 1, type: "dashboard" })] },
    editable: false,
    fiscalYearStartMonth: 0,
    graphTooltip: 0,
    links: [],
    panels: [],
    refresh: "5m",
    schemaVersion: 42,
    tags: ["a"],
    templating: { list: [] },
    time: { from: "now-6h", to: "now" },
    timepicker: {},
    timezone: "",
    title: "T",
    weekStart: "",
  });
});

test("missing, zero and repeated panel ids become the highest plus 1 in document order", () => {
  const gridPos = { h: 1, w: 24, x: 0, y: 0 };
  const { panels } = normalized({
    panels: [
      { type: "row", id: 0, gridPos, panels: [{ type: "stat", id: 7 }, { type: "stat" }] },
      { type: "text", id: 7, gridPos: { ...gridPos, y: 1 } },
      { type: "text", id: 3, gridPos: { ...gridPos, y: 2 } },
      { type: "text", gridPos: { ...gridPos, y: 3 } },
    ],
  });

  expect(panels).toMatchObject([{ id: 8, panels: [{ id: 7 }, { id: 9 }] }, { id: 10 }, { id: 3 }, { id: 11 }]);
});

function at(title: string, x: number, y: number): JsonObject {
  return { type: "text", title, gridPos: { h: 1, w: 1, x, y } };
}

test("panels are sorted in grid order", () => {
  const { panels } = normalized({ panels: [at("c", 0, 5), at("b", 6, 0), at("a", 0, 0)] });

  expect(panels).toMatchObject([{ title: "a" }, { title: "b" }, { title: "c" }]);
});

test("values that equal a default and null are not stored", () => {
  const { panels } = normalized({
    panels: [
      {
        id: 1,
        type: "table",
        title: "",
        datasource: null,
        options: {},
        links: [],
        transparent: false,
        transformations: [],
        targets: [{ expr: "up", datasource: null }],
        fieldConfig: { defaults: { custom: {} }, overrides: [] },
        pageSize: 3,
      },
      { id: 2, type: "graph", xaxis: { mode: "histogram" }, fieldConfig: { defaults: {} }, targets: [] },
      { id: 3, type: "stat", libraryPanel: { uid: "u" }, options: { a: 1 }, repeat: null },
      { id: 4, type: "stat", repeatPanelId: 1 },
    ],
  });

  expect(panels).toEqual([
    {
      id: 1,
      type: "table",
      targets: [{ expr: "up", refId: "A" }],
      fieldConfig: { defaults: { custom: {} }, overrides: [] },
    },
    { id: 2, type: "histogram", autoMigrateFrom: "graph", xaxis: { mode: "histogram" } },
    expect.objectContaining({ id: 3, libraryPanel: { uid: "u" } }),
  ]);
  expect(panels).not.toMatchObject([{}, {}, { options: {} }]);
});

test("variables are stored in Grafana's form", () => {
  const { templating } = normalized({
    templating: {
      list: [
        { type: "query", name: "q", datasource: null, current: { value: null }, index: 1 },
        { type: "constant", name: "c", options: [{}] },
        { type: "datasource", name: "d", options: [{}] },
        { type: "query", name: "n", refresh: 0 },
      ],
    },
  });

  expect(templating).toEqual({
    list: [
      { type: "query", name: "q", current: {}, options: [] },
      { type: "constant", name: "c" },
      { type: "datasource", name: "d", options: [] },
      { type: "query", name: "n", refresh: 0 },
    ],
  });
});

test("a dashboard with an old schema version keeps its panels and gets panel ids", () => {
  const panels = [{ type: "graph", title: "old", nullPointMode: null }];

  expect(normalized({ schemaVersion: 16, panels })).toMatchObject({
    schemaVersion: 16,
    time: { from: "now-6h" },
    panels: [{ ...panels[0], id: 1 }],
  });
});

// Public dashboards and their stored form in a real Grafana 12.4.0. They are not in this repository.
const corpus = resolve(process.env["CORPUS_DIR"] ?? join(import.meta.dirname, "../../../shared/corpus"), "dashboards");

describe.skipIf(!existsSync(corpus))("real dashboards are stored as a real Grafana stored them", () => {
  const files = existsSync(corpus) ? readdirSync(corpus) : [];
  const dashboards = files
    .map(
      (file) =>
        JSON.parse(readFileSync(join(corpus, file), "utf8")) as { name: string; input: JsonObject; live: JsonObject },
    )
    .filter(({ input }) => Number(input["schemaVersion"]) >= 36)
    .map(({ name, input, live }): [string, JsonObject, JsonObject] => [name, input, live]);

  test.each(dashboards)("%s", (_name, input, live) => {
    const { id: _id, uid: _uid, ...spec } = structuredClone(input);
    normalizeDashboard(spec);

    expect(spec).toEqual(live);
  });
});
