import { z } from "zod";
import { changedSincePlan } from "../../engine/conflicts.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import type { Desired } from "../../engine/model.ts";
import { ask, Nothing } from "../../grafana/ask.ts";
import { unlessNotFound } from "../../grafana/errors.ts";
import { textOf, type JsonObject } from "../../util/json.ts";
import { provenanceHeaders, removalHeaders } from "../alerting/provenance.ts";
import { canonicalRule } from "../alerting/rule.ts";
import type { RuleGroup } from "./builder.ts";
import { findGroup, listGroups, type LiveGroup } from "./live.ts";
import { folderOf, rulesOf, uidsIn } from "./rules.ts";
import { onlyLostRules } from "./shared-parts.ts";

export function writeGroup(
  context: KindContext,
  { desired, live, siblings = [] }: Write<RuleGroup, LiveGroup>,
): Promise<void> {
  return saveGroup(context, {
    id: desired.id,
    live,
    group: {
      parent: folderOf(desired),
      group: desired.resource.title,
      interval: desired.resource.interval,
      rules: rulesOf(desired),
    },
    others: (siblings as readonly Desired<RuleGroup>[])
      .filter(({ id }) => id !== desired.id)
      .flatMap((group) => uidsIn(rulesOf(group))),
    headers: provenanceHeaders(context, live),
  });
}

export async function removeGroup(context: KindContext, live: LiveGroup): Promise<void> {
  const now = await findGroup(context, live.id);
  if (!now) return;
  if (!(await onlyLostRules(context, live, now))) throw changedSincePlan({ kind: "rule-group", id: live.id });
  const path = groupPath(live.parent, live.group);
  const request = { method: "DELETE", path, headers: removalHeaders(live) } as const;
  await unlessNotFound(ask(context.grafana.client, request, Nothing));
}

interface Saving {
  readonly id: string;
  readonly live: LiveGroup | undefined;
  readonly group: Pick<LiveGroup, "parent" | "group" | "interval" | "rules">;
  /** The uids of rules that other groups of this run have afterwards. */
  readonly others: readonly string[];
  readonly headers: Record<string, string>;
}

export async function saveGroup(context: KindContext, { id, live, group, others, headers }: Saving): Promise<void> {
  const all = await listGroups(context);
  const now = all.find((one) => one.id === id);
  // The API has no versions, so a lost update is unlikely but possible.
  const elsewhere = new Set(others);
  const free = live
    ? now
      ? await onlyLostRules(context, live, now)
      : // A group whose last rule moved to another one is gone.
        uidsIn(live.rules).every((uid) => elsewhere.has(uid))
    : !now;
  if (!free) throw changedSincePlan({ kind: "rule-group", id });
  const { parent, group: title, interval } = group;
  const body = {
    title,
    folderUid: parent,
    interval,
    rules: [...group.rules, ...waiting(group.rules, now, elsewhere)].map((rule) => ({
      noDataState: "NoData",
      execErrState: "Error",
      for: "0s",
      ...rule,
      folderUID: parent,
      ruleGroup: title,
    })),
  };
  await ask(context.grafana.client, { method: "PUT", path: groupPath(parent, title), body, headers }, Written);
}

/**
 * Rules that another group of this run will take. Grafana deletes rules that a write omits, with their history, so they are kept
 * unchanged until the other group takes them.
 */
function waiting(
  rules: readonly JsonObject[],
  now: LiveGroup | undefined,
  elsewhere: ReadonlySet<string>,
): JsonObject[] {
  const mine = new Set(uidsIn(rules));
  const waits = (uid: string) => !mine.has(uid) && elsewhere.has(uid);
  return (now?.rules ?? []).filter(({ uid }) => waits(textOf(uid))).map((rule) => canonicalRule(rule));
}

function groupPath(folder: string, group: string): string {
  return `/api/v1/provisioning/folder/${encodeURIComponent(folder)}/rule-groups/${encodeURIComponent(group)}`;
}

/** The response to a write. */
const Written = z.looseObject({ title: z.string(), rules: z.array(z.looseObject({})) });
