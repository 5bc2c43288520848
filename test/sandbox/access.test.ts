import { expect, test } from "vitest";
import type { Sandbox } from "../../src/sandbox/server.ts";
import { groupsPath, pointsPath, putGroup, rule, rulerPath, webhook } from "./alerting-support.ts";
import {
  call,
  dashboard,
  dashboardsPath,
  folder,
  foldersPath,
  listAll,
  metadataOnly,
  sandbox,
  temporaryDirectory,
  type Answer,
} from "./support.ts";

const save = "/api/dashboards/db";
const accounts = "/api/serviceaccounts";

test("a custom token has exactly its permissions", async () => {
  const server = await estate();
  const key = server.token({
    permissions: {
      "dashboards:read": ["folders:uid:a"],
      "dashboards:write": ["dashboards:uid:in-a"],
      "folders:read": ["folders:uid:a"],
      "datasources:read": ["datasources:uid:one"],
    },
  });

  const own = await as(server, key, "GET", "/api/access-control/user/permissions");
  const dashboards = await listAll(server, dashboardsPath, bearer(key));
  const write = await as(server, key, "PUT", `${dashboardsPath}/in-a`, inFolder("in-a", "a"));
  const refused = await as(server, key, "PUT", `${dashboardsPath}/in-sub`, inFolder("in-sub", "sub"));
  const datasources = await as(server, key, "GET", "/api/datasources");

  expect(own.body).toEqual({
    "dashboards:read": ["folders:uid:a"],
    "dashboards:write": ["dashboards:uid:in-a"],
    "datasources:read": ["datasources:uid:one"],
    "folders:read": ["folders:uid:a"],
  });
  expect(dashboards.names).toEqual(["in-a", "in-sub"]);
  expect([write.status, refused.status]).toEqual([200, 403]);
  expect((datasources.body as unknown as { uid: string }[]).map(({ uid }) => uid)).toEqual(["one"]);
});

test("a wildcard matches only scopes with its prefix", async () => {
  const server = await estate();
  const all = server.token({ permissions: { "dashboards:read": ["dashboards:*"] } });
  const some = server.token({ permissions: { "dashboards:read": ["dashboards:uid:in-*"] } });
  const none = server.token({ permissions: { "dashboards:read": ["folders:uid:in-*"] } });

  expect((await listAll(server, dashboardsPath, bearer(all))).names).toEqual(["at-root", "in-a", "in-b", "in-sub"]);
  expect((await listAll(server, dashboardsPath, bearer(some))).names).toEqual(["in-a", "in-b", "in-sub"]);
  expect((await listAll(server, dashboardsPath, bearer(none))).names).toEqual([]);
});

test("each page of a list contains only objects that the token can read", async () => {
  const server = await estate();
  const key = server.token({
    permissions: { "dashboards:read": ["folders:uid:a"], "folders:read": ["folders:uid:a"] },
  });

  const objects = await listAll(server, `${dashboardsPath}?limit=1`, bearer(key));
  const metadata = await listAll(server, dashboardsPath, { ...bearer(key), ...metadataOnly });
  const folders = await listAll(server, foldersPath, bearer(key));
  const search = await as(server, key, "GET", "/api/search");

  expect(objects).toEqual({ names: ["in-a", "in-sub"], pages: [1, 1] });
  expect(metadata.names).toEqual(["in-a", "in-sub"]);
  expect(folders.names).toEqual(["a", "sub"]);
  expect((search.body as unknown as { uid: string }[]).map(({ uid }) => uid).toSorted()).toEqual([
    "a",
    "in-a",
    "in-sub",
    "sub",
  ]);
});

