import { isObject, type Json } from "../../util/json.ts";

/**
 * An expression of the written code. It can be printed and evaluated, so that the tool compares what the code means with
 * the live object before it writes the code.
 */
export type Expression =
  | { readonly type: "value"; readonly value: Json }
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
  | { readonly type: "call"; readonly of: Expression; readonly args: readonly Expression[] }
  | { readonly type: "function"; readonly body: Expression }
  | Constant;

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
  /** A comment for the reader of the file. */
  readonly comment?: string;
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

/** The value of an expression. Throws what its code throws. */
export function evaluate(expression: Expression): unknown {
  switch (expression.type) {
    case "value":
      // A builder may keep and change an argument.
      return typeof expression.value === "object" ? structuredClone(expression.value) : expression.value;
    case "absent":
      return undefined;
    case "list":
      return expression.items.map(evaluate);
    case "object":
      return {
        ...(expression.spread ? Object(evaluate(expression.spread)) : {}),
        ...Object.fromEntries(expression.entries.map(([key, value]) => [key, evaluate(value)])),
      };
    case "imported":
      return expression.value;
    case "property":
      return Reflect.get(evaluate(expression.of) as object, expression.name);
    case "new":
      return Reflect.construct(evaluate(expression.of) as () => void, expression.args.map(evaluate));
    case "call": {
      const { of } = expression;
      const args = expression.args.map(evaluate);
      if (of.type !== "property") return (evaluate(of) as (...args: unknown[]) => unknown)(...args);
      const holder = evaluate(of.of) as object;
      return (Reflect.get(holder, of.name) as (...args: unknown[]) => unknown).apply(holder, args);
    }
    case "function":
      return () => evaluate(expression.body);
    default: {
      const { built, value } = expression;
      return built ? { build: () => structuredClone(built) } : evaluate(value);
    }
  }
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
    entries: Object.entries(value).map(([name, item]) => [name, fromJson(item, replace, name)] as const),
  };
}
