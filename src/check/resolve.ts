import type { QueriedSource } from "../engine/queried.ts";
import { languageOf } from "../lint/read-queries.ts";
import { parsePromql } from "../lint/promql/promql.ts";
import { parseLogql } from "../lint/logql.ts";
import { parseTraceql } from "../lint/traceql.ts";
import { similar } from "../util/similar.ts";
import { expand, type Scope, type Style } from "./expand.ts";
import type { Backend, Cause, KnownSource } from "./model.ts";

/** What is known before a query is run. */
export type Known = Pick<Backend, "sources" | "assumed" | "skips">;

export type Resolved =
  | { readonly type: "source"; readonly source: KnownSource }
  | { readonly type: "expression" }
  | { readonly type: "skipped"; readonly why: string }
  | { readonly type: "failed"; readonly cause: Cause };

const EXPRESSIONS = new Set(["__expr__", "-100"]);

/** Finds the datasource of a query. */
export function resolveSource(given: QueriedSource | undefined, scope: Scope, backend: Known): Resolved {
  const { uid: written = "", type = "" } = given ?? {};
  if (EXPRESSIONS.has(written) || EXPRESSIONS.has(type)) return { type: "expression" };
  // Grafana uses the first one of several values.
  const expanded = expand(written, scope, "first");
  const [unknown] = expanded.unknown;
  if (unknown !== undefined) return { type: "failed", cause: undefinedVariable(unknown, scope) };
  const unresolved = unresolvedOf(expanded.used, scope);
  if (unresolved) return unresolved;
  const uid = expanded.text;
  if (written === "-- Dashboard --") return { type: "skipped", why: "it shows the results of another panel" };
  if (uid === "grafana" || uid === "-- Grafana --") return { type: "skipped", why: "it shows Grafana's own data" };
  const { sources } = backend;
  if (uid === "" || uid === "default" || uid === "-- Mixed --") {
    const ofType = sources.filter((source) => type === "" || source.type === type);
    const source = ofType.find(({ isDefault }) => isDefault) ?? (uid === "" ? ofType[0] : undefined);
    const found = source ?? backend.assumed("", type);
    return found ? { type: "source", source: found } : missing("there is no default datasource", {});
  }
  const named = sources.find((one) => one.uid === uid) ?? sources.find((one) => one.name === uid);
  const source = named ?? backend.assumed(uid, type);
  if (source) return { type: "source", source };
  const suggestion =
    similar(
      uid,
      sources.map((one) => one.uid),
    ) ??
    similar(
      uid,
      sources.map((one) => one.name),
    );
  return missing(`there is no datasource ${uid}`, { value: uid, ...(suggestion === undefined ? {} : { suggestion }) });
}

function missing(message: string, more: Pick<Cause, "value" | "suggestion">): Resolved {
  return { type: "failed", cause: { code: "datasource-missing", expected: false, message, ...more } };
}

/** The cause of a query with a variable that the dashboard doesn't define. */
export function undefinedVariable(name: string, { values }: Scope): Cause {
  const suggestion = similar(name, values.keys());
  const message = `the variable ${name} is not defined`;
  return {
    code: "variable-missing",
    expected: false,
    message,
    variable: name,
    ...(suggestion === undefined ? {} : { suggestion }),
  };
}

/** A query that uses a variable whose values are not known is not run. Undefined: all are known. */
export function unresolvedOf(
  used: readonly string[],
  { values }: Scope,
): Extract<Resolved, { type: "skipped" | "failed" }> | undefined {
  for (const name of used) {
    const unresolved = values.get(name)?.unresolved;
    if (unresolved?.failure) {
      const { code, message } = unresolved.failure;
      const cause = {
        code,
        expected: false,
        variable: name,
        message: `the query of the variable ${name} failed: ${message}`,
      };
      return { type: "failed", cause };
    }
    if (unresolved) return { type: "skipped", why: `the values of the variable ${name} are not known` };
  }
  return undefined;
}

/**
 * The cause of a query that is written for another type of datasource than it is sent to. Undefined: it fits. Not certain: a
 * plugin of this type may understand the same language.
 */
export function wrongType(
  given: QueriedSource | undefined,
  source: KnownSource,
  text: string,
): { readonly cause: Cause; readonly isCertain: boolean } | undefined {
  const [wanted, actual] = [languageOf(given?.type), languageOf(source.type)];
  if (wanted === undefined || wanted === actual || text === "") return undefined;
  const parse = actual === "promql" ? parsePromql : actual === "logql" ? parseLogql : parseTraceql;
  if (actual !== undefined && !parse(text).error) return undefined;
  const cause: Cause = {
    code: "datasource-type",
    expected: false,
    value: source.uid,
    message: `the query is for datasources of the type ${given?.type ?? ""}, but ${source.uid} has the type ${source.type}`,
  };
  return { cause, isCertain: actual !== undefined };
}

/** How a datasource writes the values of variables. */
export function styleOf({ type }: KnownSource): Style {
  const language = languageOf(type);
  if (language === "promql") return "prometheus";
  if (language === "logql") return "loki";
  return language === "traceql" ? "pipe" : "glob";
}
