import type { SyntaxNode, Tree } from "@lezer/common";
import type { Span, Substituted } from "./substitute.ts";

/** A parsed expression. Offsets are those of the text with variables. */
export interface Parsed extends Substituted {
  readonly text: string;
  readonly root: SyntaxNode;
  readonly nodes: readonly SyntaxNode[];
  /** The first place that the grammar doesn't accept. */
  readonly error?: Span;
}

export function parsedOf(text: string, substituted: Substituted, tree: Tree): Parsed {
  const nodes: SyntaxNode[] = [];
  let error: SyntaxNode | undefined;
  const cursor = tree.cursor();
  do {
    nodes.push(cursor.node);
    if (cursor.type.isError) error ??= cursor.node;
  } while (cursor.next());
  return {
    ...substituted,
    uncertain: substituted.uncertain || (error !== undefined && isNextToVariable(substituted, error)),
    text,
    root: tree.topNode,
    nodes,
    ...(error ? { error: { from: error.from, to: error.to } } : {}),
  };
}

/** Whether only a word, a number or spaces are between a place and a variable outside of strings. */
function isNextToVariable({ bare, expr }: Substituted, place: Span): boolean {
  return bare.some((variable) => {
    const between = variable.to <= place.from ? [variable.to, place.from] : [place.to, variable.from];
    return /^[\w:.\s]*$/.test(expr.slice(...between));
  });
}

export function textOf({ expr }: Pick<Parsed, "expr">, node: Span | null): string {
  return node ? expr.slice(node.from, node.to) : "";
}

/** The same part of the text as the user wrote it, with variables. */
export function writtenText({ text }: Pick<Parsed, "text">, { from, to }: Span): string {
  return text.slice(from, to);
}

export function childrenOf(node: SyntaxNode | null): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node?.firstChild ?? null; child; child = child.nextSibling) found.push(child);
  return found;
}

/** The nodes around it, the innermost first. */
export function around(node: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let parent = node.parent; parent; parent = parent.parent) found.push(parent);
  return found;
}

export function overlaps(spans: readonly Span[], { from, to }: Span): boolean {
  return spans.some((span) => span.from < to && from < span.to);
}
