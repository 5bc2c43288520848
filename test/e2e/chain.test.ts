import pLimit from "p-limit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { AlertRule } from "grafana-provision";
import critical from "../../alerts/critical.ts";
import warning from "../../alerts/warning.ts";
import { makeBurst, makeLoad, sendOldLines, startChain, type Chain } from "./chain.ts";
import { bothChecks, command, diagnosesOf, itemsOf, loginTo, renameMetrics, statesOf, withoutData } from "./checks.ts";
import { documentedQueries } from "./documented.ts";
import { column, framesOf, getFrom, rowsIn } from "./grafana.ts";
import { absentPart, EMPTY_WHEN_HEALTHY, metricsOf, panelQueries, type PanelQuery } from "./panels.ts";
import { arrived, evaluated, firstAfter, OUTAGES, received, settled } from "./outages.ts";
import { missing, missingTelemetry, until } from "./programs.ts";

// The backend under load, real programs from Debian, and a real Grafana: `npm run test:e2e`.

const lacks = missing();
const required = process.env["E2E_REQUIRED"] === "1";
const grafana = process.env["TEST_GRAFANA_URL"]?.replace(/\/+$/, "") ?? "";
const SERVICE = "toolboxai-backend";
const rules = [critical, warning].flatMap((group) => group.rules as AlertRule[]);

test("Loki, Promtail, Jaeger and a collector are on this machine", ({ skip }) => {
  const absent = missingTelemetry();
  if (absent.length > 0 && !required) skip(`missing: ${absent.join(", ")}`);
  expect(absent).toEqual([]);
});

test("all parts of the chain are on this machine", ({ skip }) => {
  if (lacks.length > 0 && !required) skip(`missing: ${lacks.join(", ")}`);
  expect(lacks).toEqual([]);
});

