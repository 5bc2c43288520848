import type { SyntaxNode } from "@lezer/common";
import { regexProblem } from "../../util/re2.ts";
import { logqlMatchers } from "../logql.ts";
import type { Found, ReadQuery, Rule } from "../model.ts";
import { matchersOf, type Matcher } from "../promql/promql.ts";
import type { Parsed } from "../syntax.ts";
import { overlaps, writtenText } from "../syntax.ts";
import { foundAt } from "./syntax.ts";

/** A text that a regular expression matches only literally. */
const LITERAL = /^[\w \-/:,;@%&<>=!~'#]+$/;

export const SELECTOR_RULES: readonly Rule[] = [
  {
    id: "regex-invalid",
    severity: "error",
    group: "Queries",
    reason: "The datasource rejects a query with a regular expression that it can't parse.",
    about:
      "Parses the values of `=~` and `!~` in selectors and label filters as Go does (RE2), which has neither lookaheads nor backreferences. A value with a variable is not checked.",
    bad: 'up{job=~"(?!api).*"}',
    good: 'up{job!~"api.*"}',
    query: (query) =>
      regexMatchersOf(query).flatMap((matcher): Found[] => {
        const problem = regexProblem(matcher.value);
        return problem === undefined
          ? []
          : [foundAt(query, matcher, `has an invalid regular expression for ${matcher.label}: ${problem}`)];
      }),
  },
  {
    id: "regex-could-be-equality",
    severity: "warning",
    group: "Queries",
    reason: "A regular expression without special characters is harder to read than an equality, and slower.",
    about:
      "Reports `=~` and `!~` in selectors and label filters if the value has only letters, digits and other characters without a special meaning. A value with a variable is not reported, because the variable may have several values.",
    bad: 'up{job=~"api"}',
    good: 'up{job="api"}',
    query: (query) =>
      regexMatchersOf(query).flatMap((matcher): Found[] => {
        const { operator, value, label } = matcher;
        if (!query.parsed || !LITERAL.test(value)) return [];
        const equality = operator === "=~" ? "=" : "!=";
        return [
          foundAt(
            query,
            matcher,
            `matches ${label} with a regular expression that is a constant: ${writtenText(query.parsed, matcher)}`,
            `Use ${equality} instead of ${operator}.`,
          ),
        ];
      }),
  },
];

/** The matchers with a regular expression without variables. */
function regexMatchersOf({ parsed, language }: ReadQuery): Matcher[] {
  if (!parsed || parsed.error || language === "traceql" || !language) return [];
  const matchers = language === "promql" ? promqlMatchers(parsed) : logqlMatchers(parsed);
  return matchers.filter((one) => one.operator.endsWith("~") && !overlaps(parsed.variables, one));
}

function promqlMatchers(parsed: Parsed): Matcher[] {
  const isSelector = ({ name }: SyntaxNode) => name === "VectorSelector";
  return parsed.nodes.filter(isSelector).flatMap((selector) => matchersOf(parsed, selector));
}
