import { variablesIn, isBuiltIn, type VariableUse } from "./variables.ts";

// Grammars don't know Grafana's variables. They are replaced by values of the same length, so that offsets stay true.

export type Language = "promql" | "logql" | "traceql";

/** An expression without variables. */
export interface Substituted {
  readonly expr: string;
  /** The places of values whose type is unknown. */
  readonly unknown: readonly Span[];
  /** The places of all variables. */
  readonly variables: readonly Span[];
  /** The places of the variables outside of strings. */
  readonly bare: readonly Span[];
  /** Whether a variable may contain any part of an expression, so that a syntax error may come from its replacement. */
  readonly uncertain: boolean;
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Where a place of an expression is. */
interface Place {
  /** The quote of the string around it. */
  readonly quote: string;
  /** The brackets around it, the innermost last. A group of labels is `l`. */
  readonly brackets: string;
}

const QUOTED_FORMATS = new Set(["doublequote", "singlequote", "json", "sqlstring"]);
const NUMBERS = /^__(?:interval_ms|rate_interval_ms|range_s|range_ms|from|to)$/;
const DURATIONS = /^__(?:rate_interval|interval|range|auto)$/;

/** Replaces all variables of an expression by values that fit their places, and comments by spaces. */
export function substitute(text: string, language: Language): Substituted {
  const uses = variablesIn(text);
  if (uses.length === 0) return { expr: withoutComments(text), unknown: [], variables: [], bare: [], uncertain: false };
  const unknown: Span[] = [];
  const bare: Span[] = [];
  let [expr, at, uncertain] = ["", 0, false];
  const places = new Places(text, uses);
  for (const use of uses) {
    const place = places.at(use.from);
    const { value, certain, typed } = valueOf(text, use, place, language);
    if (place.quote === "") bare.push({ from: use.from, to: use.to });
    if (!certain) uncertain = true;
    if (!typed) unknown.push({ from: use.from, to: use.to });
    expr += text.slice(at, use.from) + value;
    at = use.to;
  }
  return { expr: withoutComments(expr + text.slice(at)), unknown, variables: uses, bare, uncertain };
}

function withoutComments(expr: string): string {
  return expr.replaceAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|#[^\n]*/g, (part) =>
    part.startsWith("#") ? " ".repeat(part.length) : part,
  );
}

interface Value {
  /** Of the same length as the variable. */
  readonly value: string;
  /** Whether the place shows what the variable contains. */
  readonly certain: boolean;
  /** Whether the value has the type that the variable has. */
  readonly typed: boolean;
}

function valueOf(text: string, { name, format, from, to }: VariableUse, place: Place, language: Language): Value {
  const length = to - from;
  const is = (value: string, certain = true, typed = true): Value => ({ value: value.padEnd(length), certain, typed });
  const digits = "1".padEnd(length, "0");
  if (place.quote !== "") return is("x".repeat(length));
  const before = text.slice(0, from).trimEnd();
  const after = text.slice(to).trimStart();
  const touchesBefore = /[\w:]$/.test(text.slice(0, from));
  const touchesAfter = /^[\w:]/.test(text.slice(to));
  const isBracketed = place.brackets.endsWith("[");
  if (isBracketed || DURATIONS.test(name) || /\b(?:offset|step)\s*=?$/.test(before)) {
    // `${n}m`, `5$unit` or `5m`
    if (touchesAfter) return is(digits);
    if (/\d$/.test(text.slice(0, from))) return is("m");
    return NUMBERS.test(name) && !isBracketed ? is(digits) : is(`${digits.slice(1)}s`);
  }
  if (NUMBERS.test(name) || /\d\.$/.test(text.slice(0, from))) return is(digits);
  if (QUOTED_FORMATS.has(format)) return is(`"${"x".repeat(length - 2)}"`);
  const word = "x".repeat(length);
  if (touchesBefore || touchesAfter || text[to] === "$" || text.startsWith("[[", to))
    return is(
      /\d$/.test(before) || (language === "logql" && /^[a-z]/.test(text.slice(to))) ? digits : word,
      true,
      false,
    );
  if (place.brackets.endsWith("l")) return is(word);
  if (place.brackets.endsWith("{") && language !== "traceql") return inSelector(before, after, length);
  if (language === "traceql") return is(digits, false, false);
  // A function or an aggregation.
  if (/^(?:\(|by\b|without\b)/.test(after)) return is(length >= 3 ? "sum" : word, false, false);
  if (/^[[{]/.test(after)) return is(word, true, false);
  const follows = /[\w)\]}"'`]$/.test(before) && !/\b(?:by|without|on|ignoring|and|or|unless|bool)$/i.test(before);
  if (follows) {
    const precedes = /^[\w({$"'`]/.test(after);
    if (language === "logql" && !precedes) return is(" ", false, false);
    return is(precedes ? "+" : " ", false, false);
  }
  if (language === "logql")
    return is(before === "" || before.endsWith("(") ? digits : digits, /[<>=]$/.test(before), false);
  return is(word, !isBuiltIn(name), false);
}

/** A variable in `{…}`: a label, or a list of matchers. */
function inSelector(before: string, after: string, length: number): Value {
  const is = (value: string, certain: boolean): Value => ({ value: value.padEnd(length), certain, typed: true });
  if (/[=~]$/.test(before)) return is("x".repeat(length), false);
  if (/^(?:=|!)/.test(after)) return is("x".repeat(length), true);
  return is(length >= 4 ? 'x=""' : "", length >= 4);
}

/** Finds the quotes and brackets around the variables of an expression, from left to right. */
class Places {
  readonly #text: string;
  readonly #skipped: ReadonlyMap<number, number>;
  #at = 0;
  #quote = "";
  #brackets = "";

  constructor(text: string, uses: readonly VariableUse[]) {
    this.#text = text;
    this.#skipped = new Map(uses.map(({ from, to }) => [from, to]));
  }

  at(offset: number): Place {
    while (this.#at < offset) {
      // The brackets of `[[name]]` and `${name}` are not those of the expression.
      const end = this.#skipped.get(this.#at);
      if (end === undefined) this.#step(this.#text[this.#at] ?? "");
      else this.#at = end;
    }
    return { quote: this.#quote, brackets: this.#brackets };
  }

  #step(character: string): void {
    const start = this.#at++;
    if (this.#quote === "#") {
      if (character === "\n") this.#quote = "";
    } else if (this.#quote !== "") {
      if (character === "\\" && this.#quote !== "`" && !this.#skipped.has(this.#at)) this.#at++;
      else if (character === this.#quote) this.#quote = "";
    } else if (/["'`#]/.test(character)) this.#quote = character;
    else if (character === "(") this.#brackets += isOfLabels(this.#text.slice(0, start)) ? "l" : "(";
    else if (character === "[" || character === "{") this.#brackets += character;
    else if (/[)\]}]/.test(character)) this.#brackets = this.#brackets.slice(0, -1);
  }
}

function isOfLabels(before: string): boolean {
  return /\b(?:by|without|on|ignoring|group_left|group_right)\s*$/i.test(before);
}
