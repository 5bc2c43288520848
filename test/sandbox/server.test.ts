import { Agent, request, type IncomingMessage } from "node:http";
import { networkInterfaces } from "node:os";
import { connect } from "node:net";
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

  const results = await Promise.all(["127.0.0.1", ...others].map(async (host) => canConnect(host, server.port)));

  expect(new URL(server.url).hostname).toBe("127.0.0.1");
  expect(results).toEqual([true, ...others.map(() => false)]);
});

async function canConnect(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port, timeout: 600_000 });
  try {
    const [name] = await Promise.race([
      once(socket, "connect").then(() => ["connect"]),
      once(socket, "timeout").then(() => ["timeout"]),
    ]);
    return name === "connect";
  } catch {
    return false;
  } finally {
    socket.destroy();
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

test("a body over 16 MiB is rejected", async () => {
  const server = await sandbox();
  const huge = dashboard("huge", { description: "x".repeat(16 * 1024 * 1024) });

  expect((await call(server, "POST", dashboardsPath, huge)).status).toBe(413);
});

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
