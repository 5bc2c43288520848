import { isObject, textOf, type JsonObject } from "./json.ts";

/** The refIds of the queries that an expression of Grafana uses. */
export function expressionInputs(model: JsonObject): string[] {
  const expression = textOf(model["expression"] ?? "");
  switch (model["type"]) {
    case "math":
      return [...expression.matchAll(/\$\{([^}]+)\}|\$(\w+)/g)].map((match) => match[1] ?? match[2] ?? "");
    case "reduce":
    case "resample":
    case "threshold":
      return expression === "" ? [] : [expression.replace(/^\$\{?|\}$/g, "")];
    case "classic_conditions":
      return (Array.isArray(model["conditions"]) ? model["conditions"].filter(isObject) : []).flatMap((condition) => {
        const params = isObject(condition["query"]) ? condition["query"]["params"] : undefined;
        const first = Array.isArray(params) ? params[0] : undefined;
        return typeof first === "string" ? [first] : [];
      });
    default:
      return [];
  }
}
