import { methodOf } from "../../go-template/methods.ts";
import { printed } from "../../go-template/print.ts";
import { fail } from "../../go-template/template-error.ts";
import type { Native, TemplateSet } from "../../go-template/template-set.ts";
import { jsonText } from "../../go-template/json.ts";
import { typeOf } from "../../go-template/types.ts";
import { GoList, GoMap, GoStruct, textList, textsIn, type GoValue } from "../../go-template/values.ts";
import { escapeQuery } from "../../go-template/escape.ts";

// The templates that Grafana has without any in the code, as functions. Recorded texts prove that they print the same.

/** The templates of Grafana and of its Alertmanager that print the same as another one. */
const ALIASES: Readonly<Record<string, string>> = {
  "default.title": "__subject",
  "discord.default.title": "__subject",
  "jira.default.summary": "__subject",
  "msteams.default.summary": "__subject",
  "msteams.default.title": "__subject",
  "msteamsv2.default.title": "__subject",
  "opsgenie.default.message": "__subject",
  "opsgenie.default.source": "__alertmanagerURL",
  "pagerduty.default.client": "__alertmanager",
  "pagerduty.default.clientURL": "__alertmanagerURL",
  "pagerduty.default.description": "__subject",
  "pagerduty.default.instances": "__text_alert_list",
  "pushover.default.title": "__subject",
  "pushover.default.url": "__alertmanagerURL",
  "slack.default.title": "__subject",
  "slack.default.titlelink": "__alertmanagerURL",
  "slack.default.username": "__alertmanager",
  "sns.default.subject": "__subject",
  "victorops.default.entity_display_name": "__subject",
  "victorops.default.monitoring_tool": "__alertmanager",
};

/** Adds Grafana's own templates to a set. */
export function withDefaults(set: TemplateSet): TemplateSet {
  const render = (name: string, data: GoValue, depth: number) => set.render(name, data, depth + 1);
  const aliases = Object.entries(ALIASES).map(([name, target]): [string, Native] => [
    name,
    (data, depth) => render(target, data, depth),
  ]);
  return set.native({
    ...Object.fromEntries(aliases),
    __alertmanager: () => "Alertmanager",
    __alertmanagerURL: (data) =>
      `${printed(field(data, "ExternalURL"))}/#/alerts?receiver=${escapeQuery(printed(field(data, "Receiver")))}`,
    __subject: subject,
    __text_alert_list: (data, depth) =>
      itemsIn(data)
        .map((one) => alertText(one, depth, render))
        .join(""),
    __text_alert_list_markdown: (data) => `${itemsIn(data).map(markdownText).join("")}\n`,
    __text_values_list: valuesText,
    __teams_text_alert_list: (data, depth) =>
      itemsIn(data)
        .map((one) => teamsText(one, depth, render))
        .join(""),
    "default.message": (data, depth) => message("__text_alert_list", data, depth, render),
    "teams.default.message": (data, depth) => message("__teams_text_alert_list", data, depth, render),
    "jira.default.description": (data, depth) => jiraDescription(data, depth, render),
    "jira.default.priority": (data) => jiraPriority(data),
    "slack.default.footer": (data) => {
      const version = printed(field(data, "AppVersion"));
      return `Grafana${version === "" ? "" : ` v${version}`}`;
    },
    "webhook.default.payload.state": (data) => (field(data, "Status") === "resolved" ? "ok" : "alerting"),
    "webhook.default.payload": (data, depth) => payload(data, depth, render),
  });
}

type Render = (name: string, data: GoValue, depth: number) => string;

function field(data: GoValue, name: string): GoValue {
  if (data instanceof GoStruct && Object.hasOwn(data.fields, name)) return data.fields[name]?.value;
  return fail(`${typeOf(data)} has no ${name}`);
}

function itemsIn(data: GoValue): readonly GoValue[] {
  return data instanceof GoList ? data.items : fail(`a list of alerts is expected, but not a ${typeOf(data)}`);
}

function alertsOf(data: GoValue, status: "Firing" | "Resolved"): GoList {
  const alerts = methodOf(field(data, "Alerts"), status)?.call();
  return alerts instanceof GoList ? alerts : fail(`${typeOf(data)} has no list of alerts`);
}

function map(data: GoValue, name: string): GoMap {
  const value = field(data, name);
  return value instanceof GoMap ? value : fail(`${name} of ${typeOf(data)} is not a map`);
}

function valuesOf(labels: GoMap, removed: readonly string[] = []): string[] {
  const kept = methodOf(labels, "Remove")?.call(textList(removed));
  return textsIn(methodOf(kept, "Values")?.call());
}

function subject(data: GoValue): string {
  const [firing, resolved] = [alertsOf(data, "Firing").items.length, alertsOf(data, "Resolved").items.length];
  const status = printed(field(data, "Status"));
  const counts = status === "firing" ? `:${firing}${resolved > 0 ? `, RESOLVED:${resolved}` : ""}` : "";
  const [group, common] = [map(data, "GroupLabels"), map(data, "CommonLabels")];
  const others = valuesOf(common, [...group.entries.keys()]);
  const rest = common.entries.size > group.entries.size ? `(${others.join(" ")})` : "";
  return `[${status.toUpperCase()}${counts}] ${valuesOf(group).join(" ")} ${rest}`;
}

