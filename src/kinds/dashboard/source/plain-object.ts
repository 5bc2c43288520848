import type { SourceContext } from "../../../engine/source.ts";
import {
  ABSENT,
  builtBy,
  fromJson,
  valueOf,
  type Expression,
  type ObjectExpression,
} from "../../../import/code/expression.ts";
import { equal, isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { writerTools } from "./tools.ts";

type Replace = (value: Json, key: string) => Expression | undefined;

/**
 * A dashboard that its builder can't build: the builder with all properties merged into it. An object would not have the
 * type of the SDK, which lacks properties of older dashboards. `type`: `dashboard.DashboardBuilder`
 */
export function mergedObject(model: JsonObject, type: string, replace: Replace, context: SourceContext): Expression {
  const start: Expression = { type: "new", of: context.sdk.name(type), args: [valueOf(textOf(model["title"]))] };
  const rest = replacing(model, builtBy(start), replace);
  return { type: "chain", start, steps: [], rest, tools: writerTools(context) };
}

/** What must be merged into an object so that it equals the model. */
function replacing(model: JsonObject, object: JsonObject, replace: Replace): ObjectExpression {
  const entries = [...new Set([...Object.keys(model), ...Object.keys(object)])].flatMap(
    (key): (readonly [string, Expression])[] => {
      const [wanted, own] = [model, object].map((one) => (Object.hasOwn(one, key) ? one[key] : undefined));
      if (wanted === undefined) return [[key, ABSENT]];
      if (equal(wanted, own)) return [];
      if (isObject(wanted) && isObject(own)) return [[key, replacing(wanted, own, replace)]];
      return [[key, fromJson(wanted, replace, key)]];
    },
  );
  return { type: "object", entries };
}
