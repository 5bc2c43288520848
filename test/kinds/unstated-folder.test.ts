import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/util/errors.ts";
import type { Folder } from "../../src/index.ts";
import { dashboard, dashboards, folder, libraryPanel } from "../../src/index.ts";
import {
  actions,
  board,
  changeOf,
  declare,
  edit,
  exprOf,
  find,
  make,
  panel,
  place,
  repository,
  setExpr,
  stored,
} from "../engine/support.ts";
import { accused } from "../faults/support.ts";
import { testProject } from "../helpers/cli.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { DRIFT, KUBERNETES, MARKS, origin } from "../helpers/mode.ts";
import { carriedOut, runsFolder, undoOf } from "../rollback/support.ts";
import { findLibraryPanel, makeLibraryPanel, removeLibraryPanel } from "./library-panel/support.ts";

const FOLDER = "grafana.app/folder";

/** A project with a dashboard of this uid, and two folders. */
async function scene() {
  const grafana = await testGrafana();
  const uid = grafana.name("board");
  const [theirs, ours] = [place(grafana.name("theirs")), place(grafana.name("ours"))];
  const context = await grafana.context(grafana.name("own"));
  return { grafana, context, uid, name: `dashboard/${uid}`, theirs, ours };
}

async function folderOf(grafana: TestGrafana, uid: string): Promise<string> {
  return (await stored(grafana, "dashboard", uid)).metadata.annotations[FOLDER] ?? "";
}

/** Moves a dashboard, as a user does in Grafana. */
function move(grafana: TestGrafana, uid: string, { uid: folder = "" }: Pick<Folder, "uid">): Promise<void> {
  return edit(grafana, "dashboard", uid, ({ metadata }) => {
    delete metadata.annotations[FOLDER];
    if (folder) metadata.annotations[FOLDER] = folder;
  });
}

async function makeTheirs(grafana: TestGrafana, uid: string, folder: Folder): Promise<void> {
  await make(grafana, "folder", folder.uid ?? "", { spec: { title: folder.title } });
  const spec = { title: uid, schemaVersion: 42, panels: [panel(1, "Requests", "theirs")] };
  await make(grafana, "dashboard", uid, { spec, annotations: { [FOLDER]: folder.uid } });
}

