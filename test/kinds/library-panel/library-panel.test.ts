import { setTimeout as sleep } from "node:timers/promises";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { describe, expect, onTestFinished, test } from "vitest";
import { desire } from "../../../src/code/desired.ts";
import { destroyGoal } from "../../../src/engine/destroy-goal.ts";
import type { KindContext } from "../../../src/engine/kind-context.ts";
import { address } from "../../../src/engine/model.ts";
import { execute } from "../../../src/engine/pipeline.ts";
import { createClient } from "../../../src/grafana/client.ts";
import { connect } from "../../../src/grafana/connection.ts";
import { datasource, existing, folder, libraryPanel, type LibraryPanel } from "../../../src/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { readLedger } from "../../../src/ownership/ledger.ts";
import { commandHere } from "../../../src/util/command-line.ts";
import { EXIT } from "../../../src/util/errors.ts";
import { actions, carryOut, changeOf, make, place, remove, statuses } from "../../engine/support.ts";
import { consentOf, converge, only, planFor, workspaceOf } from "../../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { DRIFT, MARKS, origin } from "../../helpers/mode.ts";
import { carriedOut, runsFolder, undoOf } from "../../rollback/support.ts";
import { editLibraryPanel, findLibraryPanel, LIBRARY_PANELS, makeLibraryPanel, removeLibraryPanel } from "./support.ts";

interface Scene {
  readonly grafana: TestGrafana;
  readonly context: KindContext;
  readonly uid: string;
  /** `library-panel/rate-1` */
  readonly name: string;
  readonly home: ReturnType<typeof folder>;
}

async function scene(): Promise<Scene> {
  const grafana = await testGrafana();
  const uid = grafana.name("rate");
  const context = await grafana.context(grafana.name("own"));
  return { grafana, context, uid, name: `library-panel/${uid}`, home: place(grafana.name("home")) };
}

/** A panel with one query, which the tests change. */
function rate(uid: string, expr = "up", fields: Partial<LibraryPanel> = {}): LibraryPanel {
  const model = { type: "timeseries", title: "Rate", targets: [{ refId: "A", expr }] };
  return libraryPanel({ uid, name: uid, model, ...fields });
}

/** Without marks, the tool does not delete the objects of this test. */
async function cleared({ grafana, uid }: Pick<Scene, "grafana" | "uid">): Promise<void> {
  if (!MARKS) await removeLibraryPanel(grafana, uid);
}

/** Another user's dashboard that shows a library panel. Grafana detects the connection with a delay. */
async function makeUser(grafana: TestGrafana, uid: string, panel: string): Promise<void> {
  const shown = { id: 1, libraryPanel: { uid: panel, name: panel }, gridPos: { x: 0, y: 0, w: 12, h: 8 } };
  await make(grafana, "dashboard", uid, { spec: { title: uid, schemaVersion: 42, panels: [shown] } });
  const path = `${LIBRARY_PANELS}/${panel}/connections`;
  for (let tries = 0; tries < 200; tries++) {
    const { result } = (await grafana.other.send({ method: "GET", path })) as { result: { connectionUid: string }[] };
    if (result.some(({ connectionUid }) => connectionUid === uid)) return;
    await sleep(50);
  }
  throw new Error(`Grafana does not list ${uid} as a user of ${panel}`);
}

