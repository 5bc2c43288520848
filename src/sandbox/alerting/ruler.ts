import { callerOf, isAdmin, type Caller } from "../access/caller.ts";
import { folderScope } from "../access/evaluator.ts";
import type { Routes } from "../context.ts";
import { legacyError } from "../errors.ts";
import { ancestorsOf } from "../folder-tree.ts";
import { jsonReply, reply } from "../http.ts";
import { rulerForm, type AlertRule } from "./alert-rule.ts";
import type { Alerting } from "./alerting.ts";
import { formatDuration } from "./durations.ts";
import { byText } from "./names.ts";

const rulerPath = "/api/ruler/grafana/api/v1/rules";

/** The states of rules. */
const statesPath = "/api/prometheus/grafana/api/v1/rules";

/** The columns of a state history. No state changes, because nothing is evaluated. */
const HISTORY = ["time", "text", "prev", "next", "data"];
const TIME = { type: "time", typeInfo: { frame: "time.Time" } };
const TEXT = { type: "string", typeInfo: { frame: "string" } };

/** The lists of the ruler API: groups by folder path, with interval and provenance. */
export function rulerRoutes(alerting: Alerting): Routes {
  const { rules, folders, accounts, ruleAccess } = alerting;
  const nameOf = (uid: string): string => accounts.nameOf(uid);
  /** The path of a folder: its title and those of the ancestors that the caller can read. */
  const pathFor =
    (caller: Caller) =>
    (folderUid: string): string | undefined => {
      if (folders.objects.get(folderUid) === undefined) return undefined;
      const seen = ancestorsOf(folders.objects, folderUid).filter((uid) =>
        alerting.access.can(caller, "folders:read", folderScope(uid)),
      );
      return seen.map((uid) => folders.objects.get(uid)?.title ?? "").join("/");
    };
  const requireFolder = (folderUid: string): void => {
    if (folders.objects.get(folderUid) === undefined) throw legacyError(403, "Access denied");
  };
  return (app) => {
    app.get(statesPath, (c) => {
      const caller = callerOf(c);
      const states = c.req.queries("state") ?? [];
      // Nothing is evaluated, so all rules are inactive.
      const isShown = states.length === 0 || states.includes("inactive") || states.includes("normal");
      const shown = isShown ? ruleAccess.inFolders(rules.all(), caller) : [];
      const groups = Map.groupBy(shown, ({ folderUid, ruleGroup }) => JSON.stringify([folderUid, ruleGroup]));
      return reply(200, { status: "success", data: { groups: [...groups.values()].map(statesOf) } });
    });
    app.get("/api/v1/rules/history", (c) => {
      const ruleUID = c.req.query("ruleUID") ?? "";
      if (!rules.all().some(({ uid }) => uid === ruleUID))
        throw legacyError(500, "failed to look up the requested rule");
      const labels = { from: "state-history", ruleUID };
      const fields = HISTORY.map((name) => ({ name, ...(name === "time" ? TIME : TEXT), labels }));
      return reply(200, { schema: { name: "states", fields }, data: { values: HISTORY.map(() => []) } });
    });
    app.get(rulerPath, (c) => {
      const caller = callerOf(c);
      if (c.req.query("deleted")?.toLowerCase() !== "true") {
        return jsonReply(200, byFolder(ruleAccess.inFolders(rules.all(), caller), pathFor(caller), nameOf));
      }
      if (!isAdmin(caller)) {
        throw legacyError(403, "only admins can get deleted rules");
      }
      // The sandbox does not keep deleted rules.
      return jsonReply(200, "{}");
    });
    app.get(`${rulerPath}/:folder`, (c) => {
      const folder = c.req.param("folder");
      requireFolder(folder);
      return jsonReply(202, byFolder(rules.inFolder(folder), pathFor(callerOf(c)), nameOf));
    });
    app.get(`${rulerPath}/:folder/:group`, (c) => {
      const { folder, group } = c.req.param();
      requireFolder(folder);
      const found = rules.group(folder, group);
      if (found.length === 0) throw legacyError(404, "rule group does not exist");
      return jsonReply(202, groupText(found, nameOf));
    });
  };
}

function byFolder(
  rules: readonly AlertRule[],
  pathOf: (folderUid: string) => string | undefined,
  nameOf: (uid: string) => string,
): string {
  const folders = new Map<string, string[]>();
  for (const group of groupsOf(rules)) {
    const path = pathOf(group[0]?.folderUid ?? "");
    if (path === undefined) continue;
    folders.set(path, [...(folders.get(path) ?? []), groupText(group, nameOf)]);
  }
  const entries = [...folders].toSorted(([a], [b]) => byText(a, b));
  return `{${entries.map(([path, groups]) => `${JSON.stringify(path)}:[${groups.join(",")}]`).join(",")}}`;
}

/** Splits sorted rules into groups. */
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

function groupText(group: readonly AlertRule[], nameOf: (uid: string) => string): string {
  const [first] = group;
  const interval = formatDuration((first?.intervalSeconds ?? 0) * 1000);
  const head = `"name":${JSON.stringify(first?.ruleGroup)},"interval":${JSON.stringify(interval)}`;
  return `{${head},"rules":[${group.map((rule) => shown(rule, nameOf)).join(",")}]}`;
}

const texts = new WeakMap<AlertRule, string>();

/** A rule as JSON text. Cached, because rules are immutable. */
function shown(rule: AlertRule, nameOf: (uid: string) => string): string {
  const known = texts.get(rule);
  if (known !== undefined) return known;
  const made = JSON.stringify(rulerForm(rule, nameOf));
  texts.set(rule, made);
  return made;
}

/** The states of a group: nothing is evaluated. */
function statesOf(group: readonly AlertRule[]) {
  const [first] = group;
  return {
    name: first?.ruleGroup ?? "",
    folderUid: first?.folderUid ?? "",
    rules: group.map(({ uid, title, folderUid, isPaused, record }) => ({
      ...(record ? {} : { state: "inactive" }),
      name: title,
      uid,
      folderUid,
      health: "unknown",
      type: record ? "recording" : "alerting",
      lastEvaluation: "0001-01-01T00:00:00Z",
      evaluationTime: 0,
      isPaused,
    })),
  };
}
