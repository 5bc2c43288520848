/** A part of a template between `{{` and `}}`. */
export interface TemplateToken {
  readonly kind: "identifier" | "field" | "dot" | "variable" | "constant" | "string" | "sign";
  readonly text: string;
  /** Whether white space precedes it, which separates operands. */
  readonly apart: boolean;
  readonly line: number;
}

export type TemplatePart =
  | { readonly kind: "text"; readonly blank: boolean }
  | { readonly kind: "action"; readonly tokens: readonly TemplateToken[]; readonly line: number };

/** A syntax error in a template. */
export class TemplateSyntaxError extends Error {
  override readonly name = "TemplateSyntaxError";

  constructor(line: number, reason: string) {
    super(`template: :${line}: ${reason}`);
  }
}

const tokenPattern = new RegExp(
  [
    /(?<string>"(?:\\.|[^"\\\n])*"|`[^`]*`)/,
    /(?<constant>'(?:\\.|[^'\\\n])+'|[+-]?(?:0[xX][\da-fA-F_]+|\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+)i?(?![\w.]))/,
    /(?<variable>\$\w*)/,
    /(?<field>\.[\p{L}_][\p{L}\p{N}_]*)/u,
    /(?<dot>\.)/,
    /(?<identifier>[\p{L}_][\p{L}\p{N}_]*)/u,
    /(?<sign>:=|[=|,()])/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "uy",
);

/** Splits a template into text and actions. */
export function splitTemplate(source: string): TemplatePart[] {
  const parts: TemplatePart[] = [];
  let position = 0;
  for (;;) {
    const start = source.indexOf("{{", position);
    const text = source.slice(position, start < 0 ? undefined : start);
    if (text !== "") parts.push({ kind: "text", blank: text.trim() === "" });
    if (start < 0) return parts;
    const inner = /^\{\{- ?/.test(source.slice(start, start + 4)) && /^\s/.test(source[start + 3] ?? "") ? 3 : 2;
    position = readAction(source, start + inner, parts);
  }
}

export function lineAt(source: string, position: number): number {
  return source.slice(0, position).split("\n").length;
}

function readAction(source: string, start: number, parts: TemplatePart[]): number {
  const comment = /^\s*\/\*/.exec(source.slice(start));
  // White space before a comment is valid only after a trim marker.
  if (comment !== null && (comment[0].length === 2 || source[start - 1] === "-")) {
    return readComment(source, start + comment[0].length);
  }
  const tokens: TemplateToken[] = [];
  const line = lineAt(source, start);
  let position = start;
  for (;;) {
    const [blanks = ""] = /^\s*/.exec(source.slice(position)) ?? [];
    const at = position + blanks.length;
    const rest = source.slice(at, at + 3);
    if (rest.startsWith("}}") || (blanks !== "" && rest === "-}}")) {
      parts.push({ kind: "action", tokens, line });
      return at + (rest.startsWith("}}") ? 2 : 3);
    }
    if (at >= source.length) throw new TemplateSyntaxError(lineAt(source, at), "unclosed action");
    const token = readToken(source, at, blanks !== "");
    tokens.push(token);
    position = at + token.text.length;
  }
}

function readComment(source: string, start: number): number {
  const line = lineAt(source, start);
  const end = source.indexOf("*/", start);
  if (end < 0) throw new TemplateSyntaxError(line, "unclosed comment");
  const [close] = /^(\s+-)?\}\}/.exec(source.slice(end + 2)) ?? [];
  if (close === undefined) throw new TemplateSyntaxError(line, "comment ends before closing delimiter");
  return end + 2 + close.length;
}

function readToken(source: string, position: number, apart: boolean): TemplateToken {
  tokenPattern.lastIndex = position;
  const groups = tokenPattern.exec(source)?.groups ?? {};
  const line = lineAt(source, position);
  for (const kind of ["string", "constant", "variable", "field", "dot", "identifier", "sign"] as const) {
    const text = groups[kind];
    if (text !== undefined) return { kind, text, apart, line };
  }
  const character = source[position] ?? "";
  if (/["'`]/.test(character)) throw new TemplateSyntaxError(line, "unterminated quoted string");
  if (/[\d+-]/.test(character)) throw new TemplateSyntaxError(line, "bad number syntax");
  throw new TemplateSyntaxError(line, `unexpected "${character}" in operand`);
}
