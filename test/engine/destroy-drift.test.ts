import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/util/errors.ts";
import { datasource, muteTiming, notificationPolicy, contactPoint } from "../../src/index.ts";
import { alertingGrafana, hook, points, theirTree, tree } from "../alerting/support.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import {
  board,
  datasourceNow,
  edit,
  editDatasource,
  find,
  make,
  place,
  repository,
  setExpr,
  stored,
} from "./support.ts";

describe.runIf(MARKS)("destroy skips objects that were changed in Grafana [needs marks]", () => {
  /** A project with a changed dashboard in nested folders, and unchanged objects. */
  async function scene() {
    const grafana = await testGrafana();
    const outer = place(grafana.name("outer"));
    const inner = place(grafana.name("inner"), outer);
    const [edited, other] = [grafana.name("edited"), grafana.name("other")];
    const project = await repository(grafana.name("own"), [
      outer,
      inner,
      board(edited, { folder: inner }),
      board(other, { folder: outer }),
    ]);
    const run = (...args: string[]) => project.run(args, grafana.variables);
    const applied = await run("apply");
    expect(applied.code, applied.stderr).toBe(0);
    await edit(grafana, "dashboard", edited, (object) => setExpr(object, "by hand"));
    const rest = async () => ({
      edited: (await find(grafana, "dashboard", edited)) !== undefined,
      other: (await find(grafana, "dashboard", other)) !== undefined,
      inner: (await find(grafana, "folder", inner.uid ?? "")) !== undefined,
      outer: (await find(grafana, "folder", outer.uid ?? "")) !== undefined,
    });
    return { grafana, edited, other, project, place: [outer, inner], run, rest };
  }

  test("and the folders that contain them, with exit 8; --overwrite-drift deletes them", async () => {
    const { edited, run, rest } = await scene();

    const left = await run("destroy", "--yes", "-o", "json");
    expect(left.code, left.stderr).toBe(EXIT.driftLeft);
    const { changes, next } = JSON.parse(left.stdout) as {
      changes: { kind: string; left?: { reason: string; cause?: string } }[];
      next: string[];
    };
    const lines = changes.map(({ kind, left: why }) => [kind, why?.reason, why?.cause]);
    expect(lines).toHaveLength(4);
    expect(lines).toEqual(
      expect.arrayContaining([
        ["dashboard", undefined, undefined],
        ["dashboard", "drift", undefined],
      ]),
    );
    expect(lines.filter(([kind]) => kind === "folder")).toEqual([
      ["folder", "not-empty", "drift"],
      ["folder", "not-empty", "drift"],
    ]);
    expect(next).toContainEqual(expect.stringContaining(`--overwrite-drift dashboard/${edited}`));
    expect(await rest()).toEqual({ edited: true, other: false, inner: true, outer: true });

    const again = await run("destroy", "--yes");
    expect(again.code, again.stderr).toBe(EXIT.driftLeft);
    expect(again.stdout).toContain(`dashboard/${edited}`);

    const destroyed = await run("destroy", "--yes", "--overwrite-drift", `dashboard/${edited}`);
    expect(destroyed.code, destroyed.stderr).toBe(EXIT.done);
    expect(await rest()).toEqual({ edited: false, other: false, inner: false, outer: false });
  });

  test("is not deleted by --overwrite-drift without names or drift: overwrite of the environment, but by name", async () => {
    for (const [more, code] of [
      [["--overwrite-drift"], EXIT.usage],
      [["--env", "ours"], EXIT.driftLeft],
    ] as const) {
      const { grafana, edited, run, project, place: folders, rest } = await scene();
      await project.write({ "resources/all.ts": `export const all = ${JSON.stringify(folders)};\n` });
      const unnamed = await run("destroy", "--yes", ...more);
      expect(unnamed.code, unnamed.stdout).toBe(code);
      expect((await rest()).edited).toBe(true);
      const named = ["--overwrite-drift", `dashboard/${edited}`];
      const plan = ["plan", "--prune", "--url", grafana.url, ...named];
      const { changes } = JSON.parse((await run(...plan, "-o", "json")).stdout) as {
        changes: { address: string; action: string; origin?: string; left?: object; updatedBy?: string }[];
      };
      const found = (uid: string) => changes.find(({ address }) => address === `dashboard/${uid}`);
      expect(found(edited)).toMatchObject({ action: "delete", origin: "grafana", updatedBy: expect.any(String) });
      expect(found(edited)).not.toHaveProperty("left");
      for (const format of ["text", "markdown", "html"]) {
        const { stdout } = await run(...plan, "-o", format);
        expect(stdout.match(/was changed in Grafana since the last apply, last by /g), format).toHaveLength(1);
      }
      const destroyed = await run("destroy", "--yes", ...named);
      expect(destroyed.code, destroyed.stderr).toBe(EXIT.done);
      expect(await rest()).toEqual({ edited: false, other: false, inner: false, outer: false });
    }
  });

  test("but not if it was saved without a change", async () => {
    const { grafana, edited, run, rest } = await scene();
    await edit(grafana, "dashboard", edited, (object) => setExpr(object, "up"));
    const destroyed = await run("destroy", "--yes");
    expect(destroyed.code, destroyed.stdout + destroyed.stderr).toBe(EXIT.done);
    expect(await rest()).toEqual({ edited: false, other: false, inner: false, outer: false });
  });

  test("a name that the project does not own is rejected", async () => {
    const { run, rest } = await scene();
    const refused = await run("destroy", "--yes", "--overwrite-drift", "dashboard/nowhere");
    expect(refused.code).toBe(EXIT.usage);
    expect(await rest()).toEqual({ edited: true, other: true, inner: true, outer: true });
  });

  test("a folder that also contains an object of another owner is partly applied, exit 4", async () => {
    const { grafana, edited, run } = await scene();
    const { metadata } = await stored(grafana, "dashboard", edited);
    const folder = metadata.annotations["grafana.app/folder"] ?? "";
    await make(grafana, "dashboard", grafana.name("theirs"), {
      spec: { title: "Theirs", schemaVersion: 42, panels: [] },
      annotations: { "grafana.app/folder": folder },
    });
    expect((await run("destroy", "--yes")).code).toBe(EXIT.partlyApplied);
  });

  test("an edited policy tree, with the contact point and the mute timing that it uses, and the ledger", async () => {
    const grafana = await alertingGrafana();
    const [home, ops, nights] = [grafana.name("home"), grafana.name("ops"), grafana.name("nights")];
    const point = contactPoint({ name: ops, integrations: [hook()] });
    const timing = muteTiming({ name: nights, time_intervals: [{ weekdays: ["monday"] }] });
    const policy = notificationPolicy({ receiver: point, routes: [{ mute_time_intervals: [timing] }] });
    const project = await repository(grafana.name("own"), [place(home), point, timing, policy]);
    const run = (...args: string[]) => project.run(args, grafana.variables);
    expect((await run("apply")).code).toBe(EXIT.done);
    await theirTree(grafana, { ...(await tree(grafana)), group_interval: "7m" });

    const left = await run("destroy", "--yes");
    expect(left.code, left.stdout + left.stderr).toBe(EXIT.driftLeft);
    expect((await tree(grafana))["group_interval"]).toBe("7m");
    expect((await points(grafana)).map(({ name }) => name)).toContain(ops);
    expect(await find(grafana, "folder", home)).toBeUndefined();

    const destroyed = await run("destroy", "--yes", "--overwrite-drift", "notification-policy/default");
    expect(destroyed.code, destroyed.stdout + destroyed.stderr).toBe(EXIT.done);
    expect((await points(grafana)).map(({ name }) => name)).not.toContain(ops);
  });
});

