import { copyOf, isObject, toJson, type Json, type JsonObject } from "../../util/json.ts";

/**
 * An expression of the written code. It can be printed and evaluated, so that the tool compares what the code means with
 * the live object before it writes the code.
 */
export type Expression =
  | {
      readonly type: "value";
      readonly value: Json;
      /** Whether the code needs exactly this value, not any one of its type. */
      readonly literal?: true;
    }
  | { readonly type: "absent" }
  | { readonly type: "list"; readonly items: readonly Expression[] }
  | {
      readonly type: "object";
      /** An object whose properties come first. */
      readonly spread?: Expression;
      readonly entries: readonly (readonly [key: string, value: Expression])[];
    }
  | Imported
  | { readonly type: "property"; readonly of: Expression; readonly name: string }
  | { readonly type: "new"; readonly of: Expression; readonly args: readonly Expression[] }
  | {
      readonly type: "call";
      readonly of: Expression;
      readonly args: readonly Expression[];
      /** The name of a function for what several calls with one object have in common. Absent: they share none. */
      readonly shared?: string;
    }
  | { readonly type: "function"; readonly params: readonly Parameter[]; readonly body: Expression }
  | Parameter
  | Chain
  | Constant;

export type ObjectExpression = Expression & { readonly type: "object" };

/** A parameter of a function, by its identity. */
export interface Parameter {
  readonly type: "parameter";
  readonly name: string;
  readonly of: "string" | "number" | "boolean";
}

/** A call of a method. */
export interface Step {
  readonly method: string;
  readonly args: readonly Expression[];
}

/** A builder: `new Builder(...)` or a call that returns one, and the calls of its methods. */
export interface Chain {
  readonly type: "chain";
  readonly start: Expression;
  /** What the arguments of `new` set, such as `title`. */
  readonly takes?: readonly string[];
  readonly steps: readonly Step[];
  /** What is merged into the built object. `ABSENT` removes a property. */
  readonly rest?: ObjectExpression;
  readonly tools: ChainTools;
}

/** The functions that change what a builder builds. */
export interface ChainTools {
  /** `withProperties(builder, { ... })` */
  readonly merge: Imported;
  /** `without(builder, "path", ...)` */
  readonly remove: Imported;
}

/** A name that the file imports. */
export interface Imported {
  readonly type: "imported";
  /** A package, or the path of another written file, such as `datasources.ts`. */
  readonly from: string;
  readonly name: string;
  /** The name in the file, if it is free. Default: `name`. */
  readonly as?: string;
  /** Imported as `import * as name`. */
  readonly all?: true;
  readonly value: unknown;
}

/** A constant of the file. */
export interface Constant {
  readonly type: "constant";
  /** The name, if it is free. */
  readonly name: string;
  readonly value: Expression;
  /** The part of a long file that it belongs to, such as the title of a row. */
  readonly part?: string;
  /** What the builder in `value` builds, if it is known. */
  readonly built?: object;
}

export const ABSENT: Expression = { type: "absent" };

export function valueOf(value: Json): Expression {
  return { type: "value", value };
}

export function listOf(items: readonly Expression[]): Expression {
  return { type: "list", items };
}

/** An object without the entries that are undefined. */
export function objectOf(entries: Readonly<Record<string, Expression | undefined>>): Expression {
  return {
    type: "object",
    entries: Object.entries(entries).flatMap(([key, value]) => (value ? [[key, value] as const] : [])),
  };
}

export function call(of: Expression, ...args: Expression[]): Expression {
  return { type: "call", of, args };
}

export function property(of: Expression, name: string): Expression {
  return { type: "property", of, name };
}

type Values = ReadonlyMap<Parameter, unknown>;

const built = new WeakMap<Expression, JsonObject>();

/** What the builder in an expression without parameters builds. The result must not be changed. */
export function builtBy(expression: Expression): JsonObject {
  const known = built.get(expression);
  if (known) return known;
  const result = toJson((evaluate(expression) as { build(): unknown }).build()) as JsonObject;
  built.set(expression, result);
  return result;
}

/** A builder of a known result, which the caller may change. */
function builderOf(result: Json): { build(): Json } {
  return { build: () => copyOf(result) };
}

