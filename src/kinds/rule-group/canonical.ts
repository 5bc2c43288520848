import { diff } from "../../engine/diff.ts";
import type { ComparisonFacet } from "../../engine/facets.ts";
import type { Desired } from "../../engine/model.ts";
import { isObject, type JsonObject } from "../../util/json.ts";
import { withoutProvenance, withProvenance } from "../alerting/provenance.ts";
import { withReceivers } from "../alerting/renamed-receivers.ts";
import { canonicalRule, objectsOf } from "../alerting/rule.ts";
import { RULE_GROUP } from "../alerting/shapes.ts";
import type { RuleGroup } from "./builder.ts";
import type { LiveGroup } from "./live.ts";
import { rulesOf } from "./rules.ts";

export function desiredForm(desired: Omit<Desired<RuleGroup>, "hash">, live?: LiveGroup): JsonObject {
  const form = { interval: desired.resource.interval, rules: rulesOf(desired).map(canonicalRule) };
  return withProvenance(form, live, live?.wantedProvenance);
}

export function observedForm(live: LiveGroup): JsonObject {
  const form = { interval: live.interval, rules: live.rules.map(canonicalRule) };
  return withProvenance(form, live, live.provenance);
}

export const comparison: ComparisonFacet<RuleGroup, LiveGroup> = {
  content: withoutProvenance,
  differences: (before, after) => diff(before, after, RULE_GROUP),
  renamed: ({ rules, ...form }, names) => ({
    ...form,
    rules: objectsOf(rules).map(({ notification_settings: settings, ...rule }) => ({
      ...rule,
      ...(isObject(settings) ? { notification_settings: withReceivers(settings, names) } : {}),
    })),
  }),
};
