import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { StackCardinalitySchema } from "../../src/report/stack-cardinality-json.ts";
import { NO_PROMETHEUS, startPrometheus } from "../check/prometheus.ts";
import { fakeLoki, type Stream } from "../check/loki.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { webServer } from "./servers.ts";
import { only } from "./small-stack.ts";

const HISTORY = ".grafana-provision/stack/cardinality.json";

interface Kept {
  total: number;
  metrics: object;
  labels: object;
}

async function cardinality(project: TestProject, ...args: string[]) {
  const { stdout, stderr, code } = await project.run(["stack:cardinality", "-o", "json", ...args]);
  return { ...StackCardinalitySchema.parse(JSON.parse(stdout)), stderr, code };
}

const board = (exprs: readonly string[], type = "prometheus") =>
  JSON.stringify({
    uid: `shop-${type}`,
    title: `Shop ${type}`,
    panels: exprs.map((expr, index) => ({
      id: index + 1,
      type: "timeseries",
      title: `${index}`,
      targets: [{ refId: "A", expr, datasource: { type, uid: type } }],
    })),
  });

const SOURCES = `
import { datasource } from "grafana-provision";
export const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus" });
export const loki = datasource({ uid: "loki", name: "Loki", type: "loki" });
`;

const definition = (value: object) => `export default ${JSON.stringify({ backend: false, ...value })};\n`;

/** Series of a metric, one for each value of a label. */
const series = (name: string, label: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name}{${label}="${index}"} 1`).join("\n");

describe.skipIf(NO_PROMETHEUS !== "")(`a real Prometheus${NO_PROMETHEUS === "" ? "" : ` (${NO_PROMETHEUS})`}`, () => {
  /** A Prometheus that scrapes two pages, as the one of a stack. */
  async function scraped() {
    const pages = {
      shop: `${series("shop_requests_total", "route", 40)}\n${series("shop_debug_state", "session", 30)}\n${series("shop_ratio", "route", 5)}\n`,
      db: `${series("db_rows", "table", 20)}\n`,
    };
    const servers = {
      shop: await webServer((_request, response) => response.end(pages.shop)),
      db: await webServer((_request, response) => response.end(pages.db)),
    };
    const rules = String.raw`
groups:
  - name: shop
    interval: 1s
    rules:
      - { record: "shop_recorded", expr: "sum by (route) (shop_ratio{route=\"1\"})" }
