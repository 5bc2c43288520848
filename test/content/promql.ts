import type { SyntaxNode } from "@lezer/common";
import { parser } from "@prometheus-io/lezer-promql";
import { withValues } from "./variables.ts";

interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
}

/** The parts of an expression, parsed with Prometheus' grammar. */
export interface Promql {
  /** Texts that are not valid. */
  readonly errors: readonly string[];
  readonly selectors: readonly Selector[];
  /** Metrics in `rate` and `increase`. */
  readonly rated: readonly string[];
  /** Labels that aggregations keep. */
  readonly groupings: readonly string[];
  /** Labels that `label_replace` adds. */
  readonly added: readonly string[];
  /** Labels of the result's series. `raw`: also all labels of the metric itself. */
  readonly result: { readonly labels: readonly string[]; readonly raw: boolean };
}

export function readPromql(given: string): Promql {
  const expr = withValues(given);
  const text = ({ from, to }: SyntaxNode) => expr.slice(from, to);
  const tree = parser.parse(expr);
  const all = descendants(tree.topNode);
  const named = (name: string) => all.filter((node) => node.name === name);

  const metricOf = (selector: SyntaxNode) => text(selector.getChild("Identifier") ?? selector);
  const isCall = (node: SyntaxNode, ...names: string[]) =>
    node.name === "FunctionCall" && names.includes(text(node.firstChild ?? node));
  const callArguments = (node: SyntaxNode) => children(node.getChild("FunctionCallBody"));

  const resultOf = (node: SyntaxNode | null): { labels: string[]; raw: boolean } => {
    if (!node) return { labels: [], raw: false };
    if (node.name === "AggregateExpr") {
      const modifier = node.getChild("AggregateModifier");
      return { labels: modifier ? descendants(modifier, "LabelName").map(text) : [], raw: false };
    }
    if (node.name === "VectorSelector") return { labels: [], raw: true };
    if (node.name === "FunctionCall") {
      const [first = null, ...rest] = callArguments(node);
      const arg = isCall(node, "histogram_quantile") ? (rest[0] ?? null) : first;
      const { labels, raw } = resultOf(arg);
      if (isCall(node, "histogram_quantile")) return { labels: labels.filter((label) => label !== "le"), raw };
      if (isCall(node, "label_replace")) return { labels: [...labels, unquoted(text(rest[0] ?? node))], raw };
      return { labels, raw };
    }
    if (node.name === "BinaryExpr") {
      const sides = [resultOf(node.firstChild), resultOf(node.lastChild)];
      const labels = node.getChild("And") || node.getChild("Unless") ? sides.slice(0, 1) : sides;
      return {
        labels: [...new Set(labels.flatMap((side) => side.labels))],
        raw: labels.some((side) => side.raw),
      };
    }
    return resultOf(node.firstChild);
  };

  return {
    errors: named("⚠").map((node) => `${text(node) || "nothing"} at ${node.from} of ${expr}`),
    selectors: named("VectorSelector").map((node) => ({
      metric: metricOf(node),
      labels: descendants(node, "LabelName").map(text),
    })),
    rated: all
      .filter((node) => isCall(node, "rate", "increase"))
      .flatMap((node) => descendants(node, "VectorSelector").map(metricOf)),
    groupings: named("AggregateModifier").flatMap((node) => descendants(node, "LabelName").map(text)),
    added: all
      .filter((node) => isCall(node, "label_replace"))
      .map((node) => unquoted(text(callArguments(node)[1] ?? node))),
    result: resultOf(tree.topNode.firstChild),
  };
}

function unquoted(literal: string): string {
  return literal.slice(1, -1);
}

function children(node: SyntaxNode | null): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node?.firstChild ?? null; child; child = child.nextSibling) found.push(child);
  return found;
}

function descendants(node: SyntaxNode, name?: string): SyntaxNode[] {
  const below = children(node).flatMap((child) => [child, ...descendants(child)]);
  return name === undefined ? below : below.filter((one) => one.name === name);
}
