import type { Rule as SdkRule } from "@grafana/grafana-foundation-sdk/alerting";
import { EXPRESSIONS, jsonObject, objectsOf, ruleFaults } from "../kinds/alerting/rule.ts";
import { existing } from "../kinds/existing.ts";
import type { AlertRule, RuleGroup } from "../kinds/rule-group/builder.ts";
import { namedQuery } from "../kinds/rule-group/rules.ts";
import { parseDuration } from "../util/duration.ts";
import { isObject, textOf, type JsonObject } from "../util/json.ts";
import { checkResource, reject } from "./invalid.ts";
import type { Labels } from "./matching.ts";
import { evaluationOf } from "./simulation/evaluation.ts";
import { checkLabels, instanceLabels } from "./simulation/labels.ts";
import { placedSeries, type QuerySeries } from "./simulation/series.ts";
import { evaluated, type AlertState, type Instance, type Outcome, type StateRule } from "./simulation/states.ts";

/** Options of `simulate`. */
export interface SimulationOptions {
  /** The first evaluation, and the time of the first value of each series: a date, or a text such as `2026-11-30T18:00:00Z`. */
  readonly from: Date | string;
  /** The time after which the rule is not evaluated. */
  readonly to: Date | string;
  /** The title or the uid of the rule. Required for a group with several rules. */
  readonly rule?: string;
  /** Seconds between evaluations. Required for a rule without its group. */
  readonly interval?: number;
  /** Seconds between the values of a series. Default: the interval. */
  readonly step?: number;
}

/** An alert instance of a simulated rule. */
export interface SimulatedInstance {
  /** With those that Grafana adds: `alertname`, and `grafana_folder` if the code defines the folder of the group. */
  readonly labels: Labels;
  /** One state for each evaluation, while the instance exists. */
  readonly states: readonly SimulatedState[];
}

/** The state of an alert instance after an evaluation. */
export interface SimulatedState {
  /** The time of the evaluation: `2026-11-30T18:00:00.000Z`. */
  readonly at: string;
  readonly state: AlertState;
  /**
   * Why the state differs from the result of the evaluation: `NoData`, `Error`, `NoData, KeepLast` or `Error, KeepLast`.
   * `MissingSeries`: Grafana removes the instance, because its series is missing.
   */
  readonly reason?: string;
}

/**
 * The states of a rule's alert instances over time, as Grafana evaluates the rule. The series are the results of its queries, by
 * their refIds: the queries themselves are not evaluated. Needs no Grafana. Throws an `InvalidCodeError` for a rule that an apply
 * would reject, and for what it doesn't support.
 *
 * @example
 * const [instance] = simulate(alerts, { A: [{ values: "0.01x2 0.2x9" }] }, { rule: "Many errors", from, to });
 * assert.deepEqual(instance?.states.slice(2, 5).map(({ state }) => state), ["Normal", "Pending", "Alerting"]);
 */
export function simulate(
  rule: RuleGroup | AlertRule | SdkRule,
  series: Readonly<Record<string, QuerySeries>>,
  options: SimulationOptions,
): SimulatedInstance[] {
  const group = "kind" in rule ? rule : groupOf(rule, options.interval);
  checkResource(group);
  const form = alertRuleOf(group, options.rule);
  const interval = group.interval * 1000;
  const [from, to] = [timeOf(options.from, "from"), timeOf(options.to, "to")];
  const step = (options.step ?? group.interval) * 1000;
  if (!(step > 0)) reject("step", `${options.step} is not a valid number of seconds`);
  if (to < from) reject("to", "must not be before from");
  const queries = objectsOf(form["data"]).filter(({ datasourceUid }) => !EXPRESSIONS.has(textOf(datasourceUid)));
  const unknown = Object.keys(series).find((name) => queries.every(({ refId }) => refId !== name));
  if (unknown !== undefined) reject(`series.${unknown}`, `the rule has no query ${unknown}`);
  const placed = new Map(Object.entries(series).map(([id, list]) => [id, placedSeries(id, list, from, step)]));
  const evaluate = evaluationOf(form, placed);
  const rules = stateRuleOf(form, interval);
  const labelsOf = labelling(form, group);
  const found = new Map<string, { labels: Labels; states: SimulatedState[] }>();
  if (form["isPaused"] === true) return [];
  let instances = new Map<string, Instance>();
  for (let at = from; at <= to; at += interval) {
    instances = evaluated(instances, evaluate(at, firing(instances)), rules, at, labelsOf);
    for (const [key, { labels, state, reason }] of instances) {
      const timeline = found.get(key) ?? { labels, states: [] };
      found.set(key, timeline);
      timeline.states.push({ at: new Date(at).toISOString(), state, ...(reason === "" ? {} : { reason }) });
    }
  }
  return [...found.values()];
}

/** The results for which a recovery threshold applies. */
function firing(instances: ReadonlyMap<string, Instance>): ReadonlySet<string> {
  const active = [...instances.values()].filter(
    ({ state, reason }) => reason === "" && (state === "Alerting" || state === "Pending"),
  );
  return new Set(active.map(({ result }) => result));
}

function groupOf(rule: AlertRule | SdkRule, interval: number | undefined): RuleGroup {
  if (interval === undefined)
    reject("interval", "the interval of the rule is unknown", "Pass the rule's group, or set the option interval.");
  return { kind: "rule-group", folder: existing.folder("simulated"), title: "simulated", interval, rules: [rule] };
}

/** The rule in the notation of the provisioning API. */
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

function stateRuleOf(form: JsonObject, interval: number): StateRule {
  const missing = form["missingSeriesEvalsToResolve"];
  return {
    interval,
    pendingFor: parseDuration(textOf(form["for"] ?? "")) ?? 0,
    keepFiringFor: parseDuration(textOf(form["keep_firing_for"] ?? "")) ?? 0,
    noDataState: textOf(form["noDataState"] ?? "NoData"),
    execErrState: textOf(form["execErrState"] ?? "Error"),
    missingEvaluations: typeof missing === "number" ? missing : 2,
  };
}

function labelling(form: JsonObject, { folder }: RuleGroup): (outcome: Outcome) => Labels {
  const labels = isObject(form["labels"]) ? form["labels"] : {};
  const ofRule = Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, textOf(value)]));
  checkLabels(ofRule);
  const own = { alertname: textOf(form["title"]), ...("title" in folder ? { grafana_folder: folder.title } : {}) };
  const isLabelled = (form["execErrState"] ?? "Error") === "Error";
  return (outcome) => instanceLabels(outcome.labels, ofRule, own, isLabelled ? outcome.failure : undefined);
}

function timeOf(time: Date | string, option: string): number {
  const instant = new Date(time).getTime();
  if (Number.isNaN(instant))
    reject(option, `${String(time)} is not a valid time`, "Use a form such as 2026-11-30T18:00:00Z.");
  return instant;
}
