import { fail, unsupported } from "./template-error.ts";

export type TokenType =
  | "text"
  | "left"
  | "right"
  | "space"
  | "assign"
  | "declare"
  | "pipe"
  | "string"
  | "char"
  | "number"
  | "variable"
  | "field"
  | "dot"
  | "identifier"
  | "bool"
  | "nil"
  | "keyword"
  | "("
  | ")"
  | "comma"
  | "end";

export interface Token {
  readonly type: TokenType;
  readonly text: string;
  readonly line: number;
}

const KEYWORDS = new Set(["block", "break", "continue", "define", "else", "end", "if", "range", "template", "with"]);

const RIGHT = /(?:[ \t\r\n]-)?\}\}/y;
const COMMENT = /(?:-[ \t\r\n])?\/\*/y;
const SPACE = /[ \t\r\n]+/y;
const WORD = /[\p{L}\p{Nd}_]+/uy;
const NUMBER =
  /[+-]?(?:0[xX][\da-fA-F_]*(?:\.[\da-fA-F_]*)?(?:[pP][+-]?[\d_]*)?|0[oO][0-7_]*|0[bB][01_]*|[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?[\d_]*)?)i?/y;
const QUOTED = /"(?:[^"\\\n]|\\[^\n])*"/y;
const RAW = /`[^`]*`/y;
const CHAR = /'(?:[^'\\\n]|\\[^\n])*'/y;

/** Splits a template into tokens, as Go does. */
export function tokensOf(input: string): Token[] {
  return new Lexer(input).all();
}

class Lexer {
  readonly #input: string;
  readonly #tokens: Token[] = [];
  #at = 0;

  constructor(input: string) {
    this.#input = input;
  }

  all(): Token[] {
    while (this.#at < this.#input.length) this.#text();
    this.#add("end", "");
    return this.#tokens;
  }

  #text(): void {
    const found = this.#input.indexOf("{{", this.#at);
    const end = found < 0 ? this.#input.length : found;
    const text = this.#input.slice(this.#at, end);
    const isTrimmed = found >= 0 && /^-[ \t\r\n]/.test(this.#input.slice(found + 2, found + 4));
    const kept = isTrimmed ? text.replace(/[ \t\r\n]+$/, "") : text;
    if (kept !== "") this.#add("text", kept);
    this.#at = end;
    if (found < 0) return;
    this.#at += 2;
    if (this.#match(COMMENT) !== undefined) return this.#comment();
    this.#add("left", "{{");
    if (isTrimmed) this.#at += 2;
    this.#action();
  }

  #comment(): void {
    const end = this.#input.indexOf("*/", this.#at);
    if (end < 0) fail(`the comment in line ${this.#line()} is not closed`);
    this.#at = end + 2;
    const right = this.#match(RIGHT);
    if (right === undefined) fail(`the comment in line ${this.#line()} ends before the closing braces`);
    this.#trimLeft(right);
  }

  /** Skips the spaces after `-}}`. */
  #trimLeft(right: string): void {
    if (right.length > 2) this.#match(SPACE);
  }

  #action(): void {
    for (let depth = 0; ;) {
      const right = this.#match(RIGHT);
      if (right !== undefined) {
        if (depth > 0) fail(`a parenthesis in line ${this.#line()} is not closed`);
        this.#add("right", "}}");
        return this.#trimLeft(right);
      }
      if (this.#at >= this.#input.length) fail("an action is not closed: }} is missing");
      depth += this.#insideAction();
      if (depth < 0) fail(`there is an unexpected ) in line ${this.#line()}`);
    }
  }

  /** Reads a token, and returns the change of the depth of parentheses. */
  #insideAction(): number {
    const char = this.#input[this.#at] ?? "";
    if (/[ \t\r\n]/.test(char)) return this.#space();
    if (char === "(" || char === ")") {
      this.#take(char, 1);
      return char === "(" ? 1 : -1;
    }
    const next = this.#input[this.#at + 1] ?? "";
    if (char === "=") this.#take("assign", 1);
    else if (char === ":") {
      if (next !== "=") fail(`line ${this.#line()} has : without =`);
      this.#take("declare", 2);
    } else if (char === "|") this.#take("pipe", 1);
    else if (char === ",") this.#take("comma", 1);
    else if (char === '"') this.#quoted("string", QUOTED);
    else if (char === "`") this.#quoted("string", RAW);
    else if (char === "'") this.#quoted("char", CHAR);
    else if (char === "$") this.#fieldOrVariable("variable");
    else if (char === "." && !/\d/.test(next)) this.#fieldOrVariable("field");
    else if (/[.+\-\d]/.test(char)) this.#number();
    else this.#word();
    return 0;
  }

  #space(): number {
    const run = this.#match(SPACE) ?? "";
    // The last space can belong to ` -}}`.
    if (this.#input.startsWith("-}}", this.#at)) this.#at -= 1;
    if (run.length > 1 || !this.#isAtRight()) this.#add("space", run);
    return 0;
  }

  #isAtRight(): boolean {
    RIGHT.lastIndex = this.#at;
    return RIGHT.test(this.#input);
  }

  #quoted(type: TokenType, pattern: RegExp): void {
    const text = this.#match(pattern);
    if (text === undefined) fail(`a quote in line ${this.#line()} is not closed`);
    this.#add(type, text);
  }

  #fieldOrVariable(type: "field" | "variable"): void {
    const start = this.#at;
    this.#at += 1;
    const word = this.#match(WORD) ?? "";
    this.#terminated();
    this.#add(type === "field" && word === "" ? "dot" : type, this.#input.slice(start, this.#at));
  }

  #number(): void {
    const text = this.#match(NUMBER) ?? "";
    const rest = this.#input.slice(this.#at);
    if (/^[+-]/.test(rest) || text.endsWith("i")) unsupported("a complex number");
    if (/^[\p{L}\p{Nd}_]/u.test(rest)) fail(`line ${this.#line()} has an invalid number: ${text}${rest.slice(0, 1)}`);
    this.#add("number", text);
  }

  #word(): void {
    const word = this.#match(WORD);
    if (word === undefined) fail(`line ${this.#line()} has an unexpected ${this.#input[this.#at]}`);
    this.#terminated();
    if (KEYWORDS.has(word)) this.#add("keyword", word);
    else if (word === "nil") this.#add("nil", word);
    else this.#add(word === "true" || word === "false" ? "bool" : "identifier", word);
  }

  /** Go requires a space or punctuation after names. */
  #terminated(): void {
    const rest = this.#input.slice(this.#at, this.#at + 2);
    if (rest !== "" && rest !== "}}" && !/^[ \t\r\n.,|:()]/.test(rest))
      fail(`line ${this.#line()} has an unexpected ${rest.slice(0, 1)}`);
  }

  #take(type: TokenType, length: number): void {
    this.#at += length;
    this.#add(type, this.#input.slice(this.#at - length, this.#at));
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [text] = pattern.exec(this.#input) ?? [];
    if (text !== undefined) this.#at += text.length;
    return text;
  }

  #add(type: TokenType, text: string): void {
    this.#tokens.push({ type, text, line: this.#line() });
  }

  #line(): number {
    let line = 1;
    for (let at = this.#input.indexOf("\n"); at >= 0 && at < this.#at; at = this.#input.indexOf("\n", at + 1)) line++;
    return line;
  }
}
