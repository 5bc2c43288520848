import { describe, expect, test } from "vitest";
import { desire } from "../../../src/code/desired.ts";
import type { KindContext } from "../../../src/engine/kind-context.ts";
import {
  dashboard,
  dashboardPermissions,
  existing,
  folder,
  folderPermissions,
  serviceAccount,
  team,
  type Permission,
} from "../../../src/index.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { EXIT } from "../../../src/util/errors.ts";
import { actions, carryOut, changeOf, statuses } from "../../engine/support.ts";
import { converge, only, planFor } from "../../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { DRIFT, KUBERNETES, MARKS, origin } from "../../helpers/mode.ts";
import { carriedOut, runsFolder, undoOf } from "../../rollback/support.ts";
import { dropAccount, dropTeam, makeTeam, permissionsOn, person, setPermissions } from "./support.ts";

const VIEW = { role: "Viewer", permission: "View" } as const;
const EDIT = { role: "Editor", permission: "Edit" } as const;

async function scene() {
  const grafana = await testGrafana();
  const context: KindContext = await grafana.context(grafana.name("own"));
  const home = folder({ uid: grafana.name("home"), title: grafana.name("home") });
  const board = dashboard({ uid: grafana.name("board"), folder: home, spec: { title: grafana.name("board") } });
  const on = (...permissions: Permission[]) => folderPermissions({ folder: home, permissions });
  return { grafana, context, home, board, on, uid: home.uid ?? "", address: `folder-permissions/${home.uid}` };
}

/** Contexts of a service account with the role Editor. */
async function editorOf(grafana: TestGrafana): Promise<(owner: string) => Promise<KindContext>> {
  const name = grafana.name("robot");
  dropAccount(grafana, name);
  const send = (path: string, body: object) => grafana.other.send({ method: "POST", path, body });
  const { id } = (await send("/api/serviceaccounts", { name, role: "Editor" })) as { id: number };
  const { key } = (await send(`/api/serviceaccounts/${id}/tokens`, { name })) as { key: string };
  return (owner) => grafana.context(owner, { credentials: { type: "token", token: key } });
}

