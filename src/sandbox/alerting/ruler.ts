import type { Routes } from "../context.ts";
import { legacyError } from "../errors.ts";
import { ancestorsOf } from "../folder-tree.ts";
import { jsonReply } from "../http.ts";
import { rulerForm } from "./alert-rule.ts";
import type { AlertRule } from "./alert-rule.ts";
import type { Alerting } from "./alerting.ts";
import { formatDuration } from "./durations.ts";
import { byText } from "./names.ts";

const rulerPath = "/api/ruler/grafana/api/v1/rules";

/** The ruler API's lists: every group by its folder's path, with interval and provenance. */
export function rulerRoutes(alerting: Alerting): Routes {
  const { rules, folders } = alerting;
  const pathOf = (folderUid: string): string | undefined => {
    if (folders.objects.get(folderUid) === undefined) return undefined;
    const titles = ancestorsOf(folders.objects, folderUid).map((uid) => folders.objects.get(uid)?.title ?? "");
    return titles.join("/");
  };
  const requirePath = (folderUid: string): string => {
    const path = pathOf(folderUid);
    if (path === undefined) throw legacyError(403, "Access denied");
    return path;
  };
  return (app) => {
    // Deleted rules are not kept here, so that asking for them finds none.
    app.get(rulerPath, (c) =>
      jsonReply(200, c.req.query("deleted")?.toLowerCase() === "true" ? "{}" : byFolder(rules.all(), pathOf)),
    );
    app.get(`${rulerPath}/:folder`, (c) => {
      const folder = c.req.param("folder");
      requirePath(folder);
      return jsonReply(202, byFolder(rules.inFolder(folder), pathOf));
    });
    app.get(`${rulerPath}/:folder/:group`, (c) => {
      const { folder, group } = c.req.param();
      requirePath(folder);
      const found = rules.group(folder, group);
      if (found.length === 0) throw legacyError(404, "rule group does not exist");
      return jsonReply(202, groupText(found));
    });
  };
}

function byFolder(rules: readonly AlertRule[], pathOf: (folderUid: string) => string | undefined): string {
  const folders = new Map<string, string[]>();
  for (const group of groupsOf(rules)) {
    const path = pathOf(group[0]?.folderUid ?? "");
    if (path === undefined) continue;
    folders.set(path, [...(folders.get(path) ?? []), groupText(group)]);
  }
  const entries = [...folders].toSorted(([a], [b]) => byText(a, b));
  return `{${entries.map(([path, groups]) => `${JSON.stringify(path)}:[${groups.join(",")}]`).join(",")}}`;
}

/** Splits rules, which come in order of their groups. */
function groupsOf(rules: readonly AlertRule[]): AlertRule[][] {
  const groups: AlertRule[][] = [];
  let last: AlertRule | undefined;
  for (const rule of rules) {
    if (last?.folderUid === rule.folderUid && last.ruleGroup === rule.ruleGroup) groups.at(-1)?.push(rule);
    else groups.push([rule]);
    last = rule;
  }
  return groups;
}

function groupText(group: readonly AlertRule[]): string {
  const [first] = group;
  const interval = formatDuration((first?.intervalSeconds ?? 0) * 1000);
  const head = `"name":${JSON.stringify(first?.ruleGroup)},"interval":${JSON.stringify(interval)}`;
  return `{${head},"rules":[${group.map(shown).join(",")}]}`;
}

const texts = new WeakMap<AlertRule, string>();

/** A rule's text; rules are replaced, never changed, so that it is made once. */
function shown(rule: AlertRule): string {
  const known = texts.get(rule);
  if (known !== undefined) return known;
  const made = JSON.stringify(rulerForm(rule));
  texts.set(rule, made);
  return made;
}
