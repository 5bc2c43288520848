import type { ForeignContext, ForeignFacet, ForeignResult } from "../../engine/foreign.ts";
import { parseDuration } from "../../util/duration.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../util/json.ts";
import { EXPRESSIONS, objectsOf } from "../alerting/rule.ts";
import { existing } from "../existing.ts";
import { existingFolder } from "../folder/foreign.ts";
import { DASHBOARD, PANEL } from "./panel.ts";

export const foreign: ForeignFacet = {
  provisioned: { property: "groups", read: provisioned },
  manifests: [{ group: "grizzly.grafana.com", kind: "AlertRuleGroup", read: ({ spec }) => grizzlyGroup(spec) }],
  terraform: {
    grafana_rule_group: (attribute) => [attribute("folder_uid"), attribute("name")].join("/"),
  },
};

function provisioned(entry: JsonObject, context: ForeignContext): ForeignResult {
  const text = (value: Json | undefined) => textOf(context.interpolated(textOf(value)));
  const titles = pathOf(text(entry["folder"]));
  if (titles.length === 0) return { left: "it has no folder" };
  const seconds = (parseDuration(text(entry["interval"])) ?? 0) / 1000;
  const rules = objectsOf(entry["rules"]).map((rule) => provisionedRule(rule, context));
  return groupOf(context.container(titles), text(entry["name"]), seconds, rules);
}

/** The titles in `Team A/Shop`, in which `\/` is a slash. */
function pathOf(text: string): string[] {
  const titles = text.match(/(?:\\.|[^/\\])+/g) ?? [];
  return titles.map((title) => title.replaceAll(/\\(.)/g, "$1").trim()).filter((title) => title !== "");
}

function groupOf(folder: object, title: string, interval: number, rules: readonly object[]): ForeignResult {
  if (rules.length === 0) return { left: "it has no rules" };
  return { value: { kind: "rule-group", folder, title, interval, rules } };
}

/** The names in files differ from those in the API. */
function provisionedRule(rule: JsonObject, context: ForeignContext): object {
  const { record, dashboardUid, dasboardUid, panelId, annotations, ...rest } = rule;
  const { data, keepFiringFor, missing_series_evals_to_resolve: evaluations, ...others } = rest;
  const fields = context.interpolated(others) as JsonObject;
  const dashboard = textOf(context.interpolated(dashboardUid || dasboardUid || ""));
  const panel = textOf(context.interpolated(textOf(panelId)));
  const more = dashboard === "" || Number(panel) <= 0 ? {} : { [DASHBOARD]: dashboard, [PANEL]: panel };
  return ruleOf({
    ...fields,
    data: data ?? [],
    // Grafana replaces no variables in annotations, which contain variables of templates.
    annotations: { ...(isObject(annotations) ? annotations : {}), ...more },
    keep_firing_for: textOf(context.interpolated(keepFiringFor ?? "")),
    // Grafana's default in files differs from that in its API.
    execErrState: fields["execErrState"] || "Alerting",
    ...(evaluations === undefined
      ? {}
      : { missingSeriesEvalsToResolve: Number(textOf(context.interpolated(evaluations))) }),
    ...(isObject(record) ? { record: recordOf(context.interpolated(record) as JsonObject) } : {}),
  });
}

function recordOf({ metric, from, targetDatasourceUid: target }: JsonObject): JsonObject {
  return { metric: metric ?? "", from: from ?? "", ...(target ? { target_datasource_uid: target } : {}) };
}

function grizzlyGroup(spec: JsonObject): ForeignResult {
  const rules = objectsOf(spec["rules"]).map(ruleOf);
  const folder = textOf(spec["folderUid"]);
  if (folder === "") return { left: "it has no folder" };
  return groupOf(existingFolder(folder), textOf(spec["title"]), Number(textOf(spec["interval"])), rules);
}

const TEXTS = ["uid", "for", "keep_firing_for", "noDataState", "execErrState", "condition"] as const;

/** A rule in the notation of the provisioning API, without what the server sets. */
function ruleOf(rule: JsonObject): object {
  const { record, notification_settings: settings } = rule;
  const isRecording = isObject(record) && textOf(record["metric"]) !== "";
  const result: Record<string, unknown> = { title: textOf(rule["title"]) };
  for (const key of TEXTS) {
    // A recording rule has none of these.
    if (isRecording && key !== "uid") continue;
    const text = textOf(rule[key]);
    if (text !== "") result[key] = key === "noDataState" || key === "execErrState" ? stateOf(text) : text;
  }
  for (const key of ["labels", "annotations"] as const) {
    const entries = Object.entries(isObject(rule[key]) ? rule[key] : {});
    if (entries.length > 0) result[key] = Object.fromEntries(entries.map(([name, value]) => [name, textOf(value)]));
  }
  if (rule["isPaused"] === true || rule["isPaused"] === "true") result["isPaused"] = true;
  const evaluations = rule["missingSeriesEvalsToResolve"];
  if (!isRecording && typeof evaluations === "number" && evaluations > 0)
    result["missingSeriesEvalsToResolve"] = evaluations;
  result["data"] = objectsOf(rule["data"]).map(queryOf);
  if (isRecording) result["record"] = record;
  else if (isObject(settings) && textOf(settings["receiver"]) !== "")
    result["notification_settings"] = settingsOf(settings);
  return result;
}

/** Grafana's files accept `Ok`. */
function stateOf(state: string): string {
  return state === "Ok" ? "OK" : state;
}

function queryOf(query: JsonObject): object {
  const uid = textOf(query["datasourceUid"]);
  const model = isObject(query["model"]) ? query["model"] : {};
  const source = isObject(model["datasource"]) ? model["datasource"] : {};
  const type = textOf(source["type"]) || undefined;
  const { from, to } = isObject(query["relativeTimeRange"]) ? query["relativeTimeRange"] : {};
  return {
    refId: textOf(query["refId"]),
    ...(uid === "" || EXPRESSIONS.has(uid)
      ? { datasourceUid: uid || "__expr__" }
      : { datasource: existing.datasource(uid, type) }),
    ...(textOf(query["queryType"]) === "" ? {} : { queryType: textOf(query["queryType"]) }),
    relativeTimeRange: { from: secondsOf(from), to: secondsOf(to) },
    model,
  };
}

/** Terraform and Grizzly may have numbers as texts. */
function secondsOf(value: Json | undefined): number {
  return Number(textOf(value)) || 0;
}

function settingsOf(settings: JsonObject): object {
  const result: Record<string, unknown> = { receiver: existing.contactPoint(textOf(settings["receiver"])) };
  for (const key of ["group_wait", "group_interval", "repeat_interval"])
    if (textOf(settings[key]) !== "") result[key] = textOf(settings[key]);
  for (const key of ["group_by", "mute_time_intervals", "active_time_intervals"]) {
    const list = settings[key];
    const names = (Array.isArray(list) ? list : []).map(textOf).filter((name) => name !== "");
    if (names.length > 0) result[key] = key === "group_by" ? names : names.map((name) => existing.muteTiming(name));
  }
  return result;
}
