import { expect, test } from "vitest";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";
import { call, dashboard, dashboardsPath, folder, foldersPath, sandbox, temporaryDirectory } from "./support.ts";

const path = "/api/library-elements";

interface Panel {
  id: number;
  uid: string;
  name: string;
  version: number;
  folderUid: string;
  model: Record<string, unknown>;
  meta: { folderName: string; connectedDashboards: number };
}

function panel(uid: string, more: Record<string, unknown> = {}) {
  return { uid, name: uid, kind: 1, model: { type: "text", title: uid }, ...more };
}

function panelIn({ body }: { body: unknown }): Panel {
  return (body as { result: Panel }).result;
}

function uidsIn({ body }: { body: unknown }): string[] {
  return (body as { result: { elements: Panel[] } }).result.elements.map(({ uid }) => uid);
}

async function listed(server: { url: string }, query: string): Promise<string[]> {
  return uidsIn(await call(server, "GET", `${path}?${query}`));
}

async function tokenOf(server: Sandbox, role: string): Promise<Record<string, string>> {
  const account = (await call(server, "POST", "/api/serviceaccounts", { name: role, role })).body as { id?: number };
  const token = await call(server, "POST", `/api/serviceaccounts/${account.id}/tokens`, { name: "t" });
  return { authorization: `Bearer ${(token.body as { key?: string }).key}` };
}

test("a list returns the panels of the requested folders and types, page by page", async () => {
  const server = await sandbox();
  await call(server, "POST", foldersPath, folder("a"));
  await call(server, "POST", path, panel("root"));
  await call(server, "POST", path, panel("first", { folderUid: "a", model: { type: "timeseries" } }));
  await call(server, "POST", path, panel("second", { folderUid: "a" }));

  expect(await listed(server, "")).toEqual(["first", "root", "second"]);
  expect(await listed(server, "folderFilterUIDs=a")).toEqual(["first", "second"]);
  expect(await listed(server, "typeFilter=timeseries")).toEqual(["first"]);
  expect(await listed(server, "searchString=SEC")).toEqual(["second"]);
  expect(await listed(server, "excludeUid=root&sortDirection=alpha-desc")).toEqual(["second", "first"]);
  expect(await listed(server, "perPage=2&page=2")).toEqual(["second"]);
});

test("panels can have the same name, and a read by name returns all of them", async () => {
  const server = await sandbox();
  await call(server, "POST", path, panel("one", { name: "same" }));
  await call(server, "POST", path, panel("two", { name: "same" }));

  const found = await call(server, "GET", `${path}/name/same`);

  expect(found.body).toMatchObject({ result: [{ uid: "one" }, { uid: "two" }] });
  expect((await call(server, "GET", `${path}/name/other`)).status).toBe(404);
});

