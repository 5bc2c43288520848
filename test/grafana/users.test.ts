import nock from "nock";
import { describe, expect, onTestFinished, test } from "vitest";
import { createClient } from "../../src/grafana/client.ts";
import { namesOf } from "../../src/grafana/users.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";

async function serviceAccount(grafana: TestGrafana, name: string): Promise<{ id: number; uid: string }> {
  const request = { method: "POST", path: "/api/serviceaccounts", body: { name, role: "Editor" } } as const;
  const made = (await grafana.other.send(request)) as { id: number; uid: string };
  onTestFinished(async () => {
    const gone = { method: "DELETE", path: `/api/serviceaccounts/${made.id}` } as const;
    await grafana.other.send(gone).catch(() => undefined);
  });
  return made;
}

describe("display names of authors", () => {
  test.runIf(KUBERNETES)("are read with one request for all of them [needs the newer API]", async () => {
    const grafana = await testGrafana();
    const [one, two] = [grafana.name("one"), grafana.name("two")];
    const [first, second] = [await serviceAccount(grafana, one), await serviceAccount(grafana, two)];
    const { uid } = (await grafana.other.send({ method: "GET", path: "/api/user" })) as { uid: string };
    const { grafana: connection } = await grafana.context("own");
    const before = grafana.requests.length;

    const keys = [`service-account:${second.uid}`, `user:${uid}`, "user:nobody-has-this", `user:${uid}`];
    const names = await namesOf(connection, [...keys, `service-account:${first.uid}`, `user:${first.id}`]);

    expect(Object.fromEntries(names)).toEqual({
      [`service-account:${second.uid}`]: two,
      [`user:${uid}`]: "admin",
      "user:nobody-has-this": "user:nobody-has-this",
      [`service-account:${first.uid}`]: one,
      // The key of a service account in folders of legacy storage.
      [`user:${first.id}`]: one,
    });
    expect(grafana.requests.length - before).toBe(1);
  });

  test.runIf(KUBERNETES)("are not confused with others that have the same number [needs the newer API]", async () => {
    const grafana = await testGrafana();
    const { id } = await serviceAccount(grafana, grafana.name("one"));
    const { grafana: connection } = await grafana.context("own");

    const names = await namesOf(connection, [`access-policy:${id}`, "anonymous:0", "unheard-of:1"]);

    expect(Object.fromEntries(names)).toEqual({
      [`access-policy:${id}`]: `access-policy:${id}`,
      "anonymous:0": "Anonymous",
      "unheard-of:1": "unheard-of:1",
    });
  });

  test("of a deleted user are the key", async () => {
    const grafana = await testGrafana();
    const { id, uid } = await serviceAccount(grafana, grafana.name("one"));
    await grafana.other.send({ method: "DELETE", path: `/api/serviceaccounts/${id}` });
    const { grafana: connection } = await grafana.context("own");

    const names = await namesOf(connection, [`service-account:${uid}`]);

    expect([...names.values()]).toEqual([`service-account:${uid}`]);
  });

  test("cost no request if there is no user to look up, or no permission", async () => {
    const grafana = await testGrafana();
    const { grafana: connection } = await grafana.context("own");
    const before = grafana.requests.length;

    const logins = await namesOf(connection, ["admin", "Anonymous"]);
    const none = await namesOf(connection, []);
    const { namespace: _, ...older } = connection;
    const keys = await namesOf(older, ["user:1"]);

    expect([[...logins], [...none], [...keys]]).toEqual([
      [
        ["admin", "admin"],
        ["Anonymous", "Anonymous"],
      ],
      [],
      [["user:1", "user:1"]],
    ]);
    expect(grafana.requests).toHaveLength(before);
  });

  test.each([
    ["rejects the request", 403, { message: "no" }],
    ["doesn't have this API", 404, "404 page not found"],
    ["fails", 500, { message: "database is closed" }],
    ["returns an unexpected response", 200, { keys: [] }],
    ["returns an HTML page", 200, "<!doctype html><html></html>"],
  ])("are the keys if Grafana %s", async (_how, status, body) => {
    const path = "/apis/iam.grafana.app/v0alpha1/namespaces/stacks-7/display";
    const asked = nock("http://grafana.test").persist().get(path).query({ key: "user:abc" }).reply(status, body);
    onTestFinished(() => nock.cleanAll());
    const client = await createClient({ url: "http://grafana.test", credentials: { type: "none" }, retryDelay: 1 });
    onTestFinished(() => client.close());

    const names = await namesOf({ client, namespace: "stacks-7" }, ["user:abc"]);

    expect([...names]).toEqual([["user:abc", "user:abc"]]);
    expect(asked.isDone()).toBe(true);
  });
});
