import { expect } from "vitest";
import { z } from "zod";
import { TOKEN, type Chain } from "./chain.ts";
import { getFrom } from "./grafana.ts";
import { until, type Part } from "./programs.ts";

const Alert = z.object({
  name: z.string(),
  status: z.string(),
  labels: z.record(z.string(), z.string()),
  annotations: z.record(z.string(), z.string()),
  received_at: z.string(),
});
export type Alert = z.infer<typeof Alert>;

/** A part that stops, and the alert about it. */
interface Outage {
  readonly name: string;
  readonly part: (chain: Chain) => Part | undefined;
  readonly alert: string;
  readonly labels: Readonly<Record<string, unknown>>;
  /** A rule whose query has no data when the effects of the outage are complete. */
  readonly silences?: string;
}

/** The backend is the last one: alerts about it end when it starts again. */
export const OUTAGES: readonly Outage[] = [
  {
    name: "Redis",
    part: ({ parts }) => parts.redis,
    alert: "Redis connection issues",
    labels: { service: "redis", issue: "does not answer" },
  },
  {
    name: "Loki",
    part: ({ telemetry }) => telemetry?.parts.loki,
    alert: "Service down",
    labels: { service: "loki" },
  },
  {
    name: "the collector",
    part: ({ telemetry }) => telemetry?.parts.collector,
    alert: "Service down",
    labels: { service: expect.stringMatching(/^otel-(collector|metrics)$/) as unknown },
  },
  {
    name: "Prometheus",
    part: ({ parts }) => parts.prometheus,
    alert: "Prometheus unreachable",
    labels: { service: "prometheus" },
  },
  {
    name: "the backend",
    part: ({ parts }) => parts.backend,
    alert: "Service down",
    labels: { service: "fastapi-backend" },
    silences: "High error rate",
  },
];

/** What the receiver stored, the oldest first. */
export async function received({ receiver }: Chain): Promise<Alert[]> {
  const headers = { Authorization: `Bearer ${TOKEN}` };
  const response = await fetch(`${receiver}/api/v1/alerts?limit=1000`, { headers });
  return z
    .array(Alert)
    .parse(await response.json())
    .toReversed();
}

/** Fails with the names of the alerts that did not arrive. */
export async function arrived(chain: Chain, titles: readonly string[]): Promise<void> {
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

const Rules = z.object({
  data: z.object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({
            name: z.string(),
            lastEvaluation: z.string(),
            alerts: z.array(z.object({ state: z.string() })).optional(),
          }),
        ),
      }),
    ),
  }),
});

async function rulesOf(grafana: string) {
  const { data } = Rules.parse(await getFrom(grafana, "/api/prometheus/grafana/api/v1/rules"));
  return data.groups.flatMap((group) => group.rules);
}

/** Waits until no alert is pending, and until the alerts about former outages are reported as resolved. */
export async function settled(grafana: string, chain: Chain): Promise<Alert[]> {
  const ofOutages = new Set(OUTAGES.map(({ alert }) => alert));
  let open: readonly string[] = [];
  return await until(
    () => `alerts that are pending or not resolved: ${open.join(", ")}`,
    async () => {
      const pending = (await rulesOf(grafana)).filter(({ alerts = [] }) =>
        alerts.some(({ state }) => state.startsWith("Pending")),
      );
      const all = await received(chain);
      const latest = new Map(all.map((one) => [JSON.stringify([one.name, one.labels]), one]));
      const firing = [...latest.values()].filter(({ name, status }) => status === "firing" && ofOutages.has(name));
      open = [...pending, ...firing].map(({ name }) => name);
      return open.length === 0 ? all : undefined;
    },
  );
}

/** The first message after these. */
export async function firstAfter(chain: Chain, before: readonly Alert[]): Promise<Alert> {
  return await until(
    () => "a message about the outage",
    async () => (await received(chain))[before.length],
  );
}

/** Waits until each rule was evaluated three times, and until the query of the rule with this title has no data. */
export async function evaluated(grafana: string, silent?: string): Promise<void> {
  const times = new Map<string, Set<string>>();
  await until(
    () => "evaluations of all rules",
    async () => {
      const rules = await rulesOf(grafana);
      for (const { name, lastEvaluation } of rules) times.set(name, (times.get(name) ?? new Set()).add(lastEvaluation));
      const isSilent = rules.every(
        ({ name, alerts = [] }) => name !== silent || alerts.some(({ state }) => state.includes("NoData")),
      );
      return (isSilent && [...times.values()].every(({ size }) => size > 3)) || undefined;
    },
    10,
  );
}
