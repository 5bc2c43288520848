import { isObject, textOf, type Json } from "../../util/json.ts";

const EVALUATORS: Readonly<Record<string, string>> = {
  gt: "above",
  lt: "below",
  gte: "at or above",
  lte: "at or below",
  eq: "equal to",
  ne: "other than",
  within_range: "within",
  outside_range: "outside",
  within_range_included: "within or at",
  outside_range_included: "outside or at",
  no_value: "without a value",
};

/** `above 0.05`, `outside 1 to 5`, with numbers formatted by `number`. */
export function limitText(evaluator: Json | undefined, number: (value: Json) => string): string {
  if (!isObject(evaluator)) return textOf(evaluator);
  const type = textOf(evaluator["type"]);
  const params = Array.isArray(evaluator["params"]) ? evaluator["params"].map(number) : [];
  const shown = type.includes("range") ? params.slice(0, 2) : params.slice(0, 1);
  return [Object.hasOwn(EVALUATORS, type) ? EVALUATORS[type] : type, shown.join(" to ")].filter(Boolean).join(" ");
}