test("creating an object that exists but is not readable is a conflict", async () => {
  const server = await estate();
  const key = server.token({
    permissions: { "dashboards:create": ["folders:uid:general"], "dashboards:read": ["folders:uid:a"] },
  });

  const made = await as(server, key, "POST", dashboardsPath, dashboard("in-b"));
  const read = await as(server, key, "GET", `${dashboardsPath}/in-b`);
  const missing = await as(server, key, "GET", `${dashboardsPath}/missing`);

  expect([made.status, read.status, missing.status]).toEqual([409, 403, 404]);
  expect(read.body).toEqual({ kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", code: 403 });
});

test("a dry run requires only read permission", async () => {
  const server = await estate();
  const key = server.token({ permissions: { "dashboards:read": ["folders:uid:a"] } });

  const seen = await as(server, key, "PUT", `${dashboardsPath}/in-a?dryRun=All`, inFolder("in-a", "a"));
  const unseen = await as(server, key, "PUT", `${dashboardsPath}/in-b?dryRun=All`, inFolder("in-b", "b"));
  const made = await as(server, key, "POST", `${dashboardsPath}?dryRun=All`, inFolder("new", "b"));

  expect([seen.status, unseen.status, made.status]).toEqual([200, 403, 201]);
  expect((await call(server, "GET", `${dashboardsPath}/new`)).status).toBe(404);
});

test("a move requires permissions in both folders", async () => {
  const server = await estate();
  const rights = { "folders:read": ["folders:*"], "folders:write": ["folders:uid:sub"] };
  const stays = server.token({ permissions: rights });
  const moves = server.token({ permissions: { ...rights, "folders:create": ["folders:uid:b"] } });

  const refused = await as(server, stays, "PUT", `${foldersPath}/sub`, folder("sub", "b"));
  const refusedByOld = await as(server, stays, "POST", "/api/folders/sub/move", { parentUid: "b" });
  const moved = await as(server, moves, "PUT", `${foldersPath}/sub`, folder("sub", "b"));

  expect([refused.status, refused.body.message]).toEqual([
    403,
    "not allowed to create resource in the destination folder",
  ]);
  expect([refusedByOld.status, refusedByOld.body]).toMatchObject([403, { messageId: "folders.forbiddenMove" }]);
  expect(moved.status).toBe(200);
});

test("permissions on a folder apply to its descendants, and can be revoked", async () => {
  const server = await estate();
  const { id, key } = await account(server, "None");
  const before = await listAll(server, dashboardsPath, bearer(key));
  await call(server, "POST", "/api/folders/a/permissions", { items: [{ userId: id, permission: 2 }] });

  const given = await listAll(server, dashboardsPath, bearer(key));
  const below = await as(server, key, "PUT", `${dashboardsPath}/in-sub`, inFolder("in-sub", "sub"));
  const permissions = await as(server, key, "GET", "/api/access-control/user/permissions");
  await call(server, "POST", "/api/folders/a/permissions", { items: [{ userId: id, permission: 1 }] });
  const viewed = await as(server, key, "PUT", `${dashboardsPath}/in-sub`, inFolder("in-sub", "sub"));
  await call(server, "POST", "/api/folders/a/permissions", { items: [] });
  const taken = await listAll(server, dashboardsPath, bearer(key));
  const { generation } = (await call(server, "GET", `${foldersPath}/a`)).body.metadata ?? {};

  expect([before.names, given.names, taken.names]).toEqual([[], ["in-a", "in-sub"], []]);
  expect([below.status, viewed.status]).toEqual([200, 403]);
  expect(permissions.body).toMatchObject({
    "dashboards:write": ["folders:uid:a"],
    "folders:read": ["folders:uid:a", "folders:uid:sharedwithme"],
  });
  expect(generation).toBe(1);
});

test("the creator of a root folder or dashboard and the default roles get permissions on it", async () => {
  const server = await sandbox();
  const editor = await account(server, "Editor");
  const viewer = await account(server, "Viewer");

  await as(server, editor.key, "POST", foldersPath, folder("f"));
  await as(server, editor.key, "POST", save, { dashboard: { uid: "d", title: "D" } });
  await as(server, editor.key, "POST", dashboardsPath, dashboard("bare"));
  await as(server, editor.key, "PUT", `${foldersPath}/put`, folder("put"));
  const folders = await listAll(server, foldersPath, bearer(viewer.key));
  const dashboards = await listAll(server, dashboardsPath, bearer(viewer.key));
  const own = await as(server, editor.key, "GET", `${dashboardsPath}/bare`);
  const { body } = await as(server, editor.key, "GET", "/api/folders/f/permissions");

  expect([folders.names, dashboards.names]).toEqual([["f"], ["d"]]);
  expect(own.status).toBe(403);
  expect(body).toMatchObject([
    { userId: editor.id, permissionName: "Admin" },
    { role: "Editor", permission: 2 },
    { role: "Viewer", permission: 1 },
  ]);
});

test("a token becomes invalid if it is revoked or expires, or if its account is disabled or deleted", async () => {
  const server = await sandbox();
  const [revoked, disabled, deleted] = [
    await account(server, "Viewer"),
    await account(server, "Viewer"),
    await account(server, "Viewer"),
  ];
  const { body } = await call(server, "POST", `${accounts}/${revoked.id}/tokens`, {
    name: "brief",
    secondsToLive: 0.001,
  });
  const brief = (body as unknown as { key: string }).key;
  await call(server, "DELETE", `${accounts}/${revoked.id}/tokens/1`);
  await call(server, "PATCH", `${accounts}/${disabled.id}`, { isDisabled: true });
  await call(server, "DELETE", `${accounts}/${deleted.id}`);

  const answers: Answer[] = [];
  for (const key of [revoked.key, disabled.key, deleted.key, brief, "glsa_made-up"]) {
    answers.push(await as(server, key, "GET", "/api/org"));
  }

  expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 401]);
  expect(answers[3]?.body).toMatchObject({ messageId: "api-key.expired" });
});

