import { describe, expect, test } from "vitest";
import { canonicalV2 } from "../../../../src/kinds/dashboard/v2/model/canonical.ts";
import { differencesV2 } from "../../../../src/kinds/dashboard/v2/model/differences.ts";
import { differenceLines } from "../../../../src/report/differences.ts";
import type { JsonObject } from "../../../../src/util/json.ts";
import { GRAFANA } from "../../../corpus/recorded-v2.ts";
import { autoGrid, conditions, element, grid, row, rows, spec, tab, tabs } from "../../../helpers/schema-v2.ts";

const ELEMENTS = { "panel-1": element(1, "Requests"), "panel-2": element(2, "Errors"), "panel-3": element(3, "Logs") };
const service = (layout: JsonObject, elements: JsonObject = ELEMENTS) => spec("Service", elements, layout);

function compared(before: JsonObject, after: JsonObject) {
  return differencesV2(canonicalV2(before, GRAFANA), canonicalV2(after, GRAFANA));
}

function lines(before: JsonObject, after: JsonObject): string[] {
  return differenceLines(compared(before, after), (_color, text) => text).map((line) => line.trim());
}

describe("differences in the layout are named", () => {
  const two = tabs(tab("Metrics", grid("panel-1", "panel-2")), tab("Other", rows(row("Errors", grid("panel-3")))));

  test("a panel that moved to a row in another tab", () => {
    const moved = tabs(tab("Metrics", grid("panel-1")), tab("Other", rows(row("Errors", grid("panel-3", "panel-2")))));
    const [one, ...rest] = compared(service(two), service(moved));
    expect(rest).toEqual([]);
    expect(one).toMatchObject({
      path: "elements[name=panel-2].place",
      labels: ['panel "Errors"', "place"],
      meaning: "moved",
      before: 'tab "Metrics"',
      after: 'tab "Other" › row "Errors"',
    });
    expect(lines(service(two), service(moved))).toEqual([
      '~ panel "Errors" moved from tab "Metrics" to tab "Other" › row "Errors"',
    ]);
  });

  test("a renamed tab, whose rows and panels are the same", () => {
    const renamed = tabs(
      tab("Numbers", grid("panel-1", "panel-2")),
      tab("Other", rows(row("Errors", grid("panel-3")))),
    );
    expect(lines(service(two), service(renamed))).toEqual(['~ tab "Metrics" renamed to "Numbers"']);
  });

  test("a row that moved to another tab with its panels", () => {
    const moved = tabs(tab("Metrics", rows(row("Errors", grid("panel-3")))), tab("Other", rows()));
    const [all, less] = [
      tabs(tab("Metrics", rows()), tab("Other", rows(row("Errors", grid("panel-3"))))),
      { "panel-3": element(3, "Logs") },
    ];
    expect(lines(service(all, less), service(moved, less))).toEqual([
      '~ tab "Other" › row "Errors" moved from tab "Other" to tab "Metrics"',
    ]);
  });

  test("conditions in words, a repeat, and the columns of an auto grid", () => {
    const before = tabs(tab("Metrics", autoGrid({}, "panel-1", "panel-2", "panel-3")));
    const repeat = { repeat: { mode: "variable", value: "host" } };
    const after = tabs(
      tab("Metrics", autoGrid({}, "panel-1", "panel-2", "panel-3"), { ...conditions("7d"), ...repeat }),
    );
    const grid =
      (after["spec"] as { tabs: { spec: { layout: { spec: JsonObject } } }[] }).tabs[0]?.spec.layout.spec ?? {};
    grid["maxColumnCount"] = 5;
    const found = compared(service(before), service(after));
    expect(found.map(({ path, shown, after: value }) => [path, shown?.after ?? value])).toEqual([
      ['layout[tab "Metrics"].repeat', "for each value of $host"],
      ['layout[tab "Metrics"].conditions', "shown if the time range is shorter than 7d"],
      ['layout[tab "Metrics"].maxColumnCount', 5],
    ]);
  });

  test("a grid that became tabs: the new tab, and where each panel is now", () => {
    const found = compared(
      service(grid("panel-1", "panel-2", "panel-3")),
      service(tabs(tab("All", grid("panel-1", "panel-2", "panel-3")))),
    );
    expect(found.map(({ type, path }) => `${type} ${path}`)).toEqual([
      "changed layout.layout",
      'added layout[tab "All"]',
      "changed elements[name=panel-1].place",
      "changed elements[name=panel-2].place",
      "changed elements[name=panel-3].place",
    ]);
  });

  test("a panel that no layout shows any more", () => {
    const [one] = compared(service(grid("panel-1", "panel-2", "panel-3")), service(grid("panel-1", "panel-2")));
    expect(one).toMatchObject({ path: "elements[name=panel-3].place", meaning: "moved", after: "no layout" });
  });
});

test("a panel with another key and another title is recognized by its id, and one without its id by its content", () => {
  const { "panel-3": _, ...others } = ELEMENTS;
  const byId = { ...others, logs: element(3, "Log lines") };
  const found = compared(
    service(grid("panel-1", "panel-2", "panel-3")),
    service(grid("panel-1", "panel-2", "logs"), byId),
  );
  expect(found.map(({ path, meaning }) => `${path} ${meaning}`)).toEqual([
    "elements[name=panel-3].name renamed",
    "elements[name=panel-3].title renamed",
  ]);
  const byTitle = { ...others, logs: element(9, "Logs") };
  const again = compared(
    service(grid("panel-1", "panel-2", "panel-3")),
    service(grid("panel-1", "panel-2", "logs"), byTitle),
  );
  expect(again.map(({ path }) => path).toSorted()).toEqual([
    "elements[name=panel-3].id",
    "elements[name=panel-3].name",
  ]);
});
