import type { SyntaxNode } from "@lezer/common";
import { logqlMatchers } from "../logql.ts";
import type { Found, Rule } from "../model.ts";
import { matchersOf, type Matcher } from "../promql/promql.ts";
import type { Parsed } from "../syntax.ts";
import { overlaps, writtenText } from "../syntax.ts";
import { foundAt } from "./syntax.ts";

/** A text that a regular expression matches only literally. */
const LITERAL = /^[\w \-/:,;@%&<>=!~'#]+$/;

export const SELECTOR_RULES: readonly Rule[] = [
  {
    id: "regex-could-be-equality",
    severity: "warning",
    group: "Queries",
    reason: "A regular expression without special characters is harder to read than an equality, and slower.",
    about:
      "Reports `=~` and `!~` in selectors and label filters if the value has only letters, digits and other characters without a special meaning. A value with a variable is not reported, because the variable may have several values.",
    bad: 'up{job=~"api"}',
    good: 'up{job="api"}',
    query: (query) => {
      const { parsed, language } = query;
      if (!parsed || parsed.error || language === "traceql" || !language) return [];
      const matchers = language === "promql" ? promqlMatchers(parsed) : logqlMatchers(parsed);
      return matchers.flatMap((matcher): Found[] => {
        const { operator, value, label } = matcher;
        if (!operator.endsWith("~") || !LITERAL.test(value) || overlaps(parsed.variables, matcher)) return [];
        const equality = operator === "=~" ? "=" : "!=";
        return [
          foundAt(
            query,
            matcher,
            `matches ${label} with a regular expression that is a constant: ${writtenText(parsed, matcher)}`,
            `Use ${equality} instead of ${operator}.`,
          ),
        ];
      });
    },
  },
];

function promqlMatchers(parsed: Parsed): Matcher[] {
  const isSelector = ({ name }: SyntaxNode) => name === "VectorSelector";
  return parsed.nodes.filter(isSelector).flatMap((selector) => matchersOf(parsed, selector));
}