`;
    const prometheus = await startPrometheus({
      end: Date.now(),
      rules,
      scrape: { shop: servers.shop.port, db: servers.db.port },
    });
    onTestFinished(() => prometheus.close());
    const count = async (expr: string) => {
      const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(`count(${expr})`)}`);
      const { data } = (await answer.json()) as { data: { result: [{ value: [number, string] }?] } };
      return Number(data.result[0]?.value[1] ?? 0);
    };
    const until = async (expr: string, wanted: number) => {
      while ((await count(expr)) !== wanted) await sleep(100);
    };
    await until("shop_requests_total", 40);
    await until("db_rows", 20);
    await until("shop_recorded", 1);
    const project = await testProject({
      "resources/sources.ts": SOURCES,
      "resources/board.json": board(['sum by (route) (rate(shop_requests_total{route=~"1|2"}[5m]))']),
      "stack.config.ts": definition({
        backend: { job: "shop", target: `127.0.0.1:${servers.shop.port}`, metrics: { drop: ["go_.*"] } },
        scrape: [{ job: "db", targets: [`127.0.0.1:${servers.db.port}`] }],
        services: only({ prometheus: { ports: { http: Number(new URL(prometheus.url).port) } } }),
      }),
    });
    return { project, prometheus };
  }

  test("the largest metrics, labels and values, their users, and the settings that drop the others", async () => {
    const { project, prometheus } = await scraped();
    const { code, servers = [], drop, notes, stderr } = await cardinality(project);
    expect(code, stderr).toBe(0);
    expect(servers).toHaveLength(1);
    const [{ metrics = [], labels = [], values = [], ...about } = { type: "loki", url: "" } as const] = servers;
    expect(about).toEqual({ type: "prometheus", url: prometheus.url, total: expect.any(Number) as unknown });
    expect(metrics.slice(0, 4)).toEqual([
      { name: "shop_requests_total", series: 40, usedBy: ["dashboard/shop-prometheus"] },
      { name: "shop_debug_state", series: 30, usedBy: [] },
      { name: "db_rows", series: 20, usedBy: [] },
      { name: "shop_ratio", series: 5, usedBy: ["prometheus/rules"] },
    ]);
    expect(labels.find(({ name }) => name === "route")).toEqual({
      name: "route",
      values: 40,
      bytes: expect.any(Number) as unknown,
      usedBy: ["dashboard/shop-prometheus", "prometheus/rules"],
    });
    expect(labels.find(({ name }) => name === "session")).toMatchObject({ values: 30, usedBy: [] });
    expect(labels.map(({ name }) => name)).not.toContain("__name__");
    expect(values.find(({ label, value }) => label === "job" && value === "shop")).toMatchObject({ selectedBy: [] });
    // Neither series that Prometheus makes itself nor those of its recording rules.
    expect(drop).toEqual([
      {
        jobs: ["shop"],
        metrics: [{ name: "shop_debug_state", series: 30 }],
        series: 30,
        file: "stack.config.ts",
        setting: 'backend: { metrics: { drop: ["go_.*", "shop_debug_state"] } },',
      },
      {
        jobs: ["db"],
        metrics: [{ name: "db_rows", series: 20 }],
        series: 20,
        file: "stack.config.ts",
        setting: 'scrape: [{ job: "db", metrics: { drop: ["db_rows"] } }],',
      },
    ]);
    expect(notes).toHaveLength(1);

    // What was pasted is a rule of the scrape job.
    const pasted = (drop ?? []).map(({ setting }) => setting).join("\n");
    await project.write({
      "stack.config.ts":
        `export default {\n${pasted}\n  services: ${JSON.stringify(only({ prometheus: {} }))},\n};\n`.replace(
          '{ job: "db"',
          '{ targets: ["db:9187"], job: "db"',
        ),
    });
    const result = await project.run(["stack:render", "out"]);
    expect(result.code, result.stderr).toBe(0);
    const rendered = await readFile(join(project.directory, "out/prometheus/prometheus.yml"), "utf8");
    expect(rendered).toContain("go_.*|shop_debug_state");
    expect(rendered).toContain("db_rows");
  });

  test("the change since the last run, and a Prometheus that is not the one of a stack", async () => {
    const { project, prometheus } = await scraped();
    const before = await cardinality(project);
    expect(before.servers?.[0]).not.toHaveProperty("change");
    // As if the last run had other counts: Prometheus keeps its own for 30 seconds.
    const file = join(project.directory, HISTORY);
    const kept = JSON.parse(await readFile(file, "utf8")) as { servers: Record<string, Kept> };
    const [run] = Object.values(kept.servers);
    if (!run) throw new Error("the run was not kept");
    run.total -= 70;
    run.metrics = { complete: true, counts: [["shop_debug_state", 50]] };
    run.labels = { complete: false, counts: [["route", 39]] };
    await writeFile(file, JSON.stringify(kept));
    const { servers: [after] = [] } = await cardinality(project, "--limit", "2");
    expect(after?.change).toBe(70);
    expect(Date.parse(after?.since ?? "")).toBeLessThanOrEqual(Date.now());
    expect(after?.metrics).toEqual([
      { name: "shop_requests_total", series: 40, change: 40, isNew: true, usedBy: ["dashboard/shop-prometheus"] },
      { name: "shop_debug_state", series: 30, change: -20, usedBy: [] },
    ]);
    expect(after?.labels).toHaveLength(2);
    expect(after?.labels?.[0]).toMatchObject({ name: "route", change: 1 });
    expect(after?.labels?.[1]).not.toHaveProperty("change");

    const { stdout } = await project.run(["stack:cardinality"]);
    const row = stdout.split("\n").find((line) => line.includes(" shop_debug_state "));
    const percent = expect.stringMatching(/^\d+ %$/) as unknown;
    expect(row?.trim().split(/ {2,}/)).toEqual(["shop_debug_state", "30", percent, "0", "nothing"]);
    expect(stdout).toContain('backend: { metrics: { drop: ["go_.*", "shop_debug_state"] } },');
    await project.write({ [HISTORY]: '{"version":' });
    const damaged = await cardinality(project);
    expect(damaged.code).toBe(0);
    expect(damaged.servers?.[0]).not.toHaveProperty("change");
    expect(damaged.notes).toContainEqual(expect.stringContaining("cardinality.json"));

    // Another Prometheus, and a project without code.
    await project.remove("stack.config.ts");
    const url = ["--prometheus", prometheus.url];
    const { drop } = await cardinality(project, ...url);
    expect(drop?.map(({ file, setting }) => [file, setting])).toContainEqual([
      "prometheus.yml",
      'metric_relabel_configs:\n  - { source_labels: [__name__], regex: "db_rows", action: drop }',
    ]);
    await project.remove("resources/board.json");
    const withoutQueries = await cardinality(project, ...url);
    expect(withoutQueries.drop).toEqual([]);
    await project.remove("grafana.config.ts");
    const withoutCode = await cardinality(project, ...url);
    expect(withoutCode).toMatchObject({ code: 0, drop: [] });
    expect(withoutCode.servers?.[0]?.metrics?.[0]).toEqual({ name: "shop_requests_total", series: 40, change: 0 });
    expect(withoutCode.notes).toContainEqual(expect.stringContaining("grafana.config.ts"));
  });
});

