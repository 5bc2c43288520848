import pLimit from "p-limit";
import { z } from "zod";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { countOf, listed } from "../../util/plural.ts";
import { grafanaRules } from "../grafana-rules.ts";
import type { Asking, Row, Topic } from "../model.ts";
import { pointsOf, vectorOf } from "../prometheus.ts";
import { prometheusRules } from "../prometheus-rules.ts";

/** Alerts that fire this often in the range are flapping, unless the range is short. */
const FLAPPING = 5;

/** How often a rule began to fire. */
interface Firings {
  readonly from: string;
  readonly rule: string;
  readonly group: string;
  readonly count: number;
}

/** Rules that fire again and again, and rules that never do. */
export const firings: Topic = {
  id: "firings",
  title: "Flapping and silent rules",
  columns: [
    { key: "from", title: "Rules of" },
    { key: "rule", title: "Rule" },
    { key: "group", title: "Group" },
    { key: "finding", title: "Finding" },
    { key: "count", title: "Times fired" },
  ],
  async find(asking) {
    const ofGrafana = await asking.grafana("firings of Grafana's rules", (_, client) =>
      firingsOfGrafana(client, asking),
    );
    const ofPrometheus = await asking.prometheus("firings of Prometheus' own rules", async (read) => {
      const rules = await prometheusRules(read);
      const step = stepOf(asking);
      const [points, now] = [
        await pointsOf(read, 'ALERTS{alertstate="firing"}', { ...asking, step }),
        await vectorOf(read, 'ALERTS{alertstate="firing"}', asking.to),
      ];
      const counts = new Map<string, number>();
      for (const { labels, times } of points) {
        // The instance that fired most often: five instances that fire once are not flapping.
        const name = labels["alertname"] ?? "";
        counts.set(name, Math.max(counts.get(name) ?? 0, startsIn(times, step)));
      }
      for (const { labels } of now)
        counts.set(labels["alertname"] ?? "", Math.max(1, counts.get(labels["alertname"] ?? "") ?? 0));
      return rules
        .filter(({ alerting }) => alerting)
        .map(({ name, group }): Firings => ({ from: "Prometheus", rule: name, group, count: counts.get(name) ?? 0 }));
    });
    if (!ofGrafana && !ofPrometheus) return undefined;
    const all = [...(ofGrafana ?? []), ...(ofPrometheus ?? [])];
    const flapping = all.filter(({ count }) => count >= FLAPPING).toSorted((a, b) => b.count - a.count);
    const silent = all.filter(({ count }) => count === 0);
    const parts = [
      ...(flapping.length > 0 ? [`${countOf(flapping.length, "rule")} fired ${FLAPPING} times or more`] : []),
      ...(silent.length > 0 ? [`${countOf(silent.length, "rule")} never fired`] : []),
    ];
    return {
      rows: [
        ...flapping.map((one): Row => ({ ...one, finding: "flapping" })),
        ...silent.map((one): Row => ({ ...one, finding: "never fired" })),
      ],
      attention: flapping.length > 0,
      summary:
        all.length === 0
          ? "There are no alert rules."
          : parts.length === 0
            ? `No rule of ${all.length} is flapping, and each fired.`
            : `Of ${countOf(all.length, "alert rule")}: ${listed(parts)}.`,
    };
  },
};

/** A gap of one step can be a missed scrape. Prometheus limits a result to 11,000 points. */
function stepOf({ from, to }: Pick<Asking, "from" | "to">): number {
  return Math.max(60_000, Math.ceil((to - from) / 10_000 / 1000) * 1000);
}

/** The number of times a series began: at its first point, and after each gap. */
function startsIn(times: readonly number[], step: number): number {
  return times.filter((time, index) => index === 0 || time - (times[index - 1] ?? 0) > 1.5 * step).length;
}

const History = z.looseObject({
  schema: z.looseObject({ fields: z.array(z.looseObject({ name: z.string() })) }),
  data: z.looseObject({ values: z.array(z.array(z.unknown())) }),
});

/** A line of a state history in Loki. */
const Line = z.looseObject({ previous: z.string(), current: z.string() });

async function firingsOfGrafana(client: Client, asking: Asking): Promise<Firings[]> {
  const limit = pLimit(asking.concurrency);
  const rules = (await grafanaRules(client)).filter(({ alerting, isPaused }) => alerting && !isPaused);
  return Promise.all(
    rules.map(({ uid, title, group, state }) =>
      limit(async (): Promise<Firings> => {
        asking.signal.throwIfAborted();
        const parameters = {
          ruleUID: uid,
          from: `${Math.floor(asking.from / 1000)}`,
          to: `${Math.ceil(asking.to / 1000)}`,
          limit: "5000",
        };
        const path = `/api/v1/rules/history?${new URLSearchParams(parameters).toString()}`;
        const changes = changesIn(await ask(client, { method: "GET", path, retries: 1 }, History));
        const count = changes.filter(([before, after]) => isFiring(after) && !isFiring(before)).length;
        // A rule that has fired since before the range has no change in it.
        return { from: "Grafana", rule: title, group, count: count === 0 && state === "firing" ? 1 : count };
      }),
    ),
  );
}

/** The states before and after each change, from annotations or from Loki. */
function changesIn({
  schema: { fields },
  data: { values },
}: z.infer<typeof History>): [before: string, after: string][] {
  const column = (...names: string[]) => values[fields.findIndex(({ name }) => names.includes(name))] ?? [];
  const [before, after] = [column("prev"), column("next")];
  if (after.length > 0) return after.map((state, index) => [textOf(before[index]), textOf(state)]);
  return column("line", "Line").flatMap((line): [string, string][] => {
    const { data } = Line.safeParse(typeof line === "string" ? jsonIn(line) : line);
    return data ? [[data.previous, data.current]] : [];
  });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isFiring(state: string): boolean {
  return state.startsWith("Alerting") || state.startsWith("Recovering");
}
