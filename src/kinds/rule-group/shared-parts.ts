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
 * Rules that this run moved to other groups have disappeared since the plan, and Grafana increases the version of the remaining
 * rules. Neither is a conflict, but different content is.
 */
export async function onlyLostRules(context: KindContext, planned: LiveGroup, now: LiveGroup): Promise<boolean> {
  const kept = keptRules(planned, now);
  return (
    planned.interval === now.interval &&
    kept.length === now.rules.length &&
    onlyRenamed(context, kept, now.rules.map(canonicalRule))
  );
}

/** The remaining rules of a group, unchanged. */
function keptRules(before: LiveGroup, now: LiveGroup): JsonObject[] {
  const rules = new Map(before.rules.map((rule) => [rule["uid"], rule]));
  return now.rules
    .map(({ uid }) => rules.get(uid))
    .filter((rule) => rule !== undefined)
    .map(canonicalRule);
}