const HOUR = 3_600_000;
const lines = (hoursAgo: number) => [[Date.now() - hoursAgo * HOUR, "a line"]] as const;
const STREAMS: readonly Stream[] = [
  ...Array.from({ length: 12 }, (_, index) => ({ labels: { job: "shop", request: `${index}` }, lines: lines(1) })),
  { labels: { job: "catalog", level: "error" }, lines: lines(2) },
  { labels: { job: "catalog", level: "info" }, lines: lines(2) },
  { labels: { job: "old" }, lines: lines(30) },
];

describe("Loki", () => {
  async function withLoki(exprs: readonly string[]) {
    const loki = await fakeLoki(STREAMS);
    onTestFinished(() => loki.close());
    const project = await testProject({
      "resources/sources.ts": SOURCES,
      "resources/board.json": board(exprs, "loki"),
      "stack.config.ts": definition({ services: only({ loki: { ports: { http: Number(new URL(loki.url).port) } } }) }),
    });
    return { loki, project };
  }

  test("labels and values by streams, and the queries that select them", async () => {
    const { loki, project } = await withLoki(['{job=~"cat.*"} |= "x"', '{level="error", job=~".+"}', '{job="$job"}']);
    const { servers, drop, code } = await cardinality(project);
    expect({ code, drop }).toEqual({ code: 0, drop: [] });
    const users = ["dashboard/shop-loki"];
    expect(servers).toEqual([
      {
        type: "loki",
        url: loki.url,
        total: 14,
        labels: [
          { name: "request", values: 12, streams: 12, usedBy: [] },
          { name: "job", values: 2, streams: 14, usedBy: users },
          { name: "level", values: 2, streams: 2, usedBy: users },
        ],
        values: [
          { label: "job", value: "shop", count: 12, selectedBy: [] },
          { label: "job", value: "catalog", count: 2, selectedBy: users },
          { label: "level", value: "error", count: 1, selectedBy: users },
          { label: "level", value: "info", count: 1, selectedBy: [] },
          ...["0", "1", "10", "11", "2", "3"].map((value) => ({ label: "request", value, count: 1, selectedBy: [] })),
        ],
      },
    ]);
    const { servers: [again] = [] } = await cardinality(project, "--loki", loki.url);
    expect(again?.change).toBe(0);
    expect(again?.labels?.every(({ change }) => change === 0)).toBe(true);
  });

  test("labels of PromQL don't count as users of Loki's labels", async () => {
    const { project } = await withLoki(['{job="catalog"}']);
    await project.write({ "resources/other.json": board(["sum by (request) (up)"]) });
    const { servers: [loki] = [] } = await cardinality(project);
    expect(loki?.labels?.find(({ name }) => name === "request")?.usedBy).toEqual([]);
  });

  test("requests have the tenant of the stack", async () => {
    const tenants: unknown[] = [];
    const loki = await webServer((request, response) => {
      tenants.push(request.headers["x-scope-orgid"]);
      response.end(JSON.stringify({ status: "success", data: [{ job: "a" }] }));
    });
    const project = await testProject({
      "resources/sources.ts": SOURCES,
      "stack.config.ts": definition({
        logs: { tenant: "shop" },
        services: only({ loki: { multiTenant: true, ports: { http: loki.port } } }),
      }),
    });
    expect(await cardinality(project)).toMatchObject({ code: 0, servers: [{ total: 1 }] });
    expect(tenants).toEqual(["shop"]);
  });
});

