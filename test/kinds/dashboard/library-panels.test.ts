import { DashboardBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/text";
import { describe, expect, test } from "vitest";
import { desire } from "../../../src/code/desired.ts";
import { address } from "../../../src/engine/model.ts";
import { dashboard, existing, libraryPanel, type Dashboard } from "../../../src/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { EXIT } from "../../../src/util/errors.ts";
import { actions, place, remove, stored } from "../../engine/support.ts";
import { converge, planFor } from "../../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../../helpers/mode.ts";
import { grid, spec as specV2 } from "../../helpers/schema-v2.ts";
import type { JsonObject } from "../../../src/util/json.ts";
import { findLibraryPanel, makeLibraryPanel, removeLibraryPanel } from "../library-panel/support.ts";

const gridPos = { x: 0, y: 0, w: 12, h: 8 };

const note = (uid: string, name = uid) =>
  libraryPanel({ uid, name, model: { type: "text", title: "Note", options: { content: "hello" } } });

interface Shown {
  readonly libraryPanel?: { readonly uid: string; readonly name?: string };
  readonly panels?: readonly Shown[];
}

/** An element of schema v2. */
function shownIn(uid: string): JsonObject {
  return { kind: "LibraryPanel", spec: { id: 1, title: "", libraryPanel: { uid, name: "Theirs" } } };
}

async function shownBy(grafana: TestGrafana, uid: string): Promise<unknown[]> {
  const { spec } = await stored(grafana, "dashboard", uid);
  const panels = spec["panels"] as unknown as readonly Shown[];
  return panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).flatMap((panel) => panel.libraryPanel ?? []);
}

async function scene() {
  const grafana = await testGrafana();
  const [uid, shown] = [grafana.name("board"), grafana.name("note")];
  return {
    grafana,
    context: await grafana.context(grafana.name("own")),
    uid,
    shown,
    home: place(grafana.name("home")),
  };
}

describe("a library panel that a dashboard shows", () => {
  test("by its object is created before the dashboard, which contains its uid and name, also after a rename", async () => {
    const { grafana, context, uid, shown, home } = await scene();
    const board = (panel: ReturnType<typeof note>) =>
      dashboard({ uid, folder: home, spec: { title: uid, panels: [{ libraryPanel: panel, gridPos }] } });
    const panel = note(shown);

    const { outcomes } = await converge(context, [board(panel), panel, home]);

    const order = outcomes.map(({ change }) => change.kind);
    expect(order.indexOf("library-panel")).toBeLessThan(order.indexOf("dashboard"));
    expect(await shownBy(grafana, uid)).toEqual([{ uid: shown, name: shown }]);

    const renamed = note(shown, `${shown} b`);
    const { plan } = await converge(context, [board(renamed), renamed, home]);
    expect(plan.changes.map(address)).toEqual([`library-panel/${shown}`, `dashboard/${uid}`]);
    expect(plan.changes[1]?.differences).toMatchObject([
      { labels: [`panel 1 (library panel "${shown}")`, expect.anything(), "name"], after: `${shown} b` },
    ]);
    expect(await shownBy(grafana, uid)).toEqual([{ uid: shown, name: `${shown} b` }]);
    await removed(grafana, uid, shown);
  });

  test("can be set with the SDK's builders, also in rows and in a wrapped dashboard", async () => {
    const { grafana, context, uid, shown, home } = await scene();
    const panel = note(shown);
    const use = () => new PanelBuilder().libraryPanel(panel).gridPos(gridPos);
    const second = use()
      .title("Second")
      .gridPos({ ...gridPos, x: 12 });
    const row = new RowBuilder("Row")
      .collapsed(true)
      .gridPos({ ...gridPos, y: 8, w: 24, h: 1 })
      .withPanel(use());
    const built = new DashboardBuilder(uid).uid(uid).withPanel(use()).withPanel(second).withRow(row);

    await converge(context, [home, panel, dashboard({ spec: built })]);

    expect(await shownBy(grafana, uid)).toEqual(Array.from({ length: 3 }, () => ({ uid: shown, name: shown })));
    await removed(grafana, uid, shown);
  });

  test("and that only Grafana has is checked before the first write", async () => {
    const { grafana, context, uid, shown } = await scene();
    const board = (name?: string) =>
      dashboard({ uid, spec: { title: uid, panels: [{ libraryPanel: existing.libraryPanel(shown, name), gridPos }] } });
    await expect(planFor(context, [board()])).rejects.toMatchObject({ exitCode: EXIT.invalid });

    await makeLibraryPanel(grafana, shown);
    await converge(context, [board("Theirs")]);
    expect(await shownBy(grafana, uid)).toEqual([{ uid: shown, name: "Theirs" }]);
    await converge(context, [board()]);
    expect(await shownBy(grafana, uid)).toEqual([{ uid: shown }]);
    await removed(grafana, uid, shown);
  });

  test("and that neither the code nor Grafana has is a fault before the first write, also with a literal uid", async () => {
    const { grafana, context, uid, shown } = await scene();
    const panels = [{ type: "row", collapsed: true, panels: [{ libraryPanel: { uid: shown }, gridPos }], gridPos }];
    const spec = { title: uid, panels };
    const boards = [dashboard({ uid, spec }), { kind: "dashboard", uid, spec, plain: true }];
    for (const board of boards) {
      await expect(planFor(context, [board])).rejects.toMatchObject({
        exitCode: EXIT.invalid,
        faults: [{ code: "code-reference-missing", path: "spec.panels[0].panels[0].libraryPanel" }],
      });
    }

    const { plan } = await planFor(context, [...boards.slice(1), note(shown)]);
    expect(plan.changes).toHaveLength(2);
    await makeLibraryPanel(grafana, shown);
    for (const board of boards) await converge(context, [board]);
    await removed(grafana, uid, shown);
  });

  test.runIf(KUBERNETES)("in schema v2 that neither the code nor Grafana has is the same fault", async () => {
    const { grafana, context, uid, shown } = await scene();
    const content = specV2(uid, { a: shownIn(shown) }, grid("a"));
    const boards = [
      dashboard({ uid, spec: content as never }),
      { kind: "dashboard", uid, schema: "v2", spec: content, plain: true },
    ];
    for (const board of boards) {
      await expect(planFor(context, [board])).rejects.toMatchObject({
        exitCode: EXIT.invalid,
        faults: [{ code: "code-reference-missing", path: "spec.elements.a.spec.libraryPanel" }],
      });
    }
    const lenient = dashboard({ uid, spec: content as never, allowMissing: true });
    expect((await planFor(context, [lenient])).plan.notes.filter((note) => note.includes(`"${shown}"`))).toHaveLength(
      1,
    );
    await makeLibraryPanel(grafana, shown);
    for (const board of boards) expect((await planFor(context, [board])).plan.changes).toMatchObject([{ id: uid }]);
    await removeLibraryPanel(grafana, shown);
  });

  test("and that the credentials may be unable to see is only a note", async () => {
    const { context, uid, shown } = await scene();
    const board = dashboard({
      uid,
      spec: { title: uid, panels: [{ libraryPanel: { uid: shown } as never, gridPos }] },
    });
    const permissions = { ...context.grafana.permissions, "library.panels:read": ["folders:uid:other"] };

    const { plan } = await planFor({ ...context, grafana: { ...context.grafana, permissions } }, [board]);

    expect(plan.notes.filter((note) => note.includes(`"${shown}"`))).toHaveLength(1);
  });

  test.runIf(MARKS)("is deleted in the apply that removes it from the dashboard [needs marks]", async () => {
    const { grafana, context, uid, shown, home } = await scene();
    const panel = note(shown);
    const board = (panels: object[]) =>
      dashboard({ uid, folder: home, spec: { title: uid, panels } as Dashboard["spec"] });
    await converge(context, [home, panel, board([{ libraryPanel: panel, gridPos }])]);

    const code = [home, board([])];
    expect(actions(await planFor(context, code, { prune: true }))).toEqual({
      [`library-panel/${shown}`]: "delete",
      [`dashboard/${uid}`]: "update",
    });
    await converge(context, code, { prune: true });

    expect(await findLibraryPanel(grafana, shown)).toBeUndefined();
    await converge(context, [], { prune: true });
  });

  test.runIf(MARKS)("is deleted after the dashboard [needs marks]", async () => {
    const { context, uid, shown, home } = await scene();
    const panel = note(shown);
    const board = dashboard({ uid, folder: home, spec: { title: uid, panels: [{ libraryPanel: panel, gridPos }] } });
    await converge(context, [home, panel, board]);

    const { outcomes } = await converge(context, [], { prune: true });

    const order = outcomes.map(({ change }) => change.kind);
    expect(order.indexOf("dashboard")).toBeLessThan(order.indexOf("library-panel"));
    expect(order.indexOf("library-panel")).toBeLessThan(order.lastIndexOf("folder"));
  });
});

