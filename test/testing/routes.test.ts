import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  MatchType,
  NotificationPolicyBuilder,
  NotificationSettingsBuilder,
  RuleBuilder,
} from "@grafana/grafana-foundation-sdk/alerting";
import { contactPoint, existing, muteTiming, notificationPolicy, notificationRoutes } from "grafana-provision";
import type { AlertRule, MuteTiming, NotificationPolicy, Route } from "grafana-provision";
import { routesOf, type Reached } from "grafana-provision/testing";
import { describe, expect, test } from "vitest";
import { InvalidCodeError } from "../../src/util/errors.ts";

const ops = existing.contactPoint("ops");
const chat = existing.contactPoint("chat");
const mail = contactPoint({ name: "mail", integrations: [] });
const nights = muteTiming({
  name: "nights",
  time_intervals: [{ times: [{ start_time: "00:00", end_time: "06:00" }] }],
});
const week = muteTiming({ name: "week", time_intervals: [{ weekdays: ["monday:friday"], location: "Europe/Berlin" }] });
const NOON = "2026-11-30T12:00:00Z";

const names = (reached: readonly Reached[]) => reached.map(({ contactPoint }) => contactPoint);
const to = (policy: Omit<NotificationPolicy, "kind">, labels: Record<string, string>) =>
  names(routesOf(notificationPolicy(policy), labels));

describe("200 random trees reach what Alertmanager's own packages answered", () => {
  interface Recorded {
    readonly tree: Route;
    readonly timings: readonly MuteTiming[];
    readonly alerts: readonly { labels: Record<string, string>; at: string; reached: readonly Answer[] }[];
  }
  interface Answer {
    readonly receiver: string;
    readonly path: string;
    readonly group_by: readonly string[];
    readonly group: Record<string, string>;
    readonly wait: number;
    readonly interval: number;
    readonly repeat: number;
    readonly muted: boolean;
  }
  const file = join(import.meta.dirname, "../fixtures/alertmanager/routing.json");
  const cases = JSON.parse(readFileSync(file, "utf8")) as Recorded[];

  test("there are 200 trees, with muted and with several notifications", () => {
    const answers = cases.flatMap(({ alerts }) => alerts.map(({ reached }) => reached));
    expect(cases).toHaveLength(200);
    expect(answers.filter(({ length }) => length > 1).length).toBeGreaterThan(50);
    expect(answers.flat().filter(({ muted }) => muted).length).toBeGreaterThan(100);
  });

  test.each(cases.map((one, index) => [index, one] as const))("tree %i", (_index, { tree, timings, alerts }) => {
    const policy = { kind: "notification-policy", ...tree } as NotificationPolicy;
    const muteTimings = timings.map((timing) => ({ ...timing, kind: "mute-timing" as const }));
    for (const { labels, at, reached } of alerts) {
      const own = routesOf(policy, labels, { at, muteTimings }).map((one): Answer => ({
        receiver: one.contactPoint,
        path: one.path,
        group_by: one.group_by.toSorted(byCode),
        group: one.group,
        wait: milliseconds(one.group_wait),
        interval: milliseconds(one.group_interval),
        repeat: milliseconds(one.repeat_interval),
        muted: one.muted,
      }));
      expect(own, `${JSON.stringify(labels)} at ${at}`).toEqual(reached);
    }
  });
});

const byCode = (a: string, b: string) => (a < b ? -1 : 1);

function milliseconds(text: string): number {
  const units: Record<string, number> = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 };
  return [...text.matchAll(/(\d+)([a-z])/g)].reduce((sum, [, n, unit = ""]) => sum + Number(n) * (units[unit] ?? 0), 0);
}

test("an alert reaches the first child that matches, further ones after `continue`, and else the policy itself", () => {
  const policy = {
    receiver: mail,
    routes: [
      { receiver: ops, object_matchers: [["severity", "=", "critical"]], continue: true },
      { receiver: chat, object_matchers: [["team", "=~", "pay|cart"]] },
      { receiver: ops, object_matchers: [["team", "=", "pay"]] },
    ],
  } as const;
  expect(to(policy, { severity: "critical", team: "pay" })).toEqual(["ops", "chat"]);
  expect(to(policy, { severity: "critical" })).toEqual(["ops"]);
  expect(to(policy, { team: "payments" })).toEqual(["mail"]);
});

