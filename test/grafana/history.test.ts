import nock from "nock";
import { describe, expect, onTestFinished, test } from "vitest";
import { createClient } from "../../src/grafana/client.ts";
import { connect, type GrafanaConnection } from "../../src/grafana/connection.ts";
import { Unavailable } from "../../src/grafana/errors.ts";
import { historyOf } from "../../src/grafana/history.ts";
import { edit, make, remove } from "../engine/support.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";

async function connection(grafana: TestGrafana): Promise<GrafanaConnection> {
  return (await grafana.context(grafana.name("own"))).grafana;
}

async function saved(grafana: TestGrafana, uid: string, titles: readonly string[]): Promise<void> {
  await make(grafana, "dashboard", uid, { spec: { title: uid, schemaVersion: 42 } });
  for (const title of titles) {
    await edit(grafana, "dashboard", uid, ({ spec }) => {
      spec["title"] = title;
    });
  }
}

/** A user with this role, without the permissions that tests leave on their objects. */
async function as(grafana: TestGrafana, role: "Viewer" | "None"): Promise<GrafanaConnection> {
  const name = grafana.name(role.toLowerCase());
  const { id } = (await grafana.other.send({
    method: "POST",
    path: "/api/serviceaccounts",
    body: { name, role },
  })) as { id: number };
  onTestFinished(async () => {
    await grafana.other.send({ method: "DELETE", path: `/api/serviceaccounts/${id}` });
  });
  const path = `/api/serviceaccounts/${id}/tokens`;
  const { key } = (await grafana.other.send({ method: "POST", path, body: { name } })) as { key: string };
  const admin = await connection(grafana);
  const client = await createClient({ url: grafana.url, credentials: { type: "token", token: key } });
  onTestFinished(() => client.close());
  // A user without a role can't list the API versions.
  if (role === "Viewer") return connect(client, "nobody");
  const dashboards = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards";
  return {
    ...admin,
    client,
    dashboards: { ...admin.dashboards, history: (uid, until) => historyOf(client, dashboards, uid, until) },
  };
}

describe.runIf(KUBERNETES)("the versions of a dashboard [needs the newer API]", () => {
  test("are listed newest first, with author, time and content", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("board");
    await saved(grafana, uid, ["Two", "Three"]);
    const { dashboards } = await connection(grafana);

    const found = await dashboards.history?.(uid);

    expect(found?.map(({ generation, spec }) => [generation, spec["title"]])).toEqual([
      [3, "Three"],
      [2, "Two"],
      [1, uid],
    ]);
    for (const { by, at } of found ?? []) {
      expect(by).toMatch(/^user:/);
      expect(at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    }
  });

  test("are read page by page, up to the requested one", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("board");
    const titles = Array.from({ length: 11 }, (_, index) => `Title ${index + 2}`);
    await saved(grafana, uid, titles);
    const { dashboards } = await connection(grafana);
    const asked = () => grafana.requests.filter(({ path }) => path.includes("get-history")).length;

    const all = await dashboards.history?.(uid);
    const forAll = asked();
    const few = await dashboards.history?.(uid, 10);

    expect(all?.map(({ generation }) => generation)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(few?.map(({ generation }) => generation)).toContain(10);
    expect(few?.length).toBeLessThan(12);
    expect([forAll, asked() - forAll]).toEqual([3, 1]);
  });

  test("contain the messages of the users who saved them", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("board");
    await saved(grafana, uid, []);
    const body = { dashboard: { uid, title: "Saved" }, overwrite: true, message: "limits raised" };
    await grafana.other.send({ method: "POST", path: "/api/dashboards/db", body });
    const { dashboards } = await connection(grafana);

    const found = await dashboards.history?.(uid);

    expect(found?.map(({ message }) => message)).toEqual(["limits raised", undefined]);
  });

  test("do not exist for a missing dashboard, and restart for one that was created again", async () => {
    const grafana = await testGrafana();
    const [uid, missing] = [grafana.name("board"), grafana.name("missing")];
    await saved(grafana, uid, ["Two"]);
    await remove(grafana, "dashboard", uid);
    const { dashboards } = await connection(grafana);
    const gone = await dashboards.history?.(uid);
    await saved(grafana, uid, []);

    expect(gone).toBeUndefined();
    expect(await dashboards.history?.(missing)).toBeUndefined();
    expect((await dashboards.history?.(uid))?.map(({ generation }) => generation)).toEqual([1]);
  });

  test("can be read only with permission for the dashboard", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("board");
    const annotations = { "grafana.app/grant-permissions": "default" };
    await make(grafana, "dashboard", uid, { spec: { title: uid, schemaVersion: 42 }, annotations });
    const [viewer, none] = [await as(grafana, "Viewer"), await as(grafana, "None")];

    expect(await viewer.dashboards.history?.(uid)).toHaveLength(1);
    expect(await none.dashboards.history?.(uid)).toBeUndefined();
  });
});

test("exist for folders if marks are kept", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("folder");
  await make(grafana, "folder", uid, { spec: { title: uid } });
  await edit(grafana, "folder", uid, ({ spec }) => {
    spec["title"] = "Renamed";
  });
  const { folders } = await connection(grafana);

  const found = await folders.history?.(uid);

  const titles = found?.map(({ generation, spec }) => [generation, spec["title"]]);
  expect(titles).toEqual(
    MARKS
      ? [
          [2, "Renamed"],
          [1, uid],
        ]
      : undefined,
  );
});

test.runIf(!KUBERNETES)("do not exist in the older API", async () => {
  const { dashboards, folders } = await connection(await testGrafana());

  expect([dashboards, folders].map((one) => "history" in one)).toEqual([false, false]);
});

describe("an unexpected response to a list of versions", () => {
  const path = "/apis/folder.grafana.app/v1beta1/namespaces/default/folders";
  const item = (name: string) => ({ metadata: { name, generation: 1 }, spec: { title: name } });

  async function answered(status: number, body: object) {
    nock("http://grafana.test").get(path).query(true).reply(status, body);
    onTestFinished(() => nock.cleanAll());
    const client = await createClient({ url: "http://grafana.test", credentials: { type: "none" }, retryDelay: 1 });
    onTestFinished(() => client.close());
    return historyOf(client, path, "f");
  }

  test.each([
    ["with all objects", 200, { metadata: {}, items: [item("f"), item("g")] }],
    ["without items", 200, { metadata: {}, items: null }],
    ["about an unknown label", 500, { message: "labels not yet supported" }],
    ["that rejects the selector", 400, { message: "not supported" }],
    ["that rejects the credentials", 403, { message: "no" }],
  ])("%s means that there are no versions", async (_how, status, body) => {
    expect(await answered(status, body)).toBeUndefined();
  });

  test("in the wrong order is an error", async () => {
    await expect(answered(500, { message: "no space left on device" })).rejects.toThrow(Unavailable);
  });
});
