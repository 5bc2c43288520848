import { above, alertRule, existing, folder, promql, reduce, ruleGroup, threshold } from "grafana-provision";
import type { AlertRule, RuleQuery } from "grafana-provision";
import { backtest, comparedFirings, simulate, type BacktestOptions } from "grafana-provision/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { NO_PROMETHEUS, RANGE, startPrometheus, type TestPrometheus } from "../check/prometheus.ts";
import { Unreachable } from "../../src/grafana/errors.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";

const [, from = "", , to = ""] = RANGE;
const START = Date.parse(from);
const source = existing.datasource("prometheus");

/** The queue's length at a time: 1 to 5, each for 30 seconds. The second queue is 30 seconds ahead. */
function lengthAt(time: number, queue: number): number {
  return 1 + ((1000 + Math.floor((time - START) / 30_000) + queue) % 5);
}

function groupOf(rule: Partial<AlertRule>, when = above(4), interval = 30) {
  const own = alertRule({ title: "Long queue", query: promql(source, "queue_length"), when, ...rule });
  return ruleGroup({ folder: folder({ title: "Shop" }), title: "shop", interval, rules: [own] });
}

describe.skipIf(NO_PROMETHEUS !== "")(`with a real Prometheus ${NO_PROMETHEUS}`, () => {
  let prometheus: TestPrometheus;
  beforeAll(async () => {
    prometheus = await startPrometheus();
  });
  afterAll(() => prometheus.close());
  const replayed = (rule: Parameters<typeof backtest>[0], options: Partial<BacktestOptions> = {}) =>
    backtest(rule, { prometheus: prometheus.url, from, to, ...options });

  test("each firing has its labels and times", async () => {
    const result = await replayed(groupOf({}));
    expect(result).toMatchObject({ count: 48, from: new Date(from).toISOString(), to: new Date(to).toISOString() });
    expect(result.firings).toHaveLength(48);
    const labels = { __name__: "queue_length", alertname: "Long queue", grafana_folder: "Shop" };
    expect(result.firings.slice(0, 3)).toEqual([
      { labels: { ...labels, queue: "invoices" }, from: at(90), to: at(120) },
      { labels: { ...labels, queue: "emails" }, from: at(120), to: at(150) },
      { labels: { ...labels, queue: "invoices" }, from: at(240), to: at(270) },
    ]);
  });

  test.each([
    ["30s", above(3), 48],
    ["1m", above(3), 0],
    ["0s", above(0), 2],
    ["0s", above(5), 0],
  ])("for %s and another limit, as `simulate` with the same series", async (duration, when, count) => {
    const group = groupOf({ for: duration as `${number}s` }, when);
    const result = await replayed(group);
    const series = ["emails", "invoices"].map((queue, index) => ({
      labels: { __name__: "queue_length", queue },
      values: Array.from({ length: 121 }, (_, step) => lengthAt(START + step * 30_000, index)).join(" "),
    }));
    const simulated = simulate(group, { A: series }, { from, to }).flatMap(({ labels, states }) =>
      states.flatMap(({ at, state }, index) =>
        state === "Alerting" && states[index - 1]?.state !== "Alerting" ? [{ queue: labels["queue"], at }] : [],
      ),
    );
    expect(result.count).toBe(count);
    const byTime = (a: { at: string }, b: { at: string }) => (a.at < b.at ? -1 : 1);
    expect(result.firings.map(({ labels, from: at }) => ({ queue: labels["queue"], at }))).toEqual(
      simulated.toSorted(byTime),
    );
  });

  test("an alert that fires at the end has no end", async () => {
    const { firings } = await replayed(groupOf({}, above(0)));
    expect(firings.map((one) => [one.from, one.to])).toEqual([
      [at(0), undefined],
      [at(0), undefined],
    ]);
  });

  test("a query of a range returns the points before each evaluation", async () => {
    const query = promql(source, 'queue_length{queue="emails"}', {
      instant: false,
      relativeTimeRange: { from: 60, to: 0 },
    });
    const data: RuleQuery[] = [query, reduce("A", "mean", "B"), threshold("B", above(3.9), "C")];
    const rule: AlertRule = { title: "Long queue", data, condition: "C" };
    const { firings } = await replayed(rule, { interval: 10 });
    const means = Array.from({ length: 361 }, (_, index) => {
      const end = START + index * 10_000;
      const points = Array.from({ length: 61 }, (_, second) => lengthAt(end - second * 1000, 0));
      return points.reduce((sum, one) => sum + one, 0) / points.length > 3.9;
    });
    const begins = means.flatMap((fires, index) => (fires && !means[index - 1] ? [at(index * 10)] : []));
    expect(begins.length).toBeGreaterThan(20);
    expect(firings.map((one) => one.from)).toEqual(begins);
  });

  test("a range of more points than Prometheus returns at once, of which most have no data", async () => {
    const days = new Date(START - 40 * 3_600_000);
    const all = await replayed(groupOf({}, above(4), 10), { from: days });
    const some = await replayed(groupOf({}, above(4), 10), { from: new Date(START - 2 * 3_600_000) });
    expect(all.count).toBeGreaterThan(48);
    expect(all.firings).toEqual(some.firings);
  });

  test("macros have the values that they have in a rule", async () => {
    const query = promql(source, 'sum(increase(http_requests_total{job="checkout"}[$__rate_interval]))');
    const { count } = await replayed(groupOf({ query } as Partial<AlertRule>, above(0)));
    expect(count).toBe(1);
  });

  test("the versions of a rule are compared", async () => {
    const rule = groupOf({ for: "1m" }, above(3));
    const [before, after] = [await replayed(rule), await replayed(groupOf({}, above(3)))];
    expect(comparedFirings(before, after)).toBe("fires 0 → 48 times in 60 minutes");
    expect(comparedFirings(after, after)).toBe("fires 48 times in 60 minutes");
  });

  test("a query that Prometheus rejects is an error", async () => {
    const rule = groupOf({ query: promql(source, "sum(") } as Partial<AlertRule>);
    await expect(replayed(rule)).rejects.toMatchObject({ status: 400 });
  });
});

