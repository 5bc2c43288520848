import { isDeepStrictEqual } from "node:util";
import type { Caller } from "../access/caller.ts";
import { legacyError } from "../errors.ts";
import type { AlertRule, SentRule } from "./alert-rule.ts";
import type { Alerting } from "./alerting.ts";
import { isUid } from "./names.ts";
import { validateNotificationSettings } from "./notification-settings.ts";
import { emptyNotFound } from "./public-error.ts";
import { RuleChangeSet, type Writer } from "./rule-changes.ts";
import { groupNotFound, invalidRule } from "./rule-error.ts";
import { validateInterval, validatePanelLink } from "./rule-validation.ts";

const defaultInterval = 60;

/** A group as sent by a client. Without rules, only the interval is changed. */
export interface SentGroup {
  readonly folderUid: string;
  readonly name: string;
  readonly interval: number;
  readonly rules: readonly SentRule[];
}

/** Replaces a group. Rules of other groups are moved, omitted rules are deleted. */
export async function replaceGroup(alerting: Alerting, group: SentGroup, writer: Writer): Promise<void> {
  const { rules } = alerting;
  validateInterval(group.interval);
  requireFolder(alerting, group.folderUid, writer.caller);
  for (const { uid } of group.rules) if (!isUid(uid)) throw invalidRule(`cannot create rule with UID "${uid}"`);
  const before = rules.group(group.folderUid, group.name);
  const sent = group.rules.length === 0 ? before : group.rules;
  for (const { annotations } of sent) validatePanelLink(annotations);
  for (const rule of sent) checkSettings(alerting, rule, rules.get(rule.uid));
  alerting.ruleAccess.requireChanges(
    {
      folderUid: group.folderUid,
      group: group.name,
      existing: before,
      added: sent.filter((rule) => rules.get(rule.uid) === undefined),
      updated: sent.flatMap((rule) => {
        const existing = rules.get(rule.uid);
        return existing === undefined ? [] : [{ before: existing, after: patched(rule, existing) }];
      }),
      removed: before.filter(({ uid }) => sent.every((rule) => rule.uid !== uid)),
    },
    writer.caller,
  );

  const changes = new RuleChangeSet(alerting, writer);
  for (const [groupIndex, rule] of sent.entries()) {
    const existing = rules.get(rule.uid);
    const place = {
      folderUid: group.folderUid,
      ruleGroup: group.name,
      intervalSeconds: group.interval,
      groupIndex,
    };
    if (existing === undefined) changes.add({ ...rule, ...place });
    else changes.update({ ...patched(rule, existing), ...place }, existing);
  }
  changes.remove(before.filter(({ uid }) => sent.every((rule) => rule.uid !== uid)));
  for (const left of changes.groupsLeft(group.folderUid, group.name)) {
    // Grafana renumbers the remaining rules of a group from 1, each with a new version.
    const staying = left.filter(({ uid }) => sent.every((rule) => rule.uid !== uid));
    for (const [index, rule] of staying.entries()) changes.update({ ...rule, groupIndex: index + 1 }, rule);
  }
  await changes.store();
}

export async function deleteGroup(
  { rules, ruleAccess }: Alerting,
  folderUid: string,
  name: string,
  caller: Caller,
): Promise<void> {
  const group = rules.group(folderUid, name);
  if (group.length === 0) throw groupNotFound();
  const changes = { folderUid, group: name, existing: group, added: [], updated: [], removed: group };
  ruleAccess.requireChanges(changes, caller);
  await rules.store({ write: [], remove: group.map(({ uid }) => uid) });
}

/** Adds a rule at the start of a group. A new group gets the default interval. */
export async function createRule(alerting: Alerting, sent: SentRule, writer: Writer): Promise<AlertRule> {
  const { rules } = alerting;
  if (!isUid(sent.uid)) throw invalidRule(`cannot create rule with UID '${sent.uid}'`);
  requireFolder(alerting, sent.folderUid, writer.caller);
  const existing = rules.group(sent.folderUid, sent.ruleGroup);
  const { folderUid, ruleGroup: group } = sent;
  alerting.ruleAccess.requireChanges(
    { folderUid, group, existing, added: [sent], updated: [], removed: [] },
    writer.caller,
  );
  const interval = existing[0]?.intervalSeconds ?? defaultInterval;
  validatePanelLink(sent.annotations);
  checkSettings(alerting, sent, undefined);
  const changes = new RuleChangeSet(alerting, writer);
  const intervalSeconds = sent.ruleGroup === "" ? 0 : interval;
  const created = changes.add({ ...sent, intervalSeconds, groupIndex: 0 });
  await changes.store();
  return created;
}

