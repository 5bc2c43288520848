import type { Json } from "../json.ts";
import type { GoObject } from "./go-object.ts";
import { isGoRegexp } from "./go-regexp.ts";
import { byText } from "./names.ts";
import { badRequestData } from "./public-error.ts";

const operators = ["=", "!=", "=~", "!~"] as const;
type Operator = (typeof operators)[number];

/** A condition on one label. */
export interface Matcher {
  readonly name: string;
  readonly operator: Operator;
  readonly value: string;
}

/** Parses matchers in the form of lists of name, operator and value. */
export function readObjectMatchers(route: GoObject): Matcher[] {
  const matchers = (route.list("object_matchers") ?? []).map((item) => {
    if (!Array.isArray(item)) throw badRequestData();
    const [name, operator, value] = [0, 1, 2].map((index) => textOf(item[index]));
    // Grafana removes quotes around a value when it stores it and again when it reads it.
    return matcher(name ?? "", operator ?? "", unquoted(unquoted(value ?? "")));
  });
  return matchers.toSorted(byNameAndValue);
}

/** Parses matchers in the form of strings such as `a="b"`. A string can have several matchers. */
export function readTextMatchers(route: GoObject): Matcher[] {
  return (route.texts("matchers") ?? []).flatMap(parseMatchers).toSorted(byNameAndValue);
}

/** A matcher as a list. */
export function objectMatcherForm({ name, operator, value }: Matcher): Json[] {
  return [name, operator, value];
}

/** A matcher as a string. */
export function textMatcherForm({ name, operator, value }: Matcher): string {
  if (/[\s{}!=~,\\"'`]/.test(name)) return `${JSON.stringify(name)}${operator}${JSON.stringify(value)}`;
  const escaped = value.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
  return `${name}${operator}"${escaped}"`;
}

function matcher(name: string, operator: string, value: string): Matcher {
  const known = operators.find((one) => one === operator);
  if (known === undefined) throw badRequestData();
  if (known.endsWith("~") && !isGoRegexp(value)) throw badRequestData();
  return { name, operator: known, value };
}

function byNameAndValue(a: Matcher, b: Matcher): number {
  return (
    byText(a.name, b.name) || byText(a.value, b.value) || operators.indexOf(a.operator) - operators.indexOf(b.operator)
  );
}

function textOf(value: Json | undefined): string {
  if (value !== undefined && value !== null && typeof value !== "string") throw badRequestData();
  return value ?? "";
}

function unquoted(value: string): string {
  return value.replace(/^"/, "").replace(/"$/, "");
}

function parseMatchers(source: string): Matcher[] {
  const inner = source.trim().replace(/^\{/, "").replace(/\}$/, "");
  // Matchers are separated by commas outside of quotes. A trailing comma is valid.
  const tokens = inner.split(/,(?=(?:(?:\\.|[^"\\])*"(?:\\.|[^"\\])*")*(?:\\.|[^"\\])*$)/s);
  return (tokens.at(-1)?.trim() === "" ? tokens.slice(0, -1) : tokens).map(parseMatcher);
}

function parseMatcher(token: string): Matcher {
  const pattern = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*|"(?:\\.|[^"\\])*"|[^\s{}!=~,\\"'`]+)\s*(=~|=|!=|!~)\s*(.*?)\s*$/s;
  const [, name = "", operator = "", value = ""] = pattern.exec(token) ?? [];
  return matcher(name.startsWith('"') ? unescaped(name) : name, operator, unescaped(value));
}

/** A value without double quotes and escapes. */
function unescaped(value: string): string {
  const quoted = value.startsWith('"');
  const inner = quoted ? /^"((?:\\.|[^"\\])*)"$/s.exec(value)?.[1] : value;
  if (inner === undefined || (!quoted && /(^|[^\\])"/.test(inner))) throw badRequestData();
  return inner.replaceAll(/\\([n"\\])/g, (_all, escaped: string) => (escaped === "n" ? "\n" : escaped));
}