function at(seconds: number): string {
  return new Date(START + seconds * 1000).toISOString();
}

test("input that can't be replayed is an error with its place", async () => {
  const prometheus = "http://127.0.0.1:9";
  const fault = async (rule: Partial<AlertRule>, options: Partial<BacktestOptions> = {}) => {
    const error: unknown = await backtest(groupOf(rule), { prometheus, from, to, ...options }).catch(
      (error: unknown) => error,
    );
    return error instanceof InvalidCodeError ? error.faults[0]?.path : error;
  };
  const withQuery = (expr: string) => ({ query: promql(source, expr) }) as Partial<AlertRule>;
  expect(await fault({}, { from: "yesterday" })).toBe("from");
  expect(await fault({}, { from: to, to: from })).toBe("to");
  expect(await fault({}, { rule: "Other" })).toBe("rule");
  expect(await fault({}, { prometheus: "localhost:9090" })).toBe("prometheus");
  expect(await fault(withQuery("up @ end()"))).toBe("data[0].model");
  expect(await fault(withQuery("up{job='$job'}"))).toBe("data[0].model");
  expect(await fault(withQuery("up offset ${__from}s"))).toBe("data[0].model");
  expect(await fault(withQuery(" "))).toBe("data[0].model");
  expect(await fault({})).toBeInstanceOf(Unreachable);
});

test("no error contains the password of the URL", async () => {
  const prometheus = "http://reader:correct-horse@127.0.0.1:9";
  const error: unknown = await backtest(groupOf({}), { prometheus, from, to }).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(Unreachable);
  expect(JSON.stringify(error) + String(error)).not.toContain("correct-horse");
});
