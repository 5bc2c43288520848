import { HIDDEN } from "../secrets/secret.ts";
import { masked } from "../secrets/mask.ts";
import { isObject, type Json } from "../util/json.ts";
import { listOf, objectOf, valueOf, type Expression } from "./code/expression.ts";

type Replace = (path: readonly string[]) => Expression | undefined;

/**
 * The JSON value as an expression, in which `replace` replaces each credential: what Grafana hides, and what a report
 * would mask. Without a replacement, the credential is left out. `key`: the name of the value, such as `settings`.
 */
export function withoutCredentials(value: Json, replace: Replace, key = ""): Expression | undefined {
  return expressionOf(value, masked({ [key]: value })[key] ?? null, [], replace);
}

function expressionOf(value: Json, shown: Json, path: readonly string[], replace: Replace): Expression | undefined {
  if (Array.isArray(value)) {
    const parts = Array.isArray(shown) ? shown : [];
    const items = value.map((item, index) =>
      expressionOf(item, parts[index] ?? null, [...path, String(index)], replace),
    );
    return listOf(items.filter((item) => item !== undefined));
  }
  if (isObject(value)) {
    const parts = isObject(shown) ? shown : {};
    return objectOf(
      Object.fromEntries(
        Object.entries(value).map(([key, item]) => [
          key,
          expressionOf(item, parts[key] ?? null, [...path, key], replace),
        ]),
      ),
    );
  }
  return value === HIDDEN || value !== shown ? replace(path) : valueOf(value);
}
