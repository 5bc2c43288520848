import { expect, test } from "vitest";
import { testProject } from "../helpers/cli.ts";
import { call, dashboard, dashboardsPath, folder, foldersPath, sandbox, temporaryDirectory } from "./support.ts";

const save = "/api/dashboards/db";

test("Grafana 11 serves dashboards and folders only under /api", async () => {
  const server = await sandbox(undefined, "legacy-api");

  const health = await call(server, "GET", "/api/health");
  const groups = await call(server, "GET", "/apis");
  const paths = [dashboardsPath, foldersPath, `${foldersPath}/x`, "/apis/dashboard.grafana.app"];
  const statuses = await Promise.all(paths.map(async (path) => (await raw(server, path)).status));

  expect(health.body.version).toBe("11.6.0");
  expect(JSON.stringify(groups.body)).not.toMatch(/dashboard\.grafana\.app|folder\.grafana\.app/);
  expect(statuses).toEqual(paths.map(() => 404));
});

test("Grafana 11 stores a dashboard's JSON as sent and adds a version for every save", async () => {
  const server = await sandbox(undefined, "legacy-api");
  const json = { uid: "d", title: "D", tags: ["a"], templating: { list: [] }, own: { field: [1, null] } };
  await call(server, "POST", save, { dashboard: { ...json, id: null } });
  const again = await call(server, "POST", save, { dashboard: { ...json, version: 1 } });
  const stale = await call(server, "POST", save, { dashboard: { ...json, version: 1 } });

  const read = await call(server, "GET", "/api/dashboards/uid/d");

  expect(again.body.version).toBe(2);
  expect([stale.status, stale.body]).toMatchObject([412, { status: "version-mismatch" }]);
  expect(read.body).toMatchObject({ meta: { version: 2 }, dashboard: { version: 2 } });
  const { id, version, ...kept } = (read.body as { dashboard: Record<string, unknown> }).dashboard;
  expect([typeof id, version, kept]).toEqual(["number", 2, json]);
});

test("Grafana 11 adds one version for a folder's move and reports a version mismatch", async () => {
  const server = await sandbox(undefined, "legacy-api");
  await call(server, "POST", "/api/folders", { uid: "a", title: "A" });
  await call(server, "POST", "/api/folders", { uid: "b", title: "B" });

  const moved = await call(server, "POST", "/api/folders/b/move", { parentUid: "a" });
  const stale = await call(server, "PUT", "/api/folders/b", { title: "B 2", version: 1 });
  const taken = await call(server, "POST", "/api/folders", { uid: "b", title: "B" });
  const renamed = await call(server, "PUT", "/api/folders/b", { title: "B 2", version: 2 });

  expect(moved.body).toMatchObject({ version: 2, parentUid: "a", parents: [{ uid: "a" }] });
  expect([stale.status, stale.body]).toMatchObject([412, { status: "version-mismatch" }]);
  expect([taken.status, taken.body]).toMatchObject([412, { status: "version-mismatch" }]);
  expect(renamed.body).toMatchObject({ version: 3, title: "B 2" });
});

test("on SQL tables the response to a dashboard's write differs from a read", async () => {
  const dataDirectory = await temporaryDirectory();
  const server = await sandbox(dataDirectory, "legacy-storage");
  const marks = { annotations: { "x/y": "1" }, labels: { a: "b" } };

  const made = await call(server, "POST", dashboardsPath, dashboard("d", {}, marks));
  const read = await call(server, "GET", `${dashboardsPath}/d`);

  expect(made.body.metadata).toMatchObject(marks);
  expect(read.body.metadata?.annotations).not.toHaveProperty("x/y");
  expect(read.body.metadata?.labels).not.toHaveProperty("a");
});

test("row ids continue after a restart", async () => {
  const dataDirectory = await temporaryDirectory();
  const first = await sandbox(dataDirectory, "legacy-storage");
  await call(first, "POST", foldersPath, folder("f"));
  await call(first, "POST", dashboardsPath, dashboard("d"));
  await first.close();

  const second = await sandbox(dataDirectory, "legacy-storage");
  const made = await call(second, "POST", dashboardsPath, dashboard("e"));

  expect(made.body.metadata?.labels).toEqual({ "grafana.app/deprecatedInternalID": "3" });
});

test("data of one mode can be opened in another, as in an upgrade", async () => {
  const dataDirectory = await temporaryDirectory();
  const before = await sandbox(dataDirectory, "legacy-api");
  await call(before, "POST", "/api/folders", { uid: "f", title: "F" });
  await call(before, "POST", save, { dashboard: { uid: "d", title: "D" }, folderUid: "f" });
  await before.close();

  const after = await sandbox(dataDirectory);
  const read = await call(after, "GET", `${dashboardsPath}/d`);
  const written = await call(after, "PUT", `${dashboardsPath}/d`, dashboard("d", {}, { annotations: { "x/y": "1" } }));
  await after.close();
  const back = await sandbox(dataDirectory, "legacy-storage");

  expect(read.body.metadata?.annotations).toMatchObject({ "grafana.app/folder": "f" });
  expect(written.body.metadata?.annotations).toMatchObject({ "x/y": "1" });
  const shown = await call(back, "GET", `${dashboardsPath}/d`);
  expect(shown.body.metadata).toMatchObject({ generation: 2, resourceVersion: "2" });
  expect(shown.body.metadata?.annotations).not.toHaveProperty("x/y");
});

test("an unknown mode exits with 64 and lists the modes", async () => {
  const project = await testProject();

  const { code, stderr } = await project.run(["sandbox", "--mode", "legacy"]);

  expect(code).toBe(64);
  expect(stderr).toMatch(/unified, legacy-storage, legacy-api/);
});

async function raw(server: { url: string }, path: string): Promise<Response> {
  return fetch(server.url + path, { headers: { authorization: `Basic ${btoa("admin:admin")}` } });
}