test("accounts, tokens and permissions persist across a restart, and no file contains a key", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await estate(dataDirectory);
  const { id, key } = await account(first, "None");
  await call(first, "POST", "/api/folders/a/permissions", { items: [{ userId: id, permission: 1 }] });
  await first.close();

  const second = await sandbox(dataDirectory);

  expect((await listAll(second, dashboardsPath, bearer(key))).names).toEqual(["in-a", "in-sub"]);
  const { readdirSync, readFileSync } = await import("node:fs");
  const files = readdirSync(dataDirectory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.length).toBeGreaterThan(0);
  for (const { parentPath, name } of files) expect(readFileSync(`${parentPath}/${name}`, "utf8")).not.toContain(key);
});

test("a changed role applies to existing tokens", async () => {
  const server = await estate();
  const { id, key } = await account(server, "Viewer");
  const before = await as(server, key, "PUT", `${dashboardsPath}/in-a`, inFolder("in-a", "a"));
  await call(server, "PATCH", `${accounts}/${id}`, { role: "Editor" });

  const after = await as(server, key, "PUT", `${dashboardsPath}/in-a`, inFolder("in-a", "a"));

  expect([before.status, after.status]).toEqual([403, 200]);
  const { body } = await call(server, "GET", `${dashboardsPath}/in-a`);
  expect(body.metadata?.annotations?.["grafana.app/updatedBy"]).toMatch(/^service-account:/);
});

