import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { StackReportSchema } from "../../src/report/stack-report-json.ts";
import { NO_PROMETHEUS, startPrometheus } from "../check/prometheus.ts";
import { testProject } from "../helpers/cli.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { fakePrometheus, fakeServer, matrix, vector } from "./servers.ts";

async function report(
  args: readonly string[],
  { variables = {}, files = {} }: { variables?: Record<string, string>; files?: Record<string, string> } = {},
) {
  const project = await testProject(files);
  if (Object.keys(files).length === 0) await project.remove("grafana.config.ts");
  const run = (...more: string[]) => project.run(["stack:report", ...args, ...more], variables);
  const { stdout, stderr, code } = await run("-o", "json");
  const parsed = StackReportSchema.parse(JSON.parse(stdout));
  const section = (id: string) => {
    const found = parsed.sections?.find((one) => one.id === id);
    if (!found) throw new Error(`no section ${id}: ${stdout}${stderr}`);
    return found;
  };
  return { code, stderr, section, run, ...parsed };
}

const NOW = Math.round(Date.now() / 1000);
const DAY = 86_400;

test("targets that are down, and those that were", async () => {
  const [a, b, c, d] = ["a", "b", "c", "d"].map((instance) => ({ job: "shop", instance })) as [
    object,
    object,
    object,
    object,
  ];
  const url = await fakePrometheus({
    up: vector([a as never, 1], [b as never, 0], [c as never, 1]),
    "avg_over_time(up": vector([a as never, 1], [b as never, 0.5], [c as never, 0.9], [d as never, 0.1]),
  });
  const { section, code } = await report(["--prometheus", url, "--section", "targets"]);
  expect(code).toBe(0);
  expect(section("targets")).toMatchObject({
    state: "attention",
    rows: [
      { instance: "b", state: "down", availability: 50 },
      { instance: "c", state: "up", availability: 90 },
    ],
  });
});

test("alerts of Prometheus: what fires, flaps, never fires and fails", async () => {
  const from = NOW - 7 * DAY;
  const on = (...starts: number[]) =>
    starts.flatMap((start) => [start, start + 60, start + 120].map((at) => from + at));
  const rules = [
    { name: "Flapping", type: "alerting", health: "ok" },
    { name: "Never", type: "alerting", health: "ok" },
    { name: "Once", type: "alerting", health: "err", lastError: "many-to-many" },
    { name: "job:up:sum", type: "recording", health: "ok" },
  ];
  const url = await fakePrometheus(
    {
      ALERTS_FOR_STATE: vector([{ alertname: "Once", severity: "critical", job: "shop" }, NOW - 60]),
      'ALERTS{alertstate="firing"}': matrix(
        [{ alertname: "Flapping", instance: "a" }, on(0, 3600, 7200, 10_800, 14_400)],
        [{ alertname: "Flapping", instance: "b" }, on(0)],
        // Six instances, each of which fired once.
        ...["a", "b", "c", "d", "e", "f"].map((instance) => [{ alertname: "Once", instance }, on(0)] as const),
      ),
    },
    rules,
  );
  const proxy = await faultyProxy(url, ({ path }) =>
    path.startsWith("/api/v1/query?") && path.includes("query=ALERTS%7B")
      ? {
          status: 200,
          headers: { "content-type": "application/json" },
          body: JSON.stringify(vector([{ alertname: "Once" }, 1])),
        }
      : "pass",
  );
  onTestFinished(() => proxy.close());
  const { section } = await report(["--prometheus", proxy.url, "--section", "alerts", "firings", "rules"]);
  expect(section("alerts")).toMatchObject({
    state: "attention",
    rows: [{ from: "Prometheus", name: "Once", severity: "critical", labels: "job=shop" }],
  });
  expect(section("firings")).toMatchObject({
    state: "attention",
    rows: [
      { rule: "Flapping", finding: "flapping", count: 5 },
      { rule: "Never", finding: "never fired", count: 0 },
    ],
  });
  expect(section("rules")).toMatchObject({
    state: "attention",
    rows: [{ rule: "Once", health: "error", error: "many-to-many" }],
  });
  expect(section("alerts").unasked).toHaveLength(1);
});

