import type { SourceContext } from "../../../engine/source.ts";
import { fromJson, type Expression } from "../../../import/code/expression.ts";
import type { WriterTools } from "../../../import/sdk/writer.ts";
import type { Json, JsonObject } from "../../../util/json.ts";
import { fromObject, plainQuery, without, withProperties } from "../plain.ts";

/** The functions of this package for what the SDK's builders can't build. */
export function writerTools({ own }: SourceContext): WriterTools {
  return {
    merge: own("withProperties", withProperties),
    remove: own("without", without),
    object: own("fromObject", fromObject),
  };
}

/** `plainQuery({ ... })`, for a query of a datasource that the SDK has no builder for. */
export function plainQueryExpression(
  query: JsonObject,
  replace: (value: Json, key: string) => Expression | undefined,
  { own }: SourceContext,
): Expression {
  return { type: "call", of: own("plainQuery", plainQuery), args: [fromJson(query, replace)], shared: "query" };
}
