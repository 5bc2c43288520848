import type { Labels } from "../matching.ts";
import { labelKey, type Failure } from "./results.ts";

/** The state of an alert instance, as Grafana's UI names it. */
export type AlertState = "Normal" | "Pending" | "Alerting" | "Recovering" | "NoData" | "Error";

/** What the evaluation of a rule says about one alert instance. */
export interface Outcome {
  /** The labels of the query's result. */
  readonly labels: Labels;
  readonly state: "Normal" | "Alerting" | "NoData" | "Error";
  /** The query whose failure is the reason of the state Error. */
  readonly failure?: Failure;
}

/** The properties of a rule that decide about states. Times in milliseconds. */
export interface StateRule {
  readonly interval: number;
  readonly pendingFor: number;
  readonly keepFiringFor: number;
  readonly noDataState: string;
  readonly execErrState: string;
  readonly missingEvaluations: number;
}

export interface Instance {
  readonly labels: Labels;
  /** Identifies the labels of the query's result. */
  readonly result: string;
  readonly state: AlertState;
  readonly reason: string;
  /** When the state began. */
  readonly since: number;
  /** The last evaluation with a result for this instance. */
  readonly evaluated: number;
}

/** The reason of the last state of an instance whose series is missing. Grafana removes the instance. */
const MISSING = "MissingSeries";

/** The instances after an evaluation, by their labels, with those that are removed. */
export function evaluated(
  before: ReadonlyMap<string, Instance>,
  outcomes: readonly Outcome[],
  rule: StateRule,
  at: number,
  labelsOf: (outcome: Outcome) => Labels,
): Map<string, Instance> {
  const [first = { labels: {}, state: "NoData" as const }] = outcomes;
  const after = new Map([...before].filter(([, { reason }]) => reason !== MISSING));
  const isForAll =
    after.size > 0 &&
    ((outcomes.every(({ state }) => state === "NoData") && rule.noDataState !== "NoData") ||
      (first.state === "Error" && outcomes.every(({ state }) => state === "Error") && rule.execErrState !== "Error"));
  if (isForAll) {
    for (const [key, instance] of after) after.set(key, transition(instance, first.state, rule, at));
    return after;
  }
  for (const outcome of outcomes) {
    const labels = labelsOf(outcome);
    const known = after.get(labelKey(labels)) ?? { state: "Normal" as const, reason: "", since: at, evaluated: at };
    const instance = { ...known, labels, result: labelKey(outcome.labels) };
    after.set(labelKey(labels), transition(instance, outcome.state, rule, at));
  }
  for (const [key, instance] of after) {
    const { state, reason } = instance;
    const isUnknown =
      state === "Error" || state === "NoData" || (state === "Pending" && (reason === "Error" || reason === "NoData"));
    const patience = rule.interval * (isUnknown ? 1 : rule.missingEvaluations);
    if (instance.evaluated !== at && at - instance.evaluated >= patience)
      after.set(key, { ...instance, state: "Normal", reason: MISSING });
  }
  return after;
}

function transition(instance: Instance, result: Outcome["state"], rule: StateRule, at: number): Instance {
  const setting = settingOf(result, rule);
  const state = next(instance, result, setting, rule, at);
  const since = state === instance.state ? instance.since : at;
  const hasReason = state !== result && (result === "NoData" || result === "Error");
  const reason = setting === "KeepLast" ? `${result}, KeepLast` : result;
  return { ...instance, state, since, reason: hasReason ? reason : "", evaluated: at };
}

function settingOf(result: Outcome["state"], rule: StateRule): string {
  if (result === "NoData") return rule.noDataState;
  return result === "Error" ? rule.execErrState : "";
}

function next(
  { state, since }: Instance,
  result: Outcome["state"],
  setting: string,
  { pendingFor, keepFiringFor }: StateRule,
  at: number,
): AlertState {
  const firing = (target: "Alerting" | "NoData" | "Error"): AlertState => {
    if (state === target) return state;
    if (state === "Pending") return at - since >= pendingFor ? target : state;
    return pendingFor > 0 && state !== "Recovering" ? "Pending" : target;
  };
  const normal = (): AlertState => {
    if (state === "Recovering") return at - since >= keepFiringFor ? "Normal" : state;
    return state === "Alerting" && keepFiringFor > 0 ? "Recovering" : "Normal";
  };
  if (result === "Normal") return normal();
  if (result === "Alerting") return firing("Alerting");
  switch (setting) {
    case "Alerting":
      return firing("Alerting");
    case "OK":
      return normal();
    case "KeepLast":
      return state === "Alerting" || state === "Pending" ? firing("Alerting") : normal();
    default:
      return firing(result);
  }
}