test("child policies inherit how to group, but not when notifications are muted", () => {
  const policy = notificationPolicy({
    receiver: ops,
    group_by: ["alertname"],
    group_wait: "10s",
    routes: [{ receiver: chat, repeat_interval: "90m", mute_time_intervals: [nights], routes: [{ continue: true }] }],
  });
  const labels = { alertname: "Errors", team: "pay" };
  expect(routesOf(policy, labels, { at: "2026-11-30T03:00:00Z" })).toEqual([
    {
      contactPoint: "chat",
      path: "routes[0].routes[0]",
      group_by: ["alertname"],
      group: { alertname: "Errors" },
      group_wait: "10s",
      group_interval: "5m",
      repeat_interval: "1h30m",
      muted: false,
      mutedBy: [],
    },
  ]);
});

test.each([
  ["2026-11-30T05:59:59Z", ["nights"]],
  ["2026-11-30T06:00:00Z", []],
  ["2026-11-28T12:00:00Z", ["week"]],
  // Sunday in UTC, Monday in Berlin.
  ["2026-11-29T23:30:00Z", []],
  [new Date("2026-11-28T03:00:00Z"), ["nights", "week"]],
])("at %s, the mute timings %j mute the notifications", (at, mutedBy) => {
  const policy = notificationPolicy({
    receiver: ops,
    routes: [{ mute_time_intervals: [nights], active_time_intervals: [week] }],
  });
  expect(routesOf(policy, {}, { at })).toMatchObject([{ muted: mutedBy.length > 0, mutedBy }]);
});

test("a month in which clocks are set forward has a day less, as in Alertmanager", () => {
  const last = muteTiming({ name: "last", time_intervals: [{ days_of_month: ["-1"], location: "Europe/Berlin" }] });
  const policy = notificationPolicy({ receiver: ops, routes: [{ mute_time_intervals: [last] }] });
  const muted = (at: string) => routesOf(policy, {}, { at })[0]?.muted;
  expect([muted("2026-03-30T12:00:00Z"), muted("2026-03-31T12:00:00Z")]).toEqual([true, false]);
  expect([muted("2026-10-30T12:00:00Z"), muted("2026-10-31T12:00:00Z")]).toEqual([false, true]);
});

test("matchers of the SDK's builders, in their four notations", () => {
  const matching = [
    new NotificationPolicyBuilder().receiver("ops").objectMatchers([["a", "=", "1"]]),
    new NotificationPolicyBuilder().receiver("ops").match({ a: "1" }),
    new NotificationPolicyBuilder().receiver("ops").matchRe({ a: "[0-9]" }),
    new NotificationPolicyBuilder().receiver("ops").matchers([{ Name: "a", Type: MatchType.NotEqual, Value: "2" }]),
  ];
  for (const route of matching) {
    const policy = notificationPolicy(new NotificationPolicyBuilder().receiver("mail").routes([route]));
    expect(names(routesOf(policy, { a: "1" }))).toEqual(["ops"]);
    expect(names(routesOf(policy, { a: "2x" }))).toEqual(route === matching[3] ? ["ops"] : ["mail"]);
  }
});

describe("routes of several projects", () => {
  const payments = notificationRoutes({
    name: "payments",
    order: -1,
    routes: [{ receiver: chat, object_matchers: [["team", "=", "pay"]] }],
  });
  const others = notificationRoutes({
    routes: [{ receiver: mail, continue: true, object_matchers: [["x", "=", "1"]] }],
  });

  test("belong to the default tree, in their order around its own routes", () => {
    const tree = notificationPolicy({
      receiver: ops,
      routes: [{ receiver: ops, object_matchers: [["own", "=", "1"]], continue: true }],
    });
    const paths = (labels: Record<string, string>) =>
      routesOf([others, tree, payments], labels).map(({ path }) => path);
    expect(paths({ team: "pay", own: "1", x: "1" })).toEqual(["payments: routes[0]"]);
    expect(paths({ own: "1", x: "1" })).toEqual(["routes[0]", "routes[0]"]);
    expect(paths({})).toEqual([""]);
  });

  test("are in the tree of a new Grafana if the default tree is not passed", () => {
    expect(names(routesOf(payments, { team: "cart" }))).toEqual(["grafana-default-email"]);
    expect(routesOf(payments, { team: "pay", alertname: "A" })[0]?.group).toEqual({ alertname: "A" });
  });
});