describe("a dashboard whose code states no folder", () => {
  test("is created at the root, and stays where a user moves it", async () => {
    const { grafana, context, uid, ours } = await scene();
    await converge(context, [ours, board(uid)]);
    expect(await folderOf(grafana, uid)).toBe("");
    await move(grafana, uid, ours);

    expect((await planFor(context, [ours, board(uid)])).plan.changes).toEqual([]);
    expect(await accused(context, [ours, board(uid)])).toEqual({});

    const { plan } = await converge(context, [ours, board(uid, { expr: "rate" })]);
    expect(plan.changes.map(({ origin: from, left }) => [from, left])).toEqual([[origin("code"), undefined]]);
    expect([exprOf(await stored(grafana, "dashboard", uid)), await folderOf(grafana, uid)]).toEqual(["rate", ours.uid]);
  });

  test("stays in its folder when it is adopted", async () => {
    const { grafana, context, uid, name, theirs } = await scene();
    await makeTheirs(grafana, uid, theirs);
    const { plan } = await converge(context, [board(uid)], { adopt: only(name) });
    expect(plan.changes.flatMap(({ differences }) => differences.map(({ path }) => path))).not.toContain("folder");
    expect([exprOf(await stored(grafana, "dashboard", uid)), await folderOf(grafana, uid)]).toEqual(["up", theirs.uid]);
  });

  test("that was changed in Grafana as well is drift for this change only", async () => {
    const { grafana, context, uid, name, ours } = await scene();
    await converge(context, [ours, board(uid)]);
    await move(grafana, uid, ours);
    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "by hand"));
    const change = changeOf(await planFor(context, [ours, board(uid)]), name);
    expect(change.left?.reason).toBe(DRIFT);
    expect(change.differences.map(({ path }) => path)).toEqual([expect.stringContaining("expr")]);
  });

  test("keeps the folder that the code stated before", async () => {
    const { grafana, context, uid, ours } = await scene();
    await converge(context, [ours, board(uid, { folder: ours })]);
    const writes = grafana.requests.filter(({ method }) => method !== "GET").length;
    await converge(context, [ours, board(uid)]);
    expect(grafana.requests.filter(({ method }) => method !== "GET")).toHaveLength(writes);
    await converge(context, [ours, board(uid, { expr: "rate" })]);
    expect(await folderOf(grafana, uid)).toBe(ours.uid);
  });

  test.runIf(MARKS)("keeps its folder from being pruned [needs marks]", async () => {
    const { grafana, context, uid, ours } = await scene();
    await converge(context, [ours, board(uid)]);
    await move(grafana, uid, ours);
    // Written by the same run, and unchanged.
    for (const expr of ["rate", "rate"]) {
      const code = [place(grafana.name("other")), board(uid, { expr })];
      const prepared = await planFor(context, code, { prune: true });
      expect(actions(prepared)[`folder/${ours.uid}`]).toBe("left: not-empty");
      await converge(context, code, { prune: true });
      expect(await folderOf(grafana, uid)).toBe(ours.uid);
    }
  });

  test("is restored by a rollback in its folder, unless a user has moved it since", async () => {
    const { grafana, context, uid, name, theirs, ours } = await scene();
    await makeTheirs(grafana, uid, theirs);
    const code = [ours, board(uid)];
    const directory = await runsFolder();
    const { run } = await carriedOut(context, await planFor(context, code, { adopt: only(name) }), directory);
    await move(grafana, uid, ours);
    const undo = run && (await undoOf(context, run));
    expect(undo && changeOf(undo, name).left?.reason).toBe("drift");
    await move(grafana, uid, theirs);
    if (run) await carriedOut(context, await undoOf(context, run), directory);
    expect([exprOf(await stored(grafana, "dashboard", uid)), await folderOf(grafana, uid)]).toEqual([
      "theirs",
      theirs.uid,
    ]);
  });
});

describe("folder: null", () => {
  test("is the root: a dashboard is moved there, and a move in Grafana is drift", async () => {
    const { grafana, context, uid, name, ours } = await scene();
    const rooted = dashboard({ ...board(uid), folder: null });
    await converge(context, [ours, board(uid, { folder: ours })]);
    const { plan } = await converge(context, [ours, rooted]);
    expect(plan.changes.map(({ differences }) => differences.map(({ path }) => path))).toEqual([["folder"]]);
    expect(await folderOf(grafana, uid)).toBe("");

    await move(grafana, uid, ours);
    const change = changeOf(await planFor(context, [ours, rooted]), name);
    expect([change.origin, change.left?.reason]).toEqual([origin("grafana"), DRIFT]);
  });

  test("moves a dashboard that the code did not place before", async () => {
    const { grafana, context, uid, ours } = await scene();
    await converge(context, [ours, board(uid)]);
    await move(grafana, uid, ours);
    await converge(context, [ours, dashboard({ ...board(uid), folder: null })]);
    expect(await folderOf(grafana, uid)).toBe("");
  });

  test("for a set of files overrides the folder in a manifest", async () => {
    const { grafana, uid, theirs } = await scene();
    await makeTheirs(grafana, uid, theirs);
    const manifest = {
      apiVersion: "dashboard.grafana.app/v1beta1",
      kind: "Dashboard",
      metadata: { name: uid, annotations: { [FOLDER]: theirs.uid } },
      spec: { title: uid, schemaVersion: 42, panels: [panel(1, "Requests", "up")] },
    };
    const set = dashboards({ files: "./json/*.json", folder: null });
    const project = await testProject({
      "grafana.config.ts": `export default { project: ${JSON.stringify(grafana.name("own"))}, resources: ["./resources/set.ts"] };\n`,
      "resources/set.ts": `export default ${JSON.stringify(set)};\n`,
      "resources/json/board.json": JSON.stringify(manifest),
    });
    const result = await project.run(["apply", "--adopt", `dashboard/${uid}`], grafana.variables);
    expect(result.code, result.stdout + result.stderr).toBe(EXIT.done);
    expect(await folderOf(grafana, uid)).toBe("");
  });
});