describe("in Grafana, permissions", () => {
  test("of roles, teams, users and service accounts are set on a new folder, which its creator then has no more", async () => {
    const { grafana, context, home, on, uid } = await scene();
    const ada = await person(grafana, "ada");
    const sre = team({ name: grafana.name("SRE"), members: [] });
    const ci = serviceAccount({ name: grafana.name("ci"), role: "Viewer" });
    dropTeam(grafana, sre.name);
    dropAccount(grafana, ci.name);
    const code = [
      home,
      sre,
      ci,
      on(
        VIEW,
        { team: sre, permission: "Edit" },
        { user: ada.email, permission: "Admin" },
        { serviceAccount: ci, permission: "Edit" },
      ),
    ];
    await converge(context, code);

    expect(await permissionsOn(grafana, "folder", uid)).toEqual([
      "Viewer: View",
      `team ${sre.name}: Edit`,
      `user ${ada.login}: Admin`,
      `user sa-1-${ci.name.toLowerCase()}: Edit`,
    ]);
    const before = grafana.requests.length;
    await converge(context, code);
    expect(grafana.requests.slice(before).filter(({ method }) => method !== "GET")).toEqual([]);
  });

  test("can name teams and service accounts that only Grafana has", async () => {
    const { grafana, context, home, on, uid } = await scene();
    const name = grafana.name("theirs");
    await makeTeam(grafana, name);
    await converge(context, [home, on({ team: name, permission: "View" })]);
    expect(await permissionsOn(grafana, "folder", uid)).toEqual([`team ${name}: View`]);
    await converge(context, [home, on({ team: existing.team(name), permission: "Edit" })]);
    expect(await permissionsOn(grafana, "folder", uid)).toEqual([`team ${name}: Edit`]);
  });

  test.each([
    ["a team", { team: "no such team" }],
    ["a service account", { serviceAccount: "no such account" }],
    ["a user", { user: "no such user" }],
  ] as const)("of %s that does not exist are a fault: exit 65", async (_what, holder) => {
    const { context, home, on } = await scene();
    await expect(planFor(context, [home, on({ ...holder, permission: "View" })])).rejects.toMatchObject({
      exitCode: EXIT.invalid,
      faults: [{ path: expect.stringMatching(/^permissions\[0\]/) as unknown }],
    });
  });

  test("on a folder that exists: a change lists what it takes away, and from whom", async () => {
    const { grafana, context, home, on, uid, address } = await scene();
    await converge(context, [home]);
    const { plan } = await converge(context, [home, on(VIEW)]);

    const change = plan.changes.find((one) => `${one.kind}/${one.id}` === address);
    expect(change).toMatchObject({
      action: "update",
      revokes: expect.stringContaining("Edit of role/Editor") as unknown,
    });
    expect(change?.differences.map(({ type, path }) => `${type} ${path}`)).toContain(
      "removed permissions[holder=role/Editor]",
    );
    expect(await permissionsOn(grafana, "folder", uid)).toEqual(["Viewer: View"]);

    const more = await planFor(context, [home, on(VIEW, EDIT)]);
    expect(changeOf(more, address)).not.toHaveProperty("revokes");
    expect(changeOf(more, address)).toMatchObject({ origin: origin("code") });
  });

  test("on a dashboard are its own only: those of its folder are not listed", async () => {
    const { grafana, context, home, board, on } = await scene();
    const uid = board.uid ?? "";
    await converge(context, [home, board, on(EDIT), dashboardPermissions({ dashboard: board, permissions: [VIEW] })]);
    expect(await permissionsOn(grafana, "dashboard", uid)).toEqual(["Viewer: View"]);
    await converge(context, [home, board, on(EDIT), dashboardPermissions({ dashboard: board, permissions: [] })]);
    expect(await permissionsOn(grafana, "dashboard", uid)).toEqual([]);
  });

  test("that were changed in Grafana are drift, which is overwritten only with consent", async () => {
    const { grafana, context, home, on, uid, address } = await scene();
    await converge(context, [home, on(VIEW)]);
    await setPermissions(grafana, "folder", uid, [{ role: "Viewer", permission: 2 }]);

    const change = changeOf(await planFor(context, [home, on(VIEW)]), address);
    expect(change.left?.reason).toBe(DRIFT);
    expect(change).toMatchObject({
      origin: origin("grafana"),
      revokes: expect.stringContaining("keeps View") as unknown,
    });
    await converge(context, [home, on(VIEW)], { overwriteDrift: only(address) });
    expect(await permissionsOn(grafana, "folder", uid)).toEqual(["Viewer: View"]);
  });

  test("that were changed since the plan are a conflict", async () => {
    const { grafana, context, home, on, uid, address } = await scene();
    await converge(context, [home, on(VIEW)]);
    const prepared = await planFor(context, [home, on(VIEW, EDIT)]);
    await setPermissions(grafana, "folder", uid, []);
    expect(statuses(await carryOut(context, prepared))).toEqual({ [address]: "conflict" });
    expect(await permissionsOn(grafana, "folder", uid)).toEqual([]);
  });

  test.runIf(MARKS)("that another user has chosen are changed only after their adoption [needs marks]", async () => {
    const { grafana, context, home, on, uid, address } = await scene();
    await converge(context, [home]);
    await setPermissions(grafana, "folder", uid, [{ role: "Viewer", permission: 2 }]);

    expect(actions(await planFor(context, [home, on(VIEW)]))).toEqual({ [address]: "left: foreign" });
    await converge(context, [home, on(VIEW)], { adopt: only(address) });
    expect(await permissionsOn(grafana, "folder", uid)).toEqual(["Viewer: View"]);
  });

  test.runIf(MARKS)("of which a user has left nothing are chosen, so they need adoption [needs marks]", async () => {
    const { grafana, context, home, on, uid, address } = await scene();
    await converge(context, [home]);
    for (const items of [[], [{ userId: 1, permission: 4 }]]) {
      await setPermissions(grafana, "folder", uid, items);
      const before = await permissionsOn(grafana, "folder", uid);
      const prepared = await planFor(context, [home, on(VIEW)]);
      expect(actions(prepared)).toEqual({ [address]: "left: foreign" });
      await carryOut(context, prepared);
      expect(await permissionsOn(grafana, "folder", uid)).toEqual(before);
    }
  });

  test.runIf(MARKS)(
    "in a folder are chosen if there are any, as a new folder there has none [needs marks]",
    async () => {
      const { grafana, context, home } = await scene();
      const inner = folder({ uid: grafana.name("inner"), title: "Inner", parent: home });
      const name = `folder-permissions/${inner.uid}`;
      const code = [home, inner, folderPermissions({ folder: inner, permissions: [VIEW] })];
      await converge(context, [home, inner]);
      expect(actions(await planFor(context, code))).toEqual({ [name]: "update" });

      for (const items of [
        [{ userId: 1, permission: 4 }],
        [
          { role: "Viewer", permission: 1 },
          { role: "Editor", permission: 2 },
        ],
      ]) {
        await setPermissions(grafana, "folder", inner.uid ?? "", items);
        expect(actions(await planFor(context, code))).toEqual({ [name]: "left: foreign" });
      }
    },
  );

  test.runIf(MARKS)("that another project owns need adoption, even those of a new folder [needs marks]", async () => {
    const { grafana, context, home, on, uid, address } = await scene();
    await converge(context, [home, on(VIEW, EDIT)]);
    const other = await grafana.context(grafana.name("other"));
    const named = folderPermissions({ folder: existing.folder(uid), permissions: [VIEW] });
    const prepared = await planFor(other, [named]);
    expect(changeOf(prepared, address).left).toMatchObject({
      reason: "foreign",
      message: expect.stringContaining(context.owner) as unknown,
    });
  });

  test.runIf(MARKS)(
    "that the code no longer has are reset to those of a new folder by a prune [needs marks]",
    async () => {
      const { grafana, context, home, on, uid } = await scene();
      await converge(context, [home, on()]);
      const { plan } = await converge(context, [home], { prune: true });
      expect(plan.changes).toMatchObject([{ sideEffect: "gives Edit to role/Editor, View to role/Viewer" }]);
      expect(await permissionsOn(grafana, "folder", uid)).toEqual(["Editor: Edit", "Viewer: View"]);
      expect(actions(await planFor(context, [home], { prune: true }))).toEqual({});
    },
  );

  test.runIf(MARKS)("are deleted together with their folder [needs marks]", async () => {
    const { grafana, context, home, on, address } = await scene();
    await converge(context, [home, on(VIEW)]);
    grafana.requests.length = 0;
    const { plan } = await converge(context, [], { prune: true });
    expect(plan.changes.map(({ kind, id }) => `${kind}/${id}`).slice(0, 2)).toEqual([address, `folder/${home.uid}`]);
    expect(plan.changes[0]).not.toHaveProperty("sideEffect");
    const written = grafana.requests.filter(({ method, path }) => method === "POST" && path.includes("permissions"));
    expect(written).toEqual([]);
  });

  test.runIf(MARKS)("stay as they are if their folder can't be deleted [needs marks]", async () => {
    const { grafana, context, home, on, uid, address } = await scene();
    await converge(context, [home, on()]);
    const theirs = { dashboard: { uid: grafana.name("theirs"), title: "Theirs" }, folderUid: uid };
    await grafana.other.send({ method: "POST", path: "/api/dashboards/db", body: theirs });

    const prepared = await planFor(context, [], { prune: true });
    expect(actions(prepared)).toEqual({ [address]: "left: not-empty", [`folder/${uid}`]: "left: not-empty" });
    await carryOut(context, prepared);
    expect(await permissionsOn(grafana, "folder", uid)).toEqual([]);
    expect(actions(await planFor(context, [home, on()]))).toEqual({});
  });

  test.runIf(MARKS)("stay as they are if the deletion of their folder fails [needs marks]", async () => {
    const { grafana, context, home, on, uid, address } = await scene();
    await converge(context, [home, on()]);
    const prepared = await planFor(context, [], { prune: true });
    const theirs = { dashboard: { uid: grafana.name("theirs"), title: "Theirs" }, folderUid: uid };
    await grafana.other.send({ method: "POST", path: "/api/dashboards/db", body: theirs });

    expect(statuses(await carryOut(context, prepared))).toMatchObject({ [address]: "skipped" });
    expect(await permissionsOn(grafana, "folder", uid)).toEqual([]);
  });

  test("are restored by a rollback of a change and of a creation", async () => {
    const { grafana, context, home, on, uid } = await scene();
    const runs = await runsFolder();
    await converge(context, [home]);
    const before = await permissionsOn(grafana, "folder", uid);
    const creation = await carriedOut(context, await planFor(context, [home, on(VIEW)]), runs);
    const change = await carriedOut(context, await planFor(context, [home, on()]), runs);
    if (!change.run || !creation.run) throw new Error("two runs were expected");

    await carriedOut(context, await undoOf(context, change.run), runs);
    expect(await permissionsOn(grafana, "folder", uid)).toEqual(["Viewer: View"]);
    await carriedOut(context, await undoOf(context, creation.run), runs);
    expect(await permissionsOn(grafana, "folder", uid)).toEqual(before);
  });

  test.runIf(MARKS)(
    "that were deleted are restored, but not over what a user has chosen since [needs marks]",
    async () => {
      const { grafana, context, home, on, uid, address } = await scene();
      const runs = await runsFolder();
      await converge(context, [home, on(VIEW)]);
      const { run } = await carriedOut(context, await planFor(context, [home], { prune: true }), runs);
      if (!run) throw new Error("a run was expected");

      await setPermissions(grafana, "folder", uid, [{ userId: 1, permission: 4 }]);
      const locked = await permissionsOn(grafana, "folder", uid);
      const refused = await undoOf(context, run);
      expect(actions(refused)).toEqual({ [address]: "left: obstacle" });
      await carryOut(context, refused);
      expect(await permissionsOn(grafana, "folder", uid)).toEqual(locked);

      await setPermissions(grafana, "folder", uid, [
        { role: "Viewer", permission: 1 },
        { role: "Editor", permission: 2 },
      ]);
      const prepared = await undoOf(context, run);
      expect(changeOf(prepared, address)).toMatchObject({
        action: "update",
        revokes: expect.stringContaining("Edit of role/Editor") as unknown,
      });
      await carriedOut(context, prepared, runs);
      expect(await permissionsOn(grafana, "folder", uid)).toEqual(["Viewer: View"]);
    },
  );

  test.runIf(KUBERNETES && MARKS)(
    "of a new folder can be set by an Editor's service account, and those that it can't read are left [needs marks]",
    async () => {
      const { grafana, home, board, on, uid, address } = await scene();
      // Grafana caches permissions for up to a minute, so the folder is older than the first request.
      const theirs = grafana.name("closed");
      await grafana.other.send({ method: "POST", path: "/api/folders", body: { uid: theirs, title: theirs } });
      const robot = await editorOf(grafana);
      const owner = grafana.name("robot");
      const context = await robot(owner);
      const me: Permission = { role: "Viewer", permission: "View" };
      expect(actions(await planFor(context, [home, on(me)]))).toEqual({
        [`folder/${uid}`]: "create",
        [address]: "create",
      });

      // A folder that it made has a permission for it, whose name it can't read.
      await converge(context, [home]);
      expect(changeOf(await planFor(context, [home, on(me)]), address)).toMatchObject({
        action: "update",
        revokes: expect.stringContaining("Admin of service-account/sa-") as unknown,
      });

      const closed = folderPermissions({ folder: existing.folder(theirs), permissions: [VIEW] });
      // Credentials list the permissions on a new folder when they are read again.
      const prepared = await planFor(await robot(owner), [home, board, closed]);
      expect(actions(prepared)).toEqual({
        [`dashboard/${board.uid}`]: "create",
        [`folder-permissions/${theirs}`]: "left: forbidden",
      });
    },
  );

  test("are read only for folders and dashboards that the code names", async () => {
    const { grafana, context, home, board, on, uid } = await scene();
    await converge(context, [home, board, on(VIEW)]);
    grafana.requests.length = 0;
    await planFor(context, [home, board, on(VIEW)]);
    const read = grafana.requests.filter(({ path }) => path.endsWith("/permissions") && path.startsWith("/api/f"));
    expect(read.map(({ path }) => path)).toEqual([`/api/folders/${uid}/permissions`]);
  });
});

