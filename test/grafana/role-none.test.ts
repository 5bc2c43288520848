import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { NO_SECRETS } from "../../src/secrets/values.ts";
import { EMPTY_LEDGER } from "../../src/ownership/ledger.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { createClient } from "../../src/grafana/client.ts";
import type { Credentials } from "../../src/grafana/credentials.ts";
import { connect, type GrafanaConnection } from "../../src/grafana/connection.ts";
import { Forbidden, NotGrafana } from "../../src/grafana/errors.ts";
import { dashboard, existing, folder } from "../../src/index.ts";
import { modes, type Mode } from "../../src/sandbox/mode.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";
import { localServer } from "../cli/support.ts";
import { actions } from "../engine/support.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";

// Grafana rejects `GET /apis` for all users without a role, even with a custom role.

const PERMISSIONS = Object.fromEntries(
  ["folders", "dashboards"].flatMap((kind) =>
    ["read", "create", "write", "delete"].map((verb) => [`${kind}:${verb}`, ["folders:*"]]),
  ),
);

async function sandboxOf(mode: Mode): Promise<Sandbox> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "grafana-sandbox-"));
  const sandbox = await startSandbox({ dataDirectory, mode });
  onTestFinished(async () => {
    await sandbox.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });
  return sandbox;
}

interface Connected {
  readonly grafana: GrafanaConnection;
  readonly asked: readonly string[];
}

async function connected(url: string, credentials: Credentials): Promise<Connected> {
  const asked: string[] = [];
  const client = await createClient({
    url,
    credentials,
    retryDelay: 1,
    onRequest: ({ method, path }) => asked.push(`${method} ${path}`),
  });
  onTestFinished(() => client.close());
  return { grafana: await connect(client, "own"), asked };
}

function contextOf({ grafana }: Connected): KindContext {
  return { grafana, owner: "own", ledger: EMPTY_LEDGER, secrets: NO_SECRETS, settings: {} };
}

describe.each(modes)("a token without a role, in %s mode", (mode) => {
  test("finds the same API as an administrator, and works with it", async () => {
    const sandbox = await sandboxOf(mode);
    const token = sandbox.token({ permissions: PERMISSIONS });
    const admin = await connected(sandbox.url, { type: "basic", user: "admin", password: "admin" });
    const none = await connected(sandbox.url, { type: "token", token });
    const facts = ({ grafana: { version, namespace, marks } }: Connected) => ({ version, namespace, marks });
    expect(facts(none)).toEqual(facts(admin));

    const home = folder({ uid: "home", title: "Home" });
    const code = [home, dashboard({ uid: "board", folder: home, spec: { title: "Board" } })];
    await converge(contextOf(none), code);
    expect(actions(await planFor(contextOf(admin), code))).toEqual({});
  });

  test("can't list the API versions", async () => {
    const sandbox = await sandboxOf(mode);
    const token = sandbox.token({ permissions: PERMISSIONS });
    const client = await createClient({ url: sandbox.url, credentials: { type: "token", token } });
    onTestFinished(() => client.close());
    await expect(client.send({ method: "GET", path: "/apis" })).rejects.toThrow(Forbidden);
    await expect(client.send({ method: "GET", path: "/apis/dashboard.grafana.app" })).rejects.toThrow(
      'cannot get path "/apis/dashboard.grafana.app"',
    );
    const path = "/apis/dashboard.grafana.app/v9/namespaces/default/dashboards";
    await expect(client.send({ method: "GET", path })).rejects.toThrow('cannot list resource "dashboards"');
  });
});

