import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/util/errors.ts";
import { datasource } from "../../src/index.ts";
import { folder } from "../../src/kinds/folder/builder.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { DRIFT, MARKS, origin } from "../helpers/mode.ts";
import {
  actions,
  board,
  carryOut,
  changeOf,
  datasourceNow,
  declare,
  edit,
  editDatasource,
  exprOf,
  keepDefault,
  make,
  makeDatasource,
  panel,
  place,
  remove,
  repository,
  setExpr,
  stored,
} from "./support.ts";

describe("a dashboard that was changed in Grafana", () => {
  test.runIf(MARKS)("is skipped, shown with the author and the change, and exits 8 [needs marks]", async () => {
    const grafana = await testGrafana();
    const [uid, untouched] = [grafana.name("edited"), grafana.name("other")];
    const project = await repository(grafana.name("own"), [board(uid), board(untouched)]);
    await project.run(["apply"], grafana.variables);
    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "by_hand"));
    const before = await stored(grafana, "dashboard", uid);
    await declare(project, [board(uid), board(untouched, { expr: "new" })]);

    const applied = await project.run(["apply"], grafana.variables);

    const { stdout } = applied;
    expect(applied).toMatchObject({ code: EXIT.driftLeft });
    expect(stdout).toContain("changed in Grafana since the last apply");
    expect(stdout).toContain(`--overwrite-drift dashboard/${uid}`);
    expect(stdout).toMatch(/panel "Requests"\n +query A\n.*expr: "by_hand" → "up"/);
    expect(await stored(grafana, "dashboard", uid)).toEqual(before);
    // The rest of the code is applied.
    expect(exprOf(await stored(grafana, "dashboard", untouched))).toBe("new");
  });

  test.each([
    ["by name", (uid: string) => ["--overwrite-drift", `dashboard/${uid}`]],
    ["bare", () => ["--overwrite-drift"]],
    ["by the setting of the environment", () => ["--env", "ours"]],
  ])("is overwritten with the consent %s", async (_how, options) => {
    const grafana = await testGrafana();
    const uid = grafana.name("edited");
    const owner = grafana.name("own");
    await converge(await grafana.context(owner), [board(uid)]);
    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "by_hand"));
    const project = await repository(owner, [board(uid)]);

    const applied = await project.run(["apply", ...options(uid)], grafana.variables);

    expect(applied).toMatchObject({ code: EXIT.done });
    expect(exprOf(await stored(grafana, "dashboard", uid))).toBe("up");
    const next = await project.run(["plan", "--detailed-exitcode"], grafana.variables);
    expect(next).toMatchObject({ code: EXIT.done });
  });

  test.runIf(MARKS)("is not overwritten with consent for another object [needs marks]", async () => {
    const grafana = await testGrafana();
    const [uid, another] = [grafana.name("edited"), grafana.name("another")];
    const context = await grafana.context(grafana.name("own"));
    const code = [board(uid), board(another)];
    await converge(context, code);
    for (const one of [uid, another]) await edit(grafana, "dashboard", one, (object) => setExpr(object, "by_hand"));

    const prepared = await planFor(context, code, { overwriteDrift: only(`dashboard/${another}`) });
    await carryOut(context, prepared);

    expect(actions(prepared)).toEqual({ [`dashboard/${uid}`]: "left: drift", [`dashboard/${another}`]: "update" });
    expect(exprOf(await stored(grafana, "dashboard", uid))).toBe("by_hand");
    expect(exprOf(await stored(grafana, "dashboard", another))).toBe("up");
  });

  test.runIf(MARKS)("and in the code is skipped too, as changed on both sides [needs marks]", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("both");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [board(uid)]);
    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "by_hand"));

    const prepared = await planFor(context, [board(uid, { expr: "in_code" })]);
    const change = changeOf(prepared, `dashboard/${uid}`);
    await carryOut(context, prepared);

    expect(change).toMatchObject({ origin: "both", left: { reason: "drift" } });
    expect(change.differences).toMatchObject([{ before: "by_hand", after: "in_code" }]);
    expect(exprOf(await stored(grafana, "dashboard", uid))).toBe("by_hand");
    await converge(context, [board(uid, { expr: "in_code" })], { overwriteDrift: only(`dashboard/${uid}`) });
    expect(exprOf(await stored(grafana, "dashboard", uid))).toBe("in_code");
  });

  test("to the content of the current code is not a difference", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("caught-up");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [board(uid)]);
    await edit(grafana, "dashboard", uid, (object) => setExpr(object, "better"));

    const { plan } = await converge(context, [board(uid, { expr: "better" })]);

    expect(plan.changes).toEqual([]);
  });

  test("by a move to another folder is kept if marks show it, and reported", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("moved");
    const context = await grafana.context(grafana.name("own"));
    const [home, away] = [place(grafana.name("home")), place(grafana.name("away"))];
    await converge(context, [home, away, board(uid, { folder: home })]);
    await edit(grafana, "dashboard", uid, ({ metadata }) => {
      metadata.annotations["grafana.app/folder"] = away.uid ?? "";
    });

    const change = changeOf(await planFor(context, [home, away, board(uid, { folder: home })]), `dashboard/${uid}`);

    expect(change.left?.reason).toBe(DRIFT);
    expect(change.differences).toMatchObject([{ path: "folder", before: away.uid, after: home.uid }]);
  });

  test("by an additional panel shows the panel by its title", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("grown");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [board(uid)]);
    await edit(grafana, "dashboard", uid, ({ spec }) => {
      (spec["panels"] as object[]).push(panel(7, "Added by hand", "vector(1)"));
    });

    const { differences } = changeOf(await planFor(context, [board(uid)]), `dashboard/${uid}`);

    expect(differences).toMatchObject([{ type: "removed", labels: ['panel "Added by hand"'] }]);
  });
});

