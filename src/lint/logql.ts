import { parser } from "@grafana/lezer-logql";
import type { SyntaxNode } from "@lezer/common";
import { substitute, type Span } from "./substitute.ts";
import { unquoted } from "../util/go-string.ts";
import { childrenOf, parsedOf, textOf, type Parsed } from "./syntax.ts";

// Loaded only by commands that check queries.

/** Parses an expression with the grammar of Grafana's editor for Loki. */
export function parseLogql(text: string): Parsed {
  const substituted = substitute(text, "logql");
  const parsed = parsedOf(text, substituted, parser.parse(substituted.expr));
  // The grammar lacks this `offset`, which Loki accepts: `… | unwrap bytes | size > 1 [5m] offset 1h`.
  const expr = parsed.error ? withoutOffsets(substituted.expr) : substituted.expr;
  if (expr === substituted.expr) return parsed;
  const again = parsedOf(text, { ...substituted, expr }, parser.parse(expr));
  return again.error ? parsed : again;
}

/** With spaces in place of each `offset` after a range. */
function withoutOffsets(expr: string): string {
  const token = /"(?:\\.|[^"\\])*"|`[^`]*`|(?<=\]\s*)offset\s+-?[\d\w.]+/g;
  return expr.replaceAll(token, (part) => (part.startsWith("offset") ? " ".repeat(part.length) : part));
}

export interface LogqlMatcher extends Span {
  readonly operator: string;
  readonly label: string;
  readonly value: string;
}

/** The matchers of streams and the filters of labels. */
export function logqlMatchers(query: Parsed): LogqlMatcher[] {
  return query.nodes.flatMap((node) => matcherOf(query, node));
}

/** The matchers of a selector of streams. */
export function matchersIn(query: Parsed, selector: Span): LogqlMatcher[] {
  return logqlMatchers(query).filter(({ from, to }) => selector.from <= from && to <= selector.to);
}

function matcherOf(query: Parsed, node: SyntaxNode): LogqlMatcher[] {
  if (node.name !== "Matcher") return [];
  const [label, operator, value] = childrenOf(node);
  if (!label || !operator || !value) return [];
  const { from, to } = node;
  return [
    {
      from,
      to,
      label: textOf(query, label),
      operator: textOf(query, operator),
      value: unquoted(textOf(query, value)),
    },
  ];
}
