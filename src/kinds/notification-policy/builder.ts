import type { NotificationPolicy as SdkPolicy } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { Duration } from "../../util/duration.ts";
import type { ContactPoint, ExistingContactPoint } from "../contact-point/builder.ts";
import type { ExistingMuteTiming, MuteTiming } from "../mute-timing.ts";

/** A matcher for a label of an alert: `["severity", "=", "critical"]`. */
export type Matcher = readonly [label: string, operator: "=" | "!=" | "=~" | "!~", value: string];

/** A nested policy, in the notation of Grafana's provisioning API. */
export interface Route {
  /** The contact point. Default: the receiver of the parent policy. */
  readonly receiver?: ContactPoint | ExistingContactPoint;
  /** All matchers must match. */
  readonly object_matchers?: readonly Matcher[];
  /** Whether to continue with the next sibling policy. */
  readonly continue?: boolean;
  readonly group_by?: readonly string[];
  /** How long to wait before the first notification about a new group: `30s`. */
  readonly group_wait?: Duration;
  /** How long to wait before a notification about new alerts in a group: `5m`. */
  readonly group_interval?: Duration;
  /** How long to wait before a notification about an unchanged group is repeated: `4h`. */
  readonly repeat_interval?: Duration;
  readonly mute_time_intervals?: readonly (MuteTiming | ExistingMuteTiming)[];
  readonly active_time_intervals?: readonly (MuteTiming | ExistingMuteTiming)[];
  readonly routes?: readonly Route[];
}

/** A reference to a named policy tree: the result of `existing.notificationPolicy(name)`. */
export interface ExistingNotificationPolicy {
  readonly kind: "notification-policy";
  readonly name: string;
  readonly existing: true;
}

/** A tree of notification policies, written as a whole: the organization's default tree, or a named one. */
export interface NotificationPolicy extends Omit<
  Route,
  "object_matchers" | "continue" | "mute_time_intervals" | "active_time_intervals" | "receiver"
> {
  readonly kind: "notification-policy";
  /**
   * The name of the tree: letters, digits, `.`, `_` and `-`. A name requires the feature toggle `alertingMultiplePolicies`.
   * Default: the organization's default tree, which has no name.
   */
  readonly name?: string;
  /** The receiver of alerts that no nested policy matches. */
  readonly receiver: ContactPoint | ExistingContactPoint;
}

/** A named policy tree. Rules refer to it with `notificationPolicy`. */
export interface NamedNotificationPolicy extends NotificationPolicy {
  /**
   * The name of the tree: letters, digits, `.`, `_` and `-`, at most 63 characters, but not `default` or `user-defined`. Requires
   * the feature toggle `alertingMultiplePolicies`.
   */
  readonly name: string;
}

/**
 * Defines a tree of notification policies, from a plain typed object or the SDK's builder. With a `name`, it is a named tree in
 * addition to the organization's default tree; without a `name`, it is the default tree.
 *
 * @example
 * export default notificationPolicy({
 *   receiver: webhook,
 *   group_by: ["grafana_folder", "alertname"],
 *   routes: [{ receiver: email, object_matchers: [["severity", "=", "critical"]], repeat_interval: "1h" }],
 * });
 */
export function notificationPolicy(policy: Omit<NamedNotificationPolicy, "kind">): NamedNotificationPolicy;
export function notificationPolicy(policy: Omit<NotificationPolicy, "kind"> | Builder<SdkPolicy>): NotificationPolicy;
export function notificationPolicy(policy: Omit<NotificationPolicy, "kind"> | Builder<SdkPolicy>): NotificationPolicy {
  const tree = "build" in policy ? policy.build() : policy;
  return { kind: "notification-policy", ...tree } as NotificationPolicy;
}
