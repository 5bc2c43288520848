import type { QueriedVariable } from "../engine/queried.ts";
import { variablesIn } from "../lint/variables.ts";
import { textOf } from "../util/json.ts";
import { expand, type Scope, type Value } from "./expand.ts";
import type { Cause, KnownSource } from "./model.ts";
import { patternOf } from "./variable-query.ts";

/** The result of the query of a variable. */
export interface Asked {
  readonly values: readonly string[];
  /** False: its values are not known, because the query was not run or failed. */
  readonly known: boolean;
  /** Why the query failed. */
  readonly failure?: Cause;
  /** Why the query has no result. */
  readonly cause?: Cause;
}

/** Runs the query of a variable. The scope has the variables that it uses. */
type AskVariable = (variable: QueriedVariable, scope: Scope) => Promise<Asked>;

interface Context {
  readonly sources: readonly KnownSource[];
  readonly ask: AskVariable;
  /** A scope without variables. */
  readonly scope: Scope;
}

/** The values that variables have when a dashboard is opened. Those that others use come first. */
export async function resolveVariables(
  variables: readonly QueriedVariable[],
  { sources, ask, scope }: Context,
): Promise<ReadonlyMap<string, Value>> {
  const values = new Map<string, Value>();
  const byName = new Map(variables.map((variable) => [variable.name, variable]));
  const started = new Set<string>();
  const resolve = async (variable: QueriedVariable): Promise<void> => {
    if (started.has(variable.name)) return;
    started.add(variable.name);
    for (const name of usedBy(variable)) {
      const other = byName.get(name);
      if (other) await resolve(other);
    }
    values.set(variable.name, await valueOf(variable, { sources, ask, scope: { ...scope, values } }));
  };
  for (const variable of variables) await resolve(variable);
  return values;
}

function usedBy({ target, regex, text, allValue = "" }: QueriedVariable): readonly string[] {
  const all = `${JSON.stringify(target?.model ?? "")} ${target?.datasource?.uid ?? ""} ${regex} ${text} ${allValue}`;
  return variablesIn(all).map(({ name }) => name);
}

async function valueOf(variable: QueriedVariable, context: Context): Promise<Value> {
  const { type, text, current, multi, includeAll } = variable;
  const several = multi || includeAll;
  switch (type) {
    case "constant":
      return { values: [text], several: false };
    case "textbox":
      return { values: [current[0] ?? text], several: false };
    case "custom":
      return selected(variable, { values: customValues(expand(text, context.scope, "glob").text), known: true });
    case "interval":
      return { values: [intervalValue(variable, context.scope)], several: false };
    case "sources":
      return selected(variable, { values: sourcesOf(variable, context), known: true });
    case "query":
      return selected(variable, await context.ask(variable, context.scope));
    case "switch":
      return { values: [current[0] ?? "false"], several: false };
    case "groupby":
      return { values: current, several };
    default:
      return { values: current, several, ...(current.length === 0 ? { unresolved: {} } : {}) };
  }
}

const ALL = "$__all";

/** The selected values, if they still exist, and otherwise all or the first one. */
function selected({ current, includeAll, multi, allValue }: QueriedVariable, asked: Asked): Value {
  const { values, known, failure, cause } = asked;
  const several = multi || includeAll;
  const found = { values, several, ...(cause ? { cause } : {}) };
  const isAll = current.includes(ALL);
  const valid = known ? current.filter((one) => values.includes(one)) : current.filter((one) => one !== ALL);
  if (!isAll && valid.length > 0) return { values: valid, several };
  if ((isAll || includeAll) && (allValue !== undefined || known))
    return { ...found, ...(allValue === undefined ? {} : { allValue }) };
  if (!known) return { values: [], several, unresolved: failure ? { failure } : {} };
  return { ...found, values: values.slice(0, 1) };
}

/** `a, b : 1`: the value after a colon, the text before it. A comma in a value is escaped. */
function customValues(text: string): readonly string[] {
  return [...text.matchAll(/(?:\\,|[^,])+/g)].flatMap(([one]) => {
    const part = one.replaceAll(String.raw`\,`, ",").trim();
    const [, value = part] = /^.+\s:\s(.+)$/.exec(part) ?? [];
    return part === "" ? [] : [value.trim()];
  });
}

function intervalValue({ current, text }: QueriedVariable, scope: Scope): string {
  const [value = ""] = current;
  const [first = ""] = text.split(",");
  const chosen = value === "" ? first.trim() : value;
  return chosen.startsWith("$__auto") || chosen === "auto" ? expand("$__interval", scope, "glob").text : chosen;
}

/** The datasources that a variable offers, by uid, the selected one first. */
function sourcesOf({ text, regex, current }: QueriedVariable, { sources, scope }: Context): readonly string[] {
  const filter = expand(regex, scope, "regex").text;
  const pattern = filter === "" ? undefined : patternOf(filter);
  const isOffered = (name: string) => filter === "" || (pattern !== undefined && name.search(pattern) >= 0);
  const offered = sources.filter(({ type, name }) => type === text && isOffered(name));
  const named = offered.find(({ uid, name }) => current.includes(uid) || current.includes(name));
  const isDefault = current.includes("default") ? offered.find((source) => source.isDefault) : undefined;
  const first = named ?? isDefault;
  const all = first ? [first, ...offered.filter((source) => source !== first)] : offered;
  return all.map(({ uid }) => uid);
}

/** The text of the query of a variable. */
export function variableText({ target }: QueriedVariable): string {
  const model = target?.model ?? {};
  return textOf(model["query"]) || textOf(model["expr"]);
}
