import { DashboardBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { desire } from "../../../src/code/desired.ts";
import { dashboard } from "../../../src/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { misplacedPanels, raisePanels } from "../../../src/kinds/dashboard/model/rows.ts";
import { textOf, type JsonObject } from "../../../src/util/json.ts";
import { actions, stored } from "../../engine/support.ts";
import { converge, planFor } from "../../helpers/converge.ts";
import { testGrafana } from "../../helpers/grafana.ts";
import { GENERATED } from "../../helpers/seed.ts";

const panel = (title: string, y: number, h = 8): JsonObject => ({
  type: "timeseries",
  title,
  gridPos: { x: 0, y, w: 12, h },
});
const row = (title: string, y: number, panels: JsonObject[], fields: JsonObject = {}): JsonObject => ({
  type: "row",
  title,
  gridPos: { x: 0, y, w: 24, h: 1 },
  panels,
  ...fields,
});
const COLLAPSED = { collapsed: true };

/** `title@y`, with the panels inside a row in parentheses. */
function outline(panels: unknown): string[] {
  return (panels as JsonObject[]).map(({ title, gridPos, panels: inner }) => {
    const inside = outline(inner ?? []).join(" ");
    const y = (gridPos as { y: number } | undefined)?.y ?? "";
    return `${textOf(title)}@${y}${inside ? ` (${inside})` : ""}`;
  });
}

function raised(panels: JsonObject[]): string[] {
  const model: JsonObject = { panels: structuredClone(panels) };
  raisePanels(model);
  return outline(model["panels"]);
}

describe("panels that Grafana would not show", () => {
  test.each([
    ["in an open row", [row("R", 0, [panel("a", 1)], { collapsed: false })], ["R@0", "a@1"]],
    ["in a row without `collapsed`", [row("R", 0, [panel("a", 1)])], ["R@0", "a@1"]],
    ["in a row without a position", [{ type: "row", title: "R", panels: [panel("a", 4)] }], ["R@", "a@1"]],
    [
      "in two open rows, which move the panels below down",
      [row("R", 0, [panel("a", 1)]), row("S", 1, [panel("b", 2)]), panel("c", 2)],
      ["R@0", "a@1", "S@9", "b@10", "c@18"],
    ],
    [
      "in an open row, with enough space above the next panels",
      [row("R", 0, [panel("a", 1), panel("b", 9)]), panel("c", 17)],
      ["R@0", "a@1", "b@9", "c@17"],
    ],
    ["with positions relative to the row", [panel("c", 0), row("R", 8, [panel("a", 0)])], ["c@0", "R@8", "a@9"]],
    [
      "in a row in a collapsed row",
      [row("R", 0, [panel("a", 1), row("S", 9, [panel("b", 10)], COLLAPSED)], COLLAPSED), panel("c", 1)],
      ["R@0 (a@1)", "S@1 (b@10)", "c@2"],
    ],
    [
      "in an open row in an open row",
      [row("R", 0, [panel("a", 1), row("S", 9, [panel("b", 10)])])],
      ["R@0", "a@1", "S@9", "b@10"],
    ],
  ])("%s move below it", (_what, panels, expected) => {
    expect(misplacedPanels({ panels })).not.toEqual([]);
    expect(raised(panels)).toEqual(expected);
  });

  test.each([
    ["a collapsed row with panels", [row("R", 0, [panel("a", 1)], COLLAPSED), panel("b", 1)]],
    ["an open row without panels", [row("R", 0, []), panel("a", 1)]],
    ["a collapsed row without panels", [row("R", 0, [], COLLAPSED), panel("a", 1)]],
    ["no panels", []],
  ])("%s stays as it is", (_what, panels) => {
    expect(misplacedPanels({ panels })).toEqual([]);
    expect(raised(panels)).toEqual(outline(panels));
  });

  const leaf = fc.record({
    type: fc.constantFrom("timeseries", "stat"),
    title: fc.uuid(),
    gridPos: fc.record({ x: fc.constant(0), y: fc.nat(40), w: fc.constant(12), h: fc.integer({ min: 1, max: 9 }) }),
  });
  const rows: fc.Arbitrary<JsonObject[]> = fc.letrec<{ list: JsonObject[]; item: JsonObject; row: JsonObject }>(
    (tie) => ({
      list: fc.array(tie("item"), { maxLength: 5 }),
      item: fc.oneof({ maxDepth: 3 }, leaf, tie("row")),
      row: fc.record({
        type: fc.constant("row"),
        title: fc.uuid(),
        collapsed: fc.boolean(),
        gridPos: fc.record({ x: fc.constant(0), y: fc.nat(40), w: fc.constant(24), h: fc.constant(1) }),
        panels: tie("list"),
      }),
    }),
  ).list;

  test("of any dashboard are all shown afterwards, and none is lost", GENERATED, () => {
    const titles = (panels: unknown): string[] =>
      (panels as JsonObject[]).flatMap(({ title, panels: inner }) => [textOf(title), ...titles(inner ?? [])]);
    fc.assert(
      fc.property(rows, (panels) => {
        const model: JsonObject = { panels: structuredClone(panels) };
        raisePanels(model);
        expect(misplacedPanels(model)).toEqual([]);
        expect(titles(model["panels"]).toSorted()).toEqual(titles(panels).toSorted());
      }),
    );
  });
});

function warningsOf(value: object): readonly unknown[] {
  const loaded = [{ kind: "dashboard", value, source: { file: "d.ts", export: "default" } }];
  return desire(loaded, kinds, "own").faults;
}

describe("a dashboard with panels in an open row", () => {
  test("has one warning with the rows", () => {
    const panels = [row("First", 0, [panel("a", 1)]), row("Second", 9, [panel("b", 10)]), row("Third", 18, [])];

    expect(warningsOf(dashboard({ spec: { title: "D", panels: panels as { type: string }[] } }))).toEqual([
      expect.objectContaining({
        level: "warning",
        path: "spec.panels[0].panels",
        message: expect.stringMatching(/"First" and "Second"/) as unknown,
      }),
    ]);
  });

  test("is stored with the panels below the row, and is the same in the next plan", async () => {
    const grafana = await testGrafana();
    const [uid, plain] = [grafana.name("rows"), grafana.name("plain")];
    const context = await grafana.context(grafana.name("own"));
    const built = new DashboardBuilder(uid)
      .uid(uid)
      .withRow(new RowBuilder("Open").withPanel(new PanelBuilder().title("In open")).collapsed(false))
      .withRow(new RowBuilder("Closed").withPanel(new PanelBuilder().title("In closed")))
      .withPanel(new PanelBuilder().title("After"));
    const panels = [row("Open", 0, [panel("In open", 1)]), panel("After", 1)] as { type: string }[];
    const code = [dashboard({ spec: built }), dashboard({ uid: plain, spec: { title: plain, panels } })];

    await converge(context, code);

    const shown = async (name: string) => outline((await stored(grafana, "dashboard", name)).spec["panels"]);
    expect(await shown(uid)).toEqual(["Open@0", "In open@1", "Closed@10 (In closed@11)", "After@11"]);
    expect(await shown(plain)).toEqual(["Open@0", "In open@1", "After@9"]);
    expect(actions(await planFor(context, code))).toEqual({});
  });
});
