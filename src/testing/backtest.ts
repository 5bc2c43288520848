import type { Client } from "../grafana/client.ts";
import { Unreachable } from "../grafana/errors.ts";
import type { Datasource, ExistingDatasource } from "../kinds/datasource/builder.ts";
import { parseDuration } from "../util/duration.ts";
import { textOf } from "../util/json.ts";
import { countOf } from "../util/plural.ts";
import { fetchedSeries } from "./backtest/fetched.ts";
import { rangeQuery } from "./backtest/query.ts";
import { reject } from "./invalid.ts";
import type { Labels } from "./matching.ts";
import { replay, type Timeline } from "./simulation/replay.ts";
import { checkedRule, timeOf, type CheckedRule, type TestedRule } from "./simulation/rule.ts";
import { objectsOf } from "../kinds/alerting/rule.ts";

/** Options of `backtest`. */
export interface BacktestOptions {
  /**
   * The URL of the Prometheus to which all queries of the rule are sent. Credentials are `user:password@` in the URL, or
   * `headers`.
   */
  readonly prometheus: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The start of the time range: a date, or a text such as `2026-11-30T18:00:00Z`. */
  readonly from: Date | string;
  /** The end of the time range. Default: now. */
  readonly to?: Date | string;
  /** The title or the uid of the rule. Required for a group with several rules. */
  readonly rule?: string;
  /** Seconds between evaluations. Required for a rule without its group. */
  readonly interval?: number;
  /**
   * The scrape interval, on which `$__rate_interval` depends: `30s`. Default: `jsonData.timeInterval` of the datasource in the code,
   * or 15 s, as in Grafana.
   */
  readonly scrapeInterval?: string;
}

/** A period in which an alert fired. */
export interface Firing {
  readonly labels: Labels;
  /** The time of the evaluation at which the alert began to fire: `2026-11-30T18:00:00.000Z`. */
  readonly from: string;
  /** The time of the evaluation at which the alert stopped firing. Undefined if it still fired at the end of the range. */
  readonly to?: string;
}

/** When a rule would have fired. */
export interface Backtest {
  /** The number of firings. */
  readonly count: number;
  /** The firings, from the oldest to the newest. */
  readonly firings: readonly Firing[];
  /** The time of the first evaluation. */
  readonly from: string;
  /** The time of the last evaluation. */
  readonly to: string;
}

/**
 * Replays a rule with the data of a Prometheus: runs the rule's queries over a time range, and evaluates the rule at each
 * interval, like `simulate`. Needs no Grafana.
 *
 * @example
 * const { count } = await backtest(queue, { prometheus: "http://localhost:9090", from: "2026-11-23T00:00:00Z" });
 * assert.ok(count < 5);
 */
export async function backtest(rule: TestedRule, options: BacktestOptions): Promise<Backtest> {
  const checked = checkedRule(rule, options);
  const { scrapeInterval } = options;
  if (scrapeInterval !== undefined && !(parseDuration(scrapeInterval) ?? 0))
    reject("scrapeInterval", `${scrapeInterval} is not a valid duration`, "Use a form such as 30s.");
  const scrapes = scrapesIn(checked.group.rules.flatMap(({ data }): readonly object[] => data));
  return replayed(checked, (uid) => scrapeInterval ?? scrapes.get(uid), options);
}

/** The scrape intervals that the datasources of queries have in the code, by their uids. */
function scrapesIn(queries: readonly object[]): ReadonlyMap<string, string> {
  const known = queries.flatMap((query): [string, string][] => {
    const source =
      "datasource" in query ? (query.datasource as Datasource | ExistingDatasource | undefined) : undefined;
    if (source === undefined || !("jsonData" in source)) return [];
    const scrape = textOf(source.jsonData?.["timeInterval"] ?? "");
    return scrape === "" || source.uid === undefined ? [] : [[source.uid, scrape]];
  });
  return new Map(known);
}

/** @internal `scrapeOf`: the scrape interval of a datasource by its uid, if it is known. */
export async function replayed(checked: CheckedRule, scrapeOf: ScrapeOf, options: BacktestOptions): Promise<Backtest> {
  const { connect } = await import("./backtest/connect.ts");
  const client = await connect(options.prometheus, options.headers);
  try {
    return await replayedWith(client, checked, scrapeOf, options);
  } catch (error) {
    throw notConnected(error);
  } finally {
    client.close();
  }
}

type ScrapeOf = (uid: string) => string | undefined;

/** The same with a connection to the Prometheus. @internal */
export async function replayedWith(
  client: Pick<Client, "send">,
  checked: CheckedRule,
  scrapeOf: ScrapeOf,
  options: Pick<BacktestOptions, "from" | "to">,
): Promise<Backtest> {
  const interval = checked.group.interval * 1000;
  // Grafana evaluates rules at multiples of their interval.
  const from = Math.ceil(timeOf(options.from, "from") / interval) * interval;
  const to = Math.floor(timeOf(options.to ?? new Date(), "to") / interval) * interval;
  if (to < from) reject("to", "must not be before from");
  const parts = objectsOf(checked.form["data"]);
  const queries = await Promise.all(
    checked.queries.map((part) =>
      rangeQuery(part, `data[${parts.indexOf(part)}].model`, scrapeOf(textOf(part["datasourceUid"] ?? ""))),
    ),
  );
  const fetched = queries.map(
    async (query) => [query.refId, await fetchedSeries(client, query, { from, to, interval })] as const,
  );
  const timelines = replay(checked, new Map(await Promise.all(fetched)), from, to);
  const firings = timelines
    .flatMap((timeline) => firingsOf(timeline, interval))
    .toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
  return { count: firings.length, firings, from: isoOf(from), to: isoOf(to) };
}

/**
 * Describes how two versions of a rule differ: `fires 3 → 41 times in 7 days`.
 *
 * @example
 * const options = { prometheus: "http://localhost:9090", from: "2026-11-23T00:00:00Z" };
 * console.log(comparedFirings(await backtest(before, options), await backtest(after, options)));
 */
export function comparedFirings(before: Backtest, after: Backtest): string {
  const count = before.count === after.count ? `${before.count}` : `${before.count} → ${after.count}`;
  const length = Math.max(...[before, after].map(({ from, to }) => Date.parse(to) - Date.parse(from)));
  return `fires ${count} ${after.count === 1 ? "time" : "times"} in ${lengthOf(length)}`;
}

function notConnected(error: unknown): unknown {
  if (!(error instanceof Unreachable)) return error;
  const { message, exitCode } = error;
  return new Unreachable(message, {
    exitCode,
    hint: "Check the option prometheus, and whether the server is running and reachable from this machine.",
  });
}

function firingsOf({ labels, states }: Timeline, interval: number): Firing[] {
  const firings: Firing[] = [];
  let [from, last]: [number | undefined, number] = [undefined, 0];
  const end = (at: number) => {
    if (from !== undefined) firings.push({ labels, from: isoOf(from), to: isoOf(at) });
    from = undefined;
  };
  for (const { at, state } of states) {
    // The instance was missing in between.
    if (at - last > interval) end(last + interval);
    if (state !== "Alerting" && state !== "Recovering") end(at);
    else from ??= at;
    last = at;
  }
  return from === undefined ? firings : [...firings, { labels, from: isoOf(from) }];
}

function isoOf(time: number): string {
  return new Date(time).toISOString();
}

/** The largest unit of which the length has at least two. */
function lengthOf(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000);
  if (minutes >= 2880) return countOf(Math.round(minutes / 1440), "day");
  return minutes >= 120 ? countOf(Math.round(minutes / 60), "hour") : countOf(minutes, "minute");
}