function message(list: string, data: GoValue, depth: number, render: Render): string {
  const [firing, resolved] = [alertsOf(data, "Firing"), alertsOf(data, "Resolved")];
  const part = (title: string, alerts: GoList) =>
    alerts.items.length === 0 ? [] : [`**${title}**\n${render(list, alerts, depth)}`];
  return [...part("Firing", firing), ...part("Resolved", resolved)].join("\n\n");
}

function valuesText(data: GoValue): string {
  const values = map(data, "Values");
  if (values.entries.size === 0) return "[no value]";
  return values
    .sorted()
    .map(([name, value]) => `${name}=${printed(value)}`)
    .join(", ");
}

function lines(labels: GoMap, indent: string): string {
  const pairs = methodOf(labels, "SortedPairs")?.call();
  return itemsIn(pairs)
    .map((pair) => `${indent}- ${printed(field(pair, "Name"))} = ${printed(field(pair, "Value"))}\n`)
    .join("");
}

const LINKS = [
  ["Source", "GeneratorURL"],
  ["Silence", "SilenceURL"],
  ["Dashboard", "DashboardURL"],
  ["Panel", "PanelURL"],
] as const;

function linksOf(alert: GoValue): (readonly [title: string, url: string])[] {
  return LINKS.map(([title, name]) => [title, printed(field(alert, name))] as const).filter(([, url]) => url !== "");
}

function alertText(alert: GoValue, depth: number, render: Render): string {
  const value = render("__text_values_list", alert, depth);
  const [labels, annotations] = [map(alert, "Labels"), map(alert, "Annotations")];
  const links = linksOf(alert).map(([title, url]) => `${title}: ${url}\n`);
  return `\nValue: ${value}\nLabels:\n${lines(labels, " ")}Annotations:\n${lines(annotations, " ")}${links.join("")}`;
}

function teamsText(alert: GoValue, depth: number, render: Render): string {
  const value = render("__text_values_list", alert, depth);
  const [labels, annotations] = [map(alert, "Labels"), map(alert, "Annotations")];
  const links = linksOf(alert).map(([title, url]) => `${title}: [${url}](${url})\n\n`);
  return `\nValue: ${value}\nLabels:\n${lines(labels, " ")}\nAnnotations:\n${lines(annotations, " ")}\n${links.join("")}\n`;
}

function markdownText(alert: GoValue): string {
  const [labels, annotations] = [map(alert, "Labels"), map(alert, "Annotations")];
  const source = printed(field(alert, "GeneratorURL"));
  return `\nLabels:\n${lines(labels, "  ")}\nAnnotations:\n${lines(annotations, "  ")}\nSource: ${source}\n`;
}

function jiraDescription(data: GoValue, depth: number, render: Render): string {
  const [firing, resolved] = [alertsOf(data, "Firing"), alertsOf(data, "Resolved")];
  const list = (alerts: GoList) => render("__text_alert_list_markdown", alerts, depth);
  const first = firing.items.length === 0 ? "" : `# Alerts Firing:\n${list(firing)}`;
  return `${first}${resolved.items.length === 0 ? "" : `# Alerts Resolved:${list(resolved)}`}`;
}

const PRIORITIES = [
  ["critical", "High"],
  ["warning", "Medium"],
  ["info", "Low"],
] as const;

/** The highest priority of the alerts that fire, or of the others if none of these has one. */
function jiraPriority(data: GoValue): string {
  for (const alerts of [alertsOf(data, "Firing"), alertsOf(data, "Resolved")]) {
    const severities = alerts.items.map((alert) => map(alert, "Labels").entries.get("severity"));
    const found = PRIORITIES.find(([severity]) => severities.includes(severity));
    if (found) return found[1];
  }
  return "";
}

function payload(data: GoValue, depth: number, render: Render): string {
  const [first] = itemsIn(field(data, "Alerts"));
  const entries = new Map<string, GoValue>([
    ["receiver", field(data, "Receiver")],
    ["status", field(data, "Status")],
    ["alerts", field(data, "Alerts")],
    ["groupLabels", field(data, "GroupLabels")],
    ["commonLabels", field(data, "CommonLabels")],
    ["commonAnnotations", field(data, "CommonAnnotations")],
    ["externalURL", field(data, "ExternalURL")],
    ["version", "1"],
    ["orgId", field(first, "OrgID")],
    ["truncatedAlerts", field(data, "TruncatedAlerts")],
    ["groupKey", field(data, "GroupKey")],
    ["state", render("webhook.default.payload.state", data, depth)],
    ["title", render("default.title", data, depth)],
    ["message", render("default.message", data, depth)],
  ]);
  return jsonText(new GoMap(entries, { type: "map[string]interface {}" }), " ");
}
