import { exponentOf, ownText, printed, shortestFloat } from "./print.ts";
import { fail, unsupported } from "./template-error.ts";
import { typeOf } from "./types.ts";
import { GoDuration, GoFloat, GoInt, GoPointer, GoText, type GoValue } from "./values.ts";

/** A verb with its flags: `%-10s`, `%05.2f`. */
interface Verb {
  readonly letter: string;
  readonly flags: string;
  readonly width: number | undefined;
  readonly precision: number | undefined;
}

const VERB = /%(?<flags>[-+# 0]*)(?<width>\*|\d+)?(?:\.(?<precision>\*|\d*))?(?<letter>[\s\S])?/gu;

/** `fmt.Sprintf`. A call whose verbs and arguments don't fit is an error, though Go prints a remark. */
export function sprintf(format: string, values: readonly GoValue[]): string {
  let used = 0;
  const next = (verb: string) => {
    if (used >= values.length) fail(`printf has no argument for ${verb}`);
    return values[used++];
  };
  const text = format.replaceAll(VERB, (all, ...rest) => {
    const groups = rest.at(-1) as Partial<Record<keyof Verb, string>>;
    const { flags = "", letter } = groups;
    if (letter === undefined) fail("printf ends with an incomplete verb");
    if (letter === "%") return "%";
    if (letter === "[") unsupported("an index of an argument in printf");
    const width = groups.width === "*" ? intOf(next(all)) : numberOf(groups.width);
    const precision = groups.precision === "*" ? intOf(next(all)) : numberOf(groups.precision, 0);
    return formatted({ letter, flags, width, precision }, next(all));
  });
  if (used < values.length) fail(`printf has ${values.length - used} arguments too many`);
  return text;
}

/** `empty`: what an empty text stands for. */
function numberOf(text: string | undefined, empty?: number): number | undefined {
  return text === undefined ? undefined : text === "" ? empty : Number(text);
}

function intOf(value: GoValue): number {
  if (!(value instanceof GoInt)) return fail("printf requires a number for *");
  if (value.value < 0n) unsupported("a negative width in printf");
  return Number(value.value);
}

function formatted(verb: Verb, value: GoValue): string {
  if (verb.flags.includes("#")) unsupported(`%#${verb.letter} in printf`);
  const { letter } = verb;
  if (letter === "T") return padded(typeOf(value), verb);
  if (letter === "t" && typeof value === "boolean") return padded(`${value}`, verb);
  if ((letter === "v" || letter === "s" || letter === "q") && value instanceof GoPointer)
    unsupported("a pointer in printf");
  if (letter === "v" || letter === "s") {
    if (letter === "v" && value instanceof GoFloat) return number(shortestFloat(value.value), verb);
    if (letter === "v" && value instanceof GoInt && value.text === undefined) return integer(value.value, verb, 10);
    return text(verb, value);
  }
  if (letter === "q") return padded(quoted(textIn(value, letter)), verb);
  if ("xX".includes(letter) && !isInteger(value)) return hexadecimal(verb, textIn(value, letter));
  if (isInteger(value)) return ofInteger(verb, value instanceof GoInt ? value.value : value.nanoseconds);
  if (value instanceof GoFloat) return number(float(verb, value.value), verb);
  return fail(`printf can't print a value of type ${typeOf(value)} with %${letter}`);
}

function isInteger(value: GoValue): value is GoInt | GoDuration {
  return value instanceof GoInt || value instanceof GoDuration;
}

function text(verb: Verb, value: GoValue): string {
  const isTextual = typeof value === "string" || value instanceof GoText || ownText(value) !== undefined;
  if (verb.letter === "s" && !isTextual) {
    // Go prints a remark for each part that is not a text.
    if (typeOf(value) !== "[]string") fail(`printf can't print a value of type ${typeOf(value)} with %s`);
  }
  if (verb.flags.includes("+") && !isTextual) unsupported("%+v in printf");
  if (!isTextual && (verb.width !== undefined || verb.precision !== undefined))
    unsupported("a width for a value with several parts");
  const all = printed(value);
  return padded(verb.precision === undefined ? all : Array.from(all).slice(0, verb.precision).join(""), verb);
}

function textIn(value: GoValue, letter: string): string {
  const own = typeof value === "string" ? value : value instanceof GoText ? value.value : ownText(value);
  if (own === undefined) {
    if (value instanceof GoInt || value instanceof GoFloat) unsupported(`a number for %${letter} in printf`);
    return unsupported(`a value of type ${typeOf(value)} for %${letter} in printf`);
  }
  return own;
}

function ofInteger(verb: Verb, value: bigint): string {
  switch (verb.letter) {
    case "d":
      return integer(value, verb, 10);
    case "b":
      return integer(value, verb, 2);
    case "o":
      return integer(value, verb, 8);
    case "x":
      return integer(value, verb, 16);
    case "X":
      return integer(value, verb, 16).toUpperCase();
    case "c":
      return padded(String.fromCodePoint(Number(value)), verb);
    default:
      return fail(`printf can't print a number with %${verb.letter}`);
  }
}

function integer(value: bigint, verb: Verb, base: number): string {
  if (verb.precision !== undefined) unsupported("a precision for a number in printf");
  return number(value.toString(base), verb);
}

/** With its sign, and zeros up to the width. */
function number(shown: string, verb: Verb): string {
  const { flags, width = 0 } = verb;
  const isFinite = /\d/.test(shown);
  const digits = shown.replace(/^[-+]/, "");
  const hasSign = shown.startsWith("+") || flags.includes("+");
  const sign = shown.startsWith("-")
    ? "-"
    : hasSign && (flags.includes("+") || !isFinite)
      ? "+"
      : flags.includes(" ")
        ? " "
        : "";
  if (flags.includes("0") && !flags.includes("-") && isFinite)
    return `${sign}${digits.padStart(width - sign.length, "0")}`;
  return padded(`${sign}${digits}`, { ...verb, flags: flags.replaceAll("0", "") });
}

function float({ letter, precision }: Verb, value: number): string {
  if (!Number.isFinite(value)) return shortestFloat(value);
  switch (letter) {
    case "f":
    case "F":
      // JavaScript uses an exponent for larger numbers.
      if (Math.abs(value) >= 1e21) unsupported("a number of this size for %f in printf");
      return fixed(value, precision ?? 6);
    case "e":
      return exponential(value, precision ?? 6);
    case "E":
      return exponential(value, precision ?? 6).toUpperCase();
    case "g":
      return precision === undefined ? shortestFloat(value) : general(value, precision);
    case "G":
      return (precision === undefined ? shortestFloat(value) : general(value, precision)).toUpperCase();
    default:
      return fail(`printf can't print a number with %${letter}`);
  }
}

function fixed(value: number, precision: number): string {
  const shown = halfEven(Math.abs(value), precision, (size, digits) => size.toFixed(digits));
  return `${isNegative(value) ? "-" : ""}${shown}`;
}

function exponential(value: number, precision: number): string {
  const mantissa = (size: number, digits: number) => size.toExponential(digits).split("e")[0] ?? "";
  const [, exponent = "0"] = value.toExponential(precision).split("e");
  const digits = halfEven(Math.abs(value), precision, mantissa);
  return `${isNegative(value) ? "-" : ""}${digits}e${exponentOf(Number(exponent))}`;
}

function isNegative(value: number): boolean {
  return value < 0 || Object.is(value, -0);
}

/** Go rounds a number between two others to the even one, but JavaScript to the larger one. */
function halfEven(size: number, precision: number, show: (size: number, digits: number) => string): string {
  if (precision > 50) unsupported("a precision above 50 in printf");
  const more = 50;
  const long = show(size, precision + more);
  const [kept, dropped] = [long.slice(0, -more), long.slice(-more)];
  const lower = kept.replace(/\.$/, "");
  return /^50*$/.test(dropped) && Number(lower.at(-1)) % 2 === 0 ? lower : show(size, precision);
}

function general(value: number, precision: number): string {
  const digits = precision === 0 ? 1 : precision;
  const power = Number(value.toExponential(digits - 1).split("e")[1] ?? "0");
  const isLarge = power < -4 || power >= Math.max(digits, 1);
  const shown = isLarge ? exponential(value, digits - 1) : fixed(value, Math.max(0, digits - 1 - power));
  const [mantissa = "", exponent] = shown.split("e");
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  return exponent === undefined ? short : `${short}e${exponent}`;
}

function hexadecimal(verb: Verb, value: string): string {
  if (verb.flags.includes(" ") || verb.precision !== undefined) unsupported("flags for %x of a text in printf");
  const bytes = Buffer.from(value).toString("hex");
  return padded(verb.letter === "X" ? bytes.toUpperCase() : bytes, verb);
}

function padded(shown: string, { flags, width = 0 }: Verb): string {
  const missing = Math.max(0, width - Array.from(shown).length);
  if (flags.includes("-")) return `${shown}${" ".repeat(missing)}`;
  return `${(flags.includes("0") ? "0" : " ").repeat(missing)}${shown}`;
}

/** A text in quotes, with Go's escape sequences. */
export function quoted(value: string): string {
  const inside = Array.from(value).map((char) => {
    const code = char.codePointAt(0) ?? 0;
    const short = SHORT[char];
    if (short !== undefined) return short;
    if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, "0")}`;
    if (code < 0x7f || /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(char)) return char;
    if (code < 0x1_0000) return `\\u${code.toString(16).padStart(4, "0")}`;
    return `\\U${code.toString(16).padStart(8, "0")}`;
  });
  return `"${inside.join("")}"`;
}

const SHORT: Readonly<Record<string, string>> = {
  "\x07": "\\a",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\v": "\\v",
  '"': '\\"',
  "\\": "\\\\",
};