describe("not drift:", () => {
  test("a change only in the code, which is applied without confirmation", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("code");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [board(uid)]);

    const { plan } = await converge(context, [board(uid, { expr: "in_code" })]);

    expect(plan.changes).toMatchObject([{ action: "update", origin: origin("code"), verified: true }]);
  });

  test("a save in Grafana without a change; a later change of the code is not a conflict", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("resaved");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [board(uid)]);
    await edit(grafana, "dashboard", uid, () => {});
    // Older Grafana versions create no version for a save without a change.
    expect((await stored(grafana, "dashboard", uid)).metadata.generation).toBeGreaterThan(MARKS ? 1 : 0);

    const still = await converge(context, [board(uid)]);
    expect(still.plan.changes).toEqual([]);

    const { plan } = await converge(context, [board(uid, { expr: "in_code" })]);
    expect(plan.changes).toMatchObject([{ action: "update", origin: origin("code") }]);
  });

  test("such a save of a dashboard in an old schema, which Grafana migrates", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("old-schema");
    const context = await grafana.context(grafana.name("own"));
    const old = (expr: string) => board(uid, { expr, schemaVersion: 30 });
    await converge(context, [old("up")]);
    await edit(grafana, "dashboard", uid, () => {});

    const still = await converge(context, [old("up")]);
    expect(still.plan.changes).toEqual([]);

    const { plan } = await converge(context, [old("in_code")]);
    expect(plan.changes).toMatchObject([{ action: "update", origin: origin("code") }]);
  });

  test("a deletion in Grafana: the object is planned as new and created again", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("deleted");
    const context = await grafana.context(grafana.name("own"));
    const source = datasource({ uid, name: uid, type: "loki", url: "http://loki:3100" });
    await converge(context, [place(uid), board(uid), source]);
    await remove(grafana, "dashboard", uid);
    await remove(grafana, "folder", uid);
    await grafana.other.send({ method: "DELETE", path: `/api/datasources/uid/${uid}` });

    const { plan } = await converge(context, [place(uid), board(uid), source]);

    expect(plan.changes.map(({ kind, action }) => [kind, action])).toEqual([
      ["folder", "create"],
      ["datasource", "create"],
      ["dashboard", "create"],
    ]);
  });

  test("an object that another user deleted and created again, which belongs to that user", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("remade");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [board(uid)]);
    await remove(grafana, "dashboard", uid);
    await make(grafana, "dashboard", uid, { spec: { title: "Theirs", schemaVersion: 42, panels: [] } });

    expect(actions(await planFor(context, [board(uid)]))).toEqual({ [`dashboard/${uid}`]: "left: foreign" });
  });
});