describe("the code of permissions", () => {
  const home = folder({ uid: "home", title: "Home" });
  const faultsOf = (permissions: unknown, more: object = {}) => {
    const value = { kind: "folder-permissions", folder: home, permissions, ...more };
    const source = { file: "p.ts", export: "default" };
    return desire(
      [
        { kind: "folder", value: home, source },
        { kind: value.kind, value, source },
      ],
      kinds,
      "own",
    ).faults.map(({ path, message }) => ({ path, message }));
  };

  test.each([
    ["no holder", [{ permission: "View" }], "permissions[0]", /one of role, team, user and serviceAccount/],
    ["two holders", [{ ...VIEW, user: "ada" }], "permissions[0]", /one of role/],
    ["the role Admin", [{ role: "Admin", permission: "View" }], "permissions[0].role", /Viewer or Editor/],
    ["an unknown level", [{ role: "Viewer", permission: "Read" }], "permissions[0].permission", /View/],
    ["a holder twice", [VIEW, { ...VIEW, permission: "Edit" }], "permissions[1]", /repeats role\/Viewer/],
    ["a folder as a team", [{ team: home, permission: "View" }], "permissions[0].team", /existing\.team/],
  ])("with %s is a fault with its place", (_what, permissions, path, message) => {
    expect(faultsOf(permissions)).toEqual([{ path, message: expect.stringMatching(message) as unknown }]);
  });

  test("can be defined only once for each folder", () => {
    const one = { kind: "folder-permissions", folder: home, permissions: [] };
    const source = { file: "p.ts", export: "default" };
    const { faults } = desire(
      [home, one, { ...one }].map((value) => ({ kind: value.kind, value, source })),
      kinds,
      "own",
    );
    expect(faults).toHaveLength(1);
  });
});