test("access to rules depends on their folder and on query permission for their datasources", async () => {
  const server = await estate();
  for (const name of ["a", "b"]) await putGroup(server, `${name}/g`, [rule(`rule-${name}`)]);
  const reads = { "folders:read": ["folders:uid:a"], "alert.rules:read": ["folders:uid:a"] };
  const writes = {
    ...reads,
    "alert.rules:write": ["folders:uid:a"],
    "alert.rules:create": ["folders:uid:a"],
    "alert.provisioning.provenance:write": [""],
  };
  const reader = server.token({ permissions: reads });
  const writer = server.token({ permissions: writes });
  const asks = server.token({ permissions: { ...writes, "datasources:query": ["datasources:uid:one"] } });
  const data = [{ refId: "A", datasourceUid: "one", relativeTimeRange: { from: 60, to: 0 }, model: { expr: "up" } }];
  const put = async (key: string, place: string, rules: object[]): Promise<Answer> =>
    as(server, key, "PUT", `${groupsPath}/${place.replace("/", "/rule-groups/")}`, { interval: 60, rules });

  const seen = await as(server, reader, "GET", rulerPath);
  const refused = await put(reader, "a/g", [rule("rule-a", { title: "changed" })]);
  const written = await put(writer, "a/g", [rule("rule-a", { title: "changed" })]);
  const removed = await put(writer, "a/g", [rule("other")]);
  const unasked = await put(writer, "a/new", [rule("asks", { data })]);
  const asked = await put(asks, "a/new", [rule("asks", { data })]);
  const elsewhere = await put(asks, "b/g", [rule("rule-b")]);

  expect(Object.keys(seen.body)).toEqual(["a"]);
  expect([refused.status, written.status, removed.status, unasked.status, asked.status, elsewhere.status]).toEqual([
    403, 200, 403, 403, 200, 403,
  ]);
  expect(refused.body.message).toMatch(/^You'll need additional permissions .* Permissions needed: any of /);
  expect(unasked.body).toMatchObject({ messageId: "alerting.unauthorized" });
});

test("secrets of contact points are in plain text for callers with permission to read them", async () => {
  const server = await sandbox();
  await call(server, "POST", pointsPath, webhook("w", "W", { password: "s3cret" }));
  const reads = server.token({ permissions: { "alert.provisioning:read": [""] } });
  const decrypts = server.token({ permissions: { "alert.provisioning.secrets:read": [""] } });
  const path = `${pointsPath}/export?format=json&decrypt=true`;

  const hidden = await as(server, reads, "GET", `${pointsPath}/export?format=json`);
  const refused = await as(server, reads, "GET", path);
  const shown = await as(server, decrypts, "GET", path);

  expect(JSON.stringify(hidden.body)).not.toContain("s3cret");
  expect([refused.status, refused.body]).toMatchObject([403, { messageId: "alerting.unauthorized" }]);
  expect(JSON.stringify(shown.body)).toContain("s3cret");
});

test.each([
  ["GET", "/api/datasources", "datasources:read"],
  ["POST", "/api/datasources", "datasources:create"],
  ["DELETE", "/api/datasources/uid/one", "datasources:delete"],
  ["POST", "/api/folders", "folders:create"],
  ["DELETE", "/api/folders/a", "folders:delete"],
  ["POST", save, "any of dashboards:create, dashboards:write"],
  ["GET", "/api/v1/provisioning/policies", "any of alert.provisioning:read, "],
  ["PUT", "/api/v1/provisioning/templates/t", "any of alert.provisioning:write, "],
  ["POST", "/api/v1/provisioning/mute-timings", "any of alert.provisioning:write, "],
  ["GET", rulerPath, "alert.rules:read"],
  ["GET", "/api/org", "orgs:read"],
  ["GET", `${accounts}/search`, "serviceaccounts:read"],
])("%s %s names the required permission", async (method, path, needed) => {
  const server = await estate();
  const key = server.token({ permissions: {} });

  const answer = await as(server, key, method, path, method === "GET" ? undefined : {});

  expect(answer.status).toBe(403);
  expect(answer.body).toMatchObject({ title: "Access denied" });
  expect(answer.body.message).toContain(`Permissions needed: ${needed}`);
});

test.each(["unified", "legacy-storage", "legacy-api"] as const)(
  "in %s mode the older API applies the same permissions",
  async (mode) => {
    const server = await sandbox(undefined, mode);
    for (const uid of ["a", "b"]) {
      await call(server, "POST", "/api/folders", { uid, title: uid });
      await call(server, "POST", save, { dashboard: { uid: `in-${uid}`, title: uid }, folderUid: uid });
    }
    await call(server, "POST", "/api/folders/b/permissions", { items: [] });
    const { key } = await account(server, "Editor");

    const listed = await as(server, key, "GET", "/api/folders");
    const found = await as(server, key, "GET", "/api/search?type=dash-db");
    const read = await as(server, key, "GET", "/api/dashboards/uid/in-b");
    const saved = await as(server, key, "POST", save, { dashboard: { uid: "new", title: "New" }, folderUid: "a" });
    const refused = await as(server, key, "POST", save, { dashboard: { uid: "x", title: "X" }, folderUid: "b" });
    const removed = await as(server, key, "DELETE", "/api/folders/b");

    const uids = ({ body }: Answer): string[] => (body as unknown as { uid: string }[]).map(({ uid }) => uid);
    expect([uids(listed), uids(found)]).toEqual([["sharedwithme", "a"], ["in-a"]]);
    expect([read.status, saved.status, refused.status, removed.status]).toEqual([403, 200, 403, 403]);
    expect(refused.body).toEqual({ message: "Access denied to save dashboard" });
  },
);

/** Folders `a`, `a/sub` and `b`, a dashboard in each and at the root, and two datasources. */
async function estate(dataDirectory?: string): Promise<Sandbox> {
  const server = await sandbox(dataDirectory);
  for (const [name, parent] of [["a"], ["b"], ["sub", "a"]] as const) {
    await call(server, "POST", foldersPath, folder(name, parent));
    await call(server, "POST", dashboardsPath, inFolder(`in-${name}`, name));
  }
  await call(server, "POST", dashboardsPath, dashboard("at-root"));
  for (const uid of ["one", "two"]) {
    await call(server, "POST", "/api/datasources", {
      uid,
      name: uid,
      type: "prometheus",
      access: "proxy",
      url: "http://x",
    });
  }
  return server;
}

let made = 0;

/** A service account with this role and a token. */
async function account(server: Sandbox, role: string): Promise<{ id: number; key: string }> {
  made += 1;
  const { body } = await call(server, "POST", accounts, { name: `account-${made}`, role });
  const { id } = body as unknown as { id: number };
  const token = await call(server, "POST", `${accounts}/${id}/tokens`, { name: "token" });
  return { id, key: (token.body as unknown as { key: string }).key };
}

function inFolder(name: string, parent: string): object {
  return dashboard(name, {}, { annotations: { "grafana.app/folder": parent } });
}

function bearer(key: string): Record<string, string> {
  return { authorization: `Bearer ${key}` };
}

async function as(server: Sandbox, key: string, method: string, path: string, body?: unknown): Promise<Answer> {
  return call(server, method, path, body, bearer(key));
}
