import { textOf, type Json, type JsonObject } from "../../util/json.ts";
import { durationWords } from "../alerting/condition.ts";
import { objectsOf } from "../alerting/rule.ts";
import { matchersText } from "../alerting/shapes.ts";

const names = (value: Json) => (Array.isArray(value) ? value.map(textOf).join(", ") : textOf(value));
const time = (value: Json) => durationWords(textOf(value));

/** Describes a policy. */
export const PROPERTIES: readonly (readonly [key: string, text: (value: Json) => string])[] = [
  ["group_by", (value) => (names(value) === "..." ? "not grouped" : `grouped by ${names(value)}`)],
  ["group_wait", (value) => (time(value) === "" ? "sent at once" : `sent after ${time(value)}`)],
  ["group_interval", (value) => `new alerts of a group after ${time(value)}`],
  ["repeat_interval", (value) => `again after ${time(value)}`],
  ["mute_time_intervals", (value) => `not during ${names(value)}`],
  ["active_time_intervals", (value) => `only during ${names(value)}`],
  ["continue", () => "continues with the next policy"],
];

/** The alerts that a policy gets, after the siblings before it. */
export function matchedText({ object_matchers: matchers }: JsonObject, before: readonly JsonObject[]): string {
  if (matchers !== undefined) return matchersText(matchers);
  return before.every((sibling) => sibling["continue"] === true) ? "every alert" : "every remaining alert";
}

/** A line for each policy: `severity=critical → "pager", again after 4 hours`. Child policies follow their parent. */
export function policyFacts(root: JsonObject): string[] {
  return linesOf(root, 0, []);
}

/** The same for several sibling policies. */
export function routeFacts(routes: readonly JsonObject[]): string[] {
  return routes.flatMap((route, index) => linesOf(route, 0, routes.slice(0, index)));
}

function linesOf(policy: JsonObject, depth: number, before: readonly JsonObject[]): string[] {
  const to = policy["receiver"] === undefined ? "" : ` → "${textOf(policy["receiver"])}"`;
  const more = PROPERTIES.flatMap(([key, text]) => (policy[key] === undefined ? [] : [text(policy[key])]));
  const line = [`${"› ".repeat(depth)}${matchedText(policy, before)}${to}`, ...more].join(", ");
  const inner = objectsOf(policy["routes"]).flatMap((one, index, all) => linesOf(one, depth + 1, all.slice(0, index)));
  return [line, ...inner];
}
