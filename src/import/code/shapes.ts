import {
  call,
  objectOf,
  type Chain,
  type Constant,
  type Expression,
  type Imported,
  type ObjectExpression,
  type Parameter,
  type Step,
} from "./expression.ts";
import { print } from "./print.ts";

/** A part of a builder or an object that several of them can have in common. */
export interface Part {
  /** The same for parts that set the same thing. */
  readonly key: string;
  /** Equal for parts that mean the same. */
  readonly text: string;
  /** About how many lines of code it needs. */
  readonly lines: number;
  /** How a parameter of a function can set it. */
  readonly param?: { readonly name: string; readonly of: Parameter["of"]; readonly value: Expression };
}

/** An expression that consists of parts, so that a function can contain some of them. */
export interface Shape {
  /** Only shapes of the same group can share a function. */
  readonly group: string;
  /** Parts that are set once, by their keys. */
  readonly parts: ReadonlyMap<string, Part>;
  /** The keys of parts that only the function can set. */
  readonly needed: readonly string[];
  /** A name for the function. */
  readonly name: string;
  /** The same expression with these parts only, in which parameters replace some of them. */
  only(keys: ReadonlySet<string>, params: ReadonlyMap<string, Parameter>): Expression;
  /** The expression without these parts, which the result of a function has. */
  after(start: Expression, keys: ReadonlySet<string>): Expression;
}

const texts = new WeakMap<Expression, string>();

/** Equal for expressions with the same value. Different constants can have the same suggested name. */
function textOf(expression: Expression): string {
  const known = texts.get(expression);
  if (known !== undefined) return known;
  const text = print(expression, {
    imported: ({ from, name }) => `${from}#${name}`,
    constant: ({ value }) => textOf(value),
  });
  texts.set(expression, text);
  return text;
}

const NAMES = { imported: ({ name }: Imported) => name, constant: ({ name }: Constant) => name };
const lengths = new WeakMap<Expression, number>();

/** How long an expression is in the code, in which constants have names. */
export function printedLengthOf(expression: Expression): number {
  const known = lengths.get(expression) ?? print(expression, NAMES).length;
  lengths.set(expression, known);
  return known;
}

const shapes = new WeakMap<Expression, { readonly shape: Shape | undefined }>();

/** The shape of a builder, or of a call with one object whose function can have a name. */
export function shapeOf(expression: Expression): Shape | undefined {
  if (expression.type !== "chain" && expression.type !== "call") return undefined;
  const known = shapes.get(expression) ?? { shape: newShape(expression) };
  shapes.set(expression, known);
  return known.shape;
}

function newShape(expression: Expression): Shape | undefined {
  if (expression.type === "chain") return chainShape(expression);
  // The type of a call without a name depends on where it is.
  if (expression.type !== "call" || expression.of.type !== "imported" || expression.shared === undefined)
    return undefined;
  const [object] = expression.args;
  const isPlain = object?.type === "object" && !object.spread;
  return isPlain ? objectShape(expression.of, object, expression.shared) : undefined;
}

/** Several short properties of an object are in one line. */
const PROPERTY_LINES = 1 / 2;
const WIDTH = 100;
/** A formatter breaks more calls into lines. */
const CALLS_IN_A_LINE = 2;

function chainShape(chain: Chain): Shape | undefined {
  const { start, steps, rest, tools } = chain;
  if (start.type !== "new") return undefined;
  const all: Part[] = [
    ...start.args.map((arg, index): Part => {
      const name = chain.takes?.[index]?.split(".").at(-1);
      return { key: `new ${index}`, text: textOf(arg), lines: 0, ...(name ? parameter(name, arg) : {}) };
    }),
    ...steps.map(stepPart),
    ...(rest ? leavesOf(rest) : []).map(({ path, value }): Part => {
      const lines = Math.max(PROPERTY_LINES, printedLengthOf(value) / WIDTH);
      return { key: leafKey(path), text: textOf(value), lines };
    }),
  ];
  const isOneLine = steps.length <= CALLS_IN_A_LINE && printedLengthOf(chain) < WIDTH;
  const once = partsOnce(isOneLine ? all.map((part) => ({ ...part, lines: 0 })) : all);
  const keyOf = ({ method }: Step) => `.${method}`;
  return {
    group: textOf(start.of),
    parts: once,
    needed: start.args.map((_, index) => `new ${index}`),
    name: functionName(start.of),
    only(keys, params) {
      const args = start.args.map((arg, index) => params.get(`new ${index}`) ?? arg);
      const own = steps.filter((step) => keys.has(keyOf(step)));
      const withParams = own.map((step) => ({ ...step, args: argsOf(step, params.get(keyOf(step))) }));
      return chainOf({ ...chain, start: { ...start, args }, steps: withParams }, rest, (path) =>
        keys.has(leafKey(path)),
      );
    },
    after(from, keys) {
      const left = steps.filter((step) => !keys.has(keyOf(step)));
      const made = chainOf({ ...chain, start: from, steps: left }, rest, (path) => !keys.has(leafKey(path)));
      return made.steps.length === 0 && !made.rest ? from : made;
    },
  };

  function chainOf({ rest: _, ...others }: Chain, from: ObjectExpression | undefined, isKept: IsKept): Chain {
    const kept = from && filtered(from, isKept);
    return { ...others, tools, ...(kept ? { rest: kept } : {}) };
  }
}

