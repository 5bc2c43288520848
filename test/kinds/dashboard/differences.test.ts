import { describe, expect, test } from "vitest";
import { dashboardDifferences as diff } from "../../../src/kinds/dashboard/model/differences.ts";
import type { Difference } from "../../../src/engine/difference.ts";
import type { JsonObject } from "../../../src/util/json.ts";

const paths = (differences: readonly Difference[]) => differences.map(({ type, path }) => `${type} ${path}`);

const panel = (id: number, title: string, more: JsonObject = {}): JsonObject => ({ id, title, type: "stat", ...more });
const at = (x: number, y: number, w = 12, h = 8): JsonObject => ({ gridPos: { x, y, w, h } });
const variables = (...names: string[]) => ({ templating: { list: names.map((name) => ({ name })) } });

describe("items without ids whose name and content were changed", () => {
  const variable = (name: string, query: string, type = "query"): JsonObject => ({ name, type, query });
  const list = (...items: JsonObject[]) => ({ list: items });

  test.each([
    [
      "a variable",
      { templating: list(variable("a", "one"), variable("old", "label_values(x)")) },
      { templating: list(variable("a", "one"), variable("new", "label_values(y)")) },
      ["changed templating.list[name=old].name", "changed templating.list[name=old].query"],
    ],
    [
      "an annotation",
      { annotations: list({ name: "old", datasource: { uid: "p" }, expr: "a" }) },
      { annotations: list({ name: "new", datasource: { uid: "p" }, expr: "b" }) },
      ["changed annotations.list[name=old].name", "changed annotations.list[name=old].expr"],
    ],
    [
      "a link",
      { links: [{ title: "Old", type: "link", url: "/a" }] },
      { links: [{ title: "New", type: "link", url: "/b" }] },
      ["changed links[title=Old].title", "changed links[title=Old].url"],
    ],
    [
      "a query",
      { panels: [panel(1, "A", { targets: [{ refId: "A", datasource: { uid: "p" }, expr: "up" }] })] },
      { panels: [panel(1, "A", { targets: [{ refId: "B", datasource: { uid: "p" }, expr: "down" }] })] },
      ["changed panels[id=1].targets[refId=A].refId", "changed panels[id=1].targets[refId=A].expr"],
    ],
  ])("%s is one changed item", (_what, before, after, expected) => {
    expect(paths(diff(before, after)).toSorted()).toEqual(expected.toSorted());
  });

  test("are different items if only their type is the same", () => {
    const before = { templating: list(variable("old", "label_values(x)"), variable("kept", "k")) };
    const after = { templating: list(variable("kept", "k"), variable("new", "query_result(y)")) };
    expect(paths(diff(before, after))).toEqual([
      "removed templating.list[name=old]",
      "added templating.list[name=new]",
    ]);
  });
});

