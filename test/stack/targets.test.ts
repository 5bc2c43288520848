import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { scrapeJobs } from "../../src/stack/context.ts";
import { defineStack } from "../../src/stack/define.ts";
import type { Stack } from "../../src/stack/index.ts";
import { stackStatus } from "../../src/stack/status.ts";
import { targetsOf } from "../../src/stack/targets.ts";
import { closedPort, isInstalled, running, webServer } from "./servers.ts";
import { only, targetsAnswer, type AnsweredTarget } from "./small-stack.ts";

const TIMEOUT = 20_000;
const PROMETHEUS = await isInstalled("prometheus");
const NEVER = "0001-01-01T00:00:00Z";

/** Reads the targets of a Prometheus that reports these, for a definition with the jobs prometheus, shop and loki. */
async function targetsFrom(active: readonly AnsweredTarget[]) {
  const prometheus = await webServer((_request, response) => response.end(targetsAnswer(active)));
  const stack = defineStack({
    backend: { job: "shop" },
    services: only({ prometheus: { ports: { http: prometheus.port } }, loki: {} }),
  });
  return { prometheus, seen: await targetsOf(stack, TIMEOUT) };
}

describe("Prometheus' targets", () => {
  test("are in the definition's order, with Prometheus' errors, and other targets last", async () => {
    const error =
      'Get "http://grafana-loki-toolboxai:3100/metrics": dial tcp 10.89.0.3:3100: connect: connection refused';
    const { prometheus, seen } = await targetsFrom([
      { job: "removed", url: "http://removed:1/metrics" },
      { job: "loki", url: "http://grafana-loki-toolboxai:3100/metrics", health: "down", error },
      { job: "shop", url: "http://a/metrics", health: "unknown", lastScrape: NEVER },
      { job: "shop", url: "http://b/metrics", lastScrape: "2026-11-26T09:50:56.125994939Z" },
      { job: "prometheus", url: "http://localhost:9090/metrics" },
    ]);

    const lastScrape = "2026-11-26T09:00:00Z";
    expect(seen).toEqual({
      targets: [
        { job: "prometheus", url: "http://localhost:9090/metrics", state: "up", lastScrape },
        { job: "shop", url: "http://a/metrics", state: "unknown" },
        { job: "shop", url: "http://b/metrics", state: "up", lastScrape: "2026-11-26T09:50:56.125994939Z" },
        { job: "loki", url: "http://grafana-loki-toolboxai:3100/metrics", state: "down", error, lastScrape },
        { job: "removed", url: "http://removed:1/metrics", state: "up", lastScrape },
      ],
    });
    expect(prometheus.seen).toEqual(["GET /api/v1/targets?state=active"]);
  });

  test("are missing, with a hint, if Prometheus' configuration is out of date", async () => {
    const { seen } = await targetsFrom([{ job: "prometheus", url: "http://localhost:9090/metrics" }]);

    expect("targets" in seen && seen.targets.map(({ job, state }) => ({ job, state }))).toEqual([
      { job: "prometheus", state: "up" },
      { job: "shop", state: "missing" },
      { job: "loki", state: "missing" },
    ]);
    expect("targets" in seen && seen.targets[1]?.hint).toContain("stack:up");
  });

  test("are unknown until Prometheus has discovered them", async () => {
    const { seen } = await targetsFrom([]);

    expect(seen).toEqual({
      targets: ["prometheus", "shop", "loki"].map((job) => ({ job, url: undefined, state: "unknown" })),
    });
  });

  test.each([
    { name: "is an error", status: 503, body: "Service Unavailable\n", reason: /503: Service Unavailable$/ },
    { name: "is not JSON", status: 200, body: "Welcome", reason: /: Welcome$/ },
    { name: "has an unexpected form", status: 200, body: "{}", reason: /: \{\}$/ },
  ])("can't be read if the answer $name", async ({ status, body, reason }) => {
    const { port } = await webServer((_request, response) => response.writeHead(status).end(body));
    const stack = defineStack({ services: only({ prometheus: { ports: { http: port } } }) });

    const seen = await targetsOf(stack, TIMEOUT);
    const problem = "problem" in seen ? seen.problem : "";
    expect(problem).toContain(`http://127.0.0.1:${port}/api/v1/targets?state=active`);
    expect(problem).toMatch(reason);
  });

  test("can't be read if Prometheus is stopped, not published or disabled", async () => {
    const stopped = defineStack({ services: only({ prometheus: { ports: { http: await closedPort() } } }) });
    const unpublished = defineStack({ services: only({ prometheus: { ports: { http: false } } }) });
    const disabled = defineStack({ services: only({ redis: {} }) });

    for (const stack of [stopped, unpublished, disabled])
      expect(await targetsOf(stack, TIMEOUT)).toEqual({ problem: expect.any(String) as unknown });
  });
});

