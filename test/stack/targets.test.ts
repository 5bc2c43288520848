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

const PATIENCE = 20_000;
const PROMETHEUS = await isInstalled("prometheus");
const NEVER = "0001-01-01T00:00:00Z";

/** Prometheus with these targets, of a definition with the jobs prometheus, shop and loki. */
async function asked(active: readonly AnsweredTarget[]) {
  const prometheus = await webServer((_request, response) => response.end(targetsAnswer(active)));
  const stack = defineStack({
    backend: { job: "shop" },
    services: only({ prometheus: { ports: { http: prometheus.port } }, loki: {} }),
  });
  return { prometheus, seen: await targetsOf(stack, PATIENCE) };
}

describe("Prometheus' targets", () => {
  test("come in the definition's order, with its last words, and others at the end", async () => {
    const error =
      'Get "http://grafana-loki-toolboxai:3100/metrics": dial tcp 10.89.0.3:3100: connect: connection refused';
    const { prometheus, seen } = await asked([
      { job: "former", url: "http://former:1/metrics" },
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
        { job: "former", url: "http://former:1/metrics", state: "up", lastScrape },
      ],
    });
    expect(prometheus.seen).toEqual(["GET /api/v1/targets?state=active"]);
  });

  test("are missing where Prometheus has another configuration, with what to do", async () => {
    const { seen } = await asked([{ job: "prometheus", url: "http://localhost:9090/metrics" }]);

    expect("targets" in seen && seen.targets.map(({ job, state }) => ({ job, state }))).toEqual([
      { job: "prometheus", state: "up" },
      { job: "shop", state: "missing" },
      { job: "loki", state: "missing" },
    ]);
    expect("targets" in seen && seen.targets[1]?.hint).toContain("stack:up");
  });

  test("are unknown while Prometheus has none yet", async () => {
    const { seen } = await asked([]);

    expect(seen).toEqual({
      targets: ["prometheus", "shop", "loki"].map((job) => ({ job, url: undefined, state: "unknown" })),
    });
  });

  test.each([
    { name: "fails", status: 503, body: "Service Unavailable\n", problem: "it answers HTTP 503: Service Unavailable" },
    { name: "is another program", status: 200, body: "Welcome", problem: "it answers something else: Welcome" },
    { name: "has another form", status: 200, body: "{}", problem: "it answers something else: {}" },
  ])("are not known where what answers $name", async ({ status, body, problem }) => {
    const { port } = await webServer((_request, response) => response.writeHead(status).end(body));
    const stack = defineStack({ services: only({ prometheus: { ports: { http: port } } }) });

    expect(await targetsOf(stack, PATIENCE)).toEqual({
      problem: `Prometheus can't be asked for them at http://127.0.0.1:${port}/api/v1/targets?state=active: ${problem}`,
    });
  });

  test("are not known where nothing answers, or there is nothing to ask", async () => {
    const gone = defineStack({ services: only({ prometheus: { ports: { http: await closedPort() } } }) });
    const unpublished = defineStack({ services: only({ prometheus: { ports: { http: false } } }) });
    const none = defineStack({ services: only({ redis: {} }) });

    expect(await targetsOf(gone, PATIENCE)).toEqual({
      problem: expect.stringMatching(/: nothing listens there$/) as unknown,
    });
    expect(await targetsOf(unpublished, PATIENCE)).toEqual({ problem: "Prometheus' port is not published" });
    expect(await targetsOf(none, PATIENCE)).toEqual({ problem: "there is no Prometheus" });
  });
});

describe("an application that Prometheus doesn't reach", () => {
  const URL = "http://host.docker.internal:8009/metrics";
  const LISTEN = expect.stringMatching(/0\.0\.0\.0 instead of 127\.0\.0\.1.*firewall/) as unknown;

  test.each([
    { name: "is refused", error: `Get "${URL}": dial tcp 172.17.0.1:8009: connect: connection refused`, hint: LISTEN },
    { name: "has no route", error: `Get "${URL}": dial tcp 172.17.0.1:8009: connect: no route to host`, hint: LISTEN },
    { name: "is late", error: `Get "${URL}": context deadline exceeded`, hint: LISTEN },
    {
      name: "has no address",
      error: `Get "${URL}": dial tcp: lookup host.docker.internal on 10.89.0.1:53: no such host`,
      hint: expect.stringContaining("`hostGateway`") as unknown,
    },
    { name: "answers an error", error: "server returned HTTP status 500 Internal Server Error", hint: undefined },
  ])("and that answers this machine: where the connection $name, that is what is said", async ({ error, hint }) => {
    expect(await applicationSeen({ error })).toEqual({ state: "down", error, hint });
  });

  test("is not told to listen elsewhere where it isn't started, or has a name of its own", async () => {
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
    const { targets } = await stackStatus(stack, PATIENCE);
    const found = "targets" in targets ? targets.targets.find(({ job }) => job === "shop") : undefined;
    return found && { state: found.state, error: found.error, hint: found.hint };
  }
});

describe.runIf(PROMETHEUS)("Prometheus itself (where it is installed)", () => {
  test("tells which of its targets are up, down and not in its configuration", async () => {
    const backend = await webServer((_request, response) =>
      response.setHeader("content-type", "text/plain; version=0.0.4").end("shop_up 1\n"),
    );
    const [port, nowhere] = [await closedPort(), await closedPort()];
    const stack = defineStack({
      backend: { job: "shop", target: `host.docker.internal:${backend.port}`, interval: "1s" },
      services: only({ prometheus: { ports: { http: port } }, loki: {}, redis: {}, "redis-exporter": {} }),
    });
    const isReady = async () => "targets" in (await targetsOf(stack, PATIENCE));
    await running("prometheus", await configured(stack, port, nowhere), isReady);

    // Asked first within an interval.
    const states = async () => {
      const { targets } = await stackStatus(stack, PATIENCE);
      return "targets" in targets ? targets.targets.map(({ job, state }) => `${job} ${state}`) : [];
    };
    await expect
      .poll(states, { timeout: 600_000 })
      .toEqual(["prometheus up", "shop down", "loki up", "redis-exporter missing"]);

    const { targets } = await stackStatus(stack, PATIENCE);
    expect("targets" in targets && targets.targets[1]).toEqual({
      job: "shop",
      url: `http://127.0.0.1:${nowhere}/metrics`,
      state: "down",
      error: expect.stringContaining("connection refused") as unknown,
      lastScrape: expect.stringMatching(/^20\d\d-/) as unknown,
      // The application answers this machine.
      hint: expect.stringContaining("0.0.0.0") as unknown,
    });
  });

  /** Prometheus with the stack's own jobs but for Redis', each asked where it is here; the application where nothing is. */
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
    // JSON is YAML.
    await writeFile(file, JSON.stringify({ global: { scrape_interval: "1s" }, scrape_configs }));
    return [
      `--config.file=${file}`,
      `--storage.tsdb.path=${join(folder, "data")}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ];
  }
});
