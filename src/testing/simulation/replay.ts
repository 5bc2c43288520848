import type { RuleGroup } from "../../kinds/rule-group/builder.ts";
import { parseDuration } from "../../util/duration.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import type { Labels } from "../matching.ts";
import { evaluationOf } from "./evaluation.ts";
import { checkLabels, instanceLabels } from "./labels.ts";
import type { CheckedRule } from "./rule.ts";
import type { PlacedSeries } from "./series.ts";
import { evaluated, type AlertState, type Instance, type Outcome, type StateRule } from "./states.ts";

/** The states of one alert instance. */
export interface Timeline {
  readonly labels: Labels;
  readonly states: readonly { readonly at: number; readonly state: AlertState; readonly reason: string }[];
}

/** Evaluates a rule at each interval of a range, with the results of its queries. Times in milliseconds. */
export function replay(
  { group, form }: CheckedRule,
  series: ReadonlyMap<string, PlacedSeries>,
  from: number,
  to: number,
): Timeline[] {
  const interval = group.interval * 1000;
  const evaluate = evaluationOf(form, series);
  const rules = stateRuleOf(form, interval);
  const labelsOf = labelling(form, group);
  if (form["isPaused"] === true) return [];
  const found = new Map<string, { labels: Labels; states: Timeline["states"][number][] }>();
  let instances = new Map<string, Instance>();
  for (let at = from; at <= to; at += interval) {
    instances = evaluated(instances, evaluate(at, firing(instances)), rules, at, labelsOf);
    for (const [key, { labels, state, reason }] of instances) {
      const timeline = found.get(key) ?? { labels, states: [] };
      found.set(key, timeline);
      timeline.states.push({ at, state, reason });
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
