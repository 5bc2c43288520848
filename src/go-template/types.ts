import type { Literal } from "./nodes.ts";
import { fail } from "./template-error.ts";
import { GoDuration, GoFloat, GoInt, GoList, GoMap, GoPointer, GoText, GoTime, type GoValue } from "./values.ts";

/** The type of a value in Go's notation, for messages and for arguments. */
export function typeOf(value: GoValue): string {
  if (value === undefined) return "nil";
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (value instanceof GoFloat) return "float64";
  if (value instanceof GoDuration) return "time.Duration";
  if (value instanceof GoTime) return "time.Time";
  return value.type;
}

/** The value of a literal whose place accepts any type. */
function valueOfLiteral(literal: Literal): GoValue {
  if (literal.type !== "number") return literal.value;
  return literal.isFloat || literal.int === undefined ? new GoFloat(literal.float) : new GoInt(literal.int);
}

/** The value of a literal for a parameter of a type. */
export function literalFor(literal: Literal, type: string): GoValue {
  if (type === "any") return valueOfLiteral(literal);
  if (literal.type !== "number") {
    if (literal.type === type) return literal.value;
  } else {
    if (type === "float64") return new GoFloat(literal.float);
    if (literal.int !== undefined) {
      if (type === "time.Duration") return new GoDuration(literal.int);
      if (type === "int" || type === "int64") return new GoInt(literal.int, type);
    }
  }
  return fail(`a value of type ${type} is expected, but not a ${literal.type}`);
}

/** The value as an argument for a parameter of a type. */
export function assigned(value: GoValue, type: string): GoValue {
  if (type === "any") return value;
  if (value === undefined && type.startsWith("[]")) return new GoList([], type);
  if (value === undefined) fail(`a value of type ${type} is expected, but there is none`);
  if (typeOf(value) === type) return value;
  if (value instanceof GoPointer && value.target !== undefined && typeOf(value.target) === type) return value.target;
  return fail(`a value of type ${type} is expected, but not of type ${typeOf(value)}`);
}

/** Whether `if` treats a value as true. */
export function isTrue(value: GoValue): boolean {
  if (value === undefined || value === false || value === "") return false;
  if (value instanceof GoInt) return value.value !== 0n;
  if (value instanceof GoFloat) return value.value !== 0;
  if (value instanceof GoDuration) return value.nanoseconds !== 0n;
  if (value instanceof GoList) return value.items.length > 0;
  if (value instanceof GoMap) return value.entries.size > 0;
  if (value instanceof GoPointer) return value.target !== undefined;
  if (value instanceof GoText) return value.value !== "";
  return true;
}

/** Follows a pointer. */
export function indirect(value: GoValue): GoValue {
  return value instanceof GoPointer ? value.target : value;
}
