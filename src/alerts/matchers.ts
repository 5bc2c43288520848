import { matchersIn, quotedText } from "../testing/matching.ts";
import { UsageError } from "../util/errors.ts";
import { matchesWhole } from "../util/re2.ts";

/** Labels of an alert. */
export type AlertLabels = Readonly<Record<string, string>>;

/** A condition on one label, as Alertmanager's API has it. */
export interface LabelMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

const HINT =
  "Use a form such as severity=critical or 'team=~a|b'. Operators: = != =~ !~. Quote a value that contains commas, quotes or braces: 'route=~\"/v[0-9]{1,2}\"'.";

/** The matchers in arguments of the command line. Throws (exit 64) if one is invalid. */
export function parseMatchers(texts: readonly string[]): LabelMatcher[] {
  return texts.flatMap((text) => {
    const found = matchersIn(text);
    if (!found)
      throw new UsageError(`invalid matcher: ${text.trim() === "" ? "it is empty" : text}`, HINT, "matcher-invalid");
    return found.map(([name, operator, value]): LabelMatcher => {
      const isRegex = operator.endsWith("~");
      if (name === "") throw new UsageError(`invalid matcher: ${text}: it has no label`, HINT, "matcher-invalid");
      if (isRegex && matchesWhole(value, "") === undefined)
        throw new UsageError(
          `invalid matcher: ${text}: the regular expression is not valid in RE2`,
          HINT,
          "matcher-invalid",
        );
      return { name, value, isRegex, isEqual: !operator.startsWith("!") };
    });
  });
}

/** Whether all matchers match the labels. A missing label equals an empty one. */
export function matchesAll(matchers: readonly LabelMatcher[], labels: AlertLabels): boolean {
  return matchers.every((matcher) => matches(matcher, labels));
}

function matches({ name, value, isRegex, isEqual }: LabelMatcher, labels: AlertLabels): boolean {
  const actual = (Object.hasOwn(labels, name) ? labels[name] : undefined) ?? "";
  const isMatch = isRegex ? matchesWhole(value, actual) === true : actual === value;
  return isMatch === isEqual;
}

/** `severity="critical"` */
export function matcherText({ name, value, isRegex, isEqual }: LabelMatcher): string {
  const operator = isRegex ? (isEqual ? "=~" : "!~") : isEqual ? "=" : "!=";
  const label = /[\s{}!=~,\\"'`]/.test(name) ? quotedText(name) : name;
  return `${label}${operator}${quotedText(value)}`;
}