test("disks that fill, data that grows, and certificates that expire", async () => {
  const root = { instance: "n", mountpoint: "/", device: "sda" };
  const bound = { ...root, mountpoint: "/var/lib/x" };
  const young = { instance: "n", mountpoint: "/new", device: "sdb" };
  const full = { instance: "n", mountpoint: "/full", device: "sdc" };
  const gigabyte = 1024 ** 3;
  const url = await fakePrometheus({
    prometheus_tsdb_storage_blocks_bytes: vector([{ instance: "p" }, 5 * gigabyte]),
    "deriv(prometheus_tsdb": vector([{ instance: "p" }, gigabyte / DAY]),
    "min_over_time(timestamp(prometheus_tsdb": vector([{ instance: "p" }, NOW - DAY]),
    node_filesystem_avail_bytes: vector([root, 30 * gigabyte], [bound, 30 * gigabyte], [young, gigabyte], [full, 0]),
    node_filesystem_size_bytes: vector([root, 100 * gigabyte], [young, gigabyte], [full, gigabyte]),
    "deriv(node_filesystem": vector([root, (-3 * gigabyte) / DAY], [bound, -1], [young, -gigabyte]),
    "min_over_time(timestamp(node_filesystem": vector([root, NOW - DAY], [bound, NOW - DAY], [young, NOW - 60]),
    probe_ssl_earliest_cert_expiry: vector(
      [{ instance: "https://b" }, NOW + 90 * DAY + 3600],
      [{ instance: "https://a" }, NOW + 5 * DAY + 3600],
    ),
  });
  const { section, run } = await report(["--prometheus", url, "--section", "storage", "certificates"]);
  const storage = section("storage");
  expect(storage.rows.map(({ what, days }) => [what, days])).toEqual([
    ["disk /full", 0],
    ["disk /", 10],
    ["disk /new", undefined],
    ["blocks of Prometheus", undefined],
  ]);
  expect([storage.state, storage.unasked.length]).toEqual(["attention", 1]);
  expect(storage.rows.at(-1)?.["growth"]).toBeCloseTo(gigabyte);
  expect(section("certificates")).toMatchObject({
    state: "attention",
    rows: [
      { target: "https://a", days: 5 },
      { target: "https://b", days: 90 },
    ],
  });
  expect((await run("--fail-on", "attention")).code).toBe(1);
});

test("errors and durations of spans", async () => {
  const [good, bad] = [
    { service_name: "shop", span_name: "GET /" },
    { service_name: "shop", span_name: "POST /pay" },
  ];
  const by = "by (service_name, service, span_name)";
  const calls = '{__name__=~"(otel_)?traces_span_?metrics_calls_total"';
  const url = await fakePrometheus({
    [`sum ${by} (increase(${calls}}`]: vector([good, 300], [bad, 100]),
    [`sum ${by} (increase(${calls}, status_code`]: vector([bad, 25]),
    "histogram_quantile(0.95": vector([good, 0.2], [bad, Number.NaN]),
  });
  const { section } = await report(["--prometheus", url, "--section", "traces"]);
  expect(section("traces")).toMatchObject({
    state: "ok",
    summary: expect.stringContaining("6.25 %") as string,
    rows: [
      { operation: "POST /pay", spans: 100, errors: 25 },
      { operation: "GET /", spans: 300, errors: 0, p95: 0.2 },
    ],
  });
});

/** A Loki whose lines have a level, or not. */
function loki(lines: readonly string[], hasLevels: boolean) {
  const stream = { job: "application", service_name: "shop" };
  return fakeServer((path, parameters) => {
    const query = parameters.get("query") ?? "";
    const isFound = query.includes("detected_level") === hasLevels;
    if (path.endsWith("/query")) return isFound ? vector([stream, lines.length]) : vector();
    const values = isFound ? lines.map((line, index) => [`${index}`, line]) : [];
    return { status: "success", data: { resultType: "streams", result: [{ stream, values }] } };
  });
}