/** Replaces a rule. It moves to the start of its group and keeps its interval, even in a different group. */
export async function updateRule(alerting: Alerting, uid: string, sent: SentRule, writer: Writer): Promise<AlertRule> {
  const { provenance, caller } = writer;
  requireFolder(alerting, sent.folderUid, caller);
  const existing = alerting.rules.get(uid);
  if (existing === undefined) throw emptyNotFound();
  if (existing.provenance !== "" && existing.provenance !== provenance) {
    throw legacyError(500, `cannot change provenance from '${existing.provenance}' to '${provenance}'`);
  }
  const { folderUid, ruleGroup: group } = sent;
  alerting.ruleAccess.requireChanges(
    {
      folderUid,
      group,
      existing: alerting.rules.group(folderUid, group),
      added: [],
      updated: [{ before: existing, after: sent }],
      removed: [],
    },
    caller,
  );
  // Here unchanged settings are checked too.
  checkSettings(alerting, sent, undefined);
  validatePanelLink(sent.annotations);
  const changes = new RuleChangeSet(alerting, writer);
  const { intervalSeconds } = existing;
  const updated = changes.update({ ...sent, uid, intervalSeconds, groupIndex: 0 }, existing);
  await changes.store();
  return updated;
}

/** Deletes a rule. A missing rule is not an error. */
export async function deleteRule({ rules, ruleAccess }: Alerting, uid: string, caller: Caller): Promise<void> {
  const rule = rules.get(uid);
  if (rule === undefined) return;
  const { folderUid, ruleGroup: group } = rule;
  const existing = rules.group(folderUid, group);
  ruleAccess.requireChanges({ folderUid, group, existing, added: [], updated: [], removed: [rule] }, caller);
  await rules.store({ write: [], remove: [uid] });
}

/** A recording rule without the fields that apply only to alerts. */
export function withoutAlertFields(sent: SentRule): SentRule {
  if (sent.record === undefined) return sent;
  return {
    ...sent,
    noDataState: "",
    execErrState: "",
    condition: "",
    for: 0,
    keepFiringFor: 0,
    notificationSettings: undefined,
    missingSeriesEvalsToResolve: undefined,
  };
}

/** In a group, empty fields of an existing rule keep their values. */
function patched(sent: SentRule, existing: AlertRule): SentRule {
  const complete = (sent.condition !== "" || (sent.record?.from ?? "") !== "") && (sent.data ?? []).length > 0;
  return {
    ...sent,
    title: sent.title || existing.title,
    condition: complete ? sent.condition : existing.condition,
    data: complete ? sent.data : existing.data,
    execErrState: sent.execErrState || existing.execErrState,
    noDataState: sent.noDataState || existing.noDataState,
    missingSeriesEvalsToResolve:
      sent.missingSeriesEvalsToResolve === -1 ? existing.missingSeriesEvalsToResolve : sent.missingSeriesEvalsToResolve,
  };
}

/** Unchanged settings are not checked. */
function checkSettings({ notifications }: Alerting, sent: SentRule, existing: AlertRule | undefined): void {
  const settings = sent.notificationSettings;
  if (settings === undefined || isDeepStrictEqual(settings, existing?.notificationSettings)) return;
  validateNotificationSettings(settings, notifications.references());
}

function requireFolder({ folders, ruleAccess }: Alerting, uid: string, caller: Caller): void {
  if (uid === "") throw invalidRule("folderUID must be set");
  // The root is a valid folder here, although the ruler does not list its rules.
  if (uid !== "general" && folders.objects.get(uid) === undefined) throw invalidRule("folder does not exist");
  ruleAccess.requireFolder(uid, caller);
}