describe("a folder that was changed in Grafana", () => {
  test("by a new title is skipped if marks show it, reported, and restored with consent", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("renamed");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [place(uid)]);
    await grafana.other.send({
      method: "PUT",
      path: `/api/folders/${uid}`,
      body: { title: "Another name", overwrite: true },
    });

    const change = changeOf(await planFor(context, [place(uid)]), `folder/${uid}`);
    expect(change.origin).toBe(origin("grafana"));
    expect(change.left?.reason).toBe(DRIFT);
    expect(change.differences).toMatchObject([{ path: "title", before: "Another name", after: uid }]);
    // Lists of legacy storage don't contain the author.
    expect(change.updatedBy !== undefined || !MARKS).toBe(true);

    await converge(context, [place(uid)], { overwriteDrift: only(`folder/${uid}`) });
    expect((await stored(grafana, "folder", uid)).spec["title"]).toBe(uid);
  });

  test("by a move is skipped if marks show it, reported, and restored with consent", async () => {
    const grafana = await testGrafana();
    const [one, two, uid] = [place(grafana.name("one")), place(grafana.name("two")), grafana.name("moved")];
    const context = await grafana.context(grafana.name("own"));
    const code = [one, two, place(uid, one)];
    await converge(context, code);
    await grafana.other.send({
      method: "POST",
      path: `/api/folders/${uid}/move`,
      body: { parentUid: two.uid },
    });

    const change = changeOf(await planFor(context, code), `folder/${uid}`);
    expect(change.origin).toBe(origin("grafana"));
    expect(change.left?.reason).toBe(DRIFT);
    expect(change.differences).toMatchObject([{ path: "parent", before: two.uid, after: one.uid }]);

    await converge(context, code, { overwriteDrift: { all: true, addresses: new Set() } });
    expect((await stored(grafana, "folder", uid)).metadata.annotations["grafana.app/folder"]).toBe(one.uid);
  });

  test.runIf(MARKS)(
    "by a move, and in the code by another move, is skipped as changed on both sides [needs marks]",
    async () => {
      const grafana = await testGrafana();
      const uid = grafana.name("both");
      const context = await grafana.context(grafana.name("own"));
      await converge(context, [place(uid)]);
      await edit(grafana, "folder", uid, ({ spec }) => {
        spec["title"] = "By hand";
      });

      const described = folder({ uid, title: uid, description: "from code" });

      expect(changeOf(await planFor(context, [described]), `folder/${uid}`)).toMatchObject({
        origin: "both",
        left: { reason: "drift" },
      });
    },
  );
});

describe("a datasource that was changed in Grafana", () => {
  test("is skipped, shown, and restored with consent", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("edited");
    const context = await grafana.context(grafana.name("own"));
    const source = datasource({ uid, name: uid, type: "loki", url: "http://loki:3100", jsonData: { maxLines: 10 } });
    await converge(context, [source]);
    await editDatasource(grafana, uid, { url: "http://elsewhere:3100" });

    const prepared = await planFor(context, [source]);
    await carryOut(context, prepared);
    const change = changeOf(prepared, `datasource/${uid}`);

    expect(change).toMatchObject({ origin: "grafana", left: { reason: "drift" } });
    expect(change.differences).toMatchObject([{ path: "url", before: "http://elsewhere:3100" }]);
    expect((await datasourceNow(grafana, uid))?.["url"]).toBe("http://elsewhere:3100");
    await converge(context, [source], { overwriteDrift: only(`datasource/${uid}`) });
    expect((await datasourceNow(grafana, uid))?.["url"]).toBe("http://loki:3100");
  });

  test("by a save without a change is not a difference, and a later change of the code is not a conflict", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("resaved");
    const context = await grafana.context(grafana.name("own"));
    const source = { uid, name: uid, type: "loki", url: "http://loki:3100" };
    await converge(context, [datasource(source)]);
    await editDatasource(grafana, uid, {});

    const still = await converge(context, [datasource(source)]);
    expect(still.plan.changes).toEqual([]);
    const { plan } = await converge(context, [datasource({ ...source, url: "http://loki:3200" })]);
    expect(plan.changes).toMatchObject([{ action: "update", origin: "code" }]);
  });

  test("and lost the default flag to another one is skipped, and the plan shows the effect of restoring the flag", async () => {
    const grafana = await testGrafana();
    await keepDefault(grafana);
    const [uid, rival] = [grafana.name("default"), grafana.name("rival")];
    const context = await grafana.context(grafana.name("own"));
    const source = datasource({ uid, name: uid, type: "loki", url: "http://loki:3100", isDefault: true });
    await converge(context, [source]);
    await makeDatasource(grafana, rival, { isDefault: true });

    const change = changeOf(await planFor(context, [source]), `datasource/${uid}`);
    expect(change).toMatchObject({
      origin: "grafana",
      left: { reason: "drift" },
      sideEffect: `datasource/${rival} is no longer the default`,
    });
    expect(change.differences).toMatchObject([{ path: "isDefault", before: false, after: true }]);

    await converge(context, [source], { overwriteDrift: only(`datasource/${uid}`) });
    expect((await datasourceNow(grafana, uid))?.isDefault).toBe(true);
    expect((await datasourceNow(grafana, rival))?.isDefault).toBe(false);
  });

  test("has no drift of the default flag if the code does not set it", async () => {
    const grafana = await testGrafana();
    await keepDefault(grafana);
    const uid = grafana.name("plain");
    const context = await grafana.context(grafana.name("own"));
    const source = datasource({ uid, name: uid, type: "loki", url: "http://loki:3100" });
    await converge(context, [source]);

    for (const isDefault of [true, false]) {
      await editDatasource(grafana, uid, { isDefault });
      expect((await converge(context, [source])).plan.changes).toEqual([]);
    }
  });
});