test.each([true, false])("the most frequent errors in log lines, if lines have levels: %s", async (hasLevels) => {
  const secret = "hunter22secret99";
  const lines = [
    ...Array.from({ length: 3 }, (_, index) => `{"level":"error","msg":"user ${index} not found in ${index * 3} ms"}`),
    `level=error msg="can't connect" err="https://user:${secret}@db.example.org/x: refused"`,
    `plain error password=${secret}`,
  ];
  const url = await loki(lines, hasLevels);
  const { section, run } = await report(["--loki", url, "--section", "logs"]);
  expect(section("logs").rows[0]).toEqual({ source: "shop", message: "user # not found in # ms", lines: 3 });
  expect(section("logs").rows).toHaveLength(3);
  for (const format of ["text", "json", "markdown", "html"])
    expect((await run("-o", format)).stdout).not.toContain(secret);
});

test("each section says what it could not ask and why", async () => {
  const url = await fakeServer(() => 500);
  const { code, sections, section, run } = await report(["--prometheus", url]);
  expect(code).toBe(1);
  expect(sections?.map(({ state }) => state)).toEqual(Array.from({ length: 10 }, () => "unknown"));
  expect(sections?.filter(({ unasked }) => unasked.length === 0)).toEqual([]);
  expect(section("targets").unasked.join()).toMatch(/targets of Prometheus: .*500/);
  expect(section("logs").unasked.join()).toContain("--loki");
  expect(section("thresholds").unasked.join()).toContain("grafana.config.ts");
  const text = await run();
  expect(text.stdout).toMatch(/10 sections are not known/);
});

test("a server that can't be reached is in the report, and no Grafana gets the requests of another", async () => {
  const { code, section } = await report(["--section", "targets", "alerts"], {
    variables: { GRAFANA_URL: "http://127.0.0.1:1", GRAFANA_TOKEN: "glsa_abcdefghijklmnopqrstuvwxyz012345" },
  });
  expect(code).toBe(1);
  expect(section("targets").unasked.join()).toContain("127.0.0.1:1");
  expect(section("alerts").unasked.join()).toContain("127.0.0.1:1");
});

test.each([
  { args: ["--from", "tomorrow"], code: "option-invalid" },
  { args: ["--prometheus", "http://user:pass@localhost"], code: "credentials-in-url" },
  { args: ["--prometheus", "localhost:9090"], code: "target-invalid" },
])("$args is $code", async ({ args, code }) => {
  const { code: exitCode, error } = await report(args);
  expect([exitCode, error?.code]).toEqual([64, code]);
});