describe("panels", () => {
  test("are identified by id: an inserted panel is one addition", () => {
    const before = { panels: [panel(1, "A"), panel(2, "B"), panel(3, "C")] };
    const after = { panels: [panel(4, "New"), panel(1, "A"), panel(2, "B"), panel(3, "C")] };

    expect(diff(before, after)).toEqual([
      { type: "added", path: "panels[id=4]", labels: ['panel "New"'], after: panel(4, "New") },
    ]);
    expect(paths(diff(after, before))).toEqual(["removed panels[id=4]"]);
  });

  test("with other ids are the same if type and title are equal", () => {
    const [found, ...more] = diff({ panels: [panel(1, "A")] }, { panels: [panel(7, "A")] });
    expect(found).toMatchObject({ type: "changed", path: "panels[id=1].id", before: 1, after: 7 });
    expect(more).toEqual([]);
  });

  test("that are rows have no difference if Grafana gave them other ids", () => {
    const row = (id: number, title: string): JsonObject => ({ id, type: "row", title });
    const code = { panels: [row(7, "First"), panel(1, "A"), row(3, "Second"), row(9, "Second")] };
    const live = { panels: [row(12, "First"), panel(1, "A"), row(13, "Second"), row(14, "Second")] };
    expect(diff(live, code)).toEqual([]);
    expect(paths(diff({ panels: [row(12, "Other"), row(7, "First")] }, { panels: [row(7, "First")] }))).toEqual([
      "removed panels[id=12]",
    ]);
  });

  test("in another order are the same if gridPos contains their positions, and otherwise reordered", () => {
    const [a, b] = [panel(1, "A"), panel(2, "B")];
    const [placedA, placedB] = [
      { ...a, ...at(0, 0) },
      { ...b, ...at(0, 8) },
    ];
    expect(diff({ panels: [placedA, placedB] }, { panels: [placedB, placedA] })).toEqual([]);
    const [order] = diff({ panels: [a, b] }, { panels: [b, a] });
    expect(order).toMatchObject({ path: "panels[order]", before: ["A", "B"], after: ["B", "A"], meaning: "reordered" });
  });

  test("that were renamed have their old title in the output, as Grafana shows it now", () => {
    expect(diff({ panels: [panel(1, "Old")] }, { panels: [panel(1, "New")] })).toMatchObject([
      { path: "panels[id=1].title", labels: ['panel "Old"', "title"], meaning: "renamed" },
    ]);
  });

  test.each([
    ["moved", at(0, 0), at(12, 0)],
    ["resized", at(0, 0), at(0, 0, 24, 8)],
    ["moved and resized", at(0, 0), at(12, 0, 6, 4)],
  ])("that were %s are shown as such, once", (meaning, before, after) => {
    const found = diff({ panels: [panel(1, "A", before)] }, { panels: [panel(1, "A", after)] });
    expect(found).toMatchObject([{ path: "panels[id=1].gridPos", meaning, before: before["gridPos"] }]);
  });

  test("without a title are named by id and type, those with the same title also by id, and a row is named as a row", () => {
    const found = diff(
      { panels: [] },
      {
        panels: [
          { id: 5, type: "text" },
          { id: 6, type: "row", title: "Errors" },
          panel(7, "Twice"),
          panel(8, "Twice"),
        ],
      },
    );
    expect(found.map(({ labels }) => labels)).toEqual([
      ["panel 5 (text)"],
      ['row "Errors"'],
      ['panel "Twice" (id 7)'],
      ['panel "Twice" (id 8)'],
    ]);
  });
});

describe("rows", () => {
  const inner = [panel(2, "In", at(0, 1)), panel(3, "Also", at(12, 1))];
  const row = (id: number, title: string, y: number, more: JsonObject = {}): JsonObject => ({
    id,
    title,
    type: "row",
    gridPos: { x: 0, y, w: 24, h: 1 },
    ...more,
  });

  test("that are collapsed differ only in that", () => {
    const open = { panels: [row(1, "R", 0), ...inner] };
    const closed = { panels: [row(1, "R", 0, { collapsed: true, panels: inner })] };
    expect(paths(diff(open, closed))).toEqual(["added panels[id=1].collapsed"]);
  });

  test("are added and removed with their panels", () => {
    const closed = { panels: [row(1, "R", 0, { collapsed: true, panels: inner })] };
    const [found, ...more] = diff({ panels: [] }, closed);
    expect(found).toMatchObject({ type: "added", path: "panels[id=1]", after: { panels: inner } });
    expect(more).toEqual([]);
    expect(paths(diff(closed, {}))).toEqual(["removed panels[id=1]"]);
  });

  test("can exchange panels", () => {
    const rows = (first: JsonObject[], second: JsonObject[]) => ({
      panels: [
        row(1, "One", 0, { collapsed: true, panels: first }),
        row(5, "Two", 1, { collapsed: true, panels: second }),
      ],
    });
    const [first = {}, second = {}] = inner;
    expect(diff(rows([first, second], []), rows([second], [first]))).toMatchObject([
      { path: "panels[id=2].row", before: "One", after: "Two", meaning: "moved" },
    ]);
  });
});

