import { unknownEscapes, unquoted } from "../util/go-string.ts";
import type { NumberLiteral } from "./nodes.ts";
import { fail, unsupported } from "./template-error.ts";

/** Bytes that alone may be a part of a character. */
const BYTE_ESCAPE = /(?<!\\)(?:\\\\)*\\(?:x[89a-fA-F]|[2-7])/;

/** The value of a string or of a character between quotes. */
export function textOfLiteral(literal: string): string {
  // Go drops carriage returns of raw strings.
  if (literal.startsWith("`")) return literal.slice(1, -1).replaceAll("\r", "");
  const [unknown] = unknownEscapes(literal);
  if (unknown) fail(`${unknown.text} is not an escape sequence of Go`);
  if (BYTE_ESCAPE.test(literal)) unsupported(`a byte above 0x7f in ${literal}`);
  return unquoted(literal);
}

const INTEGER = /^([+-]?)(?:0[xX]((?:_?[\da-fA-F])+)|0[bB]((?:_?[01])+)|0[oO]?((?:_?[0-7])*)|([1-9](?:_?\d)*))$/;
const FLOAT = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

export function numberOf(text: string): NumberLiteral {
  const isFloat = /[.eEpP]/.test(text) && !/^[+-]?0[xX][^pP]*$/.test(text);
  const int = integerOf(text);
  if (int !== undefined) {
    if (int >= 2n ** 63n || int < -(2n ** 63n)) unsupported(`the number ${text}, which exceeds an int,`);
    return { type: "number", text, int, float: Number(int), isFloat: false };
  }
  if (/^[+-]?0[xX].*[pP]/.test(text)) unsupported(`the number ${text}`);
  if (!isFloat || !FLOAT.test(text)) fail(`${text} is not a valid number`);
  const float = Number(text);
  if (!Number.isFinite(float)) fail(`${text} is not a valid number`);
  return { type: "number", text, float, isFloat, ...(Number.isSafeInteger(float) ? { int: BigInt(float) } : {}) };
}

export function characterOf(literal: string): NumberLiteral {
  const [character = "", another] = textOfLiteral(literal);
  if (character === "" || another !== undefined) fail(`${literal} is not one character`);
  const code = character.codePointAt(0) ?? 0;
  return { type: "number", text: literal, int: BigInt(code), float: code, isFloat: false };
}

/** Undefined: it is not an integer. */
function integerOf(text: string): bigint | undefined {
  const match = INTEGER.exec(text);
  if (!match) return undefined;
  const [, sign, hex, binary, octal, decimal] = match.map((part) => part?.replaceAll("_", ""));
  const value =
    hex !== undefined
      ? BigInt(`0x${hex}`)
      : binary !== undefined
        ? BigInt(`0b${binary}`)
        : octal !== undefined
          ? BigInt(`0o${octal || "0"}`)
          : BigInt(decimal ?? "0");
  return sign === "-" ? -value : value;
}
