import { onTestFinished } from "vitest";
import { textOf, type JsonObject } from "../../src/util/json.ts";
import {
  contactPoint,
  messageTemplate,
  muteTiming,
  notificationPolicy,
  ruleGroup,
  type AlertRule,
  type ContactPoint,
  type Folder,
  type Integration,
  type MessageTemplate,
  type MuteTiming,
  type NotificationPolicy,
  type RuleGroup,
} from "../../src/index.ts";
import { place, remove, stored, uidsOf } from "../engine/support.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import { testGrafana, type TestGrafana, type TestGrafanaOptions } from "../helpers/grafana.ts";

const PROVISIONING = "/api/v1/provisioning";
export const POINTS = `${PROVISIONING}/contact-points`;
export const TIMINGS = `${PROVISIONING}/mute-timings`;
export const TEMPLATES = `${PROVISIONING}/templates`;
export const POLICIES = `${PROVISIONING}/policies`;
/** Policy trees in the newer API. */
export const TREES = "/apis/notifications.alerting.grafana.app/v0alpha1/namespaces/default/routingtrees";
/** The label that names the tree of an alert. */
export const TREE_LABEL = "__grafana_managed_route__";
const RULER = "/api/ruler/grafana/api/v1/rules";
/** The header that keeps objects editable in Grafana's UI. */
export const EDITABLE = { "X-Disable-Provenance": "true" };

/**
 * A Grafana for one test. Alerting objects are deleted afterwards, because a real Grafana is shared and has one policy
 * tree.
 */
export async function alertingGrafana(options: TestGrafanaOptions = {}): Promise<TestGrafana> {
  const grafana = await testGrafana(options);
  if (grafana.real) onTestFinished(() => cleanUp(grafana));
  return grafana;
}

/** Deletes all alerting objects of this test, as another user. */
export async function cleanUp(grafana: TestGrafana): Promise<void> {
  const run = grafana.name("");
  const gone = (path: string) => grafana.other.send({ method: "DELETE", path }).catch(() => undefined);
  await gone(POLICIES);
  const groups = (await rules(grafana)).filter((rule) => `${rule.namespace_uid}${rule.rule_group}`.includes(run));
  for (const place of new Set(groups.map((rule) => groupPath(rule.namespace_uid, rule.rule_group)))) await gone(place);
  const trees = KUBERNETES ? await grafana.other.send({ method: "GET", path: TREES }) : { items: [] };
  for (const { metadata } of (trees as { items: { metadata: { name: string } }[] }).items)
    if (metadata.name.includes(run)) await gone(`${TREES}/${metadata.name}`);
  for (const { uid, name } of await points(grafana)) if (name.includes(run)) await gone(`${POINTS}/${uid}`);
  for (const path of [TIMINGS, TEMPLATES]) {
    const all = ((await grafana.other.send({ method: "GET", path })) ?? []) as { name: string }[];
    for (const { name } of all) if (name.includes(run)) await gone(`${path}/${name}`);
  }
  // The folder that the tool creates for a ledger does not have the test's uid.
  for (const uid of await uidsOf(grafana, "folder")) {
    if (!uid.startsWith("provision-")) continue;
    const { title } = (await stored(grafana, "folder", uid)).spec;
    if (textOf(title).includes(run)) await remove(grafana, "folder", uid).catch(() => undefined);
  }
}

/** A rule in the list of the ruler. */
export interface StoredRule {
  readonly uid: string;
  readonly guid: string;
  readonly title: string;
  readonly version: number;
  readonly namespace_uid: string;
  readonly rule_group: string;
  readonly provenance?: string;
  readonly notification_settings?: { readonly receiver: string; readonly mute_time_intervals?: string[] };
}

/** All rules of the organization. */
export async function rules({ other }: TestGrafana): Promise<StoredRule[]> {
  const folders = ((await other.send({ method: "GET", path: RULER })) ?? {}) as Record<
    string,
    { rules: { grafana_alert: StoredRule }[] }[]
  >;
  return Object.values(folders).flatMap((groups) =>
    groups.flatMap((group) => group.rules.map(({ grafana_alert: alert }) => alert)),
  );
}

