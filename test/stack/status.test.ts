import { readFile } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { statusText, type StatusInput } from "../../src/report/stack-status.ts";
import { StackStatusSchema } from "../../src/report/stack-status-json.ts";
import { SERVICE_NAMES } from "../../src/stack/names.ts";
import { testProject, type CliResult } from "../helpers/cli.ts";
import { redisLike, webServer, type Listening } from "./servers.ts";
import { only, targetsAnswer, type AnsweredTarget } from "./small-stack.ts";

/** The targets of the definition's jobs, all up. */
const UP: readonly AnsweredTarget[] = [
  { job: "prometheus", url: "http://localhost:9090/metrics" },
  { job: "shop", url: "http://host.docker.internal:8009/metrics" },
  { job: "loki", url: "http://grafana-loki-toolboxai:3100/metrics" },
];

/** Servers that answer like Prometheus, Loki, Redis and the application, and a project with their stack definition. */
async function smallStack({ loki = "ready\n" } = {}) {
  const state = { targets: UP };
  const prometheus = await webServer((request, response) =>
    response.end(request.url?.startsWith("/api/") ? targetsAnswer(state.targets) : "Prometheus Server is Ready.\n"),
  );
  const servers = {
    prometheus,
    loki: await webServer((_request, response) => response.writeHead(loki === "ready\n" ? 200 : 503).end(loki)),
    redis: await redisLike(),
    backend: await webServer((_request, response) => response.end("up 1\n")),
  };
  const project = await testProject({ "stack.config.ts": definitionOf(servers) });
  return { state, servers, project, status: (...args: string[]) => project.run(["stack:status", ...args]) };
}

function definitionOf(
  { prometheus, loki, redis, backend }: Readonly<Record<"prometheus" | "loki" | "redis" | "backend", Listening>>,
  redisPort: number | false = redis.port,
): string {
  const definition = {
    backend: { job: "shop", target: `host.docker.internal:${backend.port}` },
    services: only({
      prometheus: { ports: { http: prometheus.port } },
      loki: { ports: { http: loki.port } },
      redis: { ports: { redis: redisPort } },
    }),
  };
  return `export default ${JSON.stringify(definition)};\n`;
}

/** The cells of each table row. */
function rowsOf({ stdout }: CliResult): string[][] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("  "))
    .map((line) => line.trim().split(/ {2,}/));
}

function reportOf({ stdout }: CliResult) {
  return StackStatusSchema.parse(JSON.parse(stdout));
}