describe("in Grafana", () => {
  test("is created in its folder, changed, and not written without a change", async () => {
    const { grafana, context, uid, home } = await scene();
    await converge(context, [rate(uid, "up", { folder: home }), home]);
    expect(await findLibraryPanel(grafana, uid)).toMatchObject({
      name: uid,
      folderUid: home.uid,
      model: { type: "timeseries", title: "Rate", targets: [{ refId: "A", expr: "up" }] },
    });

    const changed = rate(uid, "rate(up[5m])", { name: `${uid} b`, folder: home });
    const { plan } = await converge(context, [changed, home]);
    expect(plan.changes).toMatchObject([{ kind: "library-panel", id: uid, action: "update", origin: origin("code") }]);
    expect(plan.changes[0]?.differences).toMatchObject([
      { path: "name", meaning: "renamed" },
      { path: "model.targets[refId=A].expr", labels: ["query A", "expr"], before: "up", after: "rate(up[5m])" },
    ]);
    const version = (await findLibraryPanel(grafana, uid))?.version;
    await converge(context, [changed, home]);
    expect((await findLibraryPanel(grafana, uid))?.version).toBe(version);
    await cleared({ grafana, uid });
  });

  test("from a builder, at the root, is the same in every plan, and its description is cleared", async () => {
    const { grafana, context, uid, home } = await scene();
    const source = datasource({
      uid: grafana.name("ds"),
      name: grafana.name("ds"),
      type: "prometheus",
      url: "http://p:9090",
    });
    const query = new DataqueryBuilder().expr("up").legendFormat("{{job}}");
    const built = (description: string) =>
      libraryPanel({
        uid,
        name: uid,
        model: new PanelBuilder()
          .title("Up")
          .description(description)
          .unit("short")
          .datasource(source.ref)
          .withTarget(query),
      });

    await converge(context, [home, source, built("What is up")]);
    expect((await findLibraryPanel(grafana, uid))?.model["description"]).toBe("What is up");
    const { plan } = await converge(context, [home, source, built("")]);

    expect(plan.changes[0]?.differences).toMatchObject([{ type: "removed", path: "model.description" }]);
    expect((await findLibraryPanel(grafana, uid))?.model["description"]).toBe("");
    await cleared({ grafana, uid });
  });

  test("has no difference after a save in Grafana's UI without a change", async () => {
    const { grafana, context, uid, home } = await scene();
    await converge(context, [home, rate(uid)]);
    await editLibraryPanel(grafana, uid, {
      pluginVersion: "12.4.0",
      options: { legend: { calcs: [], displayMode: "list", placement: "bottom", showLegend: true } },
      fieldConfig: { defaults: {}, overrides: [] },
      gridPos: { x: 0, y: 0, w: 12, h: 8 },
      libraryPanel: { uid, name: uid },
    });
    expect(actions(await planFor(context, [home, rate(uid)]))).toEqual({});
    await cleared({ grafana, uid });
  });

  test("that was changed in Grafana is drift, which is overwritten only with consent", async () => {
    const { grafana, context, uid, name, home } = await scene();
    await converge(context, [home, rate(uid)]);
    await editLibraryPanel(grafana, uid, { title: "Edited" });

    const change = changeOf(await planFor(context, [home, rate(uid)]), name);
    expect(change.left?.reason).toBe(DRIFT);
    expect(change).toMatchObject({ origin: origin("grafana"), differences: [{ path: "model.title" }] });
    await converge(context, [home, rate(uid)], { overwriteDrift: only(name) });
    expect((await findLibraryPanel(grafana, uid))?.model["title"]).toBe("Rate");
    await cleared({ grafana, uid });
  });

  test("that was changed, deleted or created since the plan is a conflict", async () => {
    const { grafana, context, uid, name, home } = await scene();
    await converge(context, [home]);
    const creation = await planFor(context, [home, rate(uid)]);
    await makeLibraryPanel(grafana, uid);
    expect(statuses(await carryOut(context, creation))).toEqual({ [name]: "conflict" });
    await removeLibraryPanel(grafana, uid);

    await converge(context, [home, rate(uid)]);
    const update = await planFor(context, [home, rate(uid, "other")]);
    await editLibraryPanel(grafana, uid, { title: "Theirs" });
    expect(statuses(await carryOut(context, update))).toEqual({ [name]: "conflict" });
    expect((await findLibraryPanel(grafana, uid))?.model["title"]).toBe("Theirs");

    const again = await planFor(context, [home, rate(uid, "other")], { overwriteDrift: only(name) });
    await removeLibraryPanel(grafana, uid);
    expect(Object.values(statuses(await carryOut(context, again)))).not.toContain("done");
    expect(await findLibraryPanel(grafana, uid)).toBeUndefined();
  });

  test("of another user is skipped until it is adopted", async () => {
    const { grafana, context, uid, name, home } = await scene();
    await makeLibraryPanel(grafana, uid);
    const code = [home, rate(uid)];

    expect(actions(await planFor(context, code))[name]).toBe(MARKS ? "left: foreign" : "update");
    await converge(context, code, { adopt: only(name) });

    expect((await findLibraryPanel(grafana, uid))?.model["title"]).toBe("Rate");
    await converge(context, [home], { prune: true });
    expect((await findLibraryPanel(grafana, uid)) !== undefined).toBe(!MARKS);
    await cleared({ grafana, uid });
  });

  test("can't move to another folder, and the plan shows the fix", async () => {
    const { grafana, context, uid, name, home } = await scene();
    const other = place(grafana.name("other"));
    await converge(context, [home, other, rate(uid, "up", { folder: home })]);

    for (const moved of [rate(uid, "up", { folder: other }), rate(uid, "up", { folder: null })]) {
      const change = changeOf(await planFor(context, [home, other, moved]), name);
      expect(change.left).toMatchObject({ reason: "obstacle", message: expect.stringContaining(`folder/${home.uid}`) });
    }
    await cleared({ grafana, uid });
  });

  test.runIf(MARKS)(
    "that is no longer in the code is deleted with --prune, unless other dashboards show it [needs marks]",
    async () => {
      const { grafana, context, uid, name, home } = await scene();
      const [shown, theirs, viewer] = [grafana.name("shown"), grafana.name("theirs"), grafana.name("viewer")];
      await makeLibraryPanel(grafana, theirs);
      const kept = rate(grafana.name("kept"));
      await converge(context, [home, kept, rate(uid), rate(shown)]);
      await makeUser(grafana, viewer, shown);

      expect((await planFor(context, [home, kept])).plan.orphans.toSorted()).toEqual(
        [name, `library-panel/${shown}`].toSorted(),
      );
      const prepared = await planFor(context, [home, kept], { prune: true });
      expect(actions(prepared)).toEqual({ [name]: "delete", [`library-panel/${shown}`]: "left: not-empty" });
      expect(changeOf(prepared, `library-panel/${shown}`).left?.message).toBe(`it is used by dashboard/${viewer}`);
      await carryOut(context, prepared);

      expect(await findLibraryPanel(grafana, uid)).toBeUndefined();
      expect([await findLibraryPanel(grafana, shown), await findLibraryPanel(grafana, theirs)]).not.toContain(
        undefined,
      );
      await remove(grafana, "dashboard", viewer);
      await removeLibraryPanel(grafana, theirs);
      await removeLibraryPanel(grafana, shown);
    },
  );

  test.runIf(MARKS)("prevents the deletion of its datasource [needs marks]", async () => {
    const { grafana, context, uid, home } = await scene();
    const ds = grafana.name("ds");
    await converge(context, [home, datasource({ uid: ds, name: ds, type: "loki", url: "http://l:3100" })]);
    await makeLibraryPanel(grafana, uid);
    await editLibraryPanel(grafana, uid, { datasource: { type: "loki", uid: ds } });

    const { plan } = await planFor(context, [home], { prune: true });

    expect(plan.changes).toMatchObject([
      { id: ds, left: { reason: "not-empty", message: `it is used by library-panel/${uid}` } },
    ]);
    await removeLibraryPanel(grafana, uid);
    await converge(context, [], { prune: true });
  });

  test.runIf(MARKS)(
    "prevents the deletion of its folder, and destroy deletes it before the folder [needs marks]",
    async () => {
      const { grafana, context, uid, name, home } = await scene();
      await converge(context, [home, rate(uid, "up", { folder: home })]);
      const viewer = grafana.name("viewer");
      await makeUser(grafana, viewer, uid);
      const destroy = () =>
        execute(workspaceOf(context), {
          goal: destroyGoal(({ id }) => id === uid || id === home.uid),
          consent: consentOf({}),
          concurrency: 8,
          emit: () => {},
        });

      const kept = await destroy();
      expect(kept.prepared.plan.changes.map((change) => [address(change), change.left?.reason])).toEqual([
        [name, "not-empty"],
        [`folder/${home.uid}`, "not-empty"],
      ]);
      await remove(grafana, "dashboard", viewer);
      const { outcomes } = await destroy();

      expect(outcomes.map(({ change, status }) => [address(change), status])).toEqual([
        [name, "done"],
        [`folder/${home.uid}`, "done"],
      ]);
    },
  );

  test.runIf(MARKS)(
    "of another user prevents the deletion of its folder and of the parent folder [needs marks]",
    async () => {
      const { grafana, context, uid, home } = await scene();
      const inner = folder({ uid: grafana.name("inner"), title: "Inner", parent: home });
      const runs = await runsFolder();
      const creation = await carriedOut(context, await planFor(context, [home, inner]), runs);
      if (!creation.run) throw new Error("a run was expected");
      await makeLibraryPanel(grafana, uid, inner.uid);

      const left = { [`folder/${home.uid}`]: "left: not-empty", [`folder/${inner.uid}`]: "left: not-empty" };
      const pruned = await planFor(context, [], { prune: true });
      expect(actions(pruned)).toEqual(left);
      expect(changeOf(pruned, `folder/${inner.uid}`).left?.message).toContain(`library-panel/${uid}`);
      expect(actions(await undoOf(context, creation.run))).toEqual(left);

      await removeLibraryPanel(grafana, uid);
      await converge(context, [], { prune: true });
    },
  );

  test.runIf(MARKS)("that a dashboard has shown since the plan is not deleted [needs marks]", async () => {
    const { grafana, context, uid, name, home } = await scene();
    await converge(context, [home, rate(uid)]);
    const prepared = await planFor(context, [home], { prune: true });
    const viewer = grafana.name("viewer");
    await makeUser(grafana, viewer, uid);

    const outcomes = await carryOut(context, prepared);
    expect(statuses(outcomes)).toEqual({ [name]: "failed" });
    expect(outcomes[0]?.error).toMatchObject({ hint: expect.stringContaining(commandHere("plan")) });

    expect(await findLibraryPanel(grafana, uid)).toBeDefined();
    await remove(grafana, "dashboard", viewer);
    await converge(context, [], { prune: true });
  });

  test("is restored by a rollback of its change, and deleted by a rollback of its creation", async () => {
    const { grafana, context, uid, home } = await scene();
    const runs = await runsFolder();
    await converge(context, [home]);
    const creation = await carriedOut(context, await planFor(context, [home, rate(uid)]), runs);
    const made = await findLibraryPanel(grafana, uid);

    const change = await carriedOut(context, await planFor(context, [home, rate(uid, "other")]), runs);
    if (!change.run || !creation.run) throw new Error("runs were expected");
    await carriedOut(context, await undoOf(context, change.run), runs);
    expect((await findLibraryPanel(grafana, uid))?.model).toEqual(made?.model);
    expect(actions(await planFor(context, [home, rate(uid)]))).toEqual({});

    await carriedOut(context, await undoOf(context, creation.run), runs);
    expect(await findLibraryPanel(grafana, uid)).toBeUndefined();
  });

  test.runIf(MARKS)("that was deleted is restored by a rollback, and owned [needs marks]", async () => {
    const { grafana, context, uid, home } = await scene();
    const runs = await runsFolder();
    const code = [home, rate(uid, "up", { folder: home })];
    await converge(context, code);
    const made = await findLibraryPanel(grafana, uid);

    const deletion = await carriedOut(context, await planFor(context, [home], { prune: true }), runs);
    if (!deletion.run) throw new Error("a run was expected");
    await carriedOut(context, await undoOf(context, deletion.run), runs);

    expect(await findLibraryPanel(grafana, uid)).toMatchObject({ folderUid: home.uid, model: made?.model });
    expect(actions(await planFor(context, code))).toEqual({});
    await converge(context, [], { prune: true });
  });

  test.runIf(MARKS)(
    "that the token can't see stays owned when a run with that token writes the ledger [needs marks]",
    async () => {
      const { grafana, context, uid, name, home } = await scene();
      // The ledger is in the first folder.
      const open = place(grafana.name("a"));
      await converge(context, [
        open,
        home,
        rate(uid, "up", { folder: home }),
        rate(grafana.name("seen"), "up", { folder: open }),
      ]);
      const send = async (path: string, body: object) =>
        (await grafana.other.send({ method: "POST", path, body })) as { id: number; key: string };
      const { id } = await send("/api/serviceaccounts", { name: context.owner, role: "Editor" });
      onTestFinished(
        async () => void (await grafana.other.send({ method: "DELETE", path: `/api/serviceaccounts/${id}` })),
      );
      const { key } = await send(`/api/serviceaccounts/${id}/tokens`, { name: context.owner });
      await grafana.other.send({ method: "POST", path: `/api/folders/${home.uid}/permissions`, body: { items: [] } });
      const client = await createClient({ url: grafana.url, credentials: { type: "token", token: key } });
      onTestFinished(() => client.close());
      const limited = { ...context, grafana: await connect(client, context.owner) };

      const seen = rate(grafana.name("seen"), "changed", { folder: open });
      expect(Object.values(statuses(await carryOut(limited, await planFor(limited, [open, seen]))))).toEqual(["done"]);

      expect([...(await readLedger(context.grafana, context)).entries.keys()]).toContain(name);
    },
  );
});

