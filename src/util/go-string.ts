/** What the letters of Go's escape sequences stand for. */
export const ESCAPED_LETTERS: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
};

const ESCAPE =
  /\\(?:x(?<x>[\da-fA-F]{2})|u(?<u>[\da-fA-F]{4})|U(?<U>[\da-fA-F]{8})|(?<octal>[0-7]{3})|(?<letter>[abfnrtv\\])|(?<other>[\s\S]))/g;

/** A part of a literal that is no escape sequence of Go. */
export interface UnknownEscape {
  readonly index: number;
  readonly text: string;
}

/** The escape sequences in a string literal of Go that Go rejects. A quote can be escaped in its own kind of literal only. */
export function unknownEscapes(literal: string): UnknownEscape[] {
  if (literal.startsWith("`")) return [];
  return [...literal.matchAll(ESCAPE)].flatMap(({ 0: text, index, groups }) => {
    const other = groups?.["other"];
    return other === undefined || (/["']/.test(other) && other === literal[0]) ? [] : [{ index, text }];
  });
}

/** The value of a string literal of Go. An unknown escape sequence stands for its last character. */
export function unquoted(literal: string): string {
  const content = literal.slice(1, -1);
  if (literal.startsWith("`")) return content;
  return content.replaceAll(ESCAPE, (_all, ...[x, u, U, octal, letter, other]: (string | undefined)[]) => {
    const hex = x ?? u ?? U;
    if (hex !== undefined) return characterOf(Number.parseInt(hex, 16));
    if (octal !== undefined) return characterOf(Number.parseInt(octal, 8));
    return ESCAPED_LETTERS[letter ?? ""] ?? letter ?? other ?? "";
  });
}

function characterOf(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
}