export async function ruleOf(grafana: TestGrafana, title: string): Promise<StoredRule> {
  const [rule, another] = (await rules(grafana)).filter((one) => one.title === title);
  if (!rule || another) throw new Error(`one rule "${title}" was expected`);
  return rule;
}

export interface StoredPoint {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly settings: JsonObject;
  readonly provenance?: string;
}

export async function points({ other }: TestGrafana): Promise<StoredPoint[]> {
  return (await other.send({ method: "GET", path: POINTS })) as StoredPoint[];
}

export async function tree({ other }: TestGrafana): Promise<JsonObject> {
  return (await other.send({ method: "GET", path: POLICIES })) as JsonObject;
}

export function groupPath(folder: string, group: string): string {
  return `${PROVISIONING}/folder/${folder}/rule-groups/${group}`;
}

/** Reads an object as another client; undefined if it does not exist. */
export async function get({ other }: TestGrafana, path: string): Promise<JsonObject | undefined> {
  return (await other.send({ method: "GET", path }).catch(() => undefined)) as JsonObject | undefined;
}

/** Writes a group as another client. */
export async function theirGroup(
  grafana: TestGrafana,
  folder: string,
  group: string,
  theirs: readonly AlertRule[],
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const body = {
    title: group,
    folderUid: folder,
    interval: 60,
    rules: theirs.map(({ data, ...rule }) => ({
      for: "0s",
      noDataState: "NoData",
      execErrState: "Error",
      ...rule,
      folderUID: folder,
      ruleGroup: group,
      data: data.map(({ datasource, ...query }) => ({ ...query, datasourceUid: datasource?.uid ?? "__expr__" })),
    })),
  };
  await grafana.other.send({ method: "PUT", path: groupPath(folder, group), body, headers });
}

/** Creates or changes a contact point as another client. */
export async function theirPoint(
  grafana: TestGrafana,
  uid: string,
  {
    name = uid,
    headers = {},
    ...settings
  }: { name?: string; headers?: Record<string, string>; [key: string]: unknown } = {},
): Promise<void> {
  const body = { uid, name, type: "webhook", settings: { url: "http://127.0.0.1:1/theirs", ...settings } };
  const there = (await points(grafana)).some((one) => one.uid === uid);
  if (there) await grafana.other.send({ method: "PUT", path: `${POINTS}/${uid}`, body, headers });
  else await grafana.other.send({ method: "POST", path: POINTS, body, headers });
}

export async function theirTiming(
  grafana: TestGrafana,
  name: string,
  weekday = "friday",
  headers: Record<string, string> = {},
): Promise<void> {
  const body = { name, time_intervals: [{ weekdays: [weekday] }] };
  if (await get(grafana, `${TIMINGS}/${name}`))
    await grafana.other.send({ method: "PUT", path: `${TIMINGS}/${name}`, body, headers });
  else await grafana.other.send({ method: "POST", path: TIMINGS, body, headers });
}

export async function theirTemplate(
  grafana: TestGrafana,
  name: string,
  text = "theirs",
  headers: Record<string, string> = {},
): Promise<void> {
  const body = { template: `{{ define "${name}" }}${text}{{ end }}` };
  await grafana.other.send({ method: "PUT", path: `${TEMPLATES}/${name}`, body, headers });
}

export async function theirTree(
  grafana: TestGrafana,
  body: object,
  headers: Record<string, string> = {},
): Promise<void> {
  await grafana.other.send({ method: "PUT", path: POLICIES, body, headers });
}

/** A rule without a datasource, which every Grafana can evaluate. */
export function alert(title: string, more: Partial<AlertRule> = {}): AlertRule {
  return { title, condition: "A", data: [{ refId: "A", model: { type: "math", expression: "1 > 0" } }], ...more };
}

export function group(
  folder: Folder,
  title: string,
  own: readonly AlertRule[],
  more: Partial<Pick<RuleGroup, "interval">> = {},
): RuleGroup {
  return ruleGroup({ folder, title, interval: 60, rules: own, ...more });
}

export function hook(url = "http://127.0.0.1:1/ours", more: Partial<Integration> = {}): Integration {
  return { type: "webhook", settings: { url }, ...more };
}

