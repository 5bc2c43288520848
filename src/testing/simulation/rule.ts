import type { Rule as SdkRule } from "@grafana/grafana-foundation-sdk/alerting";
import { EXPRESSIONS, jsonObject, objectsOf, ruleFaults } from "../../kinds/alerting/rule.ts";
import { existing } from "../../kinds/existing.ts";
import type { AlertRule, RuleGroup } from "../../kinds/rule-group/builder.ts";
import { namedQuery } from "../../kinds/rule-group/rules.ts";
import { textOf, type JsonObject } from "../../util/json.ts";
import { checkResource, reject } from "../invalid.ts";

/** A rule, or a group that contains it. */
export type TestedRule = RuleGroup | AlertRule | SdkRule;

/** A rule that an apply would accept. */
export interface CheckedRule {
  readonly group: RuleGroup;
  /** The rule in the notation of the provisioning API. */
  readonly form: JsonObject;
  /** Its queries, without expressions. */
  readonly queries: readonly JsonObject[];
}

/** `rule`: the title or the uid. `interval`: seconds. Both are options of the tests. */
export function checkedRule(
  tested: TestedRule,
  { rule, interval }: { readonly rule?: string; readonly interval?: number },
): CheckedRule {
  const group = "kind" in tested ? tested : groupOf(tested, interval);
  checkResource(group);
  const form = alertRuleOf(group, rule);
  const queries = objectsOf(form["data"]).filter(({ datasourceUid }) => !EXPRESSIONS.has(textOf(datasourceUid)));
  return { group, form, queries };
}

function groupOf(rule: AlertRule | SdkRule, interval: number | undefined): RuleGroup {
  if (interval === undefined)
    reject("interval", "the interval of the rule is unknown", "Pass the rule's group, or set the option interval.");
  return { kind: "rule-group", folder: existing.folder("simulated"), title: "simulated", interval, rules: [rule] };
}

function alertRuleOf(group: RuleGroup, name: string | undefined): JsonObject {
  const named = group.rules.filter(({ title, uid }) => name === undefined || title === name || uid === name);
  const [rule, other] = named;
  const titles = group.rules.map(({ title }) => title).join(", ");
  if (!rule) reject("rule", `the group has no rule ${name}`, `Its rules are ${titles}.`);
  if (other) reject("rule", "the group has several rules", `Set the option rule to one of ${titles}.`);
  if ("record" in rule && rule.record) reject("rule", `${rule.title} is a recording rule`, "Pass an alert rule.");
  const { panel: _panel, notificationPolicy: _policy, ...own } = rule as AlertRule;
  const form: JsonObject = {
    ...jsonObject({ ...own, notification_settings: undefined }),
    data: rule.data.map((query) => namedQuery(query)),
  };
  const [fault] = ruleFaults(form);
  if (fault) reject(fault.path, fault.message);
  return form;
}

/** The time of an option, in milliseconds. */
export function timeOf(time: Date | string, option: string): number {
  const instant = new Date(time).getTime();
  if (Number.isNaN(instant))
    reject(option, `${String(time)} is not a valid time`, "Use a form such as 2026-11-30T18:00:00Z.");
  return instant;
}
