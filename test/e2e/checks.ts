import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CheckSchema, type CheckReport } from "../../src/report/check-json.ts";
import { TOKEN, type Chain } from "./chain.ts";
import { absentPart, EMPTY_WHEN_HEALTHY } from "./panels.ts";
import { EXAMPLE, ROOT, until, type TelemetryProgram } from "./programs.ts";

/** Runs a command in the repository, with the addresses of the chain. */
export async function command({ prometheus, receiver, telemetry }: Chain, args: readonly string[], variables = {}) {
  const child = spawn(process.execPath, ["bin/grafana-provision.js", ...args], {
    cwd: ROOT,
    env: {
      ...process.env,
      PROMETHEUS_URL: prometheus,
      // Port 9 refuses connections at once.
      LOKI_URL: telemetry?.loki ?? "http://127.0.0.1:9",
      JAEGER_URL: telemetry?.jaeger ?? "http://127.0.0.1:9",
      ALERT_WEBHOOK_URL: `${receiver}/api/v1/alerts`,
      ALERT_WEBHOOK_TOKEN: TOKEN,
      SLACK_WEBHOOK_URL: "http://127.0.0.1:9/nothing",
      ALERT_SPEED: "30",
      ...variables,
    },
  });
  const [[code], output, errors] = await Promise.all([once(child, "exit"), text(child.stdout), text(child.stderr)]);
  return { code: code as unknown, output, errors };
}

/** The variables with the Grafana to which the repository is applied. */
export function loginTo(grafana: string) {
  return { GRAFANA_URL: grafana, GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };
}

export type Item = NonNullable<CheckReport["items"]>[number];
type Query = Item["queries"][number];

export interface Checks {
  readonly code: unknown;
  readonly items: readonly Item[];
}

/** Runs `check` of the whole repository in this range, through the Grafana, and directly. */
export async function bothChecks(chain: Chain, grafana: string, from: string): Promise<Record<string, Checks>> {
  const loki = chain.telemetry ? ["--loki", chain.telemetry.loki] : [];
  const common = ["--from", from, "--timeout", "60"];
  return {
    "through Grafana": await checks(chain, common, loginTo(grafana)),
    directly: await checks(chain, [...common, "--prometheus", chain.prometheus, ...loki]),
  };
}

async function checks(chain: Chain, args: readonly string[], variables = {}): Promise<Checks> {
  const { code, output, errors } = await command(chain, ["check", "-o", "json", ...args], variables);
  const { items, error } = CheckSchema.parse(JSON.parse(output));
  if (!items) throw new Error(`check failed with ${String(code)}: ${JSON.stringify(error)}\n${errors}`);
  return { code, items };
}

/** `"fastapi: Request rate, A"` */
function nameOf({ address, title }: Item, { refId }: Query): string {
  return `${address.replace(/^dashboard\//, "")}: ${title}, ${refId}`;
}

/** The queries of these datasources that have no data, although they should. */
export function withoutData(
  items: readonly Item[],
  sources: readonly string[],
  absent: readonly TelemetryProgram[],
): string[] {
  return items.flatMap((item) =>
    item.queries.flatMap((query) => {
      const { state, cause, datasource = "", text: expr = "" } = query;
      const name = nameOf(item, query);
      const isRight = state === "data" || (state === "no-data" && cause?.expected === true);
      if (!sources.includes(datasource) || isRight) return [];
      if (state === "no-data" && (absentPart(expr, absent) ?? EMPTY_WHEN_HEALTHY[name]) !== undefined) return [];
      return [`${name}: ${state} ${cause?.message ?? ""}`];
    }),
  );
}

/** The items of a role whose queries all go to this datasource. */
export function itemsOf(items: readonly Item[], role: Item["role"], source: string): Item[] {
  return items.filter((item) => item.role === role && item.queries.some(({ datasource }) => datasource === source));
}

/** The states of the queries of Prometheus and Loki, by name. */
export function statesOf(items: readonly Item[]): Record<string, string> {
  const all = items.flatMap((item) =>
    item.queries
      .filter(({ datasource }) => datasource === "prometheus" || datasource === "loki")
      .map((query) => [`${item.role} ${nameOf(item, query)} ${item.repeated ?? ""}`, query.state] as const),
  );
  return Object.fromEntries(all);
}

/** Starts the backend again, with other names of these metrics, and waits until all samples with the former ones are old. */
export async function renameMetrics(chain: Chain, names: Readonly<Record<string, string>>): Promise<void> {
  const copy = join(chain.directory, "renamed");
  cpSync(join(EXAMPLE, "backend"), join(copy, "backend"), { recursive: true });
  const file = join(copy, "backend/metrics.py");
  let code = readFileSync(file, "utf8");
  for (const [from, to] of Object.entries(names)) {
    if (!code.includes(`"${from}"`)) throw new Error(`the backend has no metric ${from}`);
    code = code.replace(`"${from}"`, `"${to}"`);
  }
  writeFileSync(file, code);
  await chain.parts.backend.stop();
  chain.useBackend(copy);
  chain.parts.backend.start();
  // The rules read five minutes, and the rule about Pusher ten.
  const old = Object.keys(names).map((name) => `count(last_over_time({__name__=~"${name}(_bucket)?"}[6m]))`);
  await until(
    () => "the end of the former metrics",
    async () => ((await valueOf(chain, old.join(" or "))) === undefined ? true : undefined),
    8,
  );
}

async function valueOf({ prometheus }: Chain, query: string): Promise<unknown> {
  const response = await fetch(`${prometheus}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
  if (!response.ok) throw new Error(await response.text());
  const { data } = (await response.json()) as { readonly data: { readonly result: readonly unknown[] } };
  return data.result[0];
}

/**
 * The panels, annotations and rules that use one of these metrics, without its suffix. Prometheus returns the labels of
 * former series for hours, so variables still have values. Each with the metric that the cause of its first finding names. */
export function diagnosesOf(
  items: readonly Item[],
  names: readonly string[],
): readonly (readonly [string, string[]])[] {
  return items.flatMap((item) => {
    const queries = item.queries.filter(({ text: expr = "", datasource }) => {
      if (item.role === "variable" || datasource !== "prometheus" || expr === "") return false;
      return names.some((name) => new RegExp(String.raw`\b${name}(?:_bucket|_count|_sum)?\b`).test(expr));
    });
    const found = queries.map(({ state, cause }) =>
      state === "no-data" && cause?.metric !== undefined ? base(cause.metric) : `${state} ${cause?.message ?? ""}`,
    );
    return queries.length === 0 ? [] : [[`${item.address} ${item.role} ${item.title}`, found] as const];
  });
}

function base(metric: string): string {
  return metric.replace(/_(?:bucket|count|sum)$/, "");
}
