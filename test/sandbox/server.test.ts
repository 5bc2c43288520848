import { Agent, request, type IncomingMessage } from "node:http";
import { networkInterfaces } from "node:os";
import { once } from "node:events";
import { expect, test } from "vitest";
import { startSandbox } from "../../src/sandbox/server.ts";
import { call, dashboard, dashboardsPath, listAll, sandbox, temporaryDirectory } from "./support.ts";

test("it listens only on the loopback address", async () => {
  const server = await sandbox();
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4")
    .map(({ address }) => address);

  const results = await Promise.all(["127.0.0.1", ...others].map(async (host) => answers(host, server.port)));

  expect(new URL(server.url).hostname).toBe("127.0.0.1");
  expect(results).toEqual([true, ...others.map(() => false)]);
});

/** A connection alone can also reach another server, or the socket that opens it. */
async function answers(host: string, port: number): Promise<boolean> {
  const asked = request({ host, port, path: "/api/health", headers: { host: `127.0.0.1:${port}` } });
  asked.end();
  try {
    const [response] = (await once(asked, "response")) as [IncomingMessage];
    response.resume();
    return response.statusCode === 200;
  } catch {
    return false;
  }
}

test("it closes despite a keep-alive connection, and releases the port and the directory", async () => {
  const dataDirectory = await temporaryDirectory();
  const server = await startSandbox({ dataDirectory });
  const agent = new Agent({ keepAlive: true });
  const answer = request(`${server.url}/api/health`, { agent });
  answer.end();
  const [response] = (await once(answer, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");

  await Promise.all([server.close(), server.close()]);

  await expect(fetch(`${server.url}/api/health`)).rejects.toThrow("fetch failed");
  const again = await startSandbox({ dataDirectory, port: server.port });
  expect(again.port).toBe(server.port);
  await again.close();
  agent.destroy();
});

test("running writes are answered before it closes", async () => {
  const dataDirectory = await temporaryDirectory();
  const server = await startSandbox({ dataDirectory });
  const writes = ["a", "b", "c", "d"].map(async (name) => call(server, "POST", dashboardsPath, dashboard(name)));
  const first = await Promise.race(writes);

  const [answers] = await Promise.all([Promise.allSettled(writes), server.close()]);
  const answered = answers
    .filter((answer) => answer.status === "fulfilled" && answer.value.status === 201)
    .map((answer) => (answer.status === "fulfilled" ? (answer.value.body.metadata?.name ?? "") : ""));
  const reopened = await sandbox(dataDirectory);

  expect(first.status).toBe(201);
  expect((await listAll(reopened, dashboardsPath)).names).toEqual(expect.arrayContaining(answered));
});

test("it reports every request", async () => {
  const seen: string[] = [];
  const server = await startSandbox({
    dataDirectory: await temporaryDirectory(),
    onRequest: ({ method, path, status }) => seen.push(`${method} ${path} ${status}`),
  });

  await call(server, "POST", dashboardsPath, dashboard("d"));
  await call(server, "GET", `${dashboardsPath}/missing?x=y`);
  await fetch(`${server.url}/api/org`);
  await server.close();

  expect(seen).toEqual([`POST ${dashboardsPath} 201`, `GET ${dashboardsPath}/missing 404`, "GET /api/org 401"]);
});

test("bodies of dashboards and folders over 16 MiB are rejected, as in Grafana", async () => {
  const server = await sandbox();
  const description = "x".repeat(16 * 1024 * 1024);
  const legacy = { dashboard: { uid: "huge", title: "Huge", description } };

  const answers = [
    await call(server, "POST", dashboardsPath, dashboard("huge", { description })),
    await call(server, "POST", "/api/dashboards/db", legacy),
    await call(server, "POST", "/api/folders", { uid: "huge", title: "Huge", description }),
    await call(server, "PUT", "/api/v1/provisioning/templates/huge", {
      template: `{{ define "huge" }}${description}{{ end }}`,
    }),
  ];

  expect(answers.map(({ status }) => status)).toEqual([413, 413, 413, 202]);
  expect(answers[0]?.body).toMatchObject({ kind: "Status", reason: "RequestEntityTooLarge" });
  expect(answers[1]?.body).toEqual({ message: "Dashboard is too large, max is 16 MB" });
  expect(answers[2]?.body).toEqual({ message: "Request entity too large: limit is 16777216" });
});

/** Sends a request as a web page could: with the sandbox's password, and these headers. */
async function asPage(url: string, path: string, headers: Record<string, string>, body = '{"uid":"a","title":"A"}') {
  const authorization = `Basic ${Buffer.from("admin:admin").toString("base64")}`;
  const sent = request(`${url}${path}`, { method: body ? "POST" : "GET", headers: { authorization, ...headers } });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  return response.statusCode;
}

const JSON_TYPE = { "content-type": "application/json" };

test.each([
  ["a host that resolves to this address", { host: "evil.example", ...JSON_TYPE }],
  ["such a host with a port", { host: "evil.example:3000", ...JSON_TYPE }],
  ["a host that begins like a local one", { host: "127.0.0.1.evil.example", ...JSON_TYPE }],
  ["another origin", { origin: "http://evil.example", ...JSON_TYPE }],
  ["another local origin", { origin: "http://localhost:1", ...JSON_TYPE }],
  ["a sandboxed frame", { origin: "null", ...JSON_TYPE }],
])("a page with %s is rejected: 403", async (_name, headers) => {
  const server = await sandbox();
  expect(await asPage(server.url, "/api/folders", headers)).toBe(403);
  expect(await asPage(server.url, "/api/health", headers, "")).toBe(403);
  expect(await asPage(server.url, dashboardsPath, headers)).toBe(403);
});

test("local names, and the sandbox's own origin, are accepted", async () => {
  const server = await sandbox();
  for (const host of [`localhost:${server.port}`, "127.0.0.1", `[::1]:${server.port}`]) {
    expect(await asPage(server.url, "/api/health", { host }, ""), host).toBe(200);
  }
  expect(await asPage(server.url, "/api/folders", { origin: server.url, ...JSON_TYPE })).toBe(200);
});

test.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain; x=json"])(
  "a form with the type %s is rejected, as in Grafana",
  async (type) => {
    const server = await sandbox();
    const headers = { "content-type": type };
    for (const path of ["/api/folders", "/api/datasources", "/api/dashboards/db", "/api/library-elements"]) {
      expect(await asPage(server.url, path, headers), path).toBe(400);
    }
    expect(await asPage(server.url, dashboardsPath, headers)).toBe(415);
  },
);

test("settings and permissions require an administrator", async () => {
  const server = await sandbox();
  const datasource = { uid: "ds", name: "DS", type: "prometheus", access: "proxy", url: "http://x" };
  await call(server, "POST", "/api/datasources", { ...datasource, secureJsonData: { password: "s3cret" } });

  const settings = await call(server, "GET", "/api/frontend/settings");
  const permissions = await call(server, "GET", "/api/access-control/user/permissions");

  expect(settings.body).toMatchObject({
    namespace: "default",
    buildInfo: { version: "12.4.0" },
    defaultDatasource: "DS",
    datasources: { DS: { uid: "ds", url: "/api/datasources/proxy/uid/ds" } },
  });
  expect(JSON.stringify(settings.body)).not.toContain("s3cret");
  expect(permissions.body).toMatchObject({
    "dashboards:create": expect.arrayContaining(["folders:*"]) as string[],
    "datasources:write": ["datasources:*"],
  });
});