/** One object of every alerting kind, each of which uses the previous one if possible. */
export interface Team {
  readonly home: Folder;
  readonly words: MessageTemplate;
  readonly nights: MuteTiming;
  readonly ops: ContactPoint;
  readonly policy: NotificationPolicy;
  readonly pages: RuleGroup;
  readonly all: readonly (Folder | MessageTemplate | MuteTiming | ContactPoint | NotificationPolicy | RuleGroup)[];
}

export const ALERTING_KINDS = [
  "message-template",
  "mute-timing",
  "contact-point",
  "notification-policy",
  "rule-group",
] as const;

export type AlertingKind = (typeof ALERTING_KINDS)[number];

/** `changed`: the kinds whose objects have other content. */
export function team(grafana: TestGrafana, changed: readonly string[] = []): Team {
  const is = (kind: AlertingKind) => changed.includes(kind);
  const home = place(grafana.name("home"));
  const words = messageTemplate({
    name: grafana.name("words"),
    template: `{{ define "${grafana.name("words")}" }}${is("message-template") ? "changed" : "ours"}{{ end }}`,
  });
  const nights = muteTiming({
    name: grafana.name("nights"),
    time_intervals: [{ weekdays: [is("mute-timing") ? "tuesday" : "monday"] }],
  });
  const ops = contactPoint({
    name: grafana.name("ops"),
    integrations: [
      {
        type: "webhook",
        uid: grafana.name("ops"),
        settings: { url: is("contact-point") ? "http://127.0.0.1:1/changed" : "http://127.0.0.1:1/ours" },
      },
    ],
    templates: [words],
  });
  const policy = notificationPolicy({
    receiver: ops,
    group_by: ["alertname"],
    repeat_interval: is("notification-policy") ? "2h" : "1h",
    routes: [{ receiver: ops, object_matchers: [["severity", "=", "low"]], mute_time_intervals: [nights] }],
  });
  const pages = group(home, "pages", [
    alert(grafana.name("page"), {
      uid: grafana.name("page"),
      for: is("rule-group") ? "10m" : "5m",
      notification_settings: { receiver: ops },
    }),
  ]);
  return { home, words, nights, ops, policy, pages, all: [home, words, nights, ops, policy, pages] };
}

/** The address of the team's object of a kind. */
export function addressOf(grafana: TestGrafana, kind: AlertingKind): string {
  const ids: Record<AlertingKind, string> = {
    "message-template": grafana.name("words"),
    "mute-timing": grafana.name("nights"),
    "contact-point": grafana.name("ops"),
    "notification-policy": "default",
    "rule-group": `${grafana.name("home")}/pages`,
  };
  return `${kind}/${ids[kind]}`;
}

/** The part of the team's object that other users change in these tests, as it is in Grafana. */
export async function wordOf(grafana: TestGrafana, kind: AlertingKind): Promise<unknown> {
  switch (kind) {
    case "message-template":
      return (await get(grafana, `${TEMPLATES}/${grafana.name("words")}`))?.["template"];
    case "mute-timing":
      return (await get(grafana, `${TIMINGS}/${grafana.name("nights")}`))?.["time_intervals"];
    case "contact-point":
      return (await points(grafana)).find(({ name }) => name === grafana.name("ops"))?.settings["url"];
    case "notification-policy":
      return (await tree(grafana))["repeat_interval"];
    case "rule-group":
      return (await get(grafana, `${PROVISIONING}/alert-rules/${grafana.name("page")}`))?.["for"];
    default:
      throw new Error(`no kind is named ${String(kind)}`);
  }
}

/** Changes or creates the team's object of a kind as another client. */
export async function meddle(grafana: TestGrafana, kind: AlertingKind): Promise<void> {
  switch (kind) {
    case "message-template":
      return theirTemplate(grafana, grafana.name("words"));
    case "mute-timing":
      return theirTiming(grafana, grafana.name("nights"));
    case "contact-point":
      return theirPoint(grafana, grafana.name("ops"));
    case "notification-policy": {
      const receiver = (await points(grafana)).find(({ name }) => name.includes(grafana.name("")))?.name;
      return theirTree(grafana, { receiver, group_by: ["alertname"], repeat_interval: "3h" });
    }
    case "rule-group": {
      const uid = grafana.name("page");
      return theirGroup(grafana, grafana.name("home"), "pages", [alert(uid, { uid, for: "15m" })]);
    }
  }
}
