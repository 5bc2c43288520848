import { address, type Reference } from "../../engine/model.ts";
import { isObject, textOf } from "../../util/json.ts";
import { DEFAULT_TREE, TREE_LABEL } from "../alerting/routing-tree.ts";
import { EXPRESSIONS } from "../alerting/rule.ts";
import { folderUid } from "../folder/builder.ts";
import { reference } from "../reference.ts";
import type { RuleGroup } from "./builder.ts";
import type { LiveGroup } from "./live.ts";
import { panelOf, uidOf } from "./panel.ts";
import { nameOf, sourcesOf, treeOf } from "./rules.ts";

export function groupReferences(group: RuleGroup, project: string): Reference[] {
  const rules = group.rules.flatMap((rule, index): Reference[] => {
    const at = `rules[${index}]`;
    const sources = rule.data.flatMap((query, position): Reference[] => {
      const path = `${at}.data[${position}].datasource`;
      if ("datasource" in query && query.datasource) {
        const { datasource } = query;
        const type = "ref" in datasource ? datasource.ref.type : undefined;
        return [{ ...reference(datasource, path, datasource.uid ?? ""), ...(type ? { type } : {}) }];
      }
      const uid = "datasourceUid" in query ? query.datasourceUid : undefined;
      return uid && !EXPRESSIONS.has(uid) ? [{ kind: "datasource", id: uid, path: `${path}Uid`, existing: false }] : [];
    });
    const target = "record" in rule ? rule.record?.target_datasource_uid : undefined;
    const recorded = target
      ? [{ kind: "datasource", id: target, path: `${at}.record.target_datasource_uid`, existing: false }]
      : [];
    const settings =
      "notification_settings" in rule && rule.notification_settings ? rule.notification_settings : undefined;
    return [
      ...sources,
      ...recorded,
      ...treeReferences(rule, at),
      ...panelReferences(rule, at, project),
      ...(settings ? settingsReferences(settings, `${at}.notification_settings`) : []),
    ];
  });
  return [reference(group.folder, "folder", folderUid(group.folder, project)), ...rules];
}

function panelReferences(rule: RuleGroup["rules"][number], at: string, project: string): Reference[] {
  const panel = panelOf(rule);
  return panel ? [reference(panel.dashboard, `${at}.panel.dashboard`, uidOf(panel, project))] : [];
}

/** The policy tree that routes the alerts of a rule, named by its object or only by the label. */
function treeReferences(rule: RuleGroup["rules"][number], at: string): Reference[] {
  const kind = "notification-policy";
  const tree = treeOf(rule);
  if (tree !== undefined && "notificationPolicy" in rule && rule.notificationPolicy)
    return [reference(rule.notificationPolicy, `${at}.notificationPolicy`, tree)];
  const label = rule.labels?.[TREE_LABEL] ?? DEFAULT_TREE;
  return label === DEFAULT_TREE
    ? []
    : [{ kind, id: label, path: `${at}.labels.${TREE_LABEL}`, existing: false, untyped: true }];
}

function settingsReferences(settings: object, path: string): Reference[] {
  const one = (kind: string, value: unknown, at: string): Reference => {
    const existing = typeof value === "object" && value !== null && "existing" in value;
    return { kind, id: textOf(nameOf(value)), path: at, existing };
  };
  return Object.entries(settings).flatMap(([key, value]: [string, unknown]): Reference[] => {
    if (key === "receiver") return [one("contact-point", value, `${path}.receiver`)];
    if (!key.endsWith("_time_intervals") || !Array.isArray(value)) return [];
    return value.map((item: unknown, index) => one("mute-timing", item, `${path}.${key}[${index}]`));
  });
}

/** The addresses that a live group refers to. */
export function usesOf(live: LiveGroup): string[] {
  return live.rules.flatMap((rule) => {
    const settings = isObject(rule["notification_settings"]) ? rule["notification_settings"] : {};
    const timings = [settings["mute_time_intervals"], settings["active_time_intervals"]]
      .flat()
      .filter((name) => typeof name === "string");
    const receiver =
      typeof settings["receiver"] === "string" ? [address({ kind: "contact-point", id: settings["receiver"] })] : [];
    const sources = sourcesOf([rule]).map((id) => address({ kind: "datasource", id }));
    const label = isObject(rule["labels"]) ? textOf(rule["labels"][TREE_LABEL]) : "";
    const tree = label === "" ? [] : [address({ kind: "notification-policy", id: label })];
    return [...tree, ...receiver, ...timings.map((name) => address({ kind: "mute-timing", id: name })), ...sources];
  });
}