describe("an application that Prometheus can't reach", () => {
  const URL = "http://host.docker.internal:8009/metrics";
  const LISTEN = expect.stringContaining("0.0.0.0") as unknown;

  test.each([
    { name: "is refused", error: `Get "${URL}": dial tcp 172.17.0.1:8009: connect: connection refused`, hint: LISTEN },
    { name: "has no route", error: `Get "${URL}": dial tcp 172.17.0.1:8009: connect: no route to host`, hint: LISTEN },
    { name: "times out", error: `Get "${URL}": context deadline exceeded`, hint: LISTEN },
    {
      name: "has an unresolved name",
      error: `Get "${URL}": dial tcp: lookup host.docker.internal on 10.89.0.1:53: no such host`,
      hint: expect.stringContaining("`hostGateway`") as unknown,
    },
    { name: "returns an error", error: "server returned HTTP status 500 Internal Server Error", hint: undefined },
  ])("but that this machine reaches has a hint: the connection $name", async ({ error, hint }) => {
    expect(await applicationSeen({ error })).toEqual({ state: "down", error, hint });
  });

  test("has no hint about its listen address if it isn't started or has a different host name", async () => {
    const error = `Get "${URL}": dial tcp 172.17.0.1:8009: connect: connection refused`;

    expect(await applicationSeen({ error, started: false })).toEqual({ state: "down", error, hint: undefined });
    expect(await applicationSeen({ error, host: "127.0.0.1" })).toEqual({ state: "down", error, hint: undefined });
  });

  async function applicationSeen({
    error,
    started = true,
    host = "host.docker.internal",
  }: {
    readonly error: string;
    readonly started?: boolean;
    readonly host?: string;
  }) {
    const backend = await webServer((_request, response) => response.end("up 1\n"));
    if (!started) await backend.close();
    const prometheus = await webServer((_request, response) =>
      response.end(targetsAnswer([{ job: "shop", url: URL, health: "down", error }])),
    );
    const stack = defineStack({
      backend: { job: "shop", target: `${host}:${backend.port}` },
      services: only({ prometheus: { ports: { http: prometheus.port } } }),
    });
    const { targets } = await stackStatus(stack, TIMEOUT);
    const found = "targets" in targets ? targets.targets.find(({ job }) => job === "shop") : undefined;
    return found && { state: found.state, error: found.error, hint: found.hint };
  }
});

describe.runIf(PROMETHEUS)("Prometheus, if installed,", () => {
  test("reports which targets are up, down and missing", async () => {
    const backend = await webServer((_request, response) =>
      response.setHeader("content-type", "text/plain; version=0.0.4").end("shop_up 1\n"),
    );
    const [port, nowhere] = [await closedPort(), await closedPort()];
    const stack = defineStack({
      backend: { job: "shop", target: `host.docker.internal:${backend.port}`, interval: "1s" },
      services: only({ prometheus: { ports: { http: port } }, loki: {}, redis: {}, "redis-exporter": {} }),
    });
    const isReady = async () => "targets" in (await targetsOf(stack, TIMEOUT));
    await running("prometheus", await configured(stack, port, nowhere), isReady);

    const states = async () => {
      const { targets } = await stackStatus(stack, TIMEOUT);
      return "targets" in targets ? targets.targets.map(({ job, state }) => `${job} ${state}`) : [];
    };
    await expect
      .poll(states, { timeout: 600_000 })
      .toEqual(["prometheus up", "shop down", "loki up", "redis-exporter missing"]);

    const { targets } = await stackStatus(stack, TIMEOUT);
    expect("targets" in targets && targets.targets[1]).toEqual({
      job: "shop",
      url: `http://127.0.0.1:${nowhere}/metrics`,
      state: "down",
      error: expect.stringContaining("connection refused") as unknown,
      lastScrape: expect.stringMatching(/^20\d\d-/) as unknown,
      hint: expect.stringContaining("0.0.0.0") as unknown,
    });
  });

  /** Arguments for a Prometheus with the stack's jobs except Redis', all at `port`; the application is at `nowhere`. */
  async function configured(stack: Stack, port: number, nowhere: number): Promise<string[]> {
    const folder = await mkdtemp(join(tmpdir(), "prometheus-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const places = new Map([
      ["prometheus", port],
      ["loki", port],
      ["shop", nowhere],
    ]);
    const scrape_configs = scrapeJobs(stack).flatMap((job) => {
      const place = places.get(job.job_name);
      return place === undefined ? [] : [{ ...job, static_configs: [{ targets: [`127.0.0.1:${place}`] }] }];
    });
    const file = join(folder, "prometheus.yml");
    await writeFile(file, JSON.stringify({ global: { scrape_interval: "1s" }, scrape_configs }));
    return [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
  }
});
