import { randomUUID } from "node:crypto";
import { legacyError } from "../errors.ts";
import { isDeepStrictEqual } from "node:util";
import { normalizeQuery } from "./alert-query.ts";
import { authors } from "./alert-rule.ts";
import type { AlertRule, SentRule } from "./alert-rule.ts";
import type { Alerting } from "./alerting.ts";
import { isUid } from "./names.ts";
import { validateNotificationSettings } from "./notification-settings.ts";
import type { Provenance } from "./provenance.ts";
import { emptyNotFound } from "./public-error.ts";
import { groupNotFound, invalidRule, ruleConflict, ruleVersionConflict } from "./rule-error.ts";
import { validateInterval, validatePanelLink, validateRule } from "./rule-validation.ts";
import { shortId } from "../k8s/metadata.ts";

const defaultInterval = 60;

/** A group as a client sends it; without rules it changes the interval alone. */
export interface SentGroup {
  readonly folderUid: string;
  readonly name: string;
  readonly interval: number;
  readonly rules: readonly SentRule[];
}

/** Makes a group what was sent: rules of other groups move in, rules left out are deleted. */
export async function replaceGroup(alerting: Alerting, group: SentGroup, provenance: Provenance): Promise<void> {
  const { rules } = alerting;
  validateInterval(group.interval);
  requireFolder(alerting, group.folderUid);
  for (const { uid } of group.rules) if (!isUid(uid)) throw invalidRule(`cannot create rule with UID "${uid}"`);
  const before = rules.group(group.folderUid, group.name);
  const sent = group.rules.length === 0 ? before : group.rules;
  for (const { annotations } of sent) validatePanelLink(annotations);
  for (const rule of sent) checkSettings(alerting, rule, rules.get(rule.uid));

  const changes = new ChangeSet(alerting, provenance);
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
    // Grafana counts what remains in a group from 1, and makes a version of each.
    const staying = left.filter(({ uid }) => sent.every((rule) => rule.uid !== uid));
    for (const [index, rule] of staying.entries()) changes.update({ ...rule, groupIndex: index + 1 }, rule);
  }
  await changes.store();
}

/** Deletes a group's rules. */
export async function deleteGroup({ rules }: Alerting, folderUid: string, name: string): Promise<void> {
  const group = rules.group(folderUid, name);
  if (group.length === 0) throw groupNotFound();
  await rules.store({ write: [], remove: group.map(({ uid }) => uid) });
}

/** Adds a rule to a group, at its beginning; a new group gets the default interval. */
export async function createRule(alerting: Alerting, sent: SentRule, provenance: Provenance): Promise<AlertRule> {
  const { rules } = alerting;
  if (!isUid(sent.uid)) throw invalidRule(`cannot create rule with UID '${sent.uid}'`);
  requireFolder(alerting, sent.folderUid);
  const interval = rules.group(sent.folderUid, sent.ruleGroup)[0]?.intervalSeconds ?? defaultInterval;
  validatePanelLink(sent.annotations);
  checkSettings(alerting, sent, undefined);
  const changes = new ChangeSet(alerting, provenance);
  const intervalSeconds = sent.ruleGroup === "" ? 0 : interval;
  const created = changes.add({ ...sent, intervalSeconds, groupIndex: 0 });
  await changes.store();
  return created;
}

/** Replaces a rule; it goes to the beginning of its group and keeps its interval, even in another group. */
export async function updateRule(
  alerting: Alerting,
  uid: string,
  sent: SentRule,
  provenance: Provenance,
): Promise<AlertRule> {
  requireFolder(alerting, sent.folderUid);
  const existing = alerting.rules.get(uid);
  if (existing === undefined) throw emptyNotFound();
  if (existing.provenance !== "" && existing.provenance !== provenance) {
    throw legacyError(500, `cannot change provenance from '${existing.provenance}' to '${provenance}'`);
  }
  // Here the settings are checked also when they are the old ones.
  checkSettings(alerting, sent, undefined);
  validatePanelLink(sent.annotations);
  const changes = new ChangeSet(alerting, provenance);
  const { intervalSeconds } = existing;
  const updated = changes.update({ ...sent, uid, intervalSeconds, groupIndex: 0 }, existing);
  await changes.store();
  return updated;
}

/** Stores changes that Grafana itself makes, such as new names of receivers. */
export async function rewriteRules(
  { rules }: Alerting,
  affected: readonly AlertRule[],
  change: (rule: AlertRule) => AlertRule,
): Promise<void> {
  const updated = now();
  const write = affected.map((rule) => ({
    ...change(rule),
    version: rule.version + 1,
    updated,
    updatedBy: authors.system,
  }));
  if (write.length > 0) await rules.store({ write, remove: [] });
}

