import { objectsOf } from "../../kinds/alerting/rule.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import { reject } from "../invalid.ts";
import type { Labels } from "../matching.ts";
import { evaluateMath } from "./math/evaluate.ts";
import { mathInputs, parseMath } from "./math/parse.ts";
import { classicPredicate, predicateOf } from "./predicate.ts";
import { CLASSIC_REDUCERS, REDUCERS } from "./reducers.ts";
import { labelKey, NO_DATA, type Value } from "./results.ts";

/** An expression of a rule: the queries and expressions that it needs, and its results. */
export interface Expression {
  readonly inputs: readonly string[];
  /** `firing`: the labels of results for which a recovery threshold applies. */
  readonly evaluate: (inputs: ReadonlyMap<string, readonly Value[]>, firing: ReadonlySet<string>) => readonly Value[];
}

/** `path`: the model of the expression in the rule. */
export function expressionOf(model: JsonObject, path: string): Expression {
  switch (model["type"]) {
    case "threshold":
      return threshold(model, path);
    case "reduce":
      return reduction(model, path);
    case "math":
      return mathExpression(model, path);
    case "classic_conditions":
      return classicConditions(model, path);
    default:
      return reject(
        path,
        `simulate doesn't support expressions of the type ${textOf(model["type"] ?? "")}`,
        "It supports threshold, reduce, math and classic_conditions.",
      );
  }
}

function threshold(model: JsonObject, path: string): Expression {
  const input = inputOf(model);
  const [condition, other] = objectsOf(model["conditions"]);
  if (!condition || other) reject(path, "a threshold requires exactly one condition");
  const fires = predicateOf(condition["evaluator"], path);
  const unload = condition["unloadEvaluator"];
  const recovers = isObject(unload) ? predicateOf(unload, path) : undefined;
  return {
    inputs: [input],
    evaluate(inputs, firing) {
      const values = inputs.get(input) ?? [];
      if (recovers && values.length === 0) return NO_DATA;
      return values.map((value): Value => {
        const isFiring = recovers && value.type !== "none" && firing.has(labelKey(value.labels));
        const compare = isFiring ? (number: number) => !recovers(number) : fires;
        const flag = (number: number | undefined) => (number === undefined ? undefined : Number(compare(number)));
        if (value.type === "none") return value;
        if (value.type === "number") return { ...value, value: flag(value.value) };
        return { ...value, points: value.points.map((point) => ({ at: point.at, value: flag(point.value) })) };
      });
    },
  };
}

function reduction(model: JsonObject, path: string): Expression {
  const input = inputOf(model);
  const name = textOf(model["reducer"] ?? "").toLowerCase();
  const reduce = REDUCERS[name] ?? reject(path, `${name} is not a reducer of Grafana`);
  const settings = isObject(model["settings"]) ? model["settings"] : {};
  const replacement = replacementOf(settings, path);
  const mode = textOf(settings["mode"] ?? "");
  const mapped = (number: number | undefined) => (mode === "" || Number.isFinite(number) ? number : replacement);
  return {
    inputs: [input],
    evaluate: (inputs) =>
      (inputs.get(input) ?? []).flatMap((value): Value[] => {
        if (value.type === "none") return [value];
        if (value.type === "number") {
          if (value.isScalar) reject(path, `Grafana can't reduce ${input}, which is calculated only from constants`);
          const number = mapped(value.value);
          return number === undefined && mode !== "" ? [] : [{ ...value, value: number }];
        }
        const numbers = value.points.map((point) => mapped(point.value));
        const number = reduce(mode === "" ? numbers : numbers.filter((one) => one !== undefined));
        const result = mode !== "" && Number.isNaN(number) ? replacement : number;
        return [{ type: "number", labels: value.labels, value: result }];
      }),
  };
}

/** Undefined if values that are not numbers are dropped. */
function replacementOf({ mode, replaceWithValue: value }: JsonObject, path: string): number | undefined {
  if (mode === undefined || mode === null || mode === "" || mode === "dropNN") return undefined;
  if (mode !== "replaceNN") reject(path, `${textOf(mode)} is not a mode of reduce`, "Use dropNN or replaceNN.");
  return typeof value === "number" ? value : reject(path, "replaceNN requires the number replaceWithValue");
}

function mathExpression(model: JsonObject, path: string): Expression {
  const text = textOf(model["expression"] ?? "");
  const tree = parseMath(text, (message) => reject(path, `invalid math expression ${text}: ${message}`));
  return { inputs: mathInputs(tree), evaluate: (inputs) => evaluateMath(tree, inputs) };
}

function classicConditions(model: JsonObject, path: string): Expression {
  const conditions = objectsOf(model["conditions"]).map((condition) => classicCondition(condition, path));
  return {
    inputs: conditions.map(({ input }) => input),
    evaluate(inputs) {
      let [isFiring, isEmpty] = [false, false];
      for (const [index, { input, operator, evaluate }] of conditions.entries()) {
        if (isFiring && operator === "logic-or") break;
        const one = evaluate(inputs.get(input) ?? []);
        const join = (a: boolean, b: boolean) => (operator === "and" ? a && b : a || b);
        isFiring = index === 0 ? one.isFiring : join(isFiring, one.isFiring);
        isEmpty = index === 0 ? one.isEmpty : join(isEmpty, one.isEmpty);
      }
      const labels: Labels = {};
      return [{ type: "number", labels, value: isEmpty ? undefined : Number(isFiring) }];
    },
  };
}

function classicCondition(condition: JsonObject, path: string) {
  const part = (key: string): JsonObject => (isObject(condition[key]) ? condition[key] : {});
  const params = part("query")["params"];
  const name = textOf(part("reducer")["type"] ?? "");
  const reduce = CLASSIC_REDUCERS[name] ?? reject(path, `${name} is not a reducer of classic conditions`);
  const predicate = classicPredicate(condition["evaluator"], path);
  const meets = (value: number | undefined) =>
    value === undefined ? predicate === undefined : (predicate?.(value) ?? false);
  return {
    input: Array.isArray(params) ? textOf(params[0]) : "",
    operator: textOf(part("operator")["type"] ?? ""),
    evaluate: (values: readonly Value[]) => {
      if (values.length === 0 && !predicate) return { isFiring: true, isEmpty: false };
      const reduced = values.map((value) => {
        if (value.type === "none") return undefined;
        if (value.type === "number") return value.value;
        return reduce(value.points.map((point) => point.value).filter((one) => one !== undefined));
      });
      const empty = reduced.filter((value) => value === undefined && !meets(value));
      return { isFiring: reduced.some(meets), isEmpty: empty.length === reduced.length };
    },
  };
}

function inputOf(model: JsonObject): string {
  return textOf(model["expression"] ?? "").replace(/^\$\{?|\}$/g, "");
}
