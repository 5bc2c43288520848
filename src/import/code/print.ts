import type { Json } from "../../util/json.ts";
import { plainCode, type Constant, type Expression, type Imported } from "./expression.ts";

/** The names that a file gives to what its expressions refer to. */
export interface Names {
  imported(imported: Imported): string;
  constant(constant: Constant): string;
}

/** The text of an expression, without line breaks between its parts: a formatter adds them. */
export function print(expression: Expression, names: Names): string {
  const inside = (one: Expression): string => print(one, names);
  switch (expression.type) {
    case "value":
      return jsonText(expression.value);
    case "absent":
      return "undefined";
    case "list":
      return `[${expression.items.map(inside).join(", ")}]`;
    case "object":
      return objectText(
        expression.entries.map(([key, value]) => propertyText(key, inside(value), isName(value))),
        expression.spread && inside(expression.spread),
      );
    case "imported":
      return names.imported(expression);
    case "property":
      return memberText(inside(expression.of), expression.name);
    case "new":
      return `new ${inside(expression.of)}(${expression.args.map(inside).join(", ")})`;
    case "call":
      return `${inside(expression.of)}(${expression.args.map(inside).join(", ")})`;
    case "chain":
      return inside(plainCode(expression));
    case "parameter":
      return expression.name;
    case "function":
      return `(${expression.params.map(({ name, of }) => `${name}: ${of}`).join(", ")}) => ${expression.body.type === "object" ? `(${inside(expression.body)})` : inside(expression.body)}`;
    default:
      return names.constant(expression);
  }
}

/** Whether an expression is printed as a name. The text of a literal can look like one: `true`. */
function isName({ type }: Expression): boolean {
  return type === "imported" || type === "constant" || type === "parameter";
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

function memberText(of: string, name: string): string {
  return IDENTIFIER.test(name) ? `${of}.${name}` : `${of}[${JSON.stringify(name)}]`;
}

function propertyText(key: string, value: string, isNamed: boolean): string {
  return isNamed && key === value ? key : `${keyText(key)}: ${value}`;
}

function objectText(own: readonly string[], spread?: string): string {
  const all = spread === undefined ? own : [`...${spread}`, ...own];
  return all.length === 0 ? "{}" : `{ ${all.join(", ")} }`;
}

/** The name of a property in an object literal. */
export function keyText(key: string): string {
  // In a literal, this key would set the prototype.
  if (key === "__proto__") return '["__proto__"]';
  return IDENTIFIER.test(key) && isAscii(key) ? key : JSON.stringify(key);
}

function isAscii(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

function jsonText(value: Json): string {
  if (typeof value === "string") return stringText(value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(", ")}]`;
  if (typeof value === "object" && value !== null)
    return objectText(Object.entries(value).map(([key, item]) => propertyText(key, jsonText(item), false)));
  return Object.is(value, -0) ? "-0" : JSON.stringify(value);
}

/** Characters that would be invisible or change in a template string. */
// oxlint-disable-next-line no-control-regex
const UNSAFE = /[\0-\t\v-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\ufff9-\uffff]/u;

/** Text with more lines is data, such as CSV, which would hide the code around it. */
const LINES = 40;

/** A string literal: a template string for several lines, and a raw one for many backslashes. */
function stringText(text: string): string {
  const lines = text.split("\n").length;
  if (lines > LINES || UNSAFE.test(text) || /[ \t]\n/.test(text)) return escaped(text);
  if (lines > 2) return `\`${text.replaceAll("\\", "\\\\").replaceAll("`", "\\`").replaceAll("${", "\\${")}\``;
  const isRaw = lines === 1 && text.includes("\\") && !/`|\$\{|\\$|\\u|\\x/.test(text);
  return isRaw ? `String.raw\`${text}\`` : escaped(text);
}

function escaped(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\uffff]/g,
    (character) => `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`,
  );
}
