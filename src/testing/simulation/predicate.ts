import { isObject, textOf, type Json } from "../../util/json.ts";
import { reject } from "../invalid.ts";

type Predicate = (value: number) => boolean;

/** The comparison of a threshold. */
export function predicateOf(evaluator: Json | undefined, path: string): Predicate {
  const { type, first, second } = partsOf(evaluator, path);
  const comparison = COMPARISONS[type]?.(first());
  if (comparison) return comparison;
  const [low, high] = [first(), second()];
  switch (type) {
    case "within_range":
      return (value) => value > low && value < high;
    case "outside_range":
      return (value) => value < low || value > high;
    case "within_range_included":
      return (value) => value >= low && value <= high;
    case "outside_range_included":
      return (value) => value <= low || value >= high;
    default:
      return reject(path, `${type} is not a comparison of Grafana`);
  }
}

/** The comparison of a classic condition: both limits of a range are interchangeable. Undefined for `no_value`. */
export function classicPredicate(evaluator: Json | undefined, path: string): Predicate | undefined {
  const { type, first, second } = partsOf(evaluator, path);
  if (type === "no_value") return undefined;
  if (COMPARISONS[type]) return predicateOf(evaluator, path);
  const [low, high] = [Math.min(first(), second()), Math.max(first(), second())];
  return predicateOf({ type, params: [low, high] }, path);
}

const COMPARISONS: Readonly<Record<string, (limit: number) => Predicate>> = {
  gt: (limit) => (value) => value > limit,
  lt: (limit) => (value) => value < limit,
  eq: (limit) => (value) => value === limit,
  ne: (limit) => (value) => value !== limit,
  gte: (limit) => (value) => value >= limit,
  lte: (limit) => (value) => value <= limit,
};

function partsOf(evaluator: Json | undefined, path: string) {
  const { type, params } = isObject(evaluator) ? evaluator : {};
  const parameter = (index: number) => {
    const value = Array.isArray(params) ? params[index] : undefined;
    return typeof value === "number" ? value : reject(path, `the comparison ${textOf(type)} lacks a number`);
  };
  return { type: typeof type === "string" ? type : "", first: () => parameter(0), second: () => parameter(1) };
}