test("that can edit one folder works in it", async () => {
  const grafana = await testGrafana();
  const [home, owner] = [grafana.name("home"), grafana.name("own")];
  const send = async (method: "GET" | "POST" | "DELETE", path: string, body?: object) =>
    (await grafana.other.send({ method, path, ...(body ? { body } : {}) })) as { id: number; key: string };
  await send("POST", "/api/folders", { uid: home, title: home });
  const { id } = await send("POST", "/api/serviceaccounts", { name: owner, role: "None" });
  onTestFinished(async () => void (await send("DELETE", `/api/serviceaccounts/${id}`)));
  const { key: token } = await send("POST", `/api/serviceaccounts/${id}/tokens`, { name: owner });
  await send("POST", `/api/folders/${home}/permissions`, { items: [{ userId: id, permission: 2 }] });

  const none = { ...contextOf(await connected(grafana.url, { type: "token", token })), owner };
  const board = dashboard({ uid: grafana.name("board"), folder: existing.folder(home), spec: { title: "Board" } });
  await converge(none, [board]);
  expect(actions(await planFor(await grafana.context(owner), [board]))).toEqual({});
});

test("credentials with a role send no additional lists", async () => {
  const sandbox = await sandboxOf("unified");
  const { asked } = await connected(sandbox.url, { type: "basic", user: "admin", password: "admin" });
  expect(asked.map((request) => request.replace(/\?.*/, ""))).toEqual([
    "GET /api/health",
    "GET /api/access-control/user/permissions",
    "GET /apis",
    "GET /api/frontend/settings",
    "GET /apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards",
  ]);
});

/** A Grafana that rejects `GET /apis` and serves these versions of each group. Others return `status`. */
async function refusing(versions: Record<string, string>, status: number, apis: object | string = { message: "no" }) {
  const { url } = await localServer(({ url: path = "" }, response) => {
    const answer = (code: number, body: object | string) =>
      response
        .writeHead(code, { "Content-Type": typeof body === "string" ? "text/html" : "application/json" })
        .end(typeof body === "string" ? body : JSON.stringify(body));
    const [, group = "", version = ""] = /^\/apis\/([^/]+)\/([^/]+)/.exec(path) ?? [];
    if (path === "/api/health") return answer(200, { version: "13.1.0" });
    if (path === "/api/access-control/user/permissions") return answer(200, {});
    if (path === "/api/frontend/settings") return answer(200, { namespace: "stacks-7" });
    if (path === "/apis") return answer(403, apis);
    if (versions[group] === version) return answer(200, { kind: "List", metadata: {}, items: [] });
    return answer(status, { kind: "Status", message: "no" });
  });
  return connected(url, { type: "token", token: "glsa_x" });
}

const BOTH = (version: string) => ({ "dashboard.grafana.app": version, "folder.grafana.app": version });

describe("if GET /apis is forbidden", () => {
  test.each([403, 404])("the newest known version that is served is used; others return %i", async (status) => {
    const { grafana, asked } = await refusing(BOTH("v1"), status);
    expect(grafana.namespace).toBe("stacks-7");
    await grafana.folders.list({ metadataOnly: true });
    expect(asked.at(-1)).toContain("/apis/folder.grafana.app/v1/namespaces/stacks-7/folders");

    const older = await refusing(BOTH("v1beta1"), status);
    await older.grafana.dashboards.list({ metadataOnly: true });
    expect(older.asked.at(-1)).toContain("/apis/dashboard.grafana.app/v1beta1/namespaces/stacks-7/dashboards");
  });

  test("and no known version is served, the older API is used", async () => {
    const { grafana, asked } = await refusing(BOTH("v0alpha1"), 403);
    expect([grafana.namespace, grafana.marks]).toEqual([undefined, false]);
    await expect(grafana.folders.list({ metadataOnly: true })).rejects.toThrow("GET /api/folders returned 403");
    expect(asked.at(-1)).toContain("/api/folders");
  });

  test("and a list fails in another way, the error is reported", async () => {
    await expect(refusing({}, 400)).rejects.toThrow(/GET \/apis\/\w+\.grafana\.app\/v1\//);
  });

  test("by a proxy, the error says so", async () => {
    await expect(refusing(BOTH("v1"), 404, "<!DOCTYPE html><html></html>")).rejects.toThrow(NotGrafana);
  });
});
