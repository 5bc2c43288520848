import { keyText as codeKeyText } from "../../import/code/print.ts";
import { isObject, type Json } from "../../util/json.ts";

/** How values are written in a file. */
export interface Style {
  /** Whether all keys are in quotation marks, as in JSON. */
  readonly json: boolean;
  /** One level of indentation. */
  readonly unit: string;
  readonly eol: string;
}

/** The text of a value. `indent`: of the line that it starts in, if it may take several lines. */
export function literalText(value: Json, style: Style, indent: string | undefined): string {
  const { json, unit, eol } = style;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = indent === undefined ? undefined : indent + unit;
  const parts = Array.isArray(value)
    ? value.map((item) => literalText(item, style, inner))
    : Object.entries(value).map(([key, item]) => `${keyText(key, json)}: ${literalText(item, style, inner)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  if (parts.length === 0) return `${open}${close}`;
  const gap = isObject(value) ? " " : "";
  const line = `${open}${gap}${parts.join(", ")}${gap}${close}`;
  const isFlat = Array.isArray(value) ? !value.some((item) => typeof item === "object" && item !== null) : !json;
  if (inner === undefined || (isFlat && !json && line.length < 80 && !line.includes("\n"))) return line;
  return `${open}${eol}${parts.map((part) => inner + part).join(`,${eol}`)}${json ? "" : ","}${eol}${indent}${close}`;
}

export function keyText(key: string, json: boolean): string {
  return json ? JSON.stringify(key) : codeKeyText(key);
}

/** A string literal with the quotation marks of the one that it replaces. */
export function stringText(value: string, former: string): string {
  const [quote] = former;
  if (quote === "`") return `\`${templateText(value)}\``;
  const text = escaped(value);
  if (quote !== "'") return `"${text}"`;
  return `'${text.replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
}

/** A constant part of a template literal. */
export function templateText(value: string): string {
  const lines = value.split("\n").map((line) => escaped(line).replaceAll('\\"', '"'));
  return lines.join("\n").replaceAll("`", "\\`").replaceAll("${", "\\${");
}

/** Without the quotation marks around it. */
function escaped(value: string): string {
  return JSON.stringify(value).slice(1, -1).replaceAll("\u2028", "\\u2028").replaceAll("\u2029", "\\u2029");
}

/** The indentation of a file: of its first indented line. */
export function unitOf(text: string): string {
  return /^(\t| {2,8})[^\s*]/m.exec(text)?.[1] ?? "  ";
}
