import type { ValueShape } from "../../../../engine/shape.ts";
import { isObject, textOf, type Json } from "../../../../util/json.ts";
import { objects } from "../../model/panels.ts";
import { RENAMED } from "../../model/shapes.ts";

/** Values of panels, rows and tabs. */
export const LAYOUT_VALUES: Readonly<Record<string, ValueShape>> = {
  "variables.name": RENAMED,
  conditions: { whole: true, show: conditionsText },
  repeat: { whole: true, show: repeatText },
};

/** `shown if $env equals "prod" and there is data` */
export function conditionsText(conditions: Json): string {
  if (!isObject(conditions)) return textOf(conditions);
  const joint = conditions["condition"] === "or" ? " or " : " and ";
  const verb = conditions["visibility"] === "hide" ? "hidden if" : "shown if";
  return `${verb} ${objects(conditions["items"]).map(ruleText).join(joint)}`;
}

const OPERATORS: Readonly<Record<string, string>> = {
  equals: "equals",
  notEquals: "does not equal",
  matches: "matches",
  notMatches: "does not match",
};

function ruleText({ kind, variable, operator, value }: { readonly [key: string]: Json }): string {
  switch (kind) {
    case "ConditionalRenderingVariable":
      return `$${textOf(variable)} ${OPERATORS[textOf(operator)] ?? textOf(operator)} "${textOf(value)}"`;
    case "ConditionalRenderingTimeRangeSize":
      return `the time range is shorter than ${textOf(value)}`;
    case "ConditionalRenderingData":
      return value === false ? "there is no data" : "there is data";
    default:
      return textOf(kind);
  }
}

/** `for each value of $host, vertically, at most 4 per row` */
export function repeatText(repeat: Json): string {
  if (!isObject(repeat)) return textOf(repeat);
  const { value, direction, maxPerRow } = repeat;
  return [
    `for each value of $${textOf(value)}`,
    ...(direction === "v" ? ["vertically"] : []),
    ...(maxPerRow === undefined ? [] : [`at most ${textOf(maxPerRow)} per row`]),
  ].join(", ");
}
