import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { existing, notificationPolicy } from "grafana-provision";
import type { AlertRule, MuteTiming, NotificationPolicy } from "grafana-provision";
import { routesOf, type Labels } from "grafana-provision/testing";
import { expect, onTestFinished, test } from "vitest";
import { namedTree } from "../../src/kinds/notification-policy/tree.ts";
import { alert, alertingGrafana, groupPath, POINTS, POLICIES, TIMINGS } from "../alerting/support.ts";
import { make } from "../engine/support.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { SEED } from "../helpers/seed.ts";
import { randomTrees } from "./random-trees.ts";

/** Grafana applies changed policies only once in each poll interval of its Alertmanager, by default in a minute. */
const [TREES, SLOW_TREES] = [20, 8];
const ALERTS = 16;
/** After so many notifications of a group that is notified each second, all other groups have been notified too. */
const [ROUNDS, LAST_ROUND] = [6, 60];
const TIMES = { group_wait: "1s", group_interval: "1s", repeat_interval: "4h" } as const;

test.skipIf(process.env["TEST_GRAFANA_URL"] === undefined)(
  "a real Grafana notifies webhooks as routesOf says, for random trees and mute timings around the present",
  async () => {
    const grafana = await alertingGrafana();
    const { url, notified, counts } = await sink();
    const random = randomTrees(SEED);
    const now = new Date();
    const count = (await isFast(grafana)) ? TREES : SLOW_TREES;
    const trees = Array.from({ length: count }, (_, index) => {
      const receivers = ["a", "b", "c"].map((name) => grafana.name(`t${index}${name}`));
      const timings = ["x", "y"].map((name) => random.timing(grafana.name(`m${index}${name}`), now));
      const routes = Array.from({ length: 2 + random.int(4) }, () => random.route(2, receivers, timings));
      return { receivers, fence: grafana.name(`t${index}f`), timings, routes };
    });
    const direct = grafana.name("direct");
    const muteTimings = trees.flatMap(({ timings }) => timings);
    for (const name of [direct, ...trees.flatMap(({ receivers, fence }) => [fence, ...receivers])])
      await post(grafana, POINTS, { uid: name, name, type: "webhook", settings: { url: `${url}/${name}` } });
    for (const { name, time_intervals } of muteTimings) await post(grafana, TIMINGS, { name, time_intervals });

    const rules = [
      alert("fence", { labels: { fence: "yes" } }),
      ...Array.from({ length: ALERTS }, (_, index) => alert(`alert ${index}`, { labels: random.labels() })),
      ...[[], muteTimings.slice(0, 1), muteTimings.slice(1, 2)].map((timings, index) =>
        alert(`direct ${index}`, {
          labels: random.labels(),
          notification_settings: {
            receiver: existing.contactPoint(direct),
            group_by: ["team", "alertname", "grafana_folder"],
            mute_time_intervals: timings,
          },
        }),
      ),
    ];
    const alerts = await firing(grafana, rules);

    let muted = 0;
    for (const [index, { receivers, fence, routes }] of trees.entries()) {
      const policy = notificationPolicy({
        receiver: existing.contactPoint(receivers[0] ?? ""),
        ...TIMES,
        routes: [
          { receiver: existing.contactPoint(fence), object_matchers: [["fence", "=", "yes"]], repeat_interval: "1s" },
          ...routes,
        ],
      });
      // Grafana doesn't repeat the notifications of rules with their own receiver for each tree.
      const watched = index === 0 ? [direct, ...receivers] : receivers;
      const expected = () => keysOf(policy, alerts, rules, muteTimings).filter(({ to }) => watched.includes(to));
      const before = sentBy(expected());
      await put(grafana, POLICIES, namedTree(policy));
      const rounds = () => counts.get(fence) ?? 0;
      while (rounds() < ROUNDS || (before.some((key) => !notified.has(key)) && rounds() < LAST_ROUND)) await delay(100);
      const sent = [...notified].filter((key) => watched.includes(key.slice(0, key.indexOf(" ")))).toSorted();
      muted += expected().filter((one) => one.muted).length;
      // An interval can begin or end in the meantime, at midnight of its time zone.
      expect([before, sentBy(expected())], `tree ${index}: ${JSON.stringify(namedTree(policy))}`).toContainEqual(sent);
    }
    expect(muted).toBeGreaterThan(count);
  },
);

async function isFast({ other }: TestGrafana): Promise<boolean> {
  const settings = (await other.send({ method: "GET", path: "/api/admin/settings" })) as {
    unified_alerting?: { alertmanager_config_poll_interval?: string };
  };
  return /^[1-5]s$/.test(settings.unified_alerting?.alertmanager_config_poll_interval ?? "");
}

/** A server for webhooks, and what Grafana sent: the receiver, the labels of the group, and the name of the alert. */
async function sink() {
  const notified = new Set<string>();
  const counts = new Map<string, number>();
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const to = (request.url ?? "").slice(1);
      const { groupLabels, alerts } = JSON.parse(body) as { groupLabels: Labels; alerts: { labels: Labels }[] };
      for (const { labels } of alerts) notified.add(keyOf(to, groupLabels, labels));
      counts.set(to, (counts.get(to) ?? 0) + 1);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, notified, counts };
}

function keyOf(to: string, group: Labels, labels: Labels): string {
  const sorted = Object.entries(group).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `${to} ${JSON.stringify(sorted)} ${labels["alertname"]}`;
}

interface Expected {
  readonly to: string;
  readonly key: string;
  readonly muted: boolean;
}

function keysOf(
  policy: NotificationPolicy,
  alerts: readonly Labels[],
  rules: readonly AlertRule[],
  muteTimings: readonly MuteTiming[],
): Expected[] {
  return alerts.flatMap((labels) => {
    const rule = rules.find(({ title }) => title === labels["alertname"]);
    const options = { at: new Date(), muteTimings, ...(rule === undefined ? {} : { rule }) };
    return routesOf(policy, labels, options).map(({ contactPoint: to, group, muted }) => ({
      to,
      key: keyOf(to, group, labels),
      muted,
    }));
  });
}

function sentBy(expected: readonly Expected[]): string[] {
  return [...new Set(expected.flatMap(({ key, muted }) => (muted ? [] : key)))].toSorted();
}

/** Creates rules that always fire, and returns the labels of their alerts, in which Grafana adds its own. */
async function firing(grafana: TestGrafana, rules: readonly AlertRule[]): Promise<Labels[]> {
  const folder = grafana.name("notified");
  await make(grafana, "folder", folder, { spec: { title: folder } });
  const body = {
    title: "always",
    folderUid: folder,
    interval: 10,
    rules: rules.map(({ data, notification_settings: settings, ...rule }) => ({
      for: "0s",
      noDataState: "NoData",
      execErrState: "Error",
      ...rule,
      ...(settings ? { notification_settings: namedTree(settings) } : {}),
      data: data.map((query) => ({ ...query, datasourceUid: "__expr__" })),
    })),
  };
  await put(grafana, groupPath(folder, "always"), body);
  for (;;) {
    const path = "/api/alertmanager/grafana/api/v2/alerts";
    const all = (await grafana.other.send({ method: "GET", path })) as { labels: Labels }[];
    const own = all.map(({ labels }) => labels).filter((labels) => labels["grafana_folder"] === folder);
    if (own.length === rules.length) return own;
    await delay(500);
  }
}

function post({ other }: TestGrafana, path: string, body: object): Promise<unknown> {
  return other.send({ method: "POST", path, body });
}

function put({ other }: TestGrafana, path: string, body: object): Promise<unknown> {
  return other.send({ method: "PUT", path, body });
}
