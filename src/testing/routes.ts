import type { Rule as SdkRule } from "@grafana/grafana-foundation-sdk/alerting";
import { TREE_LABEL } from "../kinds/alerting/routing-tree.ts";
import type { MuteTiming } from "../kinds/mute-timing.ts";
import type { NotificationPolicy, Route } from "../kinds/notification-policy/builder.ts";
import { namedTree } from "../kinds/notification-policy/tree.ts";
import type { NotificationRoutes } from "../kinds/notification-routes/builder.ts";
import type { AlertRule } from "../kinds/rule-group/builder.ts";
import { canonicalDuration } from "../util/duration.ts";
import { isObject, textOf, type JsonObject } from "../util/json.ts";
import { matcherOf, type Labels } from "./matching.ts";
import { mutingAt, timingsIn } from "./muting.ts";
import { treeOf, type PlacedPolicy } from "./policy-tree.ts";

/** The code that decides where alerts go: a policy tree, routes of projects in the default tree, or several of them. */
export type Policies = NotificationPolicy | NotificationRoutes | readonly (NotificationPolicy | NotificationRoutes)[];

/** Options of `routesOf`. */
export interface RoutingOptions {
  /** When the notification would be sent: a `Date`, or an ISO 8601 string with a time zone: `2026-11-30T18:00:00+01:00`. Required if a mute timing matters. */
  readonly at?: Date | string;
  /** The rule of the alert, if it has `notification_settings` or belongs to a named policy tree. */
  readonly rule?: AlertRule | SdkRule;
  /** Mute timings that the policies refer to only by name: `existing.muteTiming(...)`, or with the SDK's builders. */
  readonly muteTimings?: readonly MuteTiming[];
}

/** A contact point that an alert reaches, and how it is notified. */
export interface Reached {
  /** The name of the contact point. */
  readonly contactPoint: string;
  /**
   * The policy: `routes[0].routes[1]`, or an empty string for the root of the tree. In `notificationRoutes` with a name, this name
   * precedes the path: `payments: routes[0]`. If the rule has `notification_settings`, the path is `notification_settings`.
   */
  readonly path: string;
  /** The labels by which alerts are grouped, as the policy has or inherits them. `["..."]` groups by all labels; an empty list puts all alerts in one group. */
  readonly group_by: readonly string[];
  /** The labels that all alerts of a notification share. */
  readonly group: Labels;
  readonly group_wait: string;
  readonly group_interval: string;
  readonly repeat_interval: string;
  /** Whether notifications are muted at that time. */
  readonly muted: boolean;
  /**
   * The names of the `mute_time_intervals` that contain the time. If the policy has `active_time_intervals`, and none of these
   * contains the time, also the names of all of these.
   */
  readonly mutedBy: readonly string[];
}

/** What policies inherit from their parent. */
interface Inherited {
  readonly receiver: string;
  readonly group_by: readonly string[];
  readonly group_wait: string;
  readonly group_interval: string;
  readonly repeat_interval: string;
}

/** Alertmanager's defaults. */
const DEFAULTS: Inherited = {
  receiver: "",
  group_by: [],
  group_wait: "30s",
  group_interval: "5m",
  repeat_interval: "4h",
};

/** The labels by which Grafana groups alerts of a rule with `notification_settings`. */
const RULE_GROUP_BY = ["grafana_folder", "alertname"];

/**
 * Returns the contact points that an alert reaches, in the order of the policies, as Grafana's Alertmanager decides it. Needs no
 * Grafana. Throws an `InvalidCodeError` for policies that an apply would reject.
 *
 * @example
 * const reached = routesOf(policy, { alertname: "Errors", severity: "critical" }, { at: "2026-11-30T03:00:00Z" });
 * assert.deepEqual(reached.map(({ contactPoint, muted }) => [contactPoint, muted]), [["on-call", false]]);
 */
export function routesOf(policies: Policies, labels: Labels, options: RoutingOptions = {}): Reached[] {
  const list = "kind" in policies ? [policies] : policies;
  const present = Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));
  const muting = mutingAt(options.at, timingsIn([list, options.rule, options.muteTimings]));
  const settings = settingsOf(options.rule);
  const tree = treeOf(list, settings ? undefined : treeName(options.rule, present));
  const reach = (route: JsonObject, path: string, inherited: Inherited): Reached => {
    const { receiver, ...how } = inherited;
    return { contactPoint: receiver, path, ...how, group: groupOf(present, how.group_by), ...muting(route, path) };
  };
  if (!settings) return matchingPolicies(tree, present).map(({ policy, own }) => reach(policy.route, policy.path, own));
  const parent = { ...inherit(DEFAULTS, tree.route), group_by: RULE_GROUP_BY };
  return [reach(settings, "notification_settings", inherit(parent, withRuleGroupBy(settings)))];
}

interface Match {
  readonly policy: PlacedPolicy;
  readonly own: Inherited;
}

/** The policies of a tree that notify about an alert. @internal */
export function matchingPolicies(tree: PlacedPolicy, labels: Labels): Match[] {
  return matches(tree, DEFAULTS, labels);
}

/** The matching policies without a matching child, depth first. */
function matches(policy: PlacedPolicy, parent: Inherited, labels: Labels): Match[] {
  if (!matcherOf(policy.route, policy.path)(labels)) return [];
  const own = inherit(parent, policy.route);
  const found: Match[] = [];
  for (const child of policy.children) {
    const below = matches(child, own, labels);
    found.push(...below);
    if (below.length > 0 && child.route["continue"] !== true) break;
  }
  return found.length > 0 ? found : [{ policy, own }];
}

/** The root's matchers and time intervals have no effect on child policies, which inherit only these fields. */
function inherit(parent: Inherited, route: JsonObject): Inherited {
  const duration = (field: "group_wait" | "group_interval" | "repeat_interval") =>
    textOf(route[field] ?? "") === "" ? parent[field] : canonicalDuration(textOf(route[field]));
  const groupBy = Array.isArray(route["group_by"]) ? route["group_by"].map(textOf) : [];
  return {
    receiver: textOf(route["receiver"] ?? "") || parent.receiver,
    group_by: groupBy.length > 0 ? groupBy : parent.group_by,
    group_wait: duration("group_wait"),
    group_interval: duration("group_interval"),
    repeat_interval: duration("repeat_interval"),
  };
}

function groupOf(labels: Labels, groupBy: readonly string[]): Labels {
  if (groupBy.includes("...")) return labels;
  return Object.fromEntries(Object.entries(labels).filter(([label]) => groupBy.includes(label)));
}

/** `notification_settings` in the notation of a policy. */
function settingsOf(rule: AlertRule | SdkRule | undefined): JsonObject | undefined {
  const settings = rule?.notification_settings;
  return isObject(settings) ? namedTree(settings as Route) : undefined;
}

/** Grafana adds its own labels to those of the settings. */
function withRuleGroupBy(settings: JsonObject): JsonObject {
  const own = Array.isArray(settings["group_by"]) ? settings["group_by"].map(textOf) : [];
  if (own.length === 0 || own.includes("...")) return own.length === 0 ? settings : { ...settings, group_by: ["..."] };
  const others = own.filter((label) => !RULE_GROUP_BY.includes(label)).toSorted();
  return { ...settings, group_by: [...RULE_GROUP_BY, ...others] };
}

function treeName(rule: AlertRule | SdkRule | undefined, labels: Labels): string | undefined {
  const policy = rule && "notificationPolicy" in rule ? rule.notificationPolicy : undefined;
  return policy?.name ?? labels[TREE_LABEL];
}
