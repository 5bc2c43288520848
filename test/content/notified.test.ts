import type { AlertRule } from "grafana-provision";
import { routesOf, type Reached } from "grafana-provision/testing";
import { expect, test } from "vitest";
import critical from "../../alerts/critical.ts";
import policies from "../../alerts/policies.ts";
import warning from "../../alerts/warning.ts";

const [BACKEND, EMAIL, SLACK] = ["ToolboxAI backend", "ToolboxAI email", "ToolboxAI Slack"];
const MONDAY = { morning: "2026-11-30T10:00:00Z", evening: "2026-11-30T18:00:00Z", night: "2026-11-30T07:59:59Z" };
const SATURDAY = "2026-11-28T10:00:00Z";

const rulesOf = ({ rules, title }: typeof critical) =>
  (rules as AlertRule[]).map((rule) => [rule.title, title, rule] as const);
const rules = [...rulesOf(critical), ...rulesOf(warning)];

/** The contact points that an alert of a rule reaches, except those that are muted at that time. */
function notified(rule: AlertRule, at: string): string[] {
  const labels = { ...rule.labels, alertname: rule.title, grafana_folder: "ToolboxAI" };
  return sent(routesOf(policies, labels, { at, rule }));
}

const sent = (reached: readonly Reached[]) =>
  reached.filter(({ muted }) => !muted).map(({ contactPoint }) => contactPoint);

test("there are critical and warning rules", () => {
  expect(new Set(rules.map(([, severity]) => severity))).toEqual(new Set(["critical", "warning"]));
});

test.each(rules)("%s (%s) reaches its contact points at any time of the week", (_title, severity, rule) => {
  const always = severity === "critical" ? [BACKEND, EMAIL, SLACK] : [BACKEND];
  const atWork = severity === "critical" ? always : [BACKEND, SLACK];
  expect(notified(rule, MONDAY.morning)).toEqual(atWork);
  for (const at of [MONDAY.evening, MONDAY.night, SATURDAY]) expect(notified(rule, at), at).toEqual(always);
});

test("a warning is muted by the mute timing of its time", () => {
  const mutedBy = (at: string) => routesOf(policies, { severity: "warning" }, { at }).flatMap((one) => one.mutedBy);
  expect(mutedBy(MONDAY.evening)).toEqual(["after-hours"]);
  expect(mutedBy(SATURDAY)).toEqual(["weekends"]);
  expect(mutedBy(MONDAY.morning)).toEqual([]);
});

test("an alert with a misspelled severity is sent to Slack, also at night", () => {
  expect(sent(routesOf(policies, { severity: "critcal" }, { at: MONDAY.night }))).toEqual([BACKEND, SLACK]);
});

test("Slack gets a critical alert only after half an hour, and repeats it less often than e-mail", () => {
  const reached = routesOf(policies, { severity: "critical" }, { at: MONDAY.night });
  expect(reached.map((one) => [one.contactPoint, one.group_wait, one.repeat_interval])).toEqual([
    [BACKEND, "0s", "1d"],
    [EMAIL, "10s", "1h"],
    [SLACK, "30m", "4h"],
  ]);
});