function argsOf({ args }: Step, param: Parameter | undefined): readonly Expression[] {
  return param ? [param] : args;
}

function stepPart({ method, args }: Step): Part {
  const length = args.reduce((sum, arg) => sum + printedLengthOf(arg), 0);
  const [arg] = args;
  const text = args.map(textOf).join(", ");
  const param = arg && args.length === 1 ? parameter(method, arg) : {};
  return { key: `.${method}`, text, lines: Math.max(1, length / (WIDTH * 0.8)), ...param };
}

/** A short value of a simple type can be a parameter. */
function parameter(name: string, value: Expression): Pick<Part, "param"> {
  if (value.type !== "value" || value.literal) return {};
  const of = typeof value.value;
  if (of !== "string" && of !== "number" && of !== "boolean") return {};
  return { param: { name, of, value } };
}

/** Parts that occur once. Several calls of a method add items to a list, whose order matters. */
function partsOnce(all: readonly Part[]): ReadonlyMap<string, Part> {
  const byKey = Map.groupBy(all, ({ key }) => key);
  return new Map(
    [...byKey].flatMap(([key, [first, ...others]]) => (first && others.length === 0 ? [[key, first]] : [])),
  );
}

function objectShape(of: Imported, object: ObjectExpression, name: string): Shape {
  const isOneLine = printedLengthOf(object) < WIDTH;
  const parts = object.entries.map(([key, value]): Part => {
    const lines = isOneLine ? 0 : Math.max(PROPERTY_LINES, printedLengthOf(value) / WIDTH);
    const isName = /^[a-z]\w*$/i.test(key);
    return { key, text: textOf(value), lines, ...(isName ? parameter(key, value) : {}) };
  });
  const entriesWith = (keys: ReadonlySet<string>, params: ReadonlyMap<string, Parameter>) =>
    object.entries.filter(([key]) => keys.has(key)).map(([key, value]) => [key, params.get(key) ?? value] as const);
  return {
    group: `${textOf(of)} ${object.entries.map(([key]) => key).join(" ")}`,
    parts: new Map(parts.map((part) => [part.key, part])),
    needed: parts.map(({ key }) => key),
    name,
    only: (keys, params) => call(of, { type: "object", entries: entriesWith(keys, params) }),
    after: (start) => start,
  };
}

type IsKept = (path: readonly string[]) => boolean;

function leavesOf(
  { entries }: ObjectExpression,
  path: readonly string[] = [],
): { path: string[]; value: Expression }[] {
  return entries.flatMap(([key, value]) => {
    const own = [...path, key];
    return value.type === "object" && !value.spread && value.entries.length > 0
      ? leavesOf(value, own)
      : [{ path: own, value }];
  });
}

function leafKey(path: readonly string[]): string {
  return JSON.stringify(path);
}

function filtered(
  { entries }: ObjectExpression,
  isKept: IsKept,
  path: readonly string[] = [],
): ObjectExpression | undefined {
  const kept = Object.fromEntries(
    entries.map(([key, value]): [string, Expression | undefined] => {
      const own = [...path, key];
      if (value.type === "object" && !value.spread && value.entries.length > 0)
        return [key, filtered(value, isKept, own)];
      return [key, isKept(own) ? value : undefined];
    }),
  );
  const object = objectOf(kept) as ObjectExpression;
  return object.entries.length === 0 ? undefined : object;
}

/** `timeseries` for `TimeseriesBuilder`, `query` for `DataqueryBuilder`. */
function functionName(of: Expression): string {
  const name = of.type === "imported" ? (of.as ?? of.name) : "builder";
  const word = name.replace(/(V2)?Builder$/, "").replace(/^Dataquery$/, "query");
  return `${word.slice(0, 1).toLowerCase()}${word.slice(1)}`;
}
