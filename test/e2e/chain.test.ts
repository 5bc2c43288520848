import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import type { AlertRule } from "grafana-provision";
import critical from "../../alerts/critical.ts";
import warning from "../../alerts/warning.ts";
import { makeLoad, startChain, TOKEN, type Chain } from "./chain.ts";
import { absentPart, EMPTY_WHEN_HEALTHY, metricsOf, panelQueries, seriesOf } from "./panels.ts";
import { missing, ROOT, stop, until } from "./programs.ts";

// The backend under load, real programs from Debian, and a real Grafana: `npm run test:e2e`.

const lacks = missing();
const required = process.env["E2E_REQUIRED"] === "1";
const grafana = process.env["TEST_GRAFANA_URL"]?.replace(/\/+$/, "") ?? "";
const rules = [critical, warning].flatMap((group) => group.rules as AlertRule[]);

test("all parts of the chain are on this machine", ({ skip }) => {
  if (lacks.length > 0 && !required) skip(`missing: ${lacks.join(", ")}`);
  expect(lacks).toEqual([]);
});

describe.runIf(lacks.length === 0)("with the backend under load", () => {
  let chain: Chain;
  const table: string[] = [];

  beforeAll(async () => {
    chain = await startChain(grafana);
    applyCode(chain);
    await makeLoad(chain, Number(process.env["E2E_SECONDS"] ?? 60));
  });

  afterAll(async () => {
    await chain?.end();
    process.stdout.write(`\n${table.join("\n")}\n`);
  });

  test("every panel of Prometheus has data, or a written reason why not", async () => {
    const queries = panelQueries();
    const found = await Promise.all(
      queries.map(async (query) => ({ ...query, series: await seriesOf(chain.prometheus, query.expr) })),
    );
    const panels = Map.groupBy(found, ({ panel }) => panel);
    const empty: string[] = [];
    let [filled, absent] = [0, 0];
    for (const [panel, own] of panels) {
      const part = own.map(({ expr }) => absentPart(expr)).find((one) => one !== undefined);
      const reason = part ? `${part} is not part of this run` : EMPTY_WHEN_HEALTHY[panel];
      const series = own.reduce((sum, one) => sum + one.series, 0);
      if (series > 0) filled++;
      else if (part !== undefined) absent++;
      // Each query must have data: a panel with several queries would hide a renamed metric.
      const without = reason === undefined ? own.filter((one) => one.series === 0) : [];
      empty.push(...without.map(({ name, expr }) => `${name}: ${metricsOf(expr)}`));
      table.push(`${panel}: ${series > 0 ? `${series} series` : (reason ?? "no data")}`);
    }
    table.push(`${filled} of ${panels.size} panels have data, ${absent} need a part that is not in this run`);
    expect(empty).toEqual([]);
    expect(filled / (panels.size - absent)).toBeGreaterThanOrEqual(0.95);
  });

  test("points on graphs of durations link to traces", async () => {
    const now = Date.now() / 1000;
    const query = "http_request_duration_seconds_bucket";
    const search = new URLSearchParams({ query, start: `${now - 300}`, end: `${now}` });
    const response = await fetch(`${chain.prometheus}/api/v1/query_exemplars?${search.toString()}`);
    const Exemplars = z.object({
      data: z.array(z.object({ exemplars: z.array(z.object({ labels: z.object({ trace_id: z.string() }) })) })),
    });
    const { data } = Exemplars.parse(await response.json());
    const ids = data.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id));
    expect(ids.length).toBeGreaterThan(0);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  });

  test("every alert fires, and arrives at the receiver", async () => {
    const memory = await fetch(`${chain.backend.url}/api/v1/simulate/memory?megabytes=2100`, { method: "POST" });
    expect(memory.status).toBe(200);
    const last = ["Redis connection issues", "Service down"];
    const titles = rules.map(({ title }) => title);
    expect(titles).toHaveLength(10);
    await arrived(
      chain,
      titles.filter((title) => !last.includes(title)),
    );
    await stop(chain.redis);
    await arrived(chain, last.slice(0, 1));
    await stop(chain.backend.process);
    const down = await until(
      () => "the alert that the backend is down",
      async () => {
        const alerts = await received(chain);
        return alerts.find(({ name, labels }) => name === "Service down" && labels["job"] === "fastapi-backend");
      },
    );
    expect(down).toMatchObject({ status: "firing", labels: { severity: "critical" } });
    const all = await received(chain);
    for (const title of titles) {
      const one = all.findLast(({ name, status }) => name === title && status === "firing");
      table.push(`${title}: ${one?.annotations["summary"]} (received ${one?.received_at})`);
      expect(one?.annotations["summary"], title).toBeTruthy();
    }
  });
});

/** Applies the repository to the Grafana, with all durations of the rules shortened. */
function applyCode({ prometheus, receiver }: Chain): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["bin/grafana-provision.js", "apply", "--yes", "--adopt"],
    {
      cwd: ROOT,
      encoding: "utf8",
      env: {
        ...process.env,
        GRAFANA_URL: grafana,
        GRAFANA_USER: "admin",
        GRAFANA_PASSWORD: "admin",
        PROMETHEUS_URL: prometheus,
        ALERT_WEBHOOK_URL: `${receiver}/api/v1/alerts`,
        ALERT_WEBHOOK_TOKEN: TOKEN,
        SLACK_WEBHOOK_URL: "http://127.0.0.1:9/nothing",
        ALERT_FOR: "10s",
        ALERT_INTERVAL: "10",
      },
    },
  );
  if (status !== 0) throw new Error(`apply failed with ${status}: ${stdout}\n${stderr}`);
}

const Alerts = z.array(
  z.object({
    name: z.string(),
    status: z.string(),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()),
    received_at: z.string(),
  }),
);

/** What the receiver stored, the latest first. */
async function received({ receiver }: Chain): Promise<z.infer<typeof Alerts>> {
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${receiver}/api/v1/alerts?limit=1000`, { headers });
  return Alerts.parse(await response.json());
}

/** Fails with the names of the alerts that did not arrive. */
async function arrived(chain: Chain, titles: readonly string[]): Promise<void> {
  let absent = titles;
  await until(
    () => `alerts that did not arrive: ${absent.join(", ")}`,
    async () => {
      const firing = (await received(chain)).filter(({ status }) => status === "firing");
      absent = titles.filter((title) => !firing.some(({ name }) => name === title));
      return absent.length === 0 || undefined;
    },
  );
}