test("through Grafana: alerts, the history of rules, and its datasources", async () => {
  const grafana = await testGrafana();
  const url = await fakePrometheus({
    up: vector([{ job: "shop", instance: "a" }, 0]),
    "avg_over_time(up": vector([{ job: "shop", instance: "a" }, 0.5]),
  });
  const uid = grafana.name("prom").slice(0, 40);
  await grafana.other.send({
    method: "POST",
    path: "/api/datasources",
    body: { uid, name: uid, type: "prometheus", url, access: "proxy" },
  });
  const recorded = JSON.parse(
    await readFile(new URL("../fixtures/alerts/current.json", import.meta.url), "utf8"),
  ) as Record<string, unknown>;
  const changes = (times: number) => {
    const states = Array.from({ length: times }, () => [
      ["Normal", "Alerting"],
      ["Alerting", "Normal"],
    ]).flat();
    const fields = ["time", "text", "prev", "next", "data"].map((name) => ({ name }));
    const values = [
      states.map(() => 0),
      states.map(() => ""),
      states.map(([prev]) => prev),
      states.map(([, next]) => next),
      states.map(() => "{}"),
    ];
    return { schema: { fields }, data: { values } };
  };
  const times: Readonly<Record<string, number>> = { "high-errors": 7, soon: 0, muted: 0, direct: 1 };
  const proxy = await faultyProxy(grafana.url, ({ path }) => {
    const { pathname, searchParams } = new URL(path, "http://localhost");
    const body = pathname.endsWith("/v2/alerts")
      ? recorded["alerts"]
      : pathname === "/api/prometheus/grafana/api/v1/rules"
        ? recorded["rules"]
        : pathname === "/api/v1/rules/history"
          ? changes(times[searchParams.get("ruleUID") ?? ""] ?? 0)
          : undefined;
    return body === undefined
      ? "pass"
      : { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  });
  onTestFinished(() => proxy.close());
  const variables = { ...grafana.variables, GRAFANA_URL: proxy.url };
  const { section, asked, run } = await report(["--section", "targets", "alerts", "firings", "--datasource", uid], {
    variables,
  });
  expect(section("targets").rows).toMatchObject([{ instance: "a", state: "down" }]);
  expect(asked?.join()).toContain(uid);
  expect(section("alerts").rows.map(({ name }) => name)).toContain("High error rate");
  // A rule that has fired since before the range counts as fired.
  expect(section("firings").rows).toMatchObject([
    { rule: "High error rate", finding: "flapping", count: 7 },
    { rule: "Queue is long", finding: "never fired" },
  ]);
  const missing = await run("--datasource", "none", "-o", "json");
  expect([missing.code, StackReportSchema.parse(JSON.parse(missing.stdout)).error?.code]).toEqual([
    64,
    "option-invalid",
  ]);
});

test.skipIf(NO_PROMETHEUS)("with a real Prometheus: thresholds of the code, and the slowest queries", async () => {
  const prometheus = await startPrometheus({ end: Date.now() });
  onTestFinished(() => prometheus.close());
  const files = {
    "grafana.config.ts": 'export default { project: "test", resources: ["./resources"] };\n',
    "resources/rules.ts": `
import { above, alertRule, datasource, folder, promql, ruleGroup } from "grafana-provision";
export const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus", url: "http://127.0.0.1:1" });
export const alerts = folder({ uid: "alerts", title: "Alerts" });
const query = promql(prometheus, "sum(up)");
export const rules = ruleGroup({ folder: alerts, title: "Rules", interval: 60, rules: [
  alertRule({ title: "Always", query, when: above(0), for: "0s" }),
  alertRule({ title: "Never", query, when: above(1000), for: "0s" }),
] });
`,
  };
  const { section, code } = await report(
    ["--prometheus", prometheus.url, "--from", "now-2h", "--section", "thresholds", "queries", "targets"],
    { files },
  );
  expect(code).toBe(0);
  expect(section("thresholds").rows.map(({ rule, count }) => [rule, count])).toEqual([
    ["Always", 1],
    ["Never", 0],
  ]);
  expect(section("queries").rows).toHaveLength(2);
  expect(section("targets").state).toBe("ok");
});

test("text, Markdown and HTML show names from servers as text", async () => {
  const evil = "<script>alert(1)</script> | @ops \u001b[2J [x](https://evil.example)";
  const up = { job: evil, instance: "i" };
  const url = await fakePrometheus({ up: vector([up, 0]), "avg_over_time(up": vector([up, 0]) });
  const { run } = await report(["--prometheus", url, "--section", "targets"]);
  const [text, markdown, html] = await Promise.all(
    ["text", "markdown", "html"].map(async (format) => (await run("-o", format)).stdout),
  );
  expect(text).not.toContain("\u001b");
  expect(markdown).not.toMatch(/<script|@ops|\]\(https/);
  expect(html).not.toContain("<script");
  expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
  expect(html).toContain("default-src &#39;none&#39;");
});

test("the published schema of the JSON output is up to date", async () => {
  const file = new URL("../../schema/stack-report.v1.json", import.meta.url);
  const published: unknown = JSON.parse(await readFile(file, "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(StackReportSchema))));
});
