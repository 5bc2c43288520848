import { expect, test } from "vitest";
import {
  dashboard,
  dashboardPermissions,
  existing,
  folder,
  folderPermissions,
  organizationPreferences,
  publicDashboards,
  serviceAccount,
  team,
} from "../../src/index.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { UsageError } from "../../src/util/errors.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import { dropAccount, dropTeam, person, setMembers } from "../kinds/access/support.ts";
import { example, makeExample, OBJECTS } from "../kinds/api-object/support.ts";
import { imported } from "./support.ts";

const ACCESS = [
  "team",
  "service-account",
  "folder-permissions",
  "dashboard-permissions",
  "organization-preferences",
  "public-dashboards",
];

/** Everything of another project, except Grafana's own preferences and public dashboards, which all tests share. */
async function scene() {
  const grafana = await testGrafana();
  const name = (stem: string) => grafana.name(stem);
  const [ada, linus] = [await person(grafana, "ada"), await person(grafana, "linus")];
  const sre = team({ name: name("SRE"), email: "sre@example.com", members: [ada.login], admins: [linus.login] });
  const ci = serviceAccount({ name: name("ci"), role: "Editor", disabled: true });
  dropTeam(grafana, sre.name);
  dropAccount(grafana, ci.name);
  const home = folder({ uid: name("home"), title: name("Home") });
  const inner = folder({ uid: name("inner"), title: "Inner", parent: home });
  const plain = folder({ uid: name("plain"), title: name("Plain") });
  const board = dashboard({ uid: name("board"), folder: home, spec: { title: name("Board"), panels: [] } });
  const code = [
    sre,
    ci,
    home,
    inner,
    plain,
    board,
    folderPermissions({
      folder: home,
      permissions: [
        { role: "Viewer", permission: "View" },
        { team: sre, permission: "Edit" },
        { user: ada.login, permission: "Admin" },
        { serviceAccount: ci, permission: "Edit" },
      ],
    }),
    folderPermissions({ folder: inner, permissions: [{ role: "Editor", permission: "Admin" }] }),
    dashboardPermissions({ dashboard: board, permissions: [{ team: sre, permission: "View" }] }),
  ];
  await converge(await grafana.context(name("theirs")), code);
  return { grafana, name, ada, sre, ci, home, inner, plain, board, code };
}

/** Whether an object belongs to this test. */
function isOwnIn(grafana: TestGrafana): (object: { readonly id: string }) => boolean {
  const run = grafana.name("").slice(1);
  return ({ id }) => id.includes(run);
}

async function differencesAfter(context: KindContext, code: readonly { kind: string }[]) {
  const { plan } = await planFor(context, code, { adopt: { ...NOTHING, all: true } });
  return plan.changes.flatMap(({ kind, id, action, differences }) =>
    action === "create" || differences.length > 0 ? [{ kind, id, action, differences }] : [],
  );
}

test("teams, service accounts and permissions are equal to their imported code", async () => {
  const { grafana, name, inner, sre, ci } = await scene();
  const context = await grafana.context(name("own"));
  const { files, resources, left } = await imported(context, {
    only: [...ACCESS, "folder", "dashboard"],
    selected: isOwnIn(grafana),
  });

  expect(left).toEqual([]);
  expect([...files.keys()].filter((file) => file.startsWith("access/")).toSorted()).toEqual([
    "access/dashboard-permissions.ts",
    "access/folder-permissions.ts",
    "access/service-accounts.ts",
    "access/teams.ts",
  ]);
  const kinds = Object.groupBy(resources, ({ kind }) => kind);
  expect(kinds["team"]).toEqual([sre]);
  expect(kinds["service-account"]).toEqual([ci]);
  // The folder with default permissions has none in the code.
  expect(kinds["folder-permissions"]).toHaveLength(2);
  expect(kinds["folder-permissions"]).toContainEqual(
    expect.objectContaining({
      folder: expect.objectContaining({ uid: inner.uid }) as unknown,
      permissions: [{ role: "Editor", permission: "Admin" }],
    }),
  );
  expect(kinds["dashboard-permissions"]).toHaveLength(1);
  expect(await differencesAfter(context, resources)).toEqual([]);
});

test("access is imported only if --only names its kind, and by itself refers to existing objects by name", async () => {
  const { grafana, name, home, sre, ci } = await scene();
  const context = await grafana.context(name("own"));
  grafana.requests.length = 0;
  const plain = await imported(context, { selected: isOwnIn(grafana) });
  expect(plain.objects.map(({ kind }) => kind)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(ACCESS.join("|"))]),
  );
  expect(grafana.requests.map(({ path }) => path).join("\n")).not.toMatch(/permissions\n|teams|serviceaccounts/);

  grafana.requests.length = 0;
  const address = `folder-permissions/${home.uid}`;
  const only = await imported(context, { only: [address], selected: ({ kind, id }) => `${kind}/${id}` === address });
  expect(only.objects.map(({ kind, id }) => `${kind}/${id}`)).toEqual([address]);
  expect(only.resources.filter(({ kind }) => kind === "folder-permissions")).toMatchObject([
    {
      folder: existing.folder(home.uid ?? ""),
      permissions: expect.arrayContaining([
        { team: sre.name, permission: "Edit" },
        { serviceAccount: ci.name, permission: "Edit" },
      ]) as unknown,
    },
  ]);
  const read = grafana.requests.filter(({ path }) => /folders\/.*\/permissions$/.test(path));
  expect(read.map(({ path }) => path)).toEqual([`/api/folders/${home.uid}/permissions`]);
  expect(await differencesAfter(context, only.resources)).toEqual([]);
});