describe("code", () => {
  const faultsOf = (...resources: object[]) =>
    desire(
      resources.map((value, index) => ({
        kind: "library-panel",
        value,
        source: { file: "l.ts", export: `all[${index}]` },
      })),
      kinds,
      "own",
    ).faults.map(({ level, path, message }) => ({ level, path, message }));
  const of = (fields: object, model: object = {}) => ({
    kind: "library-panel",
    uid: "rate",
    name: "Rate",
    model: { type: "text", ...model },
    ...fields,
  });

  test.each([
    ["no uid", of({ uid: undefined }), "uid", /expected string/],
    ["an invalid uid", of({ uid: "a b" }), "uid", /letters, digits/],
    ["an empty name", of({ name: " " }), "name", /empty/],
    ["a folder by its name", of({ folder: "home" }), "folder", /existing\.folder/],
    ["a folder that nothing exports", of({ folder: folder({ uid: "nowhere", title: "N" }) }), "folder", /"nowhere"/],
    ["no model", of({ model: undefined }), "model", /expected object/],
    ["a model without a type", of({ model: { title: "Rate" } }), "model.type", /a panel requires a type/],
    [
      "a wrong type in its model",
      of({}, { gridPos: { x: 0, y: 0, w: "1", h: 1 } }),
      "model.gridPos.w",
      /expected number/,
    ],
    ["a row as its model", of({}, { type: "row" }), "model.type", /a row can't be/],
    [
      "another library panel as its model",
      of({}, { libraryPanel: { uid: "a", name: "A" } }),
      "model.libraryPanel",
      /can't show another/,
    ],
    [
      "a datasource that nothing exports",
      of({}, { datasource: { uid: "gone" } }),
      "model.datasource",
      /"gone", which no loaded file exports/,
    ],
    ["a misspelled property", of({ nmae: "Rate" }), "nmae", /unknown property/],
  ])("with %s is a fault with its place", (_what, value, path, message) => {
    expect(faultsOf(value)).toEqual([{ level: "error", path, message: expect.stringMatching(message) as unknown }]);
  });

  test("with a misspelled property of its model causes a warning", () => {
    expect(faultsOf(of({}, { titel: "Rate" }))).toMatchObject([{ level: "warning", path: "model.titel" }]);
  });

  test("that is defined twice is a fault", () => {
    expect(faultsOf(of({}), of({ name: "Other" }))).toMatchObject([{ path: "uid" }]);
  });
});

test("with an invalid reference ends a plan: exit 65", async () => {
  const { context, uid, home } = await scene();
  const inside = rate(uid, "up", { folder: existing.folder(`${home.uid}`) });
  await expect(planFor(context, [inside])).rejects.toMatchObject({ exitCode: EXIT.invalid });
});