/** Without marks, the tool does not delete the objects of this test. */
async function removed(grafana: TestGrafana, board: string, panel: string): Promise<void> {
  await remove(grafana, "dashboard", board);
  await removeLibraryPanel(grafana, panel);
}

function codeOf(...resources: object[]) {
  const loaded = resources.map((value) => ({
    kind: (value as { kind: string }).kind,
    value,
    source: { file: "b.ts", export: "default" },
  }));
  return desire(loaded, kinds, "own");
}

const faultsOf = (...resources: object[]) =>
  codeOf(...resources).faults.map(({ level, path, message }) => ({ level, path, message }));

describe("a library panel that no file exports", () => {
  const panels = [{ type: "row", collapsed: true, panels: [{ libraryPanel: note("hidden"), gridPos }] }];

  test("is a fault with its place", () => {
    expect(faultsOf(dashboard({ spec: { title: "B", panels } }))).toEqual([
      {
        level: "error",
        path: "spec.panels[0].panels[0].libraryPanel",
        message: 'refers to the library-panel "hidden", which no loaded file exports',
      },
    ]);
    expect(faultsOf(dashboard({ spec: { title: "B", panels } }), note("hidden"))).toEqual([]);
  });

  test("and that is in the export of the dashboard has a hint with its definition", () => {
    const spec = {
      title: "B",
      __elements: { theirs: { name: "Theirs", uid: "theirs", kind: 1, model: { type: "text" } } },
      panels: [{ libraryPanel: { uid: "theirs", name: "Theirs" }, gridPos }],
    };
    expect(codeOf({ kind: "dashboard", spec, plain: true }).unresolved).toMatchObject([
      { reference: { hint: expect.stringContaining('libraryPanel({ uid: "theirs", name: "Theirs"') as unknown } },
    ]);
  });

  test("is unresolved in plain JSON, and for a literal uid in code, in both schemas", () => {
    const spec = { title: "B", panels: [{ libraryPanel: { uid: "theirs", name: "Theirs" }, gridPos }] };
    const inV2 = { schema: "v2", spec: specV2("B", { a: shownIn("theirs") }, grid("a")) };
    for (const [board, path] of [
      [{ spec }, "spec.panels[0].libraryPanel"],
      [inV2, "spec.elements.a.spec.libraryPanel"],
    ] as const) {
      for (const plain of [{ plain: true }, {}]) {
        expect(codeOf({ kind: "dashboard", ...board, ...plain })).toMatchObject({
          faults: [],
          unresolved: [{ reference: { id: "theirs", path } }],
        });
      }
    }
  });
});