test("permissions that the credentials can't read are left out, with the reason", async () => {
  const { grafana, name, plain, inner } = await scene();
  const robot = name("robot");
  dropAccount(grafana, robot);
  const send = (path: string, body: object) => grafana.other.send({ method: "POST", path, body });
  const { id } = (await send("/api/serviceaccounts", { name: robot, role: "Editor" })) as { id: number };
  const { key } = (await send(`/api/serviceaccounts/${id}/tokens`, { name: robot })) as { key: string };
  const context = await grafana.context(name("own"), { credentials: { type: "token", token: key } });
  const { objects, unreadable, left } = await imported(context, {
    only: ["team", "folder-permissions"],
    selected: isOwnIn(grafana),
  });
  // An Editor may read the permissions on a folder in which Editors are Admins.
  expect(objects.filter(({ kind }) => ACCESS.includes(kind))).toMatchObject([{ id: inner.uid }]);
  expect([...unreadable.keys()]).toContain("team");
  expect(left.map((one) => one.address)).toContain(`folder-permissions/${plain.uid}`);
});

test("preferences and public dashboards are equal to their imported code, which has no links", async () => {
  const { grafana, name, board } = await scene();
  const theirs = await grafana.context(name("shared"));
  const shared = existing.dashboard(board.uid ?? "");
  const own = [
    organizationPreferences({ theme: "dark", timezone: "Europe/Berlin", weekStart: "monday", homeDashboard: shared }),
    publicDashboards({ dashboards: [{ dashboard: shared, timeSelection: true }] }),
  ];
  await converge(theirs, own, { adopt: { ...NOTHING, all: true } });
  const context = await grafana.context(name("own"));
  const only = ["organization-preferences", "public-dashboards"];
  const { files, resources, left } = await imported(context, { only, selected: ({ kind }) => only.includes(kind) });
  await converge(theirs, [organizationPreferences({ theme: "system" }), publicDashboards({ dashboards: [] })]);
  await converge(theirs, [], { prune: true });

  expect(left).toEqual([]);
  expect(resources.filter(({ kind }) => only.includes(kind))).toEqual(expect.arrayContaining(own));
  const text = [...files.values()].join("\n");
  expect(text).not.toMatch(/[0-9a-f]{32}/);
});

test.runIf(OBJECTS)("objects of a type are imported if --only names the type [needs marks]", async () => {
  const grafana = await testGrafana();
  const [first, second] = [grafana.name("first"), grafana.name("second")];
  await makeExample(grafana, first);
  await converge(await grafana.context(grafana.name("theirs")), [example(second, "theirs")]);
  const context = await grafana.context(grafana.name("own"));
  const only = ["api-object/example.grafana.app/Example"];
  const { resources, left, files } = await imported(context, { only, selected: isOwnIn(grafana) });

  expect(left).toEqual([]);
  expect([...files.keys()]).toContain("objects/objects.ts");
  expect(resources.flatMap((one) => ("metadata" in one ? [one.metadata] : []))).toEqual(
    expect.arrayContaining([{ name: first }, { name: second }]),
  );
  expect(await differencesAfter(context, resources)).toEqual([]);
});

test.runIf(OBJECTS).each([
  ["no type", "api-object"],
  ["a pattern in place of the type", "api-object/example.grafana.app/*"],
  ["a type that Grafana does not serve", "api-object/example.grafana.app/Nothing"],
])("--only with %s is an error before anything is written [needs marks]", async (_what, name) => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  await expect(imported(context, { only: [name], selected: () => true })).rejects.toBeInstanceOf(UsageError);
});

test.runIf(OBJECTS)("objects that a function of their own defines are left out [needs marks]", async () => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const uid = grafana.name("home");
  await converge(await grafana.context(grafana.name("theirs")), [folder({ uid, title: uid })]);
  const only = ["api-object/folder.grafana.app/Folder"];
  const { left } = await imported(context, {
    only,
    selected: ({ kind, id }) => kind === "api-object" && id.endsWith(uid),
  });
  expect(left).toMatchObject([
    { address: `api-object/folder.grafana.app/Folder/${uid}`, why: expect.stringContaining("folder()") as unknown },
  ]);
});

test.runIf(KUBERNETES)("members that are added in Grafana are in the code of the next import", async () => {
  const { grafana, name, sre } = await scene();
  const eve = await person(grafana, "eve");
  await setMembers(grafana, sre.name, [[eve, "Member"]]);
  const { resources } = await imported(await grafana.context(name("own")), {
    only: ["team"],
    selected: isOwnIn(grafana),
  });
  expect(resources.find(({ kind }) => kind === "team")).toMatchObject({
    members: expect.arrayContaining([eve.login]) as unknown,
  });
});
