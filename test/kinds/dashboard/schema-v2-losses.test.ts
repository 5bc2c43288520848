import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { dashboardDifferences } from "../../../src/kinds/dashboard/model/differences.ts";
import { lossesText, schemaV2Losses } from "../../../src/kinds/dashboard/model/schema-v2-losses.ts";
import type { JsonObject } from "../../../src/util/json.ts";
import { autoGrid, conditions, element, grid, row, rows, spec, tab, tabs } from "../../helpers/schema-v2.ts";

const ELEMENTS = { "panel-1": element(1, "Requests"), "panel-2": element(2, "Errors") };
const both = (layout: JsonObject) => schemaV2Losses(spec("Service", ELEMENTS, layout));

describe("elements of a dashboard in schema v2 that the classic schema can't represent", () => {
  test("are none in a grid, and none in rows of grids (with a repeat, collapsed, the first without a header)", () => {
    expect(both(grid("panel-1", "panel-2"))).toEqual({});
    const repeated = row("Per host", grid("panel-2"), { collapse: true, repeat: { mode: "variable", value: "host" } });
    expect(both(rows(row("", grid("panel-1"), { hideHeader: true }), repeated))).toEqual({});
  });

  test("are tabs, auto grids, nested rows, rules and repeats, each with its place", () => {
    const layout = tabs(
      tab("Metrics", rows(row("Inner", autoGrid({}, "panel-1")))),
      tab("Logs", autoGrid({ repeat: { mode: "variable", value: "host" }, ...conditions("7d") }, "panel-2"), {
        ...conditions("1h", "2h"),
        repeat: { mode: "variable", value: "team" },
      }),
    );
    const losses = both(layout);
    expect(losses).toEqual({
      tabs: ["Metrics", "Logs"],
      autoGrids: ['tab "Metrics" › row "Inner"', 'tab "Logs"'],
      conditions: [
        'tab "Logs": time range of 1h',
        'tab "Logs": time range of 2h',
        'tab "Logs" › panel "Errors": time range of 7d',
      ],
      repeats: ['tab "Logs" by $team', 'tab "Logs" › panel "Errors" by $host'],
    });
    expect(lossesText(losses)).toBe("2 tabs, 2 auto grids, 3 conditional rules, 2 repeats");
  });

  test("are a nested row and the repeat of its parent, a later row without a header, and a row that fills the screen", () => {
    const repeat = { mode: "variable", value: "host" };
    const inner = rows(row("Inner", grid("panel-1"), { fillScreen: true }));
    const losses = both(rows(row("Outer", inner, { repeat }), row("Hidden", grid("panel-2"), { hideHeader: true })));
    expect(losses).toEqual({
      nestedRows: ["Inner"],
      repeats: ['row "Outer" by $host'],
      headlessRows: ['row "Hidden"'],
      screenRows: ['row "Outer" › row "Inner"'],
    });
  });

  test("are the variables of tabs and rows, but not those of the dashboard", () => {
    const variables = (...names: string[]): JsonObject => ({
      variables: names.map((name) => ({ kind: "CustomVariable", spec: { name, query: "a,b" } })),
    });
    const inner = rows(row("Inner", grid("panel-1"), variables("zone")));
    const losses = schemaV2Losses({
      ...spec("Service", ELEMENTS, tabs(tab("One", inner, variables("region", "team")), tab("Two", grid("panel-2")))),
      ...variables("env"),
    });
    expect(losses.localVariables).toEqual(['tab "One": $region', 'tab "One": $team', 'tab "One" › row "Inner": $zone']);
    expect(lossesText(losses)).toBe("2 tabs, 3 variables of tabs or rows");
    const oneVariable = spec("Service", ELEMENTS, rows(row("Row", grid("panel-1", "panel-2"), variables("zone"))));
    expect(lossesText(schemaV2Losses(oneVariable))).toBe("1 variable of a tab or row");
  });

  test("include panels that no layout shows; an invalid layout, or one that names missing panels, is not an error", () => {
    expect(both(grid("panel-1", "panel-9"))).toEqual({ unshownPanels: ["Errors"] });
    for (const layout of [null, "grid", { kind: "TabsLayout" }, { kind: "RowsLayout", spec: { rows: [3, null] } }])
      expect(schemaV2Losses({ title: "Odd", layout })).toEqual({});
    expect(schemaV2Losses({})).toEqual({});
  });

  const corpus = resolve(process.env["CORPUS_DIR"] ?? join(import.meta.dirname, "../../../../shared/corpus"), "v2");
  test.skipIf(!existsSync(corpus))(
    "are none in real dashboards that were opened and saved without a new layout",
    () => {
      const files = readdirSync(corpus).filter((file) => file.endsWith(".json"));
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) {
        const { before, after } = JSON.parse(readFileSync(join(corpus, file), "utf8")) as Recording;
        expect([schemaV2Losses(before.v2), schemaV2Losses(after.v2)], file).toEqual([{}, {}]);
      }
    },
  );
});

interface Recording {
  readonly before: { readonly v2: JsonObject };
  readonly after: { readonly v2: JsonObject };
}

describe("differences from a dashboard in schema v2", () => {
  const code = {
    title: "Service",
    panels: [{ id: 1, type: "stat", title: "Requests", gridPos: { x: 0, y: 0, w: 24, h: 4 } }],
  };
  const flattened = [
    { id: 7, type: "row", title: "Metrics", gridPos: { x: 0, y: 0, w: 24, h: 1 } },
    { ...code.panels[0], title: "Renamed", gridPos: { x: 0, y: 1, w: 8, h: 9 } },
  ];

  test("list elements that only schema v2 has, without the rows and positions that Grafana's conversion generates", () => {
    const live = { title: "Service", panels: flattened, schemaV2: { tabs: ["Metrics"] }, stored: { spec: {} } };
    expect(dashboardDifferences(live, code).map(({ type, path, before }) => ({ type, path, before }))).toEqual([
      { type: "removed", path: "schemaV2.tabs", before: ["Metrics"] },
      { type: "changed", path: "panels[id=1].title", before: "Renamed" },
    ]);
  });

  test("include positions if only conditions were added", () => {
    const live = { title: "Service", panels: flattened, schemaV2: { conditions: ['row "Metrics": data'] } };
    expect(dashboardDifferences(live, code).map(({ path }) => path)).toEqual(
      expect.arrayContaining(["schemaV2.conditions", "panels[id=1].gridPos", "panels[id=7]"]),
    );
  });
});
