import { expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { call, mergePatch, sandbox, temporaryDirectory } from "./support.ts";

const path = "/apis/playlist.grafana.app/v1/namespaces/default/playlists";

function playlist(name: string, metadata: Record<string, unknown> = {}, spec: Record<string, unknown> = {}) {
  return { metadata: { name, ...metadata }, spec: { title: name, interval: "5m", items: [], ...spec } };
}

test("a playlist keeps its manager, and both API versions return it", async () => {
  const server = await sandbox();
  const annotations = { "grafana.app/managedBy": "kubectl", "grafana.app/managerId": "team" };

  await call(server, "POST", path, playlist("wall", { annotations, labels: { team: "a" } }));
  const newer = await call(server, "GET", `${path}/wall`);
  const older = await call(server, "GET", `${path.replace("/v1/", "/v0alpha1/")}/wall`);

  expect(newer.body.metadata).toMatchObject({ annotations, labels: { team: "a" }, generation: 1 });
  expect(older.body.metadata).toEqual(newer.body.metadata);
  expect(older.body.spec).toEqual(newer.body.spec);
});

test("only a change of the spec increments the generation", async () => {
  const server = await sandbox();
  await call(server, "POST", path, playlist("wall"));

  const labelled = await call(server, "PUT", `${path}/wall`, playlist("wall", { labels: { team: "a" } }));
  const renamed = await call(server, "PATCH", `${path}/wall`, { spec: { title: "Wall" } }, mergePatch);

  expect(labelled.body.metadata?.generation).toBe(1);
  expect(renamed.body.metadata).toMatchObject({ generation: 2, labels: { team: "a" } });
  expect(renamed.body.spec).toEqual({ title: "Wall", interval: "5m", items: [] });
});

test("a stale resourceVersion is a conflict and changes nothing", async () => {
  const server = await sandbox();
  const { body } = await call(server, "POST", path, playlist("wall"));
  const resourceVersion = body.metadata?.resourceVersion;
  await call(server, "PUT", `${path}/wall`, playlist("wall", {}, { title: "new" }));

  const stale = await call(server, "PUT", `${path}/wall`, playlist("wall", { resourceVersion }, { title: "stale" }));

  expect(stale).toMatchObject({ status: 409, body: { reason: "Conflict" } });
  expect((await call(server, "GET", `${path}/wall`)).body.spec?.["title"]).toBe("new");
});

test("a list accepts a label selector", async () => {
  const server = await sandbox();
  await call(server, "POST", path, playlist("a", { labels: { team: "x" } }));
  await call(server, "POST", path, playlist("b", { labels: { team: "y" } }));

  const { body } = await call(server, "GET", `${path}?labelSelector=team%3Dx`);

  expect(body.items?.map((item) => item.metadata?.name)).toEqual(["a"]);
});

test.each([
  ["None", [200, 403, 403, 403]],
  ["Viewer", [200, 403, 403, 403]],
  ["Editor", [200, 201, 200, 200]],
  ["Admin", [200, 201, 200, 200]],
])("a service account with the role %s has the permissions of its role", async (role, expected) => {
  const server = await sandbox();
  await call(server, "POST", path, playlist("existing"));
  const account = (await call(server, "POST", "/api/serviceaccounts", { name: role, role })).body as { id?: number };
  const token = await call(server, "POST", `/api/serviceaccounts/${account.id}/tokens`, { name: "t" });
  const headers = { authorization: `Bearer ${(token.body as { key?: string }).key}` };

  const answers = [
    await call(server, "GET", path, undefined, headers),
    await call(server, "POST", path, playlist("own"), headers),
    await call(server, "PUT", `${path}/existing`, playlist("existing", {}, { title: role }), headers),
    await call(server, "DELETE", `${path}/existing`, undefined, headers),
  ];

  expect(answers.map(({ status }) => status)).toEqual(expected);
});

test.each([
  ["../outside", 422],
  ["..", 422],
  ["a b", 500],
  ["x".repeat(254), 500],
  ["x".repeat(253), 201],
  ["Up.per:case_1", 201],
])("the name %s returns status %i", async (name, status) => {
  const server = await sandbox();

  expect((await call(server, "POST", path, playlist(name))).status).toBe(status);
  const { body } = await call(server, "GET", path);
  expect(body.items?.map((item) => item.metadata?.name)).toEqual(status === 201 ? [name] : []);
});

test.each(["unified", "legacy-storage"] as const)("playlists persist across a restart: %s", async (mode) => {
  const dataDirectory = await temporaryDirectory();
  const first = await startSandbox({ dataDirectory, mode });
  const items = [{ type: "dashboard_by_tag", value: "t" }];
  await call(first, "POST", path, playlist("wall", { annotations: { "own/note": "n" } }, { items }));
  const before = await call(first, "GET", `${path}/wall`);
  await first.close();

  const second = await sandbox(dataDirectory, mode);

  expect(before.status).toBe(200);
  expect(await call(second, "GET", `${path}/wall`)).toEqual(before);
});

test("Grafana 11 serves playlists only in the older version", async () => {
  const server = await sandbox(undefined, "legacy-api");

  const group = await call(server, "GET", "/apis/playlist.grafana.app");

  expect(group.body).toMatchObject({ versions: [{ version: "v0alpha1" }], preferredVersion: { version: "v0alpha1" } });
  expect((await call(server, "GET", path)).status).toBe(404);
  expect((await call(server, "GET", path.replace("/v1/", "/v0alpha1/"))).status).toBe(200);
});
