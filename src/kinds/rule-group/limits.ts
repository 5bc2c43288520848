import { call, objectOf, valueOf, type Expression, type Imported } from "../../import/code/expression.ts";
import { equal, isObject, type JsonObject } from "../../util/json.ts";
import { above, below, outside, within } from "./expressions.ts";

/** The functions of limits by the types of their evaluators. */
const FUNCTIONS: Readonly<Record<string, { readonly name: string; readonly value: unknown }>> = {
  gt: { name: "above", value: above },
  lt: { name: "below", value: below },
  within_range: { name: "within", value: within },
  outside_range: { name: "outside", value: outside },
};

/** `above(0.05)` or `above(0.05, { recovery: 0.03 })` for the condition of a threshold; undefined for others. */
export function limitExpression(
  condition: JsonObject | undefined,
  own: (name: string, value: unknown) => Imported,
): Expression | undefined {
  const evaluator = condition?.["evaluator"];
  if (!isObject(evaluator)) return undefined;
  const { type, params } = evaluator;
  const found = typeof type === "string" && Object.hasOwn(FUNCTIONS, type) ? FUNCTIONS[type] : undefined;
  if (!found || !Array.isArray(params) || params.some((one) => typeof one !== "number")) return undefined;
  const recovery = condition?.["unloadEvaluator"];
  const values = isObject(recovery) && Array.isArray(recovery["params"]) ? recovery["params"] : undefined;
  const option = values && (params.length === 1 ? (values[0] ?? null) : values);
  const args = [
    ...params.map((one) => valueOf(one)),
    ...(option === undefined || equal(option, null) ? [] : [objectOf({ recovery: valueOf(option) })]),
  ];
  return call(own(found.name, found.value), ...args);
}