test("an edited datasource is skipped by destroy, and by --prune unless --overwrite-drift names it", async () => {
  const grafana = await testGrafana();
  const [uid, kept] = [grafana.name("ds"), grafana.name("kept")];
  const source = (name: string) => datasource({ uid: name, name, type: "loki", url: "http://loki:3100" });
  const project = await repository(grafana.name("own"), [source(uid), source(kept)]);
  const run = (...args: string[]) => project.run(args, grafana.variables);
  expect((await run("apply")).code).toBe(EXIT.done);
  await editDatasource(grafana, uid, { url: "http://other:3100" });

  const left = await run("destroy", "--yes");
  expect(left.code, left.stdout + left.stderr).toBe(EXIT.driftLeft);
  expect(await datasourceNow(grafana, kept)).toBeUndefined();
  expect(await datasourceNow(grafana, uid)).toMatchObject({ url: "http://other:3100" });

  await project.write({ "resources/all.ts": `export const all = ${JSON.stringify([source(kept)])};\n` });
  const pruned = await run("apply", "--prune", "--yes");
  expect(pruned.code, pruned.stdout + pruned.stderr).toBe(EXIT.driftLeft);
  expect((await run("apply", "--prune", "--yes", "--overwrite-drift", "datasource/nowhere")).code).toBe(EXIT.usage);
  expect((await run("apply", "--yes", "--overwrite-drift", `datasource/${uid}`)).code).toBe(EXIT.usage);
  const deleted = await run("apply", "--prune", "--yes", "--overwrite-drift", `datasource/${uid}`);
  expect(deleted.code, deleted.stdout + deleted.stderr).toBe(EXIT.done);
  expect(await datasourceNow(grafana, uid)).toBeUndefined();
});