type PlacedRule = SentRule & Pick<AlertRule, "intervalSeconds" | "groupIndex">;

/** Changes of one request, checked one by one and stored together. */
class ChangeSet {
  readonly #alerting: Alerting;
  readonly #provenance: Provenance;
  readonly #updated = now();
  readonly #write = new Map<string, AlertRule>();
  readonly #moved: AlertRule[] = [];
  #remove: readonly string[] = [];
  #lastId: number;

  constructor(alerting: Alerting, provenance: Provenance) {
    this.#alerting = alerting;
    this.#provenance = provenance;
    this.#lastId = alerting.rules.lastId;
  }

  add(sent: PlacedRule): AlertRule {
    const { rules } = this.#alerting;
    const uid = sent.uid || shortId();
    const rule = this.#stored({ ...sent, uid }, { id: sent.id || this.#lastId + 1, guid: randomUUID(), version: 1 });
    if (rules.get(uid) !== undefined || this.#write.has(uid)) throw ruleConflict(uid, "org_id, alert_rule.uid");
    if (rules.hasId(rule.id)) throw ruleConflict(uid, "id");
    this.#lastId = Math.max(this.#lastId, rule.id);
    this.#write.set(uid, rule);
    return rule;
  }

  update(sent: PlacedRule, existing: AlertRule): AlertRule {
    if (this.#write.has(existing.uid)) throw ruleVersionConflict(existing.uid);
    const { id, guid, version } = existing;
    const rule = this.#stored(sent, { id, guid, version: version + 1 });
    this.#write.set(rule.uid, rule);
    this.#moved.push(existing);
    return rule;
  }

  remove(removed: readonly AlertRule[]): void {
    this.#remove = removed.map(({ uid }) => uid);
  }

  /** The groups, apart from one, that a rule leaves: all their rules. */
  groupsLeft(folderUid: string, name: string): AlertRule[][] {
    const left = this.#moved.filter((rule) => rule.folderUid !== folderUid || rule.ruleGroup !== name);
    const groups = new Map(left.map((rule) => [JSON.stringify([rule.folderUid, rule.ruleGroup]), rule]));
    return [...groups.values()].map((rule) => this.#alerting.rules.group(rule.folderUid, rule.ruleGroup));
  }

  async store(): Promise<void> {
    const write = [...this.#write.values()];
    const retitled = new Set(this.#withPassedTitles());
    const counted = write.map((rule) => (retitled.has(rule.uid) ? { ...rule, version: rule.version + 1 } : rule));
    await this.#alerting.rules.store({ write: counted, remove: this.#remove });
  }

  /**
   * The rules with a new title, if any of them takes one that another had: Grafana then gives all of them a title of
   * their own in between, which counts as a version.
   */
  #withPassedTitles(): string[] {
    const renamed = this.#moved.filter(({ uid, title }) => this.#write.get(uid)?.title !== title);
    const before = new Set(renamed.map(({ title }) => title.toLowerCase()));
    const passed = renamed.some(({ uid }) => before.has(this.#write.get(uid)?.title.toLowerCase() ?? ""));
    return passed ? renamed.map(({ uid }) => uid) : [];
  }

  #stored(sent: PlacedRule, identity: Pick<AlertRule, "id" | "guid" | "version">): AlertRule {
    const rule: AlertRule = {
      ...sent,
      ...identity,
      orgId: 1,
      updated: this.#updated,
      updatedBy: authors.user,
      provenance: this.#provenance,
    };
    validateRule(rule);
    return { ...rule, data: rule.data?.map(normalizeQuery) };
  }
}

/** A recording rule has none of what concerns alerts. */
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

/** In a group, what a known rule leaves empty stays as it is. */
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

/** Settings that a rule had before are not checked again. */
function checkSettings({ notifications }: Alerting, sent: SentRule, existing: AlertRule | undefined): void {
  const settings = sent.notificationSettings;
  if (settings === undefined || isDeepStrictEqual(settings, existing?.notificationSettings)) return;
  validateNotificationSettings(settings, notifications.references());
}

function requireFolder({ folders }: Alerting, uid: string): void {
  if (uid === "") throw invalidRule("folderUID must be set");
  // The root is a folder here, although the ruler doesn't list its rules.
  if (uid !== "general" && folders.objects.get(uid) === undefined) throw invalidRule("folder does not exist");
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
