import { reject } from "./invalid.ts";
import type { Labels } from "./matching.ts";
import { replay } from "./simulation/replay.ts";
import { checkedRule, timeOf, type TestedRule } from "./simulation/rule.ts";
import { placedSeries, type QuerySeries } from "./simulation/series.ts";
import type { AlertState } from "./simulation/states.ts";

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
  /**
   * The labels of the instance, including those that Grafana adds: `alertname`, and `grafana_folder` if the code defines the folder
   * of the group.
   */
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
 * Returns the states of a rule's alert instances over time, as Grafana evaluates the rule. The series are the results of the
 * rule's queries, by their refIds: the queries themselves are not evaluated. Needs no Grafana. Throws an `InvalidCodeError` for
 * a rule that an apply would reject, and for an expression or a template that this function doesn't support.
 *
 * @example
 * const [instance] = simulate(alerts, { A: [{ values: "0.01x2 0.2x9" }] }, { rule: "Many errors", from, to });
 * assert.deepEqual(instance?.states.slice(2, 5).map(({ state }) => state), ["Normal", "Pending", "Alerting"]);
 */
export function simulate(
  rule: TestedRule,
  series: Readonly<Record<string, QuerySeries>>,
  options: SimulationOptions,
): SimulatedInstance[] {
  const checked = checkedRule(rule, options);
  const [from, to] = [timeOf(options.from, "from"), timeOf(options.to, "to")];
  const step = (options.step ?? checked.group.interval) * 1000;
  if (!(step > 0)) reject("step", `${options.step} is not a valid number of seconds`);
  if (to < from) reject("to", "must not be before from");
  const unknown = Object.keys(series).find((name) => checked.queries.every(({ refId }) => refId !== name));
  if (unknown !== undefined) reject(`series.${unknown}`, `the rule has no query ${unknown}`);
  const placed = new Map(Object.entries(series).map(([id, list]) => [id, placedSeries(id, list, from, step)]));
  return replay(checked, placed, from, to).map(({ labels, states }) => ({
    labels,
    states: states.map(({ at, state, reason }) => ({
      at: new Date(at).toISOString(),
      state,
      ...(reason === "" ? {} : { reason }),
    })),
  }));
}
