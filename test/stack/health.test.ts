import { mkdtemp, rm } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { defineStack } from "../../src/stack/define.ts";
import { checkBackend, checkService } from "../../src/stack/health.ts";
import { closedPort, isInstalled, redisLike, running, socketServer, webServer } from "./servers.ts";

/** Milliseconds for one answer: plenty where one comes. */
const PATIENCE = 20_000;
/** Where none comes. */
const IMPATIENT = 200;

const REDIS = await isInstalled("redis-server");
const LOOPBACK_6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

async function checkLoki(port: number | false, { bind, timeout = PATIENCE }: { bind?: string; timeout?: number } = {}) {
  const stack = defineStack({ ...(bind === undefined ? {} : { bind }), services: { loki: { ports: { http: port } } } });
  const service = stack.services.get("loki");
  if (!service) throw new Error("a stack has Loki by default");
  return checkService(service, stack, timeout);
}

async function checkRedis(port: number, timeout = PATIENCE) {
  const stack = defineStack({ services: { redis: { ports: { redis: port } } } });
  const service = stack.services.get("redis");
  if (!service) throw new Error("a stack has Redis by default");
  return checkService(service, stack, timeout);
}

describe("a service that is asked over HTTP", () => {
  test("is up where it answers as expected at its own path", async () => {
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
      name: "another program has its port",
      status: 200,
      body: "Welcome!\nto something else",
      detail: "answers, but not as expected: Welcome!",
    },
    {
      name: "it says why it isn't ready",
      status: 503,
      body: "Ingester not ready: waiting for 15s after being ready\n",
      detail: "answers HTTP 503: Ingester not ready: waiting for 15s after being ready",
    },
    { name: "it sends a page", status: 502, body: "<html><h1>Bad gateway", detail: "answers HTTP 502" },
    { name: "it says nothing", status: 500, body: "", detail: "answers HTTP 500" },
    {
      name: "it sends JSON on several lines",
      status: 503,
      body: '{\n  "database": "failing"\n}\n',
      detail: 'answers HTTP 503: { "database": "failing" }',
    },
    {
      name: "it says a lot",
      status: 500,
      body: "x".repeat(1000),
      detail: `answers HTTP 500: ${"x".repeat(119)}…`,
    },
  ])("is down where $name", async ({ status, body, detail }) => {
    const { port } = await webServer((_request, response) => response.writeHead(status).end(body));

    expect(await checkLoki(port)).toMatchObject({ state: "down", detail });
  });

  test("is not followed to where it redirects", async () => {
    const elsewhere = await webServer((_request, response) => response.end("ready"));
    const { port } = await webServer((_request, response) =>
      response.writeHead(302, { location: `http://127.0.0.1:${elsewhere.port}/` }).end(),
    );

    expect(await checkLoki(port)).toMatchObject({ state: "down", detail: "answers HTTP 302" });
    expect(elsewhere.seen).toEqual([]);
  });

  test("is down where nothing listens", async () => {
    expect(await checkLoki(await closedPort())).toMatchObject({ state: "down", detail: "nothing listens there" });
  });

  test.each([
    { name: "answers nothing", answer: () => {} },
    { name: "never ends what it says", answer: (write: (text: string) => void) => write("ready") },
  ])("is down where it $name", async ({ answer }) => {
    const { port } = await webServer((_request, response) => answer((text) => response.write(text)));

    expect(await checkLoki(port, { timeout: IMPATIENT })).toMatchObject({
      state: "down",
      detail: "no answer in 0.2 s",
    });
  });

  test("is down where it closes the connection", async () => {
    const { port } = await socketServer((socket) => socket.once("data", () => socket.destroy()));

    const detail = "closed the connection without an answer";
    expect(await checkLoki(port)).toMatchObject({ state: "down", detail });
  });

  test("is down where what answers speaks something else", async () => {
    const { port } = await socketServer((socket) => socket.write("SSH-2.0-OpenSSH_9.6\r\n"));

    expect(await checkLoki(port)).toMatchObject({ state: "down", detail: "answers, but not in HTTP" });
  });

  test("is unknown where its port is not published", async () => {
    expect(await checkLoki(false)).toEqual({
      name: "loki",
      title: "Loki",
      asked: undefined,
      state: "unknown",
      detail: "its port is not published",
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

  test.each(binds)("is asked at $host where it is published on $bind", async ({ bind, listens, host }) => {
    const { port } = await webServer((_request, response) => response.end("ready"), listens);

    expect(await checkLoki(port, { bind })).toMatchObject({ asked: `http://${host}:${port}/ready`, state: "up" });
  });

  // As Node programs do that listen on "localhost".
  test.runIf(LOOPBACK_6)("is not taken for what listens on the same port of the other loopback address", async () => {
    const other = await webServer((_request, response) => response.end("ready"), "::1");

    expect(await checkLoki(other.port)).toMatchObject({ state: "down", detail: "nothing listens there" });
    expect(other.seen).toEqual([]);
  });
});

describe("Redis", () => {
  test.each([
    { name: "it answers", answer: "+PONG\r\n" },
    { name: "it wants a password", answer: "-NOAUTH Authentication required.\r\n" },
  ])("is up where $name", async ({ answer }) => {
    const redis = await redisLike(answer);

    expect(await checkRedis(redis.port)).toEqual({
      name: "redis",
      title: "Redis",
      asked: `redis://127.0.0.1:${redis.port}`,
      state: "up",
    });
    expect(redis.seen).toEqual(["PING\r\n"]);
  });

  test("is up where its answer comes in two pieces", async () => {
    const { port } = await socketServer((socket) => {
      socket.setNoDelay(true);
      socket.write("+PO");
      socket.once("data", () => setTimeout(() => socket.write("NG\r\n"), 50));
    });

    expect(await checkRedis(port)).toMatchObject({ state: "up" });
  });

  test.each([
    {
      name: "it reads its data yet",
      answer: "-LOADING Redis is loading the dataset in memory\r\n",
      detail: "answers, but not as expected: -LOADING Redis is loading the dataset in memory",
    },
    {
      name: "it is another program",
      answer: "220 mail ESMTP\r\n",
      detail: "answers, but not as expected: 220 mail ESMTP",
    },
    { name: "it sends no line", answer: "x".repeat(5000), detail: `answers, but not as expected: ${"x".repeat(119)}…` },
  ])("is down where $name", async ({ answer, detail }) => {
    const { port } = await redisLike(answer);

    expect(await checkRedis(port)).toMatchObject({ state: "down", detail });
  });

  test("is down where it says nothing, goes away, or isn't there", async () => {
    const silent = await socketServer(() => {});
    const leaving = await socketServer((socket) => socket.once("data", () => socket.end()));

    expect(await checkRedis(silent.port, IMPATIENT)).toMatchObject({ state: "down", detail: "no answer in 0.2 s" });
    expect(await checkRedis(leaving.port)).toMatchObject({
      state: "down",
      detail: "closed the connection without an answer",
    });
    expect(await checkRedis(await closedPort())).toMatchObject({ state: "down", detail: "nothing listens there" });
  });

  describe.runIf(REDIS)("itself (redis-server, where it is installed)", () => {
    test.each([
      { name: "without a password", args: [] },
      { name: "with a password", args: ["--requirepass", "s3cret"] },
    ])("$name is up, and down once it is killed", async ({ args }) => {
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
  test("is asked on this machine, at the path of its metrics", async () => {
    const backend = await webServer((_request, response) => response.end("up 1\n"));
    const stack = defineStack({
      backend: { job: "shop", target: `host.docker.internal:${backend.port}`, metricsPath: "/internal/metrics" },
    });

    expect(await checkBackend(stack, PATIENCE)).toEqual({
      name: "backend",
      title: "shop",
      asked: `http://127.0.0.1:${backend.port}/internal/metrics`,
      state: "up",
    });
    expect(backend.seen).toEqual(["GET /internal/metrics"]);
  });

  test("is not asked where there is none", async () => {
    expect(await checkBackend(defineStack({ backend: false }), PATIENCE)).toBeUndefined();
  });

  test("is down with what to do, where it isn't started or has its metrics elsewhere", async () => {
    const other = await webServer((_request, response) => response.writeHead(404).end("Not Found"));
    const [started, not] = [other.port, await closedPort()].map((port) =>
      defineStack({ backend: { target: `host.docker.internal:${port}` } }),
    );

    expect(started && (await checkBackend(started, PATIENCE))).toMatchObject({
      state: "down",
      detail: "answers HTTP 404: Not Found",
      hint: expect.stringContaining("`backend.metricsPath`") as unknown,
    });
    expect(not && (await checkBackend(not, PATIENCE))).toMatchObject({
      state: "down",
      detail: "nothing listens there",
      hint: expect.stringContaining("`backend: false`") as unknown,
    });
  });

  test("is unknown where only containers know its name", async () => {
    const stack = defineStack({ backend: { target: "shop.invalid:80" } });

    expect(await checkBackend(stack, PATIENCE)).toEqual({
      name: "backend",
      title: "fastapi-backend",
      asked: "http://shop.invalid:80/metrics",
      state: "unknown",
      detail: "its name is not known on this machine",
    });
  });
});
