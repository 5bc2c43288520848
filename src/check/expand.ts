import { variablesIn, type VariableUse } from "../lint/variables.ts";
import type { Json } from "../util/json.ts";
import type { Cause, Range } from "./model.ts";
import { durationOf } from "./time.ts";

/** The value of a variable. */
export interface Value {
  readonly values: readonly string[];
  /** Used in place of all values. It can contain variables. */
  readonly allValue?: string;
  /** The values are not known, because the query was not run, or because it failed. */
  readonly unresolved?: { readonly failure?: Cause };
  /** Why it has no values. */
  readonly cause?: Cause;
  /** Whether it can have several values, so that they are escaped for regular expressions. */
  readonly several: boolean;
}

/** What the variables of a text stand for. */
export interface Scope {
  readonly values: ReadonlyMap<string, Value>;
  readonly range: Range;
  readonly intervalMs: number;
  /** Milliseconds between two scrapes. */
  readonly scrapeMs: number;
}

/** How a datasource writes values that have no format of their own. */
export type Style = "prometheus" | "loki" | "pipe" | "glob" | "regex" | "first";

export interface Expanded {
  readonly text: string;
  /** The variables that are not defined. */
  readonly unknown: readonly string[];
  /** The variables that are used. */
  readonly used: readonly string[];
}

/** Replaces Grafana's variables and macros by their values, as the datasource does. */
export function expand(text: string, scope: Scope, style: Style): Expanded {
  const unknown: string[] = [];
  const used: string[] = [];
  let [result, at] = ["", 0];
  for (const use of variablesIn(text)) {
    const value = scope.values.get(use.name);
    // `$__timeFilter(column)` is a macro of the datasource.
    const macro = value || text[use.to] === "(" ? undefined : macroOf(use, scope);
    if (value) used.push(use.name);
    else if (macro === undefined && !isReserved(use.name)) unknown.push(use.name);
    const all = value?.allValue === undefined ? undefined : allText(value.allValue, use, scope);
    unknown.push(...(all?.unknown ?? []));
    used.push(...(all?.used ?? []));
    result +=
      text.slice(at, use.from) +
      (all?.text ?? (value ? formatted(value, use, style) : (macro ?? text.slice(use.from, use.to))));
    at = use.to;
  }
  return { text: result + text.slice(at), unknown, used };
}

/** Replaces the variables in all texts of a query. */
export function expandAll(
  value: Json,
  scope: Scope,
  style: Style,
): { readonly value: Json; readonly unknown: readonly string[]; readonly used: readonly string[] } {
  const unknown: string[] = [];
  const used: string[] = [];
  const walk = (one: Json): Json => {
    if (typeof one === "string") {
      const expanded = expand(one, scope, style);
      unknown.push(...expanded.unknown);
      used.push(...expanded.used);
      return expanded.text;
    }
    if (Array.isArray(one)) return one.map(walk);
    if (typeof one !== "object" || one === null) return one;
    // The parts of a query that refer to other things than data.
    return Object.fromEntries(
      Object.entries(one).map(([key, inner]) => [
        key,
        /^(?:refId|datasource|legendFormat)$/.test(key) ? inner : walk(inner),
      ]),
    );
  };
  return { value: walk(value), unknown, used };
}

function isReserved(name: string): boolean {
  return name.startsWith("__") || name === "timeFilter" || name === "interval_ms";
}

function macroOf({ name, format }: VariableUse, { range, intervalMs, scrapeMs }: Scope): string | undefined {
  const milliseconds = range.to - range.from;
  const rate = Math.max(intervalMs + scrapeMs, 4 * scrapeMs);
  switch (name) {
    case "__interval":
    case "__auto":
      return durationOf(intervalMs);
    case "__interval_ms":
    case "interval_ms":
      return `${intervalMs}`;
    case "__rate_interval":
      return durationOf(rate);
    case "__rate_interval_ms":
      return `${rate}`;
    case "__range":
      return durationOf(Math.round(milliseconds / 1000) * 1000);
    case "__range_s":
      return `${Math.round(milliseconds / 1000)}`;
    case "__range_ms":
      return `${milliseconds}`;
    case "__from":
    case "__to": {
      const time = name === "__from" ? range.from : range.to;
      if (format === "date:seconds") return `${Math.round(time / 1000)}`;
      return format.startsWith("date") ? new Date(time).toISOString() : `${time}`;
    }
    default:
      return undefined;
  }
}

/** The text in place of all values, in which Grafana replaces variables without the format of the datasource. */
function allText(allValue: string, { name, format }: VariableUse, scope: Scope): Expanded {
  if (format === "text") return { text: "All", unknown: [], used: [] };
  const text = format === "percentencode" ? encodeURIComponent(allValue) : allValue;
  const others = new Map([...scope.values].filter(([other]) => other !== name));
  return expand(text, { ...scope, values: others }, "glob");
}

function formatted({ values, several }: Value, { format }: VariableUse, style: Style): string {
  switch (format) {
    case "raw":
    case "csv":
    case "text":
      return values.join(",");
    case "pipe":
      return values.join("|");
    case "regex":
      return alternatives(values.map(escapedForRegex));
    case "glob":
      return values.length > 1 ? `{${values.join(",")}}` : values.join("");
    case "json":
      return JSON.stringify(several ? values : (values[0] ?? ""));
    case "doublequote":
      return values.map((value) => `"${value.replaceAll('"', String.raw`\"`)}"`).join(",");
    case "singlequote":
      return values.map((value) => `'${value.replaceAll("'", String.raw`\'`)}'`).join(",");
    case "sqlstring":
      return values.map((value) => `'${value.replaceAll("'", "''")}'`).join(",");
    case "percentencode":
      return encodeURIComponent(values.length > 1 ? `{${values.join(",")}}` : values.join(""));
    case "distributed":
      return values.join(",");
    case "":
      return inStyle(values, several, style);
    default:
      return values.join(",");
  }
}

function inStyle(values: readonly string[], several: boolean, style: Style): string {
  if (style === "first") return values[0] ?? "";
  if (style === "regex") return alternatives(values.map(escapedForRegex));
  if (style === "pipe") return values.join("|");
  if (style === "glob") return values.length > 1 ? `{${values.join(",")}}` : values.join("");
  // In a string of a selector, so that backslashes are escaped once more.
  if (!several) return values.map((value) => escapedForString(value)).join("");
  return alternatives(
    values.map((value) =>
      escapedForRegex(value)
        .replaceAll("\\", "\\\\")
        .replaceAll('"', String.raw`\"`),
    ),
  );
}

function alternatives(values: readonly string[]): string {
  return values.length > 1 ? `(${values.join("|")})` : values.join("");
}

function escapedForString(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', String.raw`\"`);
}

function escapedForRegex(value: string): string {
  return value.replaceAll(/[$^*{}[\]'+?.()|\\]/g, String.raw`\$&`);
}
