import type { LintedMatcher, LintedTemplate } from "../../engine/lint.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import { matchersOf } from "./matchers.ts";
import { objectsOf } from "./rule.ts";

/** The matchers of each route at the first level. Alerts that none of them matches stay at the root. */
export function routesOf(tree: JsonObject): LintedMatcher[][] {
  return objectsOf(tree["routes"]).map((route) =>
    matchersOf(route).flatMap((matcher) => {
      const [label, operator, value] = Array.isArray(matcher) ? matcher : [];
      return label === undefined ? [] : [{ label: textOf(label), operator: textOf(operator), value: textOf(value) }];
    }),
  );
}

/** The texts with Go templates in the settings of integrations. */
export function templatesIn(value: unknown, path: string): LintedTemplate[] {
  if (typeof value === "string")
    return value.includes("{{")
      ? [{ path, text: value, functions: "notification", defines: [], mustBeUsed: false }]
      : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => templatesIn(item, `${path}[${index}]`));
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => templatesIn(item, `${path}.${key}`)) : [];
}