describe("stack:status", () => {
  test("shows all services and Prometheus' targets, and exits with 0 if all are up", async () => {
    const { servers, status } = await smallStack();

    const result = await status();

    const rows = rowsOf(result).filter(([, state]) => state !== "STATE");
    expect(rows).toEqual([
      ["Prometheus", "up", `http://127.0.0.1:${servers.prometheus.port}/-/ready`],
      ["Loki", "up", `http://127.0.0.1:${servers.loki.port}/ready`],
      ["Redis", "up", `redis://127.0.0.1:${servers.redis.port}`],
      ["shop", "up", `http://127.0.0.1:${servers.backend.port}/metrics`],
      ...UP.map(({ job, url }) => [job, "up", url]),
    ]);
    expect(result).toMatchObject({ code: 0, stderr: "" });
  });

  test("exits with 1 if a service is down, and with 0 after it is back", async () => {
    const { servers, status } = await smallStack();
    await servers.loki.close();

    const down = await status();

    expect(rowsOf(down)).toContainEqual([
      "Loki",
      "down",
      `http://127.0.0.1:${servers.loki.port}/ready`,
      expect.any(String),
    ]);
    expect(down.stdout).toMatch(/\bLoki\b.*\n.*npm run stack:up\n$/);
    expect(down).toMatchObject({ code: 1, stderr: "" });

    await webServer((_request, response) => response.end("ready\n"), "127.0.0.1", servers.loki.port);
    expect(await status()).toMatchObject({ code: 0 });
  });

  test("exits with 1 if the application is down, without the hint to start the stack", async () => {
    const { servers, status } = await smallStack();
    await servers.backend.close();

    const { code, stdout } = await status();

    expect(stdout).toMatch(/\nshop: .*`backend\.target`/);
    expect(stdout).toMatch(/\bshop\b.*\n$/);
    expect(stdout).not.toContain("stack:up");
    expect(code).toBe(1);
  });

  test("exits with 1 if a target is down, missing or not scraped yet", async () => {
    const { state, status } = await smallStack();
    const [prometheus, shop, loki] = UP;
    if (!prometheus || !shop || !loki) throw new Error("three jobs were expected");

    const error = 'Get "http://grafana-loki-toolboxai:3100/metrics": context deadline exceeded';
    state.targets = [prometheus, shop, { ...loki, health: "down", error }];
    const down = await status();
    expect(rowsOf(down)).toContainEqual(["loki", "down", loki.url, error]);
    expect(down.stdout).toMatch(/\bloki\b.*\n$/);
    expect(down.code).toBe(1);

    state.targets = [prometheus, loki, { ...shop, health: "unknown", lastScrape: "0001-01-01T00:00:00Z" }];
    const unknown = await status();
    expect(rowsOf(unknown)).toContainEqual(["shop", "unknown", shop.url]);
    expect(unknown.code).toBe(1);

    state.targets = [prometheus];
    const missing = await status();
    expect(rowsOf(missing)).toContainEqual(["loki", "missing"]);
    // One hint for both jobs.
    expect(missing.stdout.match(/^.*`npx grafana-provision stack:up`.*$/gm)).toEqual([
      expect.stringMatching(/^shop, loki: /),
    ]);
    expect(missing.code).toBe(1);
  });

  test("shows why there are no targets if Prometheus is down", async () => {
    const { servers, status } = await smallStack();
    await servers.prometheus.close();

    const { code, stdout } = await status();

    expect(stdout).toContain(`http://127.0.0.1:${servers.prometheus.port}/api/v1/targets?state=active: `);
    expect(code).toBe(1);
  });

  test("does not report a service without a published port as down", async () => {
    const { servers, project, status } = await smallStack();
    await project.write({ "stack.config.ts": definitionOf(servers, false) });

    const result = await status();

    expect(rowsOf(result)).toContainEqual(["Redis", "unknown", expect.any(String)]);
    expect(result.stdout).toMatch(/\bRedis\b.*\n$/);
    expect(result.code).toBe(0);
    expect(servers.redis.seen).toEqual([]);
  });

  test("reports a service that doesn't answer in time as down", async () => {
    const { servers, project, status } = await smallStack();
    const silent = await webServer(() => {});
    await project.write({ "stack.config.ts": definitionOf({ ...servers, loki: silent }) });

    const result = await status("--timeout", "1");

    expect(rowsOf(result)).toContainEqual(expect.arrayContaining(["Loki", "down", expect.stringContaining("1 s")]));
    expect(result.code).toBe(1);
  });

  test("does not use a proxy", async () => {
    const { project } = await smallStack();
    const proxy = await webServer((_request, response) => response.writeHead(502).end());
    const url = `http://127.0.0.1:${proxy.port}`;
    const variables = { HTTP_PROXY: url, http_proxy: url, ALL_PROXY: url, NODE_USE_ENV_PROXY: "1" };

    expect(await project.run(["stack:status"], variables)).toMatchObject({ code: 0 });
    expect(proxy.seen).toEqual([]);
  });

  test("removes control characters and line breaks from answers", async () => {
    const { state, status } = await smallStack({ loki: "\u001B[2Jnot ready\rgone\u202Eback\n" });
    state.targets = UP.map((target) => ({ ...target, health: "down", error: "one\ntwo \u001B[31mred" }));

    const { stdout } = await status();

    expect(stdout).toContain("503: not ready gone back\n");
    expect(stdout).toContain("  one two red\n");
    for (const mark of ["\u001B", "\r", "\u202E"]) expect(stdout).not.toContain(mark);
  });

  test("checks the default stack if there is no definition", async () => {
    const project = await testProject();

    const { services } = reportOf(await project.run(["stack:status", "-o", "json", "--timeout", "1"]));

    const expected = SERVICE_NAMES.filter(
      (name) => name !== "proxy" && name !== "promtail" && name !== "fastapi-backend",
    );
    expect(services?.map(({ name }) => name)).toEqual(expected);
  });

  test("reads the definition from --config", async () => {
    const { project, servers } = await smallStack();
    await project.write({ "stacks/small.ts": definitionOf(servers) });
    await project.write({ "stack.config.ts": "throw new Error('wrong file');" });

    expect(await project.run(["stack:status", "--config", "stacks/small.ts"])).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("stack:status -o json", () => {
  test("reports the same as JSON", async () => {
    const { servers, status } = await smallStack();
    const { port } = servers.loki;
    await servers.loki.close();

    const result = await status("-o", "json");

    const report = reportOf(result);
    expect(report).toMatchObject({ schemaVersion: 1, command: "stack:status", exitCode: 1, healthy: false });
    expect(report.services?.find(({ name }) => name === "loki")).toEqual({
      name: "loki",
      title: "Loki",
      asked: `http://127.0.0.1:${port}/ready`,
      state: "down",
      detail: expect.any(String) as unknown,
    });
    expect(report.targets).toEqual(
      UP.map(({ job, url }) => ({ job, url, state: "up", lastScrape: "2026-11-26T09:00:00Z" })),
    );
    expect(result).toMatchObject({ code: 1, stderr: "" });
  });

  test("reports why there are no targets", async () => {
    const { servers, status } = await smallStack();
    await servers.prometheus.close();

    const report = reportOf(await status("-o", "json"));

    expect(report.targets).toBeUndefined();
    expect(report.noTargets).toContain(`http://127.0.0.1:${servers.prometheus.port}/`);
  });

  test("is healthy and exits with 0 if all is up", async () => {
    const { status } = await smallStack();

    const result = await status("-o", "json");

    expect(reportOf(result)).toMatchObject({ exitCode: 0, healthy: true });
    expect(result.code).toBe(0);
  });

  test("is JSON for an invalid definition too", async () => {
    const project = await testProject({ "stack.config.ts": 'export default { scrapeInterval: "soon" };' });

    const result = await project.run(["stack:status", "-o", "json"]);

    expect(reportOf(result)).toMatchObject({
      exitCode: 65,
      error: {
        code: "stack-definition-invalid",
        faults: [{ code: "stack-setting-invalid", path: "scrapeInterval" }],
      },
    });
    expect(result.code).toBe(65);
  });

  test("matches the published JSON Schema", async () => {
    const published: unknown = JSON.parse(
      await readFile(new URL("../../schema/stack-status.v1.json", import.meta.url), "utf8"),
    );
    expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(StackStatusSchema))));
  });
});

describe("invalid use of stack:status", () => {
  test("an invalid definition is reported with file and path, and exits with 65", async () => {
    const project = await testProject({
      "stack.config.ts": 'export default { services: { prometheus: { retention: "long" }, grafna: {} } };',
    });

    const { code, stdout, stderr } = await project.run(["stack:status"]);

    expect(stderr).toContain("stack.config.ts");
    expect(stderr).toContain("services.prometheus.retention");
    expect(stderr).toMatch(/services\.grafna\b.*\bgrafana\b/);
    expect({ code, stdout }).toEqual({ code: 65, stdout: "" });
  });

  test.each([
    { name: "a missing definition", args: ["--config", "nowhere.ts"], says: "nowhere.ts" },
    { name: "a timeout of zero", args: ["--timeout", "0"], says: "--timeout" },
    { name: "an unknown output format", args: ["-o", "yaml"], says: "text, json" },
  ])("$name exits with 64", async ({ args, says }) => {
    const project = await testProject();

    const { code, stdout, stderr } = await project.run(["stack:status", ...args]);

    expect(stderr).toContain(says);
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  });
});

describe("the table", () => {
  const input: StatusInput = {
    healthy: false,
    services: [
      { name: "loki", title: "Loki", asked: "http://127.0.0.1:3100/ready", state: "down", detail: "gone" },
      { name: "prometheus", title: "Prometheus", asked: "http://127.0.0.1:9090/-/ready", state: "up" },
    ],
    targets: {
      targets: [
        { job: "注文", url: "http://a/metrics", state: "up" },
        { job: "a-longer-job", url: "http://b/metrics", state: "missing" },
      ],
    },
  };
  const terminal = Object.assign(new PassThrough(), { isTTY: true, getColorDepth: () => 8 });
  const plain = statusText(input, { stream: terminal, color: false });

  test("is aligned with double-width characters", () => {
    expect(plain).toContain(
      "  注文            up       http://a/metrics\n  a-longer-job    missing  http://b/metrics\n",
    );
  });

  test("is aligned with colors", () => {
    const colored = statusText(input, { stream: terminal, color: true });

    expect(colored).toContain("\u001B[31mdown\u001B[39m");
    expect(colored).toContain("\u001B[32mup\u001B[39m");
    expect(stripVTControlCharacters(colored)).toBe(plain);
    expect(stripVTControlCharacters(plain)).toBe(plain);
  });
});