test.each([
  ["no JSON", "{broken", 400],
  ["a uid that is a number", panel("x", { uid: 5 }), 400],
  ["an illegal uid", panel("a b"), 400],
  ["a uid that is too long", panel("x".repeat(41)), 400],
  ["a folder that is missing", panel("x", { folderUid: "nope" }), 400],
  ["no kind", { ...panel("x"), kind: undefined }, 400],
  ["another kind", panel("x", { kind: 2 }), 500],
  ["no model", { ...panel("x"), model: undefined }, 500],
  ["a model that is a string", panel("x", { model: "text" }), 500],
])("a panel with %s is rejected and not stored", async (_what, body, status) => {
  const server = await sandbox();

  const answer = await fetch(server.url + path, {
    method: "POST",
    headers: { authorization: `Basic ${btoa("admin:admin")}`, "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

  expect(answer.status).toBe(status);
  expect(await listed(server, "")).toEqual([]);
});

test("a change keeps omitted fields and the folder", async () => {
  const server = await sandbox();
  await call(server, "POST", foldersPath, folder("a"));
  await call(server, "POST", path, panel("p", { folderUid: "a" }));

  const change = await call(server, "PATCH", `${path}/p`, { kind: 1, version: 1, name: "renamed" });
  const stale = await call(server, "PATCH", `${path}/p`, { kind: 1, version: 1, name: "stale" });

  expect([change.status, stale.status]).toEqual([200, 412]);
  expect(panelIn(await call(server, "GET", `${path}/p`))).toMatchObject({
    name: "renamed",
    version: 2,
    folderUid: "a",
    model: { type: "text", title: "p", description: "" },
  });
});

test("the newer API keeps a folder with a panel; the older one deletes both", async () => {
  const server = await sandbox();
  await call(server, "POST", foldersPath, folder("a"));
  await call(server, "POST", foldersPath, folder("b", "a"));
  await call(server, "POST", path, panel("p", { folderUid: "b" }));

  expect((await call(server, "GET", "/api/folders/a/counts")).body).toMatchObject({ librarypanel: 1, folder: 1 });
  expect((await call(server, "DELETE", `${foldersPath}/b`)).status).toBe(400);
  expect((await call(server, "DELETE", "/api/folders/a")).status).toBe(200);
  expect((await call(server, "GET", `${path}/p`)).status).toBe(404);
});

test("connections list the dashboards that show a panel, in rows as well, and don't prevent its deletion", async () => {
  const server = await sandbox();
  await call(server, "POST", path, panel("p"));
  const shown = { libraryPanel: { uid: "p", name: "p" }, gridPos: { x: 0, y: 0, w: 12, h: 8 } };
  const row = { type: "row", collapsed: true, panels: [{ ...shown, id: 3 }], gridPos: { x: 0, y: 0, w: 24, h: 1 } };
  await call(server, "POST", dashboardsPath, dashboard("direct", { panels: [{ ...shown, id: 1 }] }));
  await call(server, "POST", dashboardsPath, dashboard("in-row", { panels: [{ ...row, id: 2 }] }));
  await call(server, "POST", dashboardsPath, dashboard("without"));

  const users = await call(server, "GET", `${path}/p/connections`);

  expect(users.body).toMatchObject({ result: [{ connectionUid: "direct" }, { connectionUid: "in-row" }] });
  expect((await call(server, "DELETE", `${path}/p`)).status).toBe(200);
});

test("on SQL tables a panel that a dashboard shows can't be deleted, and neither can its folder", async () => {
  const server = await sandbox(undefined, "legacy-storage");
  await call(server, "POST", foldersPath, folder("a"));
  await call(server, "POST", path, panel("p", { folderUid: "a" }));
  const shown = { id: 1, libraryPanel: { uid: "p", name: "p" }, gridPos: { x: 0, y: 0, w: 12, h: 8 } };
  await call(server, "POST", dashboardsPath, dashboard("user", { panels: [shown] }));

  const count = panelIn(await call(server, "GET", `${path}/p`)).meta.connectedDashboards;
  const kept = [
    await call(server, "DELETE", `${path}/p`),
    await call(server, "DELETE", `${foldersPath}/a`),
    await call(server, "DELETE", "/api/folders/a"),
  ];
  await call(server, "DELETE", `${dashboardsPath}/user`);
  const deleted = await call(server, "DELETE", `${path}/p`);

  expect(count).toBe(1);
  expect(kept.map(({ status }) => status)).toEqual([403, 400, 403]);
  expect(deleted.status).toBe(200);
});

test("a Viewer can read, an Editor can write, and neither can read panels in a folder without permissions", async () => {
  const server = await sandbox();
  const granted = { annotations: { "grafana.app/grant-permissions": "default" } };
  await call(server, "POST", foldersPath, folder("open", undefined, granted));
  await call(server, "POST", foldersPath, folder("closed", undefined, granted));
  await call(server, "POST", "/api/folders/closed/permissions", { items: [] });
  await call(server, "POST", path, panel("seen", { folderUid: "open" }));
  await call(server, "POST", path, panel("hidden", { folderUid: "closed" }));

  for (const [role, created, changed] of [
    ["Viewer", 403, 403],
    ["Editor", 200, 200],
  ] as const) {
    const headers = await tokenOf(server, role);
    const list = await call(server, "GET", path, undefined, headers);
    expect(uidsIn(list)).toContain("seen");
    expect(uidsIn(list)).not.toContain("hidden");
    expect((await call(server, "GET", `${path}/hidden`, undefined, headers)).status).toBe(404);
    const create = await call(server, "POST", path, panel(`by-${role}`, { folderUid: "open" }), headers);
    const change = await call(server, "PATCH", `${path}/seen`, { kind: 1, version: 1 }, headers);
    expect([create.status, change.status]).toEqual([created, changed]);
  }
});

test("library panels persist across a restart, and an id is never reused", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await startSandbox({ dataDirectory });
  await call(first, "POST", path, panel("kept", { model: { type: "text", own: { __proto__: null, a: [1] } } }));
  await call(first, "POST", path, panel("gone"));
  await call(first, "DELETE", `${path}/gone`);
  const before = await call(first, "GET", `${path}/kept`);
  await first.close();

  const second = await sandbox(dataDirectory);
  const created = await call(second, "POST", path, panel("new"));

  expect(before.status).toBe(200);
  expect(await call(second, "GET", `${path}/kept`)).toEqual(before);
  expect(panelIn(created).id).toBe(3);
});
