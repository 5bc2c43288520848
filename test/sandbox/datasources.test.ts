import { expect, test } from "vitest";
import { call, sandbox, type Answer } from "./support.ts";

const base = { type: "prometheus", access: "proxy", url: "http://127.0.0.1:9090" };

test("exactly one data source is the default", async () => {
  const server = await sandbox();
  const create = async (uid: string, more: object = {}): Promise<Answer> =>
    call(server, "POST", "/api/datasources", { uid, name: uid, ...base, ...more });
  const isDefault = async (uid: string) => (await call(server, "GET", `/api/datasources/uid/${uid}`)).body.isDefault;

  await create("first");
  await create("second");
  expect([await isDefault("first"), await isDefault("second")]).toEqual([true, false]);

  await create("third", { isDefault: true });
  expect([await isDefault("first"), await isDefault("third")]).toEqual([false, true]);

  const uids = ["a", "b", "c", "d", "e"];
  await Promise.all(uids.map(async (uid) => create(uid, { isDefault: true })));
  const flags = await Promise.all([...uids, "first", "second", "third"].map(isDefault));
  expect(flags.filter((flag) => flag === true)).toHaveLength(1);
});

test("ids are never reused", async () => {
  const server = await sandbox();
  const first = await call(server, "POST", "/api/datasources", { uid: "a", name: "a", ...base });
  await call(server, "DELETE", "/api/datasources/uid/a");
  const second = await call(server, "POST", "/api/datasources", { uid: "a", name: "a", ...base });

  expect(first.body).toMatchObject({ id: 1 });
  expect(second.body).toMatchObject({ id: 2, datasource: { isDefault: true } });
});

test("PUT can't clear the URL, restarts the version if it is omitted, and keeps other secrets", async () => {
  const server = await sandbox();
  const testdata = { uid: "t", name: "t", type: "grafana-testdata-datasource", access: "proxy" };
  await call(server, "POST", "/api/datasources", {
    ...testdata,
    url: "http://kept",
    basicAuthUser: "kept",
    secureJsonData: { a: "1", b: "2" },
  });

  const versioned = await call(server, "PUT", "/api/datasources/uid/t", { ...testdata, url: "", version: 7 });
  const unversioned = await call(server, "PUT", "/api/datasources/uid/t", { ...testdata, secureJsonData: { a: "" } });
  const required = await call(server, "PUT", "/api/datasources/uid/t", { ...testdata, type: "loki", url: "" });

  expect(versioned.body).toMatchObject({ datasource: { version: 8, url: "http://kept", basicAuthUser: "kept" } });
  expect(unversioned.body).toMatchObject({ datasource: { version: 1, secureJsonFields: { b: true } } });
  expect(required.status).toBe(400);
});

test("names and uids are validated", async () => {
  const server = await sandbox();
  await call(server, "POST", "/api/datasources", { uid: "a", name: "A", ...base });
  await call(server, "POST", "/api/datasources", { uid: "b", name: "B", ...base });

  const unnamed = await call(server, "POST", "/api/datasources", base);
  const refused = await Promise.all([
    call(server, "PUT", "/api/datasources/uid/b", { name: "A", ...base }),
    call(server, "PUT", "/api/datasources/uid/b", { name: "", ...base }),
    call(server, "POST", "/api/datasources", { uid: "x y", name: "X", ...base }),
    call(server, "POST", "/api/datasources", { uid: "c", name: "C", ...base, url: "http://a b" }),
    call(server, "POST", "/api/datasources", { uid: "c", name: "C", ...base, url: "http://a:b" }),
    call(server, "POST", "/api/datasources", { uid: "c", name: "C", ...base, secureJsonData: { a: 1 } }),
  ]);

  expect(unnamed.body).toMatchObject({ name: "prometheus" });
  expect(refused.map(({ status }) => status)).toEqual([409, 400, 400, 400, 400, 400]);
  expect(await call(server, "GET", "/api/datasources/uid/a/health")).toMatchObject({ status: 200 });
});
