import { mkdtemp, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { defineStack } from "../../src/stack/define.ts";
import { checkBackend, checkService } from "../../src/stack/health.ts";
import { closedPort, isInstalled, redisLike, running, socketServer, webServer } from "./servers.ts";

/** Timeout in milliseconds for servers that answer. */
const LONG = 20_000;
/** Timeout in milliseconds for servers that don't answer. */
const SHORT = 200;

const REDIS = await isInstalled("redis-server");
const LOOPBACK_6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

async function checkLoki(port: number | false, { bind, timeout = LONG }: { bind?: string; timeout?: number } = {}) {
  const stack = defineStack({ ...(bind === undefined ? {} : { bind }), services: { loki: { ports: { http: port } } } });
  const service = stack.services.get("loki");
  if (!service) throw new Error("a stack has Loki by default");
  return checkService(service, stack, timeout);
}

async function checkRedis(port: number, timeout = LONG) {
  const stack = defineStack({ services: { redis: { ports: { redis: port } } } });
  const service = stack.services.get("redis");
  if (!service) throw new Error("a stack has Redis by default");
  return checkService(service, stack, timeout);
}

/** A text that contains these values in this order. */
function naming(...values: readonly (string | number)[]): unknown {
  const escaped = values.map((value) => String(value).replaceAll(/[^\w ]/g, String.raw`\$&`));
  return expect.stringMatching(new RegExp(escaped.join(".*")));
}

describe("a service with an HTTP check", () => {
  test("is up if it answers as expected at its path", async () => {
    const loki = await webServer((_request, response) => response.end("ready\n"));

    expect(await checkLoki(loki.port)).toEqual({
      name: "loki",
      title: "Loki",
      asked: `http://127.0.0.1:${loki.port}/ready`,
      state: "up",
    });
    expect(loki.seen).toEqual(["GET /ready"]);
  });

  test.each([
    {
      name: "a different program uses its port",
      status: 200,
      body: "Welcome!\nto something else",
      detail: expect.stringMatching(/: Welcome!$/) as unknown,
    },
    {
      name: "it isn't ready and gives a reason",
      status: 503,
      body: "Ingester not ready: waiting for 15s after being ready\n",
      detail: naming(503, "Ingester not ready: waiting for 15s after being ready"),
    },
    {
      name: "it sends an HTML page",
      status: 502,
      body: "<html><h1>Bad gateway",
      detail: expect.stringMatching(/502$/) as unknown,
    },
    { name: "its answer is empty", status: 500, body: "", detail: expect.stringMatching(/500$/) as unknown },
    {
      name: "it sends JSON on several lines",
      status: 503,
      body: '{\n  "database": "failing"\n}\n',
      detail: naming(503, '{ "database": "failing" }'),
    },
    {
      name: "its answer is long",
      status: 500,
      body: "x".repeat(1000),
      detail: expect.stringMatching(/500: x{119}…$/) as unknown,
    },
  ])("is down if $name", async ({ status, body, detail }) => {
    const { port } = await webServer((_request, response) => response.writeHead(status).end(body));

    expect(await checkLoki(port)).toMatchObject({ state: "down", detail });
  });

  test("is down if it redirects, and the redirection is not followed", async () => {
    const elsewhere = await webServer((_request, response) => response.end("ready"));
    const { port } = await webServer((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
    );

    expect(await checkLoki(port)).toMatchObject({ state: "down", detail: naming(302) });
    expect(elsewhere.seen).toEqual([]);
  });

  test("is down if its port is closed", async () => {
    expect(await checkLoki(await closedPort())).toMatchObject({ state: "down", detail: expect.any(String) as unknown });
  });

  test.each([
    { name: "never answers", answer: () => {} },
    { name: "never ends its answer", answer: (write: (text: string) => void) => write("ready") },
  ])("is down if it $name", async ({ answer }) => {
    const { port } = await webServer((_request, response) => answer((text) => response.write(text)));

    expect(await checkLoki(port, { timeout: SHORT })).toMatchObject({
      state: "down",
      detail: naming("0.2 s"),
    });
  });

  test("is down if it closes the connection", async () => {
    const { port } = await socketServer((socket) => socket.once("data", () => socket.destroy()));

    expect(await checkLoki(port)).toMatchObject({ state: "down", detail: expect.any(String) as unknown });
  });

  test("is down if its answer is not HTTP", async () => {
    const { port } = await socketServer((socket) => socket.write("SSH-2.0-OpenSSH_9.6\r\n"));

    expect(await checkLoki(port)).toMatchObject({ state: "down", detail: naming("not HTTP") });
  });

  test("is unknown if its port is not published", async () => {
    expect(await checkLoki(false)).toEqual({
      name: "loki",
      title: "Loki",
      asked: undefined,
      state: "unknown",
      detail: expect.any(String) as unknown,
    });
  });

  const binds = [
    { bind: "0.0.0.0", listens: "0.0.0.0", host: "127.0.0.1" },
    { bind: "127.0.0.1", listens: "127.0.0.1", host: "127.0.0.1" },
    ...(LOOPBACK_6
      ? [
          { bind: "::", listens: "::1", host: "[::1]" },
          { bind: "::1", listens: "::1", host: "[::1]" },
        ]
      : []),
  ];

  test.each(binds)("is checked at $host if it is published on $bind", async ({ bind, listens, host }) => {
    const { port } = await webServer((_request, response) => response.end("ready"), listens);

    expect(await checkLoki(port, { bind })).toMatchObject({ asked: `http://${host}:${port}/ready`, state: "up" });
  });

  // Node programs that listen on "localhost" can listen only on ::1.
  test.runIf(LOOPBACK_6)("is down if another program listens on the same port of ::1", async () => {
    const other = await webServer((_request, response) => response.end("ready"), "::1");

    expect(await checkLoki(other.port)).toMatchObject({ state: "down" });
    expect(other.seen).toEqual([]);
  });
});

describe("Redis", () => {
  test.each([
    { name: "it answers", answer: "+PONG\r\n" },
    { name: "it requires a password", answer: "-NOAUTH Authentication required.\r\n" },
  ])("is up if $name", async ({ answer }) => {
    const redis = await redisLike(answer);

    expect(await checkRedis(redis.port)).toEqual({
      name: "redis",
      title: "Redis",
      asked: `redis://127.0.0.1:${redis.port}`,
      state: "up",
    });
    expect(redis.seen).toEqual(["PING\r\n"]);
  });

  test("is up if its answer arrives in two parts", async () => {
    const { port } = await socketServer((socket) => {
      socket.setNoDelay(true);
      socket.write("+PO");
      socket.once("data", () => setTimeout(() => socket.write("NG\r\n"), 50));
    });

    expect(await checkRedis(port)).toMatchObject({ state: "up" });
  });

  test.each([
    {
      name: "it is still loading its data",
      answer: "-LOADING Redis is loading the dataset in memory\r\n",
      detail: naming("-LOADING Redis is loading the dataset in memory"),
    },
    { name: "it is a different program", answer: "220 mail ESMTP\r\n", detail: naming("220 mail ESMTP") },
    {
      name: "its answer has no line break",
      answer: "x".repeat(5000),
      detail: expect.stringMatching(/: x{119}…$/) as unknown,
    },
  ])("is down if $name", async ({ answer, detail }) => {
    const { port } = await redisLike(answer);

    expect(await checkRedis(port)).toMatchObject({ state: "down", detail });
  });

  test("is down if it doesn't answer, closes the connection or doesn't listen", async () => {
    const silent = await socketServer(() => {});
    const leaving = await socketServer((socket) => socket.once("data", () => socket.end()));

    expect(await checkRedis(silent.port, SHORT)).toMatchObject({ state: "down", detail: naming("0.2 s") });
    expect(await checkRedis(leaving.port)).toMatchObject({ state: "down", detail: expect.any(String) as unknown });
    expect(await checkRedis(await closedPort())).toMatchObject({
      state: "down",
      detail: expect.any(String) as unknown,
    });
  });

  describe.runIf(REDIS)("redis-server, if installed,", () => {
    test.each([
      { name: "without a password", args: [] },
      { name: "with a password", args: ["--requirepass", "s3cret"] },
    ])("$name is up, and down after it is killed", async ({ args }) => {
      const [port, folder] = [await closedPort(), await mkdtemp(join(tmpdir(), "redis-"))];
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      const options = ["--port", String(port), "--bind", "127.0.0.1", "--dir", folder, "--save", "", ...args];
      const isUp = async () => (await checkRedis(port)).state === "up";
      const child = await running("redis-server", options, isUp);

      child.kill("SIGKILL");
      await expect.poll(isUp).toBe(false);
    });
  });
});

describe("the application", () => {
  test("is checked on this machine at the path of its metrics", async () => {
    const backend = await webServer((_request, response) => response.end("up 1\n"));
    const stack = defineStack({
      backend: { job: "shop", target: `host.docker.internal:${backend.port}`, metricsPath: "/internal/metrics" },
    });

    expect(await checkBackend(stack, LONG)).toEqual({
      name: "backend",
      title: "shop",
      asked: `http://127.0.0.1:${backend.port}/internal/metrics`,
      state: "up",
    });
    expect(backend.seen).toEqual(["GET /internal/metrics"]);
  });

  test("is not checked if it is disabled", async () => {
    expect(await checkBackend(defineStack({ backend: false }), LONG)).toBeUndefined();
  });

  test("is down, with a hint, if it isn't started or its metrics have a different path", async () => {
    const other = await webServer((_request, response) => response.writeHead(404).end("Not Found"));
    const [started, not] = [other.port, await closedPort()].map((port) =>
      defineStack({ backend: { target: `host.docker.internal:${port}` } }),
    );

    expect(started && (await checkBackend(started, LONG))).toMatchObject({
      state: "down",
      detail: naming(404, "Not Found"),
      hint: expect.stringContaining("`backend.metricsPath`") as unknown,
    });
    expect(not && (await checkBackend(not, LONG))).toMatchObject({
      state: "down",
      hint: expect.stringContaining("`backend: false`") as unknown,
    });
  });

  test("is unknown if only containers can resolve its host name", async () => {
    const stack = defineStack({ backend: { target: "shop.invalid:80" } });

    expect(await checkBackend(stack, LONG)).toEqual({
      name: "backend",
      title: "fastapi-backend",
      asked: "http://shop.invalid:80/metrics",
      state: "unknown",
      detail: expect.any(String) as unknown,
    });
  });
});
