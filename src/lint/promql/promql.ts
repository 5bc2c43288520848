import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import { substitute, type Span } from "../substitute.ts";
import { unquoted } from "../../util/go-string.ts";
import { childrenOf, overlaps, parsedOf, textOf, writtenText, type Parsed } from "../syntax.ts";

// Loaded only by commands that check queries.

/** Parses an expression with Prometheus' grammar. */
export function parsePromql(text: string): Parsed {
  const substituted = substitute(text, "promql");
  // Prometheus 3 renamed this function. Any other one of the same length is parsed in the same way.
  const expr = substituted.expr.replaceAll(/\bholt_winters(?=\s*\()/g, "day_of_month");
  return parsedOf(text, { ...substituted, expr }, parser.parse(expr));
}

export interface PromqlCall {
  readonly name: string;
  readonly args: readonly SyntaxNode[];
}

/** A call of a function. */
export function callOf(query: Parsed, node: SyntaxNode): PromqlCall | undefined {
  if (node.name !== "FunctionCall") return undefined;
  return {
    name: node.firstChild ? writtenText(query, node.firstChild) : "",
    args: childrenOf(node.getChild("FunctionCallBody")),
  };
}

export interface Aggregation {
  readonly operator: string;
  /** Undefined: no labels are kept. */
  readonly modifier: "by" | "without" | undefined;
  readonly labels: readonly string[];
  /** Whether a label is a variable. */
  readonly open: boolean;
  readonly args: readonly SyntaxNode[];
}

/** `sum by (job) (…)` */
export function aggregationOf(query: Parsed, node: SyntaxNode): Aggregation | undefined {
  if (node.name !== "AggregateExpr") return undefined;
  const modifier = node.getChild("AggregateModifier");
  const labels = modifier?.getChild("GroupingLabels") ?? null;
  return {
    operator: textOf(query, node.getChild("AggregateOp")).toLowerCase(),
    modifier: modifier ? (modifier.getChild("By") ? "by" : "without") : undefined,
    labels: childrenOf(labels).map((label) => textOf(query, label).replaceAll(/["']/g, "")),
    open: labels !== null && overlaps(query.variables, labels),
    args: childrenOf(node.getChild("FunctionCallBody")),
  };
}

export interface Matcher extends Span {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** The matchers of a selector, without the one of the metric's name. */
export function matchersOf(query: Parsed, selector: SyntaxNode): Matcher[] {
  return childrenOf(selector.getChild("LabelMatchers")).flatMap((node): Matcher[] => {
    const [label, operator, value] = childrenOf(node);
    if (!label || !operator || !value) return [];
    const { from, to } = node;
    return [
      {
        label: textOf(query, label).replaceAll(/["']/g, ""),
        operator: textOf(query, operator),
        value: unquoted(textOf(query, value)),
        from,
        to,
      },
    ];
  });
}

/** The metric of a selector; undefined if it is not written as a constant. */
export function metricOf(query: Parsed, selector: SyntaxNode): string | undefined {
  const name = selector.getChild("Identifier");
  if (name) return overlaps(query.variables, name) ? undefined : textOf(query, name);
  const quoted = selector.getChild("LabelMatchers")?.getChild("QuotedLabelName") ?? null;
  if (quoted) return overlaps(query.variables, quoted) ? undefined : unquoted(textOf(query, quoted));
  const matcher = matchersOf(query, selector).find(({ label, operator }) => label === "__name__" && operator === "=");
  return matcher && !overlaps(query.variables, matcher) ? matcher.value : undefined;
}

/** The selectors in an expression. */
export function selectorsIn(node: SyntaxNode): SyntaxNode[] {
  return node.name === "VectorSelector" ? [node] : childrenOf(node).flatMap(selectorsIn);
}

/** Without parentheses and modifiers of time around it. */
export function bare(node: SyntaxNode): SyntaxNode {
  if (!/^(ParenExpr|OffsetExpr|StepInvariantExpr|AnchoredExpr|SmoothedExpr)$/.test(node.name)) return node;
  const inner = node.firstChild;
  return inner ? bare(inner) : node;
}