/** The value of an expression. Throws what its code throws. */
export function evaluate(expression: Expression, values: Values = new Map()): unknown {
  const valueOfPart = (one: Expression) => evaluate(one, values);
  switch (expression.type) {
    case "value":
      // A builder may keep and change an argument.
      return copyOf(expression.value);
    case "absent":
      return undefined;
    case "list":
      return expression.items.map(valueOfPart);
    case "object":
      return {
        ...(expression.spread ? Object(valueOfPart(expression.spread)) : {}),
        ...Object.fromEntries(expression.entries.map(([key, value]) => [key, valueOfPart(value)])),
      };
    case "imported":
      return expression.value;
    case "parameter":
      return values.get(expression);
    case "property":
      return Reflect.get(valueOfPart(expression.of) as object, expression.name);
    case "new":
      return Reflect.construct(valueOfPart(expression.of) as () => void, expression.args.map(valueOfPart));
    case "call": {
      const { of } = expression;
      const args = expression.args.map(valueOfPart);
      if (of.type !== "property") return (valueOfPart(of) as (...args: unknown[]) => unknown)(...args);
      const holder = valueOfPart(of.of) as object;
      return (Reflect.get(holder, of.name) as (...args: unknown[]) => unknown).apply(holder, args);
    }
    case "chain": {
      const known = built.get(expression);
      return known ? builderOf(known) : valueOfPart(plainCode(expression));
    }
    case "function": {
      const { params, body } = expression;
      return (...args: unknown[]) => evaluate(body, new Map(params.map((one, index) => [one, args[index]])));
    }
    default: {
      const { built: known, value } = expression;
      return known ? builderOf(known as Json) : evaluate(value);
    }
  }
}

/** The expressions that an expression directly consists of. */
export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.type) {
    case "list":
      return expression.items;
    case "object":
      return [...(expression.spread ? [expression.spread] : []), ...expression.entries.map(([, value]) => value)];
    case "property":
      return [expression.of];
    case "new":
    case "call":
      return [expression.of, ...expression.args];
    case "function":
      return [expression.body];
    case "chain":
      return [plainCode(expression)];
    case "constant":
      return [expression.value];
    default:
      return [];
  }
}

/** Properties of this length stand at the start of a builder; longer ones after its calls. */
const SHORT = 60;

const codes = new WeakMap<Chain, Expression>();

/** A chain as calls: `without(new Builder(), "path").method(...)`. */
export function plainCode(chain: Chain): Expression {
  const known = codes.get(chain);
  if (known) return known;
  const { start, steps, rest, tools } = chain;
  const paths = rest ? removedIn(rest) : [];
  const left = paths.length > 0 && rest ? withoutRemoved(rest) : rest;
  const isShort = left !== undefined && roughLengthOf(left) <= SHORT;
  let code = paths.length > 0 ? call(tools.remove, start, ...paths.map(valueOf)) : start;
  if (left && isShort) code = call(tools.merge, code, left);
  for (const { method, args } of steps) code = call(property(code, method), ...args);
  if (left && !isShort) code = call(tools.merge, code, left);
  codes.set(chain, code);
  return code;
}

/** The paths of properties that are removed, such as `options.frameIndex`. */
function removedIn({ entries }: ObjectExpression, path = ""): string[] {
  return entries.flatMap(([key, value]) => {
    if (key === "" || key.includes(".")) return [];
    if (value.type === "absent") return [`${path}${key}`];
    return value.type === "object" && !value.spread ? removedIn(value, `${path}${key}.`) : [];
  });
}

function withoutRemoved({ entries }: ObjectExpression): ObjectExpression | undefined {
  const left = entries.flatMap(([key, value]): (readonly [string, Expression])[] => {
    if (key === "" || key.includes(".")) return [[key, value]];
    if (value.type === "absent") return [];
    if (value.type !== "object" || value.spread || value.entries.length === 0) return [[key, value]];
    const inner = withoutRemoved(value);
    return inner ? [[key, inner]] : [];
  });
  return left.length === 0 ? undefined : { type: "object", entries: left };
}

/** About how long an expression is in the code. */
function roughLengthOf(expression: Expression): number {
  if (expression.type === "value") return (JSON.stringify(expression.value) ?? "").length;
  if (expression.type === "object")
    return expression.entries.reduce((sum, [key, value]) => sum + key.length + 4 + roughLengthOf(value), 2);
  return partsOf(expression).reduce((sum, part) => sum + roughLengthOf(part) + 2, 10);
}

/** The JSON value as an expression, in which `replace` can replace values. */
export function fromJson(
  value: Json,
  replace: (value: Json, key: string) => Expression | undefined = () => undefined,
  key = "",
): Expression {
  const replaced = replace(value, key);
  if (replaced) return replaced;
  if (Array.isArray(value)) return listOf(value.map((item) => fromJson(item, replace, key)));
  if (!isObject(value)) return valueOf(value);
  return {
    type: "object",
    entries: (Object.entries(value) as [string, Json | undefined][]).flatMap(([name, item]) =>
      // What a correction removed.
      item === undefined ? [] : [[name, fromJson(item, replace, name)] as const],
    ),
  };
}