describe("a rule", () => {
  const rule: AlertRule = { title: "Errors", condition: "A", data: [] };
  const tree = notificationPolicy({ receiver: mail, group_by: ["..."], group_wait: "7s" });
  const labels = { alertname: "Errors", grafana_folder: "Shop", team: "pay" };

  test("with notification settings skips the policies", () => {
    const settings = { receiver: chat, group_by: ["team", "alertname"], mute_time_intervals: [nights] };
    const [reached] = routesOf(tree, labels, { at: NOON, rule: { ...rule, notification_settings: settings } });
    expect(reached).toMatchObject({
      contactPoint: "chat",
      path: "notification_settings",
      group_by: ["grafana_folder", "alertname", "team"],
      group_wait: "7s",
      repeat_interval: "4h",
      muted: false,
    });
  });

  test("with notification settings without labels is grouped by folder and name", () => {
    const built = new RuleBuilder("Errors").notificationSettings(new NotificationSettingsBuilder().receiver("chat"));
    expect(routesOf(tree, labels, { rule: built.build() })[0]).toMatchObject({
      contactPoint: "chat",
      group: { alertname: "Errors", grafana_folder: "Shop" },
    });
  });

  test("with a named policy tree is routed by it", () => {
    const named = notificationPolicy({ name: "payments", receiver: chat });
    const options = { rule: { ...rule, notificationPolicy: named } };
    expect(names(routesOf([tree, named], labels, options))).toEqual(["chat"]);
    expect(names(routesOf([tree, named], labels))).toEqual(["mail"]);
    expect(faultOf(() => routesOf(tree, labels, options))).toMatchObject({
      message: expect.stringMatching("payments"),
    });
  });
});

describe("is an error", () => {
  const policy = (route: object) =>
    ({ kind: "notification-policy", receiver: ops, routes: [route] }) as NotificationPolicy;
  test.each([
    ["a regular expression that RE2 lacks", policy({ object_matchers: [["a", "=~", "(?=x)"]] }), {}, "routes[0]"],
    ["an unknown operator", policy({ object_matchers: [["a", "==", "x"]] }), {}, "routes[0].object_matchers[0][1]"],
    ["an unknown property", policy({ reciever: ops }), {}, "routes[0].reciever"],
    ["a quoted value", policy({ object_matchers: [["a", "=", '"x"']] }), {}, "routes[0].object_matchers[0][2]"],
    ["an unknown time", policy({ mute_time_intervals: [nights] }), {}, "at"],
    ["an invalid time", policy({}), { at: "noon" }, "at"],
    ["a time without a time zone", policy({}), { at: "2026-11-30T12:00:00" }, "at"],
    ["a date", policy({}), { at: "2026-11-30" }, "at"],
    [
      "a mute timing that is only named",
      policy({ mute_time_intervals: [existing.muteTiming("holidays")] }),
      { at: NOON },
      "routes[0].mute_time_intervals",
    ],
    [
      "an invalid mute timing",
      policy({ mute_time_intervals: [{ kind: "mute-timing", name: "x", time_intervals: [{ weekdays: ["mon"] }] }] }),
      { at: NOON },
      "muteTiming x.time_intervals[0].weekdays[0]",
    ],
  ] as const)("%s", (_what, tree, options, path) => {
    expect(faultOf(() => routesOf(tree, { a: "x" }, options))).toMatchObject({ code: "code-resource-invalid", path });
  });
});

function faultOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    if (error instanceof InvalidCodeError) return error.faults[0];
    throw error;
  }
  throw new Error("no error");
}
