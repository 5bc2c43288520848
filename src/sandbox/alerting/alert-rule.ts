import { isObject, type JsonObject } from "../json.ts";
import type { Strings } from "../k8s/metadata.ts";
import { queryForm, readQueries, type AlertQuery } from "./alert-query.ts";
import { formatDuration } from "./durations.ts";
import { GoObject } from "./go-object.ts";
import {
  notificationSettingsForm,
  readNotificationSettings,
  type NotificationSettings,
} from "./notification-settings.ts";
import { provenanceFrom, shownProvenance, type Provenance } from "./provenance.ts";
import { badRequestData } from "./public-error.ts";

interface RuleRecord {
  readonly metric: string;
  readonly from: string;
  readonly targetDatasourceUid: string;
}

/** A rule as sent by a client. */
export interface SentRule {
  readonly id: number;
  readonly uid: string;
  readonly orgId: number;
  readonly folderUid: string;
  readonly ruleGroup: string;
  readonly title: string;
  readonly condition: string;
  readonly data: readonly AlertQuery[] | undefined;
  readonly updated: string;
  readonly noDataState: string;
  readonly execErrState: string;
  readonly for: number;
  readonly keepFiringFor: number;
  readonly annotations: Strings | undefined;
  readonly labels: Strings | undefined;
  readonly provenance: string;
  readonly isPaused: boolean;
  readonly notificationSettings: NotificationSettings | undefined;
  readonly record: RuleRecord | undefined;
  readonly missingSeriesEvalsToResolve: number | undefined;
}

/** A stored rule. */
export interface AlertRule extends SentRule {
  readonly guid: string;
  readonly version: number;
  readonly intervalSeconds: number;
  readonly groupIndex: number;
  readonly updatedBy: string;
  readonly provenance: Provenance;
}

/** The author of changes that Grafana itself makes. */
export const systemAuthor = "__alerting__";

const never = "0001-01-01T00:00:00Z";
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** Parses a rule of the provisioning API. */
export function readRule(rule: GoObject): SentRule {
  return {
    id: rule.integer("id"),
    uid: rule.text("uid"),
    orgId: rule.integer("orgID"),
    folderUid: rule.text("folderUID"),
    ruleGroup: rule.text("ruleGroup"),
    title: rule.text("title"),
    condition: rule.text("condition"),
    data: readQueries(rule),
    updated: readTime(rule),
    noDataState: rule.text("noDataState"),
    execErrState: rule.text("execErrState"),
    for: rule.duration("for"),
    keepFiringFor: rule.duration("keep_firing_for"),
    annotations: rule.strings("annotations"),
    labels: rule.strings("labels"),
    provenance: rule.text("provenance"),
    isPaused: rule.flag("isPaused"),
    notificationSettings: readNotificationSettings(rule.object("notification_settings")),
    record: readRecord(rule.object("record")),
    missingSeriesEvalsToResolve: rule.optionalInteger("missingSeriesEvalsToResolve"),
  };
}

/** A rule in the form of the provisioning API. */
export function ruleForm(rule: SentRule, provenance: string): JsonObject {
  return {
    id: rule.id,
    uid: rule.uid,
    orgID: rule.orgId,
    folderUID: rule.folderUid,
    ruleGroup: rule.ruleGroup,
    title: rule.title,
    condition: rule.condition,
    data: rule.data === undefined ? null : rule.data.map(queryForm),
    updated: rule.updated,
    noDataState: rule.noDataState,
    execErrState: rule.execErrState,
    for: formatDuration(rule.for),
    keep_firing_for: formatDuration(rule.keepFiringFor),
    ...filled("annotations", rule.annotations),
    ...filled("labels", rule.labels),
    ...shownProvenance(provenance),
    isPaused: rule.isPaused,
    notification_settings: notificationSettingsForm(rule.notificationSettings) ?? null,
    record: recordForm(rule.record) ?? null,
    ...shownEvals("missingSeriesEvalsToResolve", rule),
  };
}

/** A rule in the form of the ruler API. */
export function rulerForm(rule: AlertRule, nameOf: (uid: string) => string): JsonObject {
  const settings = notificationSettingsForm(rule.notificationSettings);
  const record = recordForm(rule.record);
  return {
    expr: "",
    for: formatDuration(rule.for),
    keep_firing_for: formatDuration(rule.keepFiringFor),
    ...filled("labels", rule.labels),
    ...filled("annotations", rule.annotations),
    grafana_alert: {
      title: rule.title,
      condition: rule.condition,
      data: (rule.data ?? []).map(queryForm),
      updated: rule.updated,
      updated_by: { uid: rule.updatedBy, name: nameOf(rule.updatedBy) },
      intervalSeconds: rule.intervalSeconds,
      version: rule.version,
      uid: rule.uid,
      namespace_uid: rule.folderUid,
      rule_group: rule.ruleGroup,
      no_data_state: rule.noDataState,
      exec_err_state: rule.execErrState,
      ...shownProvenance(rule.provenance),
      is_paused: rule.isPaused,
      ...(settings === undefined ? {} : { notification_settings: settings }),
      ...(record === undefined ? {} : { record }),
      metadata: {
        editor_settings: {
          simplified_query_and_expressions_section: false,
          simplified_notifications_section: false,
        },
      },
      guid: rule.guid,
      ...shownEvals("missing_series_evals_to_resolve", rule),
    },
  };
}

/** A rule in the form of its file: the API's form with additional fields. */
export function ruleFile(rule: AlertRule): JsonObject {
  const { guid, version, intervalSeconds, groupIndex, updatedBy } = rule;
  return { ...ruleForm(rule, rule.provenance), guid, version, intervalSeconds, groupIndex, updatedBy };
}

/** Parses a rule's file; undefined if it is invalid. */
export function ruleFromFile(value: JsonObject): AlertRule | undefined {
  const file = new GoObject(value);
  const guid = file.text("guid");
  const rule = readRule(file);
  if (guid === "" || rule.uid === "" || rule.id === 0) return undefined;
  return {
    ...rule,
    guid,
    version: file.integer("version"),
    intervalSeconds: file.integer("intervalSeconds"),
    groupIndex: file.integer("groupIndex"),
    updatedBy: file.text("updatedBy"),
    provenance: provenanceFrom(rule.provenance),
  };
}

function readTime(rule: GoObject): string {
  const value = rule.value("updated") ?? never;
  if (typeof value !== "string" || !time.test(value)) throw badRequestData();
  return value;
}

function readRecord(record: GoObject | undefined): RuleRecord | undefined {
  if (record === undefined) return undefined;
  return {
    metric: record.text("metric"),
    from: record.text("from"),
    targetDatasourceUid: record.text("target_datasource_uid"),
  };
}

function recordForm(record: RuleRecord | undefined): JsonObject | undefined {
  if (record === undefined) return undefined;
  const { metric, from, targetDatasourceUid } = record;
  return { metric, from, ...(targetDatasourceUid === "" ? {} : { target_datasource_uid: targetDatasourceUid }) };
}

/** Omits empty maps. */
function filled(field: string, values: Strings | undefined): JsonObject {
  return isObject(values) && Object.keys(values).length > 0 ? { [field]: values } : {};
}

function shownEvals(field: string, { missingSeriesEvalsToResolve }: SentRule): JsonObject {
  return missingSeriesEvalsToResolve === undefined ? {} : { [field]: missingSeriesEvalsToResolve };
}
