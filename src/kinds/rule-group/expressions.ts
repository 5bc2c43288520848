import type { Datasource, ExistingDatasource } from "../datasource/builder.ts";
import { CodeMistake } from "../../util/code-mistake.ts";
import type { AlertRule, RuleQuery } from "./builder.ts";

/** The condition for which a rule fires: the result of `above`, `below`, `within` or `outside`. */
export interface Limit {
  readonly evaluator: Evaluator;
  /** When a firing rule recovers. Default: when the condition is no longer met. */
  readonly unloadEvaluator?: Evaluator;
}

interface Evaluator {
  readonly type: "gt" | "lt" | "within_range" | "outside_range";
  readonly params: readonly number[];
}

/** The rule fires above this value. `recovery`: a firing rule recovers below this value. */
export function above(limit: number, { recovery }: { readonly recovery?: number } = {}): Limit {
  return limitOf({ type: "gt", params: [limit] }, "lt", recovery === undefined ? undefined : [recovery]);
}

/** The rule fires below this value. `recovery`: a firing rule recovers above this value. */
export function below(limit: number, { recovery }: { readonly recovery?: number } = {}): Limit {
  return limitOf({ type: "lt", params: [limit] }, "gt", recovery === undefined ? undefined : [recovery]);
}

/** The rule fires between these values. `recovery`: a firing rule recovers outside of this range. */
export function within(from: number, to: number, { recovery }: { readonly recovery?: Range } = {}): Limit {
  return limitOf({ type: "within_range", params: [from, to] }, "outside_range", recovery);
}

/** The rule fires below the first or above the second value. `recovery`: a firing rule recovers within this range. */
export function outside(from: number, to: number, { recovery }: { readonly recovery?: Range } = {}): Limit {
  return limitOf({ type: "outside_range", params: [from, to] }, "within_range", recovery);
}

type Range = readonly [from: number, to: number];

function limitOf(evaluator: Evaluator, type: Evaluator["type"], params: readonly number[] | undefined): Limit {
  return { evaluator, ...(params ? { unloadEvaluator: { type, params } } : {}) };
}

/** How the function `reduce` makes one number of a series. */
export type Reducer = "last" | "mean" | "median" | "min" | "max" | "sum" | "count";

interface PromqlOptions {
  /** Default: `A`. */
  readonly refId?: string;
  /** Queries the last value only. Default: true. */
  readonly instant?: boolean;
  /** The time range in seconds before now. Default: `{ from: 600, to: 0 }`. */
  readonly relativeTimeRange?: RuleQuery["relativeTimeRange"];
}

/**
 * A PromQL query of a rule.
 *
 * @example promql(prometheus, "sum(rate(http_requests_total[5m]))")
 */
export function promql(
  datasource: Datasource | ExistingDatasource,
  expr: string,
  { refId = "A", instant = true, relativeTimeRange = { from: 600, to: 0 } }: PromqlOptions = {},
): RuleQuery {
  const model = { editorMode: "code", expr, instant, legendFormat: "__auto", range: !instant };
  return { refId, datasource, relativeTimeRange, model };
}

/** An expression that reduces each series of another query or expression to one number. */
export function reduce(input: RuleQuery | string, reducer: Reducer = "last", refId = "B"): RuleQuery {
  const model = { expression: nameOf(input), reducer, conditions: [condition(refId, { type: "gt", params: [] })] };
  return expression(refId, "reduce", model);
}

/** An expression that calculates with the results of other queries and expressions: `$A / $B`. */
export function math(text: string, refId: string): RuleQuery {
  return expression(refId, "math", { expression: text });
}

/** An expression that is 1 for each value that meets the condition, and 0 for all other values. */
export function threshold(input: RuleQuery | string, limit: Limit, refId = "C"): RuleQuery {
  if (!isLimit(limit))
    throw mistake("threshold() needs a limit", "Pass the result of above, below, within or outside.");
  const { evaluator, unloadEvaluator } = limit;
  const recovery = unloadEvaluator ? { unloadEvaluator } : {};
  return expression(refId, "threshold", {
    expression: nameOf(input),
    conditions: [{ ...condition(refId, evaluator), ...recovery }],
  });
}

/** The properties of `alertRule`: those of an alert rule, with `query` and `when` in place of `data` and `condition`. */
export interface AlertRuleOptions extends Omit<AlertRule, "data" | "condition"> {
  /** The query, such as `promql(...)`. */
  readonly query: RuleQuery;
  /** How each series of the query becomes one number. Default: its last value. `false`: the query returns numbers. */
  readonly reduce?: Reducer | false;
  /** When the rule fires. */
  readonly when: Limit;
}

/**
 * An alert rule with one query and a threshold, as Grafana's UI creates it: the query `A`, its last value `B`, and the
 * expression `C` that compares this value with the limit.
 *
 * @example
 * alertRule({ title: "Many errors", query: promql(prometheus, "job:errors:ratio"), when: above(0.05), for: "5m" })
 */
export function alertRule(options: AlertRuleOptions): AlertRule {
  const { query, reduce: reducer = "last", when, ...rule } = isObjectLike(options) ? options : withoutOptions();
  const named = `alertRule()${typeof rule.title === "string" ? ` "${rule.title}"` : ""}`;
  if (!isQuery(query))
    throw mistake(`${named} needs one query in "query"`, 'Pass a query such as promql(prometheus, "up").');
  if (!isLimit(when))
    throw mistake(`${named} needs a limit in "when"`, "Pass the result of above, below, within or outside.");
  const [second = "", third = ""] = ["A", "B", "C"].filter((name) => name !== query.refId);
  const numbers = reducer === false ? [] : [reduce(query, reducer, second)];
  const last = threshold(numbers[0] ?? query, when, reducer === false ? second : third);
  return { ...rule, data: [query, ...numbers, last], condition: last.refId };
}

function nameOf(input: RuleQuery | string): string {
  if (typeof input === "string") return input;
  if (!isQuery(input))
    throw mistake("an expression needs a query or its refId", "Pass a query of the rule, or its refId.");
  return input.refId;
}

/** Plain JavaScript can pass anything. */
function isObjectLike(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isQuery(value: unknown): value is RuleQuery {
  return isObjectLike(value) && "refId" in value && typeof value.refId === "string";
}

function isLimit(value: unknown): value is Limit {
  return isObjectLike(value) && "evaluator" in value && isObjectLike(value.evaluator);
}

function withoutOptions(): never {
  throw mistake("alertRule() needs an object", "Pass at least title, query and when.");
}

function mistake(message: string, hint: string): CodeMistake {
  return new CodeMistake("code-resource-invalid", message, hint);
}

function expression(refId: string, type: string, model: Readonly<Record<string, unknown>>): RuleQuery {
  return { refId, model: { type, datasource: { type: "__expr__", uid: "__expr__" }, ...model } };
}

/** The UI stores this also where Grafana reads only a part of it. */
function condition(refId: string, evaluator: { readonly type: string; readonly params: readonly number[] }) {
  return {
    type: "query",
    evaluator,
    operator: { type: "and" },
    query: { params: [refId] },
    reducer: { type: "last", params: [] },
  };
}
