import { BINARY, FUNCTIONS } from "./operations.ts";

/** A parsed math expression. */
export type MathNode =
  | { readonly type: "number"; readonly value: number | undefined }
  | { readonly type: "input"; readonly name: string }
  | { readonly type: "unary"; readonly operator: "!" | "-"; readonly operand: MathNode }
  | { readonly type: "binary"; readonly operator: string; readonly left: MathNode; readonly right: MathNode }
  | { readonly type: "call"; readonly name: string; readonly argument: MathNode };

const TOKEN =
  /\s*(?:(?<input>\$\{[\p{L}\p{Nd}_\s]+\}|\$[\p{L}\p{Nd}_]+)|(?<number>0[xX][\da-fA-F]*|(?:\d+\.?\d*|\.\d*)(?:[eE][-+]?\d*)?)|(?<name>\p{L}[\p{L}_]*)|(?<symbol>[!<>=&|+\-*/%]+|[(),]))/uy;
const NUMBER = /^(?:0[xX][\da-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)$/;

/** Binary operators that bind equally, the weakest first. All of them group from the left, even `**`. */
const LEVELS = [["||"], ["&&"], ["==", "!=", ">", ">=", "<", "<="], ["+", "-"], ["*", "/", "%"], ["**"]];

const CONSTANTS: Readonly<Record<string, number | undefined>> = {
  nan: Number.NaN,
  inf: Infinity,
  infn: -Infinity,
  null: undefined,
};

interface Token {
  readonly kind: "input" | "number" | "name" | "symbol";
  readonly text: string;
}

/** Parses a math expression of Grafana. Calls `fail` if Grafana would reject it. */
export function parseMath(text: string, fail: (message: string) => never): MathNode {
  const tokens = tokensOf(text, fail);
  let next = 0;
  const shown = () => tokens[next]?.text ?? "the end";
  const take = (symbol: string): boolean => {
    const isNext = tokens[next]?.kind === "symbol" && tokens[next]?.text === symbol;
    if (isNext) next += 1;
    return isNext;
  };
  const expected = (symbol: string) => {
    if (!take(symbol)) fail(`expected ${symbol} before ${shown()}`);
  };
  const binary = (level: number): MathNode => {
    const operators = LEVELS[level];
    if (!operators) return operand();
    let left = binary(level + 1);
    for (;;) {
      const operator = operators.find(take);
      if (operator === undefined) return left;
      left = { type: "binary", operator, left, right: binary(level + 1) };
    }
  };
  const operand = (): MathNode => {
    if (take("!")) return { type: "unary", operator: "!", operand: operand() };
    if (take("-")) return { type: "unary", operator: "-", operand: operand() };
    if (take("(")) {
      const inner = binary(0);
      expected(")");
      return inner;
    }
    const { kind, text } = tokens[next] ?? { kind: "symbol", text: "" };
    if (kind === "symbol") fail(`unexpected ${shown()}`);
    next += 1;
    if (kind === "number") return { type: "number", value: numberOf(text, fail) };
    return kind === "input" ? { type: "input", name: text.replace(/^\$\{?|\}$/g, "") } : call(text);
  };
  const call = (name: string): MathNode => {
    expected("(");
    if (Object.hasOwn(CONSTANTS, name)) {
      expected(")");
      return { type: "number", value: CONSTANTS[name] };
    }
    if (!Object.hasOwn(FUNCTIONS, name)) fail(`${name} is not a function of Grafana`);
    const argument = binary(0);
    expected(")");
    return { type: "call", name, argument };
  };
  const root = binary(0);
  if (next < tokens.length) fail(`unexpected ${shown()}`);
  return root;
}

/** The names of the queries and expressions that a math expression uses. */
export function mathInputs(node: MathNode): string[] {
  if (node.type === "input") return [node.name];
  if (node.type === "unary") return mathInputs(node.operand);
  if (node.type === "call") return mathInputs(node.argument);
  return node.type === "binary" ? [...new Set([...mathInputs(node.left), ...mathInputs(node.right)])] : [];
}

function tokensOf(text: string, fail: (message: string) => never): Token[] {
  const source = text.trimEnd();
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  for (let end = 0; end < source.length; end = TOKEN.lastIndex) {
    const { input, number, name, symbol } = TOKEN.exec(source)?.groups ?? {};
    if (input !== undefined) tokens.push({ kind: "input", text: input });
    else if (number !== undefined) tokens.push({ kind: "number", text: number });
    else if (name !== undefined) tokens.push({ kind: "name", text: name });
    else if (symbol !== undefined) {
      // Grafana reads all symbols without a space between them as one operator.
      if (!Object.hasOwn(BINARY, symbol) && !["!", "(", ")"].includes(symbol))
        fail(
          symbol.length > 1
            ? `${symbol} is not an operator; add spaces between operators and signs`
            : `unexpected ${symbol}`,
        );
      tokens.push({ kind: "symbol", text: symbol });
    } else fail(`unexpected ${source.slice(end).trim()}`);
  }
  return tokens;
}

/** A zero at the start means octal digits, if all of them are. */
function numberOf(text: string, fail: (message: string) => never): number {
  const value = /^0[0-7]+$/.test(text) ? Number.parseInt(text, 8) : Number(text);
  return NUMBER.test(text) && Number.isFinite(value) ? value : fail(`${text} is not a number`);
}