describe("a folder whose code states no parent", () => {
  const parentOf = async (grafana: TestGrafana, uid: string) =>
    (await stored(grafana, "folder", uid)).metadata.annotations[FOLDER] ?? "";
  const moveFolder = (grafana: TestGrafana, uid: string, parent: string) =>
    edit(grafana, "folder", uid, ({ metadata }) => {
      delete metadata.annotations[FOLDER];
      if (parent) metadata.annotations[FOLDER] = parent;
    });
  async function folders() {
    const { grafana, context, uid, theirs, ours } = await scene();
    const inner = (more: Partial<Folder> = {}) => folder({ uid, title: uid, ...more });
    return { grafana, context, uid, name: `folder/${uid}`, theirs, ours, inner };
  }

  test("is created at the root, and stays where a user moves it", async () => {
    const { grafana, context, uid, ours, inner } = await folders();
    await converge(context, [ours, inner()]);
    expect(await parentOf(grafana, uid)).toBe("");
    await moveFolder(grafana, uid, ours.uid ?? "");

    expect((await planFor(context, [ours, inner()])).plan.changes).toEqual([]);
    expect(await accused(context, [ours, inner()])).toEqual({});

    const { plan } = await converge(context, [ours, inner({ title: `${uid} renamed` })]);
    expect(plan.changes.map(({ origin: from, left }) => [from, left])).toEqual([[origin("code"), undefined]]);
    expect(await parentOf(grafana, uid)).toBe(ours.uid);
  });

  test("stays in its folder when it is adopted", async () => {
    const { grafana, context, uid, name, theirs, inner } = await folders();
    await make(grafana, "folder", theirs.uid ?? "", { spec: { title: theirs.title } });
    await make(grafana, "folder", uid, { spec: { title: uid }, annotations: { [FOLDER]: theirs.uid } });
    await converge(context, [inner({ title: `${uid} ours` })], { adopt: only(name) });
    expect(await parentOf(grafana, uid)).toBe(theirs.uid);
  });

  test("that was renamed in Grafana as well is drift only for this change", async () => {
    const { grafana, context, uid, name, ours, inner } = await folders();
    await converge(context, [ours, inner()]);
    await moveFolder(grafana, uid, ours.uid ?? "");
    await edit(grafana, "folder", uid, ({ spec }) => (spec["title"] = `${uid} theirs`));
    const change = changeOf(await planFor(context, [ours, inner()]), name);
    expect(change.left?.reason).toBe(DRIFT);
    expect(change.differences.map(({ path }) => path)).toEqual(["title"]);
  });

  test("keeps the parent that the code stated before, without a write", async () => {
    const { grafana, context, uid, ours, inner } = await folders();
    await converge(context, [ours, inner({ parent: ours })]);
    const writes = grafana.requests.filter(({ method }) => method !== "GET").length;
    await converge(context, [ours, inner()]);
    expect(grafana.requests.filter(({ method }) => method !== "GET")).toHaveLength(writes);
    expect(await parentOf(grafana, uid)).toBe(ours.uid);
  });

  test.runIf(MARKS)("keeps its parent from being pruned [needs marks]", async () => {
    const { grafana, context, uid, ours, inner } = await folders();
    await converge(context, [ours, inner()]);
    await moveFolder(grafana, uid, ours.uid ?? "");
    for (const title of [`${uid} 2`, `${uid} 2`]) {
      const code = [place(grafana.name("other")), inner({ title })];
      expect(actions(await planFor(context, code, { prune: true }))[`folder/${ours.uid}`]).toBe("left: not-empty");
      await converge(context, code, { prune: true });
      expect(await parentOf(grafana, uid)).toBe(ours.uid);
    }
  });

  test("can't be the parent of a folder that contains it, unless the code states its own parent", async () => {
    const { grafana, context, uid, name, ours, inner } = await folders();
    await converge(context, [ours, inner({ parent: ours })]);
    const below = (top: Folder) => [top, folder({ ...ours, parent: top })];

    const prepared = await planFor(context, below(inner()));
    expect(actions(prepared)).toEqual({ [`folder/${ours.uid}`]: "left: obstacle" });
    expect(changeOf(prepared, `folder/${ours.uid}`).left?.message).toContain(name);

    await converge(context, below(inner({ parent: null })));
    expect([await parentOf(grafana, uid), await parentOf(grafana, ours.uid ?? "")]).toEqual(["", uid]);
  });

  test("parent: null is the root: a folder is moved there, and a move in Grafana is drift", async () => {
    const { grafana, context, uid, name, ours, inner } = await folders();
    await converge(context, [ours, inner({ parent: ours })]);
    const { plan } = await converge(context, [ours, inner({ parent: null })]);
    expect(plan.changes.map(({ differences }) => differences.map(({ path }) => path))).toEqual([["parent"]]);
    expect(await parentOf(grafana, uid)).toBe("");

    await moveFolder(grafana, uid, ours.uid ?? "");
    const change = changeOf(await planFor(context, [ours, inner({ parent: null })]), name);
    expect([change.origin, change.left?.reason]).toEqual([origin("grafana"), DRIFT]);
  });

  test("is restored by a rollback in its folder, unless a user has moved it since", async () => {
    const { grafana, context, uid, name, ours, inner } = await folders();
    await converge(context, [ours, inner({ parent: ours })]);
    const directory = await runsFolder();
    const { run } = await carriedOut(context, await planFor(context, [ours, inner({ title: `${uid} 2` })]), directory);
    await moveFolder(grafana, uid, "");
    const undo = run && (await undoOf(context, run));
    expect(undo && changeOf(undo, name).left?.reason).toBe("drift");
    await moveFolder(grafana, uid, ours.uid ?? "");
    if (run) await carriedOut(context, await undoOf(context, run), directory);
    expect((await stored(grafana, "folder", uid)).spec["title"]).toBe(uid);
    expect(await parentOf(grafana, uid)).toBe(ours.uid);
  });
});

