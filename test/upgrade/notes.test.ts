import { expect, test } from "vitest";
import { upgradeNotes } from "../../src/kinds/dashboard/upgrade/notes.ts";
import type { JsonObject } from "../../src/util/json.ts";

const migrated = (from: string, group: string, originalOptions: JsonObject): JsonObject => ({
  kind: "Panel",
  spec: {
    id: 1,
    title: "CPU",
    vizConfig: { group, spec: { options: { __angularMigration: { autoMigrateFrom: from, originalOptions } } } },
  },
});

const notes = (content: JsonObject, elements: JsonObject = {}): string[] => upgradeNotes(content, { elements });

test.each<[string, JsonObject, string]>([
  ["a property of the dashboard", { own: 1 }, "own"],
  ["a property of a link", { links: [{ title: "L", own: 1 }] }, "own"],
  ["a variable of another type", { templating: { list: [{ type: "other", name: "w" }] } }, '"other"'],
  ["a property of a variable", { templating: { list: [{ type: "custom", name: "w", own: 1 }] } }, "own"],
  ["a field option", { panels: [{ id: 1, fieldConfig: { defaults: { own: 1 } } }] }, "own"],
  ["a property of a transformation", { panels: [{ id: 1, transformations: [{ id: "reduce", topic: "a" }] }] }, "topic"],
  ["a property of a panel's link", { panels: [{ id: 1, links: [{ title: "L", own: 1 }] }] }, "own"],
  ["a comparison of times", { panels: [{ id: 1, timeCompare: "1d" }] }, "timeCompare"],
  ["a repeated panel in a row", { panels: [{ type: "row", panels: [{ id: 1, repeat: "host" }] }] }, '"host"'],
  ["a library panel", { panels: [{ id: 1, libraryPanel: { uid: "a" } }] }, "library panel"],
])("names %s", (_what, content, part) => {
  expect(notes(content)).toEqual([expect.stringContaining(part)]);
});

test("names migrated panels and unknown properties of panels", () => {
  expect(notes({}, { "panel-1": migrated("graph", "timeseries", { lines: true }) })).toEqual([
    expect.stringMatching(/"CPU" \(1\).*graph to timeseries/),
  ]);
  expect(notes({}, { "panel-1": migrated("stat", "stat", { colour: "red" }) })).toEqual([
    expect.stringMatching(/"CPU" \(1\).*colour/),
  ]);
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`p${index}`, 1]));
  expect(notes({}, { "panel-1": migrated("stat", "stat", many) })).toEqual([expect.stringMatching(/p4 and 4 others/)]);
});

test("names nothing of a dashboard that is converted completely, and no empty or obsolete property", () => {
  const variables = [{ type: "custom", name: "host", query: "a", useTags: false, own: "" }];
  const panel = { id: 1, type: "stat", title: "A", targets: [{ refId: "A", own: 1 }], options: { own: 1 } };
  const content = { title: "A", gnetId: 5, own: null, panels: [panel], templating: { list: variables } };
  expect(
    notes(content, { "panel-1": { kind: "Panel", spec: { id: 1, vizConfig: { group: "stat", spec: {} } } } }),
  ).toEqual([]);
});