describe("servers that can't be read", () => {
  const anyText = expect.any(String) as unknown;
  test.each([
    ["an error", 503, "overloaded", { hint: anyText }],
    ["no JSON", 200, "<html></html>", { hint: anyText }],
    ["other JSON", 200, '{"status":"success","data":{}}', {}],
  ])("%s", async (_what, status, body, hint) => {
    const prometheus = await webServer((_request, response) => response.writeHead(status).end(body));
    const loki = await webServer((_request, response) => response.end('{"status":"success","data":[]}'));
    const services = only({ prometheus: { ports: { http: prometheus.port } }, loki: { ports: { http: loki.port } } });
    const project = await testProject({
      "resources/sources.ts": SOURCES,
      "stack.config.ts": definition({ services }),
    });
    const stack = await cardinality(project);
    expect(stack).toMatchObject({ code: 1, exitCode: 1, drop: [] });
    expect(stack.servers).toEqual([
      {
        type: "prometheus",
        url: `http://127.0.0.1:${prometheus.port}`,
        problem: anyText,
        ...hint,
      },
      { type: "loki", url: `http://127.0.0.1:${loki.port}`, total: 0, labels: [], values: [] },
    ]);
  });

  test("nothing listens, in text", async () => {
    const closed = await webServer(() => {});
    await closed.close();
    const project = await testProject({ "resources/sources.ts": SOURCES });
    const { code, stdout } = await project.run(["stack:cardinality", "--loki", `http://127.0.0.1:${closed.port}`]);
    expect(code).toBe(1);
    expect(stdout).toContain(`Loki http://127.0.0.1:${closed.port}: `);
    expect(stdout).toContain("--loki");
  });

  test("a directory that can't be written is a note", async () => {
    const loki = await webServer((_request, response) => response.end('{"status":"success","data":[]}'));
    const project = await testProject({ "resources/sources.ts": SOURCES });
    await writeFile(join(project.directory, ".grafana-provision"), "a file");
    const result = await cardinality(project, "--loki", `http://127.0.0.1:${loki.port}`);
    expect(result.code).toBe(0);
    expect(result.notes).toContainEqual(expect.stringContaining(".grafana-provision"));
  });

  test.each([
    ["--prometheus", "localhost:9090", "target-invalid"],
    ["--loki", "http://user:secret@localhost:3100", "credentials-in-url"],
  ])("%s %s is wrong use", async (option, url, code) => {
    const project = await testProject();
    expect(await cardinality(project, option, url)).toMatchObject({ code: 64, error: { code } });
  });

  test("a stack without them needs a URL, and invalid code is reported first", async () => {
    const project = await testProject({ "stack.config.ts": definition({ services: only({ redis: {} }) }) });
    expect(await cardinality(project)).toMatchObject({ code: 64, error: { code: "option-invalid" } });
    const unpublished = only({ prometheus: { ports: { http: false } }, loki: { ports: { http: false } } });
    await project.write({ "stack.config.ts": definition({ services: unpublished }) });
    expect((await cardinality(project)).code).toBe(64);
    const loki = await webServer((_request, response) => response.end("{}"));
    await project.write({ "resources/bad.json": "{}" });
    expect((await cardinality(project, "--loki", `http://127.0.0.1:${loki.port}`)).code).toBe(65);
    expect(loki.seen).toEqual([]);
  });
});

test("matches the published JSON Schema", async () => {
  const file = new URL("../../schema/stack-cardinality.v1.json", import.meta.url);
  const published: unknown = JSON.parse(await readFile(file, "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(StackCardinalitySchema))));
});
