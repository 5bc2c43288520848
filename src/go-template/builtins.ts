import { isEqual, isLess } from "./compare.ts";
import { escapeHtml, escapeJs, escapeQuery } from "./escape.ts";
import { printed, sprint, textOf } from "./print.ts";
import { sprintf } from "./printf.ts";
import { fail, unsupported } from "./template-error.ts";
import { indirect, isTrue, typeOf } from "./types.ts";
import { GoInt, GoList, GoMap, GoText, stringOf, type GoFunction, type GoValue } from "./values.ts";

const ANY = { parameters: [], rest: "any" } as const;
const TWO = { parameters: ["any", "any"] } as const;

/** The functions that Go itself defines. `and` and `or` are evaluated with the template. */
export const BUILTINS: Readonly<Record<string, GoFunction>> = {
  and: { parameters: ["any"], rest: "any", call: () => undefined },
  or: { parameters: ["any"], rest: "any", call: () => undefined },
  not: { parameters: ["any"], call: (value) => !isTrue(value) },
  eq: { parameters: ["any"], rest: "any", call: (first, ...others) => isEqual(first, others) },
  ne: { ...TWO, call: (a, b) => !isEqual(a, [b]) },
  lt: { ...TWO, call: isLess },
  le: { ...TWO, call: (a, b) => isLess(a, b) || isEqual(a, [b]) },
  gt: { ...TWO, call: (a, b) => !(isLess(a, b) || isEqual(a, [b])) },
  ge: { ...TWO, call: (a, b) => !isLess(a, b) },
  call: {
    parameters: ["any"],
    rest: "any",
    call: (value) => fail(`a value of type ${typeOf(value)} is not a function`),
  },
  html: { ...ANY, call: (...values) => escapeHtml(joined(values)) },
  index: { parameters: ["any"], rest: "any", call: (item, ...indexes) => indexes.reduce(indexed, known(item)) },
  js: { ...ANY, call: (...values) => escapeJs(joined(values)) },
  len: { parameters: ["any"], call: (value) => new GoInt(lengthOf(indirect(value))) },
  print: { ...ANY, call: (...values) => sprint(values) },
  printf: { parameters: ["string"], rest: "any", call: (format, ...values) => sprintf(stringOf(format), values) },
  println: { ...ANY, call: (...values) => `${values.map(printed).join(" ")}\n` },
  slice: { parameters: ["any"], rest: "any", call: (item, ...indexes) => sliced(known(item), indexes) },
  urlquery: { ...ANY, call: (...values) => escapeQuery(joined(values)) },
};

/** The arguments of an escaping function as one text. */
function joined(values: readonly GoValue[]): string {
  const [only] = values;
  if (values.length === 1 && typeof only === "string") return only;
  return sprint(values.map((value) => (value === undefined ? "<no value>" : value)).map(withoutPointer));
}

function withoutPointer(value: GoValue): GoValue {
  const target = indirect(value);
  return target === undefined && value !== undefined ? textOf(value) : target;
}

function known(value: GoValue): GoValue {
  return value === undefined ? fail("nil has no elements") : indirect(value);
}

function lengthOf(value: GoValue): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (value instanceof GoText) return Buffer.byteLength(value.value);
  if (value instanceof GoList) return value.items.length;
  if (value instanceof GoMap) return value.entries.size;
  return fail(`a value of type ${typeOf(value)} has no length`);
}

function indexed(item: GoValue, index: GoValue): GoValue {
  const target = known(item);
  if (target instanceof GoMap) {
    if (typeof index !== "string") return fail(`${typeOf(index)} is not the type of the keys of ${target.type}`);
    return target.entries.has(index) ? target.entries.get(index) : target.zero;
  }
  if (target instanceof GoList) return target.items[placeOf(index, target.items.length - 1)];
  if (typeof target === "string") {
    const bytes = Buffer.from(target);
    return new GoInt(bytes[placeOf(index, bytes.length - 1)] ?? 0, "uint8");
  }
  return fail(`a value of type ${typeOf(target)} has no elements`);
}

function sliced(item: GoValue, indexes: readonly GoValue[]): GoValue {
  if (indexes.length > 3 || (indexes.length === 3 && typeof item === "string")) fail("slice has too many indexes");
  if (indexes.length === 3) unsupported("slice with three indexes");
  const length = lengthOf(item);
  const [from = 0, to = length] = indexes.map((index) => placeOf(index, length));
  if (from > to) fail(`${from} to ${to} is not a part of a value`);
  if (item instanceof GoList) return new GoList(item.items.slice(from, to), item.type, item.methods);
  if (typeof item !== "string") return fail(`a value of type ${typeOf(item)} can't be sliced`);
  const bytes = Buffer.from(item).subarray(from, to);
  try {
    return new TextDecoder("utf8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return unsupported("a part of a character");
  }
}

function placeOf(index: GoValue, last: number): number {
  if (!(index instanceof GoInt)) return fail(`a value of type ${typeOf(index)} is not an index`);
  const place = Number(index.value);
  return place < 0 || place > last ? fail(`the index ${place} is out of range`) : place;
}
