import type { SharedPartsFacet } from "../../engine/facets.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { equal, type JsonObject } from "../../util/json.ts";
import { onlyRenamed } from "../alerting/renamed-receivers.ts";
import { canonicalRule } from "../alerting/rule.ts";
import type { RuleGroup } from "./builder.ts";
import type { LiveGroup } from "./live.ts";
import { rulesOf, uidsIn } from "./rules.ts";

export const sharedParts: SharedPartsFacet<RuleGroup, LiveGroup> = {
  taken: (desired) => uidsIn(rulesOf(desired)),
  held: ({ rules }) => uidsIn(rules),
  lostOnly: (before, live) =>
    before.interval === live.interval && equal(keptRules(before, live), live.rules.map(canonicalRule)),
};

/**
 * Rules that this run moved to another group are gone from here since the plan read it, and Grafana makes a version of
 * every rule that stays: neither is a conflict, another content is.
 */
export async function onlyLostRules(context: KindContext, planned: LiveGroup, now: LiveGroup): Promise<boolean> {
  const kept = keptRules(planned, now);
  return (
    planned.interval === now.interval &&
    kept.length === now.rules.length &&
    onlyRenamed(context, kept, now.rules.map(canonicalRule))
  );
}

/** The rules that are still in a group, as they were. */
function keptRules(before: LiveGroup, now: LiveGroup): JsonObject[] {
  const rules = new Map(before.rules.map((rule) => [rule["uid"], rule]));
  return now.rules
    .map(({ uid }) => rules.get(uid))
    .filter((rule) => rule !== undefined)
    .map(canonicalRule);
}