describe("within panels", () => {
  test("queries are identified by refId, and a renamed one is shown as renamed", () => {
    const targets = (...list: JsonObject[]) => ({ panels: [panel(3, "Rate", { targets: list })] });
    const found = diff(
      targets({ refId: "A", expr: "up" }, { refId: "C", expr: "same" }),
      targets({ refId: "A", expr: "down" }, { refId: "D", expr: "same" }, { refId: "B", expr: "x" }),
    );
    expect(found).toMatchObject([
      {
        type: "changed",
        path: "panels[id=3].targets[refId=A].expr",
        labels: ['panel "Rate"', "query A", "expr"],
        before: "up",
        after: "down",
      },
      { path: "panels[id=3].targets[refId=C].refId", meaning: "renamed", after: "D" },
      { type: "added", path: "panels[id=3].targets[refId=B]", labels: ['panel "Rate"', "query B"] },
    ]);
  });

  test("overrides are identified by their matchers, and their properties by id", () => {
    const override = (name: string, value: string) => ({
      matcher: { id: "byName", options: name },
      properties: [{ id: "unit", value }],
    });
    const form = (value: string) => ({
      panels: [panel(1, "A", { fieldConfig: { defaults: {}, overrides: [override("a", "s"), override("b", value)] } })],
    });
    expect(diff(form("s"), form("ms"))).toMatchObject([
      { labels: ['panel "A"', 'override "b"', "unit"], before: "s", after: "ms" },
    ]);
  });

  test("a transformation that is inserted first is one addition", () => {
    const form = (...ids: string[]) => ({
      panels: [panel(1, "A", { transformations: ids.map((id) => ({ id, options: {} })) })],
    });
    expect(paths(diff(form("reduce", "organize"), form("filter", "reduce", "organize")))).toEqual([
      "added panels[id=1].transformations[id=filter]",
    ]);
  });

  test("thresholds and units are shown in a readable form", () => {
    const form = (unit: string, ...values: number[]) => ({
      panels: [
        panel(1, "A", {
          fieldConfig: {
            overrides: [],
            defaults: {
              unit,
              thresholds: {
                mode: "absolute",
                steps: [{ color: "green" }, ...values.map((value) => ({ color: "red", value }))],
              },
            },
          },
        }),
      ],
    });
    expect(diff(form("percentunit", 0.8), form("percentunit", 0.95))).toMatchObject([
      {
        path: "panels[id=1].fieldConfig.defaults.thresholds",
        shown: { before: "green, red from 80 %", after: "green, red from 95 %" },
      },
    ]);
    expect(diff(form("short"), form("reqps"))).toMatchObject([{ shown: { after: '"reqps" (requests/sec)' } }]);
  });

  test("new properties of a panel are listed separately", () => {
    const after = { panels: [panel(1, "A", { fieldConfig: { defaults: { unit: "s", min: 0 } } })] };
    expect(paths(diff({ panels: [panel(1, "A")] }, after))).toEqual([
      "added panels[id=1].fieldConfig.defaults.unit",
      "added panels[id=1].fieldConfig.defaults.min",
    ]);
  });
});

describe("in the dashboard itself", () => {
  test("variables and annotations are identified by name", () => {
    const [before, after] = [{ list: [{ name: "region", hide: 0 }] }, { list: [{ name: "region", hide: 2 }] }];
    const found = diff({ templating: before, annotations: before }, { templating: after, annotations: after });

    expect(found.map(({ path, labels }) => [path, labels])).toEqual([
      ["templating.list[name=region].hide", ['variable "region"', "hide"]],
      ["annotations.list[name=region].hide", ['annotation "region"', "hide"]],
    ]);
  });

  test("variables in another order are a difference, because users see the order", () => {
    expect(diff(variables("a", "b", "c"), variables("c", "a", "b"))).toEqual([
      {
        type: "changed",
        path: "templating.list[order]",
        labels: ["variables", "order"],
        before: ["a", "b", "c"],
        after: ["c", "a", "b"],
        meaning: "reordered",
      },
    ]);
    // An added or removed variable does not move others.
    expect(paths(diff(variables("a", "b"), variables("a", "new", "b")))).toEqual(["added templating.list[name=new]"]);
  });

  test("a variable with the same content and another name is renamed", () => {
    const form = (name: string) => ({ templating: { list: [{ name, query: "label_values(up, job)" }] } });
    expect(diff(form("job"), form("service"))).toMatchObject([{ meaning: "renamed", before: "job", after: "service" }]);
  });

  test("the time range is one difference, and defaults to Grafana's", () => {
    expect(diff({}, { time: { from: "now-1h", to: "now" } })).toMatchObject([
      { type: "changed", path: "time", shown: { before: "now-6h to now", after: "now-1h to now" } },
    ]);
  });

  test("the folder is a move", () => {
    expect(diff({}, { folder: "ops" })).toMatchObject([
      { path: "folder", meaning: "moved", shown: { before: "the top level", after: "folder/ops" } },
    ]);
  });
});
