import { fail, unsupported } from "./template-error.ts";
import { typeOf } from "./types.ts";
import {
  compareTexts,
  GoDuration,
  GoFloat,
  GoInt,
  GoList,
  GoMap,
  GoPointer,
  GoStruct,
  GoText,
  GoTime,
  type GoValue,
} from "./values.ts";

/** `eq`: whether the first value equals one of the others. */
export function isEqual(first: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) fail("eq requires another value");
  return others.some((other) => areEqual(first, other));
}

function areEqual(a: GoValue, b: GoValue): boolean {
  const [kind, other] = [kindOf(a), kindOf(b)];
  if (kind !== other) {
    if (a !== undefined && b !== undefined) incomparable(a, b);
    // Only values that can be nil are equal to it.
    return false;
  }
  if (kind !== "other") return basicOf(a) === basicOf(b);
  if (isNil(a) || isNil(b)) {
    if (a !== undefined && b !== undefined && typeOf(a) !== typeOf(b)) incomparable(a, b);
    return isNil(a) === isNil(b);
  }
  if (a instanceof GoTime && b instanceof GoTime) return a.nanoseconds === b.nanoseconds && a.zone === b.zone;
  if (a instanceof GoPointer || a instanceof GoStruct) unsupported(`comparing values of type ${typeOf(a)}`);
  return incomparable(a, b);
}

/** `lt` */
export function isLess(a: GoValue, b: GoValue): boolean {
  const kind = kindOf(a);
  if (kind === "other" || kind === "bool" || kind !== kindOf(b)) incomparable(a, b);
  const [left, right] = [basicOf(a), basicOf(b)];
  if (typeof left === "string" && typeof right === "string") return compareTexts(left, right) < 0;
  return left < right;
}

function incomparable(a: GoValue, b: GoValue): never {
  fail(`values of the types ${typeOf(a)} and ${typeOf(b)} can't be compared`);
}

type Kind = "bool" | "int" | "float" | "text" | "other";

function kindOf(value: GoValue): Kind {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string" || value instanceof GoText) return "text";
  if (value instanceof GoInt || value instanceof GoDuration) return "int";
  return value instanceof GoFloat ? "float" : "other";
}

function basicOf(value: GoValue): bigint | boolean | number | string {
  if (typeof value === "boolean" || typeof value === "string") return value;
  if (value instanceof GoInt || value instanceof GoFloat || value instanceof GoText) return value.value;
  return value instanceof GoDuration ? value.nanoseconds : "";
}

function isNil(value: GoValue): boolean {
  if (value === undefined) return true;
  if (value instanceof GoPointer) return value.target === undefined;
  // Whether an empty list is nil depends on how Go made it.
  if (value instanceof GoList && value.items.length === 0) unsupported("comparing an empty list with nil");
  return value instanceof GoMap && value.isNil;
}
