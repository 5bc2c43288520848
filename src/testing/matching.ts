import { RE2JS } from "re2js";
import { matchersOf } from "../kinds/alerting/matchers.ts";
import { matcherTexts, quotedMatcher } from "../kinds/alerting/matcher-texts.ts";
import { textOf, type JsonObject } from "../util/json.ts";
import { regexProblem, whole } from "../util/re2.ts";
import { reject } from "./invalid.ts";

/** Labels of an alert, without the empty ones: Alertmanager doesn't distinguish an empty label from a missing one. */
export type Labels = Readonly<Record<string, string>>;

type Condition = (labels: Labels) => boolean;

/** Whether all matchers of a policy match, in any of their notations. `path`: of the policy. */
export function matcherOf(route: JsonObject, path: string): Condition {
  const conditions = matchersOf(route).flatMap((matcher) => {
    if (Array.isArray(matcher)) return [conditionOf(matcher.map(textOf), path)];
    const matchers = matcherTexts(textOf(matcher)) ?? reject(path, `${textOf(matcher)} is not a valid matcher`);
    return matchers.map((one) => conditionOf(one, path));
  });
  return (labels) => conditions.every((condition) => condition(labels));
}

function conditionOf([label = "", operator = "", value = ""]: readonly string[], path: string): Condition {
  const read = (labels: Labels) => (Object.hasOwn(labels, label) ? labels[label] : undefined) ?? "";
  switch (operator) {
    case "=":
      return (labels) => read(labels) === value;
    case "!=":
      return (labels) => read(labels) !== value;
    case "=~": {
      const matches = anchored(value, path);
      return (labels) => matches(read(labels));
    }
    case "!~": {
      const matches = anchored(value, path);
      return (labels) => !matches(read(labels));
    }
    default:
      return reject(path, `${operator} is not an operator of a matcher; use =, !=, =~ or !~`);
  }
}

function anchored(value: string, path: string): (text: string) => boolean {
  const why = regexProblem(whole(value));
  if (why !== undefined) reject(path, `${value} is not a valid regular expression of RE2: ${why}`);
  const regex = RE2JS.compile(whole(value));
  return (text) => regex.test(text);
}

/** The matchers in a text such as `severity=critical`, as label, operator and value. Undefined: the text is not valid. @internal */
export function matchersIn(text: string): ReturnType<typeof matcherTexts> {
  return matcherTexts(text);
}

/** A text in quotes, as `matchersIn` reads it. @internal */
export function quotedText(text: string): string {
  return quotedMatcher(text);
}