describe.runIf(lacks.length === 0)("with the backend under load", () => {
  let chain: Chain;
  const table: string[] = [];

  beforeAll(async () => {
    const existing = await getFrom(grafana, "/api/v1/provisioning/alert-rules");
    // Grafana does not repeat notifications of alerts that fired in a former run.
    if (!Array.isArray(existing) || existing.length > 0)
      throw new Error(`${grafana} must be a new Grafana without alert rules`);
    chain = await startChain(grafana);
    await applyCode(chain);
    await makeLoad(chain, Number(process.env["E2E_SECONDS"] ?? 60));
  });

  afterAll(async () => {
    await chain?.end();
    process.stdout.write(`\n${table.join("\n")}\n`);
  });

  /** Asks the queries through Grafana, adds their panels to the table and returns the queries without data. */
  async function ask(queries: readonly PanelQuery[]): Promise<{ empty: string[]; share: number }> {
    const limit = pLimit(4);
    const found = await Promise.all(
      queries.map((query) =>
        limit(async () => ({ ...query, rows: rowsIn(await framesOf(grafana, query.source, query.target)) })),
      ),
    );
    const panels = Map.groupBy(found, ({ panel }) => panel);
    const empty: string[] = [];
    let [filled, absent] = [0, 0];
    for (const [panel, own] of panels) {
      const rows = own.reduce((sum, one) => sum + one.rows, 0);
      const parts = own.map(({ expr }) => absentPart(expr, chain.absent));
      if (rows > 0) filled++;
      else if (parts.some(Boolean)) absent++;
      // Each query must have data: a panel with several queries would hide a renamed metric.
      const reasons = own.map((one, index) => {
        if (one.rows > 0) return undefined;
        const reason = parts[index] ? `${parts[index]} is not part of this run` : EMPTY_WHEN_HEALTHY[one.name];
        if (reason === undefined)
          empty.push(`${one.name}: ${one.source === "prometheus" ? metricsOf(one.expr) : one.expr}`);
        return reason ?? "no data";
      });
      table.push(`${panel}: ${rows > 0 ? `${rows} values` : reasons.find(Boolean)}`);
    }
    const note = absent > 0 ? `, ${absent} need a part that is not in this run` : "";
    table.push(`${filled} of ${panels.size} panels have data${note}`);
    return { empty, share: filled / (panels.size - absent) };
  }

  test("every panel of Prometheus has data, or a written reason why not", async () => {
    // Fails, so that Grafana counts it.
    await expect(framesOf(grafana, "prometheus", { expr: "up(" })).rejects.toThrow("up(");
    if (chain.telemetry) await sendOldLines(chain);
    const queries = panelQueries({ "fastapi.job": "fastapi-backend" }).filter(({ source }) => source === "prometheus");
    // Rates need two scrapes after the last event. If one of these still has no data, its panel is reported below.
    const last = queries.filter(({ name }) =>
      /Failed queries|Lines dropped, B|Discarded|Exporter failures, C/.test(name),
    );
    await until(
      () => "the last events",
      async () => {
        const rows = await Promise.all(
          last
            .filter(({ expr }) => absentPart(expr, chain.absent) === undefined)
            .map(async ({ source, target }) => rowsIn(await framesOf(grafana, source, target))),
        );
        return rows.every((count) => count > 0) || undefined;
      },
      1,
    ).catch(() => {});
    const { empty, share } = await ask(queries);
    expect(empty).toEqual([]);
    expect(share).toBeGreaterThanOrEqual(0.95);
  });

  test("every panel of logs and traces has data, or a written reason why not", async ({ skip }) => {
    if (chain.absent.length > 0) {
      skip(`missing: ${missingTelemetry().join(", ")}`);
      return;
    }
    const traces = await framesOf(grafana, "jaeger", { queryType: "search", service: SERVICE, limit: 1 });
    const values = { "jaeger.trace": column(traces, "traceID")[0] ?? "", "jaeger.db_system": "sqlite" };
    const queries = panelQueries(values).filter(({ source }) => source !== "prometheus");
    expect(new Set(queries.map(({ source }) => source))).toEqual(new Set(["loki", "jaeger"]));
    const { empty, share } = await ask(queries);
    expect(empty).toEqual([]);
    expect(share).toBeGreaterThanOrEqual(0.95);
  });

  test("check reports data for each panel and rule, through Grafana and directly", async () => {
    const { absent } = chain;
    const ofPrometheus = new Set(
      panelQueries({}).flatMap(({ source, panel }) => (source === "prometheus" ? [panel] : [])),
    );
    const both = await bothChecks(chain, grafana, "now-5m");
    for (const [how, { items, code }] of Object.entries(both)) {
      const asked = ["prometheus", "loki", "jaeger"].filter((name) => !absent.some((program) => program === name));
      expect(withoutData(items, asked, absent), how).toEqual([]);
      const panels = itemsOf(items, "panel", "prometheus");
      const ofRules = itemsOf(items, "rule", "prometheus");
      // Two panels of a dashboard can have the same title.
      const named = new Set(panels.map(({ address, title }) => `${address} ${title}`));
      expect([named.size, ofRules.length], how).toEqual([ofPrometheus.size, rules.length]);
      const failed = items.flatMap(({ queries }) => queries.filter(({ state }) => state === "error"));
      // Datasources of parts that are not in this run.
      const isAbsent = ({ cause }: (typeof failed)[number]) => cause?.code === "datasource-unreachable";
      expect(absent.length === 0 ? failed : failed.filter((query) => !isAbsent(query)), how).toEqual([]);
      expect(code, how).toBe(failed.length > 0 ? 1 : 0);
      table.push(`check ${how}: ${panels.length} panels and ${ofRules.length} rules of Prometheus`);
      for (const source of asked.slice(1))
        table.push(`check ${how}: ${itemsOf(items, "panel", source).length} panels of ${source}`);
    }
    expect(statesOf(both["directly"]?.items ?? [])).toEqual(statesOf(both["through Grafana"]?.items ?? []));
  });

  test("a click on a point of a graph leads to a trace, to its log lines and back, and to metrics", async ({
    skip,
  }) => {
    const graph = panelQueries({ "fastapi.job": "fastapi-backend" }).find(({ target }) => target["exemplar"] === true);
    const settings = async (uid: string) =>
      Datasource.parse(await getFrom(grafana, `/api/datasources/uid/${uid}`)).jsonData;
    const { exemplarTraceIdDestinations: [point] = [] } = await settings("prometheus");
    const ids = column(await framesOf(grafana, "prometheus", graph?.target ?? {}), point?.name ?? "");
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
    if (chain.absent.length > 0) {
      skip(`missing: ${missingTelemetry().join(", ")}`);
      return;
    }

    const id = ids.at(-1) ?? "";
    const trace = await until(
      () => `the trace ${id}`,
      async () => {
        const frames = await framesOf(grafana, point?.datasourceUid ?? "", { query: id });
        return rowsIn(frames) > 0 ? frames : undefined;
      },
    );
    expect(column(trace, "serviceName")).toContain(SERVICE);
    const operations = column(trace, "operationName");

    const { tracesToLogsV2, tracesToMetrics } = await settings("jaeger");
    const expr = tracesToLogsV2?.query.replace("${__trace.traceId}", id);
    const lines = await until(
      () => `log lines of the trace ${id}`,
      async () => {
        const found = column(
          await framesOf(grafana, tracesToLogsV2?.datasourceUid ?? "", { expr, queryType: "range" }),
          "Line",
        );
        return found.length > 0 ? found : undefined;
      },
    );
    const { derivedFields: [field] = [] } = await settings("loki");
    for (const line of lines) expect(new RegExp(field?.matcherRegex ?? "").exec(line)?.[1]).toBe(id);
    expect(field?.datasourceUid).toBe(point?.datasourceUid);

    for (const { query } of tracesToMetrics?.queries.filter(({ name }) => !name.startsWith("Errors")) ?? []) {
      const asked = operations.map((operation) =>
        query.replace("$__tags", `service_name="${SERVICE}"`).replace("${__span.name}", operation),
      );
      const rows = await Promise.all(
        asked.map(async (one) =>
          rowsIn(await framesOf(grafana, tracesToMetrics?.datasourceUid ?? "", { expr: one, range: true })),
        ),
      );
      expect(Math.max(...rows), query).toBeGreaterThan(0);
    }
  });

  test("the queries in the documentation have results", async ({ skip }) => {
    if (chain.absent.length > 0) {
      skip(`missing: ${missingTelemetry().join(", ")}`);
      return;
    }
    await makeBurst(chain);
    const found = documentedQueries();
    expect(Object.keys(found).toSorted()).toEqual(["jaeger", "loki", "prometheus"]);
    for (const [uid, queries] of Object.entries(found)) {
      for (const query of queries) {
        const rows = await until(
          () => JSON.stringify(query),
          async () => rowsIn(await framesOf(grafana, uid, query)) || undefined,
          1,
        );
        table.push(`${Object.values(query).join(" ")}: ${rows} values`);
      }
    }
  });

  test("every alert about a fault of the load arrives at the receiver", async () => {
    const memory = await fetch(`${chain.backend}/api/v1/simulate/memory?megabytes=2100`, { method: "POST" });
    expect(memory.status).toBe(200);
    const titles = rules.map(({ title }) => title);
    expect(titles).toHaveLength(11);
    await arrived(
      chain,
      titles.filter((title) => !OUTAGES.some(({ alert }) => alert === title)),
    );
  });

  test.for(OUTAGES)(
    "if $name stops, the first message is about it, and nothing is resolved",
    async (outage, { skip }) => {
      const part = outage.part(chain);
      if (part === undefined) {
        skip(`missing: ${missingTelemetry().join(", ")}`);
        return;
      }
      const before = await settled(grafana, chain);
      await part.stop();
      const first = await firstAfter(chain, before);
      try {
        expect(first).toMatchObject({ status: "firing", name: outage.alert, labels: outage.labels });
        await evaluated(grafana, outage.silences);
        const after = (await received(chain)).slice(before.length);
        expect(after.filter(({ status }) => status === "resolved")).toEqual([]);
      } finally {
        part.start();
      }
      table.push(`${outage.name} stopped: ${first.annotations["summary"]} (received ${first.received_at})`);
    },
  );

  test("every alert has a summary", async () => {
    const all = await received(chain);
    for (const { title } of rules) {
      const one = all.findLast(({ name, status }) => name === title && status === "firing");
      table.push(`${title}: ${one?.annotations["summary"]}`);
      expect(one?.annotations["summary"], title).toBeTruthy();
    }
  });

  // The last test, because the former metrics don't return.
  test("check names a metric that the backend renamed, on each panel and rule that uses it", async () => {
    const names = {
      http_requests_total: "http_server_requests_total",
      // A panel with both metrics has data as long as one of them exists.
      http_request_duration_seconds: "http_server_request_duration_seconds",
      db_query_duration_seconds: "db_statement_duration_seconds",
    };
    await renameMetrics(chain, names);
    const both = await bothChecks(chain, grafana, "now-1m");
    for (const [how, { items }] of Object.entries(both)) {
      const found = diagnosesOf(items, Object.keys(names));
      const wrong = found.filter(([, metrics]) => !metrics.every((metric) => metric in names));
      expect(wrong, how).toEqual([]);
      for (const role of ["panel", "rule"])
        expect(
          found.some(([name]) => name.includes(` ${role} `)),
          `${how}: ${role}`,
        ).toBe(true);
      table.push(`check ${how}: names the renamed metric on ${found.length} panels and rules`);
    }
  });
});

/** Applies the repository to the Grafana. The durations of the rules are shorter, but keep their order. */
async function applyCode(chain: Chain): Promise<void> {
  const { code, output, errors } = await command(chain, ["apply", "--yes", "--adopt"], loginTo(grafana));
  if (code !== 0) throw new Error(`apply failed with ${String(code)}: ${output}\n${errors}`);
}

/** The links of the three datasources. */
const Datasource = z.object({
  jsonData: z.object({
    exemplarTraceIdDestinations: z.array(z.object({ name: z.string(), datasourceUid: z.string() })).optional(),
    tracesToLogsV2: z.object({ datasourceUid: z.string(), query: z.string() }).optional(),
    tracesToMetrics: z
      .object({ datasourceUid: z.string(), queries: z.array(z.object({ name: z.string(), query: z.string() })) })
      .optional(),
    derivedFields: z.array(z.object({ matcherRegex: z.string(), datasourceUid: z.string() })).optional(),
  }),
});
