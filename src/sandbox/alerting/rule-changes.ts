import { randomUUID } from "node:crypto";
import type { Caller } from "../access/caller.ts";
import { shortId } from "../k8s/metadata.ts";
import { normalizeQuery } from "./alert-query.ts";
import { systemAuthor, type AlertRule, type SentRule } from "./alert-rule.ts";
import type { Alerting } from "./alerting.ts";
import type { Provenance } from "./provenance.ts";
import { ruleConflict, ruleVersionConflict } from "./rule-error.ts";
import { validateRule } from "./rule-validation.ts";

/** The sender of a write, and its provenance. */
export interface Writer {
  readonly provenance: Provenance;
  readonly caller: Caller;
}

/** A rule with its position. */
type PlacedRule = SentRule & Pick<AlertRule, "intervalSeconds" | "groupIndex">;

/** The changes of a request, which are checked individually and stored together. */
export class RuleChangeSet {
  readonly #alerting: Alerting;
  readonly #writer: Writer;
  readonly #updated = now();
  readonly #write = new Map<string, AlertRule>();
  readonly #moved: AlertRule[] = [];
  #remove: readonly string[] = [];
  #lastId: number;

  constructor(alerting: Alerting, writer: Writer) {
    this.#alerting = alerting;
    this.#writer = writer;
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
    const { id, guid, version } = existing;
    const rule = this.#stored(sent, { id, guid, version: version + 1 });
    if (this.#write.has(existing.uid)) throw ruleVersionConflict(existing.uid);
    this.#write.set(rule.uid, rule);
    this.#moved.push(existing);
    return rule;
  }

  remove(removed: readonly AlertRule[]): void {
    this.#remove = removed.map(({ uid }) => uid);
  }

  /** The rules of other groups that rules are moved out of. */
  groupsLeft(folderUid: string, name: string): AlertRule[][] {
    const left = this.#moved.filter((rule) => rule.folderUid !== folderUid || rule.ruleGroup !== name);
    const groups = new Map(left.map((rule) => [JSON.stringify([rule.folderUid, rule.ruleGroup]), rule]));
    return [...groups.values()].map((rule) => this.#alerting.rules.group(rule.folderUid, rule.ruleGroup));
  }

  async store(): Promise<void> {
    const write = [...this.#write.values()];
    const retitled = new Set(this.#withTemporaryTitles());
    const counted = write.map((rule) => (retitled.has(rule.uid) ? { ...rule, version: rule.version + 1 } : rule));
    await this.#alerting.rules.store({ write: counted, remove: this.#remove });
  }

  /**
   * The retitled rules, if one of them gets the old title of another. Grafana then gives all of them temporary titles, which
   * adds a version.
   */
  #withTemporaryTitles(): string[] {
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
      updatedBy: this.#writer.caller.uid,
      provenance: this.#writer.provenance,
    };
    validateRule(rule);
    return { ...rule, data: rule.data?.map(normalizeQuery) };
  }
}

/** Stores changes that Grafana itself makes, such as renamed receivers. */
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
    updatedBy: systemAuthor,
  }));
  if (write.length > 0) await rules.store({ write, remove: [] });
}

function now(): string {
  return `${new Date().toISOString().slice(0, 19)}Z`;
}
