import type { SyntaxNode } from "@lezer/common";
import { writtenText, type Parsed } from "../lint/syntax.ts";
import { parseDuration } from "../util/duration.ts";

/** When the samples of a selector are read. */
export interface SelectorTime {
  /** The milliseconds of all ranges around it: `[5m]`, `[1h:1m]`. */
  readonly ranges: number;
  /** ` offset 1d` */
  readonly modifier: string;
}

const MODIFIED = /^(?:OffsetExpr|StepInvariantExpr)$/;
const OPERATION = /^(?:BinaryExpr|UnaryExpr)$/;

/** The ranges and modifiers of time that apply to a selector. */
export function timeAround(query: Parsed, selector: SyntaxNode): SelectorTime {
  let ranges = 0;
  const modifiers: string[] = [];
  for (let { parent } = selector; parent; { parent } = parent) {
    const inner = parent.firstChild;
    if (/^(?:MatrixSelector|SubqueryExpr)$/.test(parent.name) && inner)
      ranges += durationOf(/\[([^\]:]+)/.exec(writtenText(query, { from: inner.to, to: parent.to }))?.[1]);
    if (MODIFIED.test(parent.name) && inner && contains(lastOperand(inner), selector))
      modifiers.push(modifierOf(query, parent));
  }
  return { ranges, modifier: together(modifiers) };
}

/** The text of a part, with the modifiers that follow it. The grammar attaches them to the whole operation before them. */
export function textWithModifiers(query: Parsed, node: SyntaxNode): string {
  let text = writtenText(query, node);
  for (let [one, parent] = [node, node.parent]; parent; [one, parent] = [parent, parent.parent]) {
    if (MODIFIED.test(parent.name) && parent.firstChild?.to === one.to) text += modifierOf(query, parent);
    else if (!OPERATION.test(parent.name) || parent.lastChild?.to !== one.to) break;
  }
  return text;
}

function modifierOf(query: Parsed, node: SyntaxNode): string {
  return ` ${writtenText(query, { from: node.firstChild?.to ?? node.to, to: node.to }).trim()}`;
}

function lastOperand(node: SyntaxNode): SyntaxNode {
  return OPERATION.test(node.name) && node.lastChild ? lastOperand(node.lastChild) : node;
}

function contains({ from, to }: SyntaxNode, inner: SyntaxNode): boolean {
  return from <= inner.from && inner.to <= to;
}

/** Offsets of a selector and of the subqueries around it are added. A fixed time ends them. */
function together(modifiers: readonly string[]): string {
  if (modifiers.length <= 1) return modifiers.join("");
  const fixed = modifiers.findIndex((one) => one.trimStart().startsWith("@"));
  const at = fixed < 0 ? "" : (modifiers[fixed] ?? "");
  const offsets = fixed < 0 ? modifiers : modifiers.slice(0, fixed);
  const sum = offsets.reduce<number>((total, one) => {
    const [, sign = "", text] = /^\s*offset\s*(-?)\s*(.*)$/i.exec(one) ?? [];
    return total + durationOf(text) * (sign === "-" ? -1 : 1);
  }, 0);
  return sum === 0 ? at : `${at} offset ${sum}ms`;
}

function durationOf(text: string | undefined): number {
  return parseDuration(text?.trim() ?? "") ?? 0;
}
