import type { Rule as SdkRule } from "@grafana/grafana-foundation-sdk/alerting";
import type { Desired } from "../../engine/model.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import { TREE_LABEL } from "../alerting/routing-tree.ts";
import { EXPRESSIONS, jsonObject, objectsOf } from "../alerting/rule.ts";
import { deriveUid } from "../../util/derived-uid.ts";
import type { RuleGroup, RuleQuery } from "./builder.ts";
import { panelOf, unresolvedAnnotations } from "./panel.ts";

/** The rules in Grafana's notation: names and uids in place of objects, and derived uids where the code omits them. */
export function rulesOf({
  resource,
  references,
  project,
}: Pick<Desired<RuleGroup>, "resource" | "references" | "project">): JsonObject[] {
  const folder = folderOf({ references });
  return resource.rules.map((rule) => {
    const {
      id: _id,
      orgID: _org,
      folderUID: _folder,
      ruleGroup: _group,
      provenance: _provenance,
      updated: _updated,
      notificationPolicy: _policy,
      ...json
    } = jsonObject({ ...rule, panel: undefined });
    const settings =
      "notification_settings" in rule && rule.notification_settings
        ? namedSettings(rule.notification_settings)
        : undefined;
    const tree = treeOf(rule);
    const panel = panelOf(rule);
    return {
      ...withoutEmptyDurations(json),
      ...(tree === undefined
        ? {}
        : { labels: { ...(isObject(json["labels"]) ? json["labels"] : {}), [TREE_LABEL]: tree } }),
      ...(panel ? { annotations: { ...rule.annotations, ...unresolvedAnnotations(panel, project) } } : {}),
      uid: rule.uid || deriveUid(rule.title, [project, "rule", folder]),
      data: rule.data.map((query) => namedQuery(query)),
      ...(settings ? { notification_settings: settings } : {}),
    };
  });
}

/** The name of the policy tree that the rule refers to by its object. */
export function treeOf(rule: RuleGroup["rules"][number]): string | undefined {
  return "notificationPolicy" in rule ? rule.notificationPolicy?.name : undefined;
}

export function folderOf({ references }: Pick<Desired, "references">): string {
  return references.find(({ path }) => path === "folder")?.id ?? "";
}

export function uidsIn(rules: readonly JsonObject[]): string[] {
  return rules.map(({ uid }) => textOf(uid));
}

/** The uids of the datasources that rules query or record to. */
export function sourcesOf(rules: readonly JsonObject[]): string[] {
  return rules.flatMap((rule) => {
    const asked = objectsOf(rule["data"]).map((query) => textOf(query["datasourceUid"]));
    const recorded = isObject(rule["record"]) ? textOf(rule["record"]["target_datasource_uid"] ?? "") : "";
    return [...asked.filter((uid) => !EXPRESSIONS.has(uid)), ...(recorded ? [recorded] : [])];
  });
}

/** The SDK's builder sets `for: ""` by default, but Grafana rejects empty durations. */
function withoutEmptyDurations(rule: JsonObject): JsonObject {
  const { for: pending, keep_firing_for: keep, ...rest } = rule;
  return { ...rest, ...(pending ? { for: pending } : {}), ...(keep ? { keep_firing_for: keep } : {}) };
}

export function namedQuery(query: RuleQuery | NonNullable<SdkRule["data"]>[number]): JsonObject {
  const { datasource, ...rest } = query as RuleQuery;
  const { model, ...json } = jsonObject(rest);
  const uid = datasource?.uid ?? ("datasourceUid" in query && query.datasourceUid ? query.datasourceUid : "__expr__");
  return { ...json, datasourceUid: uid, model: { ...(isObject(model) ? model : {}), refId: json["refId"] ?? "" } };
}

function namedSettings(settings: object): JsonObject {
  const named = Object.entries(settings).map(([key, value]: [string, unknown]) => [
    key,
    Array.isArray(value) ? value.map(nameOf) : nameOf(value),
  ]);
  return jsonObject(Object.fromEntries(named));
}

export function nameOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "name" in value ? value.name : value;
}