test("the command line adopts an exported dashboard in its folder, whose permissions it keeps", async () => {
  const { grafana, uid, theirs } = await scene();
  await makeTheirs(grafana, uid, theirs);
  const project = await repository(grafana.name("own"), [board(uid)]);
  const adopted = await project.run(["apply", "--adopt", `dashboard/${uid}`], grafana.variables);
  expect(adopted.code, adopted.stdout + adopted.stderr).toBe(EXIT.done);
  expect(adopted.stdout).not.toContain("top level");
  expect(await folderOf(grafana, uid)).toBe(theirs.uid);
  const again = await project.run(["plan", "--detailed-exitcode"], grafana.variables);
  expect(again.code, again.stdout).toBe(EXIT.done);
  const drift = await project.run(["drift"], grafana.variables);
  expect(drift.code, drift.stdout).toBe(EXIT.done);
  await declare(project, []);
  expect(await find(grafana, "folder", theirs.uid ?? "")).toBeDefined();
});

test("a library panel whose code states no folder is adopted in its folder, and written there", async () => {
  const { grafana, context, theirs } = await scene();
  const uid = grafana.name("shared");
  await make(grafana, "folder", theirs.uid ?? "", { spec: { title: theirs.title } });
  await makeLibraryPanel(grafana, uid, theirs.uid);
  const shared = (title: string) => libraryPanel({ uid, name: uid, model: { type: "text", title } });
  await converge(context, [shared("ours")], { adopt: only(`library-panel/${uid}`) });
  const { plan } = await converge(context, [shared("changed")]);
  expect(plan.changes.map((change) => [change.origin, change.left])).toEqual([[origin("code"), undefined]]);
  expect(await findLibraryPanel(grafana, uid)).toMatchObject({ folderUid: theirs.uid, model: { title: "changed" } });
  await removeLibraryPanel(grafana, uid);
});

test.runIf(KUBERNETES)("a mark that stated the root before stays valid", async () => {
  const { grafana, context, uid, ours } = await scene();
  await converge(context, [ours, dashboard({ ...board(uid), folder: null })]);
  await edit(grafana, "dashboard", uid, () => {});
  const { plan } = await converge(context, [ours, board(uid, { expr: "rate" })]);
  expect(plan.changes.map((change) => [change.origin, change.left])).toEqual([[origin("code"), undefined]]);
});
