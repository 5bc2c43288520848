import { parser } from "@grafana/lezer-logql";
import type { SyntaxNode } from "@lezer/common";
import { substitute, type Span } from "./substitute.ts";
import { unquoted } from "../util/go-string.ts";
import { childrenOf, parsedOf, textOf, type Parsed } from "./syntax.ts";

// Loaded only by commands that check queries.

/** Parses an expression with the grammar of Grafana's editor for Loki. */
export function parseLogql(text: string): Parsed {
  const substituted = substitute(text, "logql");
  return parsedOf(text, substituted, parser.parse(substituted.expr));
}

export interface LogqlMatcher extends Span {
  readonly operator: string;
  readonly label: string;
  readonly value: string;
}

/** The matchers of streams and the filters of labels. */
export function logqlMatchers(query: Parsed): LogqlMatcher[] {
  return query.nodes.flatMap((node): LogqlMatcher[] => {
    if (node.name !== "Matcher") return [];
    const [label, operator, value] = childrenOf(node);
    if (!label || !operator || !value) return [];
    return [
      {
        ...spanOf(node),
        label: textOf(query, label),
        operator: textOf(query, operator),
        value: unquoted(textOf(query, value)),
      },
    ];
  });
}

function spanOf({ from, to }: SyntaxNode): Span {
  return { from, to };
}
