import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../../src/util/json.ts";
import { converge, only, planFor } from "../../../helpers/converge.ts";
import { testGrafana } from "../../../helpers/grafana.ts";
import { MARKS } from "../../../helpers/mode.ts";
import { autoGrid, element, saveInV2, tab, tabs } from "../../../helpers/schema-v2.ts";
import { saidOf } from "../edits.ts";

const panel = (id: number, title: string, y: number, expr: string): JsonObject => ({
  id,
  type: "timeseries",
  title,
  datasource: { type: "prometheus", uid: "prom" },
  gridPos: { x: 0, y, w: 12, h: 8 },
  targets: [{ refId: "A", expr }],
});

const CODE: JsonObject = {
  title: "Service",
  tags: ["team-a"],
  panels: [
    panel(1, "Requests", 0, "up"),
    { id: 4, type: "row", title: "More", collapsed: false, gridPos: { x: 0, y: 8, w: 24, h: 1 }, panels: [] },
    panel(2, "Errors", 9, "errors"),
    panel(3, "Latency", 17, "latency"),
  ],
  templating: { list: [{ name: "env", type: "custom", query: "a,b", current: { text: "a", value: "a" }, hide: 0 }] },
  annotations: {
    list: [{ name: "Deploys", enable: true, iconColor: "red", datasource: { type: "loki", uid: "l" }, expr: "{}" }],
  },
  links: [{ title: "Runbook", type: "link", url: "https://example.org", icon: "doc", tags: [] }],
};

/** Like a JSON file, whose datasources need not be in the code. */
function inCode(uid: string, more: JsonObject = {}) {
  return { kind: "dashboard", uid, plain: true, spec: { ...structuredClone(CODE), ...more } };
}

type Steps = readonly (string | number)[];

function at(value: unknown, ...path: Steps): JsonObject {
  let one = value;
  for (const step of path) one = (one as Record<string, unknown>)[step];
  return one as JsonObject;
}

const query = (spec: JsonObject, name: string) =>
  at(spec, "elements", name, "spec", "data", "spec", "queries", 0, "spec", "query");
const inRow = (spec: JsonObject, row: number) =>
  at(spec, "layout", "spec", "rows", row, "spec", "layout", "spec")["items"] as JsonObject[];

const EDITS: readonly [string, (spec: JsonObject) => void, readonly string[]][] = [
  ["of nothing", () => undefined, []],
  [
    "of a query",
    (spec) => (at(query(spec, "panel-1"), "spec")["expr"] = "down"),
    ["changed panels[id=1].targets[refId=A].expr"],
  ],
  [
    "of a panel's datasource",
    (spec) => (query(spec, "panel-2")["datasource"] = { name: "other" }),
    ["changed panels[id=2].datasource.uid"],
  ],
  ["of the title", (spec) => (spec["title"] = "Other"), ["changed title renamed"]],
  ["of the time range", (spec) => (at(spec, "timeSettings")["from"] = "now-3h"), ["changed time"]],
  [
    "of a tag and the tooltip",
    (spec) => Object.assign(spec, { tags: ["team-b"], cursorSync: "Tooltip" }),
    ["added graphTooltip", "changed tags"],
  ],
  [
    "of a panel's title",
    (spec) => (at(spec, "elements", "panel-3", "spec")["title"] = "Slow"),
    ["changed panels[id=3].title renamed"],
  ],
  [
    "of a panel's size",
    (spec) => (at(inRow(spec, 1), 1, "spec")["height"] = 5),
    ["changed panels[id=3].gridPos resized"],
  ],
  [
    "of a row's title",
    (spec) => (at(spec, "layout", "spec", "rows", 1, "spec")["title"] = "Rest"),
    ["changed panels[id=4].title renamed"],
  ],
  [
    "of a variable",
    (spec) => Object.assign(at(spec, "variables", 0, "spec"), { label: "Env", hide: "hideLabel" }),
    ["added templating.list[name=env].label", "added templating.list[name=env].hide"],
  ],
  [
    "of an annotation",
    (spec) => (at(spec, "annotations", 1, "spec")["iconColor"] = "blue"),
    ["changed annotations.list[name=Deploys].iconColor"],
  ],
  ["of a link", (spec) => (at(spec, "links", 0)["url"] = "https://example.com"), ["changed links[title=Runbook].url"]],
  [
    "that adds a panel",
    (spec) => {
      at(spec, "elements")["panel-9"] = element(9, "New");
      const place = { x: 12, y: 0, width: 12, height: 8, element: { kind: "ElementReference", name: "panel-9" } };
      inRow(spec, 1).push({ kind: "GridLayoutItem", spec: place });
    },
    ["added panels[id=9]"],
  ],
  [
    "that removes a panel",
    (spec) => {
      delete at(spec, "elements")["panel-3"];
      inRow(spec, 1).pop();
    },
    ["removed panels[id=3]"],
  ],
  [
    "that the classic schema can't express",
    (spec) => {
      at(query(spec, "panel-1"), "spec")["expr"] = "down";
      spec["layout"] = tabs(tab("First", autoGrid({}, "panel-1", "panel-2")), tab("Second", autoGrid({}, "panel-3")));
    },
    ["added schemaV2.autoGrids", "added schemaV2.tabs", "changed panels[id=1].targets[refId=A].expr"],
  ],
];

const OPPOSITE: Readonly<Record<string, string>> = { added: "removed", removed: "added" };

describe.runIf(MARKS)("code in the classic schema shows an edit that Grafana's UI saved in schema v2", () => {
  test("in the words of the classic schema, and a write restores the code", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = (index: number) => grafana.name(`edit-${index}`);
    const code = EDITS.map((_, index) => inCode(uid(index)));
    await converge(context, code);
    for (const [index, [, change]] of EDITS.entries()) await saveInV2(grafana, uid(index), change);

    const { plan } = await planFor(context, code);
    const changes = new Map(plan.changes.map((change) => [change.id, change]));
    const found = EDITS.map(([what], index) => {
      const change = changes.get(uid(index));
      return [what, change?.differences.map(saidOf).toSorted() ?? [], change?.origin];
    });
    // The plan shows what a write would change back.
    const back = (line: string) => line.replace(/^\w+/, (type) => OPPOSITE[type] ?? type);
    expect(found).toEqual(
      EDITS.map(([what, , expected]) => [
        what,
        expected.map(back).toSorted(),
        expected.length > 0 ? "grafana" : undefined,
      ]),
    );
    await converge(context, code, { overwriteDrift: only(...EDITS.map((_, index) => `dashboard/${uid(index)}`)) });
  });

  test("together with a change of the code", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("both");
    await converge(context, [inCode(uid)]);
    await saveInV2(grafana, uid, (spec) => (at(query(spec, "panel-1"), "spec")["expr"] = "down"));

    const changed = inCode(uid, { description: "New" });
    const { plan } = await planFor(context, [changed]);
    expect(plan.changes.map(({ origin, differences }) => [origin, differences.map(saidOf)])).toEqual([
      ["both", ["changed panels[id=1].targets[refId=A].expr", "added description"]],
    ]);
  });
});
