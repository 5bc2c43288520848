import { isObject, type Json, type JsonObject, textOf } from "../../util/json.ts";
import { objectsOf } from "./rule.ts";

/** A matcher of a route, and the path of its value in the code. */
interface PlacedMatcher {
  readonly label: Json;
  readonly operator: Json;
  readonly value: Json;
  readonly path: string;
}

/** The matchers of a route in any of their notations, as Grafana reads them. */
export function matchersOf(route: JsonObject): Json[] {
  // Another client may have stored matchers as text, which Grafana keeps.
  const texts = Array.isArray(route["matchers"]) ? route["matchers"].filter((one) => typeof one === "string") : [];
  const all = placedMatchers(route).map(({ label, operator, value }): Json => [label, operator, value]);
  return [...all, ...texts];
}

function placedMatchers(route: JsonObject): PlacedMatcher[] {
  const own = (Array.isArray(route["object_matchers"]) ? route["object_matchers"] : []).map((one, index) => {
    const [label = "", operator = "=", value = ""] = Array.isArray(one) ? one : [];
    return { label, operator, value, path: `object_matchers[${index}][2]` };
  });
  const pairs = (field: "match" | "match_re", operator: string) =>
    Object.entries(isObject(route[field]) ? route[field] : {}).map(([label, value]) => {
      return { label, operator, value: textOf(value), path: `${field}.${label}` };
    });
  // The SDK's builders use { Name, Type, Value }.
  const named = objectsOf(route["matchers"]).map((one, index) => {
    const { Name: label = "", Type: operator = "=", Value: value = "" } = one;
    return { label, operator, value, path: `matchers[${index}].Value` };
  });
  return [...own, ...pairs("match", "="), ...pairs("match_re", "=~"), ...named];
}

/** A matcher whose value Grafana would change. */
export interface QuotedMatcher {
  readonly path: string;
  readonly value: string;
  /** The replacement. */
  readonly instead: string;
}

/**
 * Matchers of this route and its child routes whose value begins or ends with a quote. Grafana removes the quote, so that the
 * route matches other alerts (`=~ .*"` becomes `=~ .*`).
 */
export function quotedMatchers(route: JsonObject): QuotedMatcher[] {
  const own = placedMatchers(route).flatMap(({ label, operator, value, path }): QuotedMatcher[] => {
    if (typeof value !== "string" || !/^"|"$/.test(value)) return [];
    return [{ path, value, instead: JSON.stringify([label, ...asRegex(textOf(operator), value)]) }];
  });
  const below = objectsOf(route["routes"]).flatMap((child, index) =>
    quotedMatchers(child).map((one) => ({ ...one, path: `routes[${index}].${one.path}` })),
  );
  return [...own, ...below];
}

/** The same condition without a quote at either end. Grafana keeps quotes in character classes. */
function asRegex(operator: string, value: string): [operator: string, value: string] {
  const inClasses = (regex: string) =>
    regex.replace(/^"/, '["]').replace(/(\\*)"$/, (_quote, slashes: string) => {
      // An odd number of backslashes escapes the quote.
      return `${slashes.slice(slashes.length % 2)}["]`;
    });
  if (operator.endsWith("~")) return [operator, inClasses(value)];
  const literal = value.replace(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
  return [operator === "!=" ? "!~" : "=~", `^${inClasses(literal)}$`];
}
