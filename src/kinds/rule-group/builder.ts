import type { Rule as SdkRule } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { Duration } from "../../util/duration.ts";
import type { ContactPoint, ExistingContactPoint } from "../contact-point/builder.ts";
import type { Dashboard, DashboardV2, ExistingDashboard } from "../dashboard/builder.ts";
import type { Datasource, ExistingDatasource } from "../datasource/builder.ts";
import type { ExistingFolder, Folder } from "../folder/builder.ts";
import type { ExistingNotificationPolicy, NamedNotificationPolicy } from "../notification-policy/builder.ts";
import type { ExistingMuteTiming, MuteTiming } from "../mute-timing.ts";

/** A query of a rule, or one of Grafana's expressions. */
export interface RuleQuery {
  readonly refId: string;
  /** The datasource; omit it for an expression. */
  readonly datasource?: Datasource | ExistingDatasource;
  /** Only for expressions: `__expr__` (the default), or `-100`, which earlier Grafana versions used. */
  readonly datasourceUid?: "__expr__" | "-100";
  /** The time range of the query: its start and its end, in seconds before the evaluation. */
  readonly relativeTimeRange?: { readonly from: number; readonly to: number };
  readonly queryType?: string;
  /** The query of the datasource, or the expression: `{ type: "threshold", expression: "A", conditions: [...] }`. */
  readonly model: Readonly<Record<string, unknown>>;
}

interface CommonRule {
  readonly title: string;
  /** Letters, digits, `-` and `_`, at most 40. Default: derived from project, folder and title, so that it is kept when the rule moves to another group of the folder. */
  readonly uid?: string;
  readonly data: readonly RuleQuery[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly isPaused?: boolean;
}

/** The panel that shows what a rule is about. Messages about its alerts link to it. */
export interface RulePanel {
  readonly dashboard: Dashboard | DashboardV2 | ExistingDashboard;
  /** The title of the panel, or its id. The title must be unique in the dashboard. */
  readonly panel: string | number;
}

/** An alert rule, in the notation of Grafana's provisioning API. */
export interface AlertRule extends CommonRule {
  /** The refId of the query or expression that decides whether the rule fires. */
  readonly condition: string;
  /** How long the condition must hold: `2m`. */
  readonly for?: Duration;
  readonly keep_firing_for?: Duration;
  readonly noDataState?: "NoData" | "Alerting" | "OK" | "KeepLast";
  readonly execErrState?: "Error" | "Alerting" | "OK" | "KeepLast";
  readonly missingSeriesEvalsToResolve?: number;
  /** The panel that shows the rule's data. The tool sets the annotations `__dashboardUid__` and `__panelId__` to it. */
  readonly panel?: RulePanel;
  /** The named policy tree that routes the alerts. Default: the organization's default tree. */
  readonly notificationPolicy?: NamedNotificationPolicy | ExistingNotificationPolicy;
  /** Sends notifications to the contact point `receiver`, without the notification policies. */
  readonly notification_settings?: {
    readonly receiver: ContactPoint | ExistingContactPoint;
    readonly group_by?: readonly string[];
    readonly group_wait?: Duration;
    readonly group_interval?: Duration;
    readonly repeat_interval?: Duration;
    readonly mute_time_intervals?: readonly (MuteTiming | ExistingMuteTiming)[];
    readonly active_time_intervals?: readonly (MuteTiming | ExistingMuteTiming)[];
  };
}

/** A rule that records a new metric. */
export interface RecordingRule extends CommonRule {
  readonly record: { readonly metric: string; readonly from: string; readonly target_datasource_uid?: string };
}

/** Rules in one folder that are evaluated together. */
export interface RuleGroup {
  readonly kind: "rule-group";
  readonly folder: Folder | ExistingFolder;
  readonly title: string;
  /** Seconds between evaluations: a multiple of 10. */
  readonly interval: number;
  readonly rules: readonly (AlertRule | RecordingRule | SdkRule)[];
}

/**
 * Defines a group of alert and recording rules: plain typed objects, or the SDK's `RuleBuilder`.
 *
 * @example
 * export default ruleGroup({ folder: toolboxai, title: "critical", interval: 60, rules: [serviceDown, errorRate] });
 */
export function ruleGroup(
  group: Omit<RuleGroup, "kind" | "rules"> & {
    readonly rules: readonly (AlertRule | RecordingRule | Builder<SdkRule>)[];
  },
): RuleGroup {
  return { kind: "rule-group", ...group, rules: group.rules.map((rule) => ("build" in rule ? rule.build() : rule)) };
}
