import type { QueriedTarget } from "../engine/queried.ts";
import { languageOf } from "../lint/read-queries.ts";
import { expressionInputs } from "../util/expression-inputs.ts";
import { isObject, textOf, type JsonObject } from "../util/json.ts";
import { expand, expandAll, type Scope } from "./expand.ts";
import type { Cause, Query, Range } from "./model.ts";
import { type Known, resolveSource, styleOf, undefinedVariable, unresolvedOf, wrongType } from "./resolve.ts";
import { graphInterval, intervalOf } from "./time.ts";
import { DEFAULT_SCRAPE } from "../util/duration.ts";

/** A query of which it is known whether and how it is run. */
export type Prepared =
  | {
      readonly type: "query";
      readonly target: QueriedTarget;
      readonly query: Query;
      readonly text: string;
      /** The probable cause if it has no data. */
      readonly suspected?: Cause;
    }
  | {
      readonly type: "expression";
      readonly target: QueriedTarget;
      readonly query: Query;
      readonly inputs: readonly string[];
    }
  | { readonly type: "skipped"; readonly target: QueriedTarget; readonly why: string; readonly text?: string }
  | { readonly type: "error"; readonly target: QueriedTarget; readonly cause: Cause; readonly text?: string };

interface QueryOptions {
  readonly minInterval?: string;
  readonly maxDataPoints?: number;
}

/** The most points that Prometheus and Loki return for a series. */
const MAX_POINTS = 11_000;

/** About the width of a panel. */
const POINTS = 500;

interface Given {
  readonly backend: Known;
  readonly options: QueryOptions;
  /** The ranges of queries that differ from the one of the scope, by refId. */
  readonly ranges?: ReadonlyMap<string, Range>;
}

/** The queries of a panel or a rule without variables. Hidden ones that no expression uses are omitted. */
export function prepare(targets: readonly QueriedTarget[], scope: Scope, given: Given): Prepared[] {
  const { backend, options, ranges } = given;
  const inputs = new Map(
    targets.map((target) => [target.refId, isExpression(target) ? inputsOf(target, targets) : []] as const),
  );
  const needed = new Set<string>();
  const need = (refId: string): void => {
    if (needed.has(refId)) return;
    needed.add(refId);
    for (const input of inputs.get(refId) ?? []) need(input);
  };
  for (const { refId, hidden } of targets) if (!hidden) need(refId);
  return targets
    .filter(({ refId }) => needed.has(refId))
    .map((target) => {
      const own = { ...scope, range: ranges?.get(target.refId) ?? scope.range };
      return prepared(target, own, { backend, options, inputs: inputs.get(target.refId) ?? [] });
    });
}

/** The text of a query in the code; empty if it has none. */
export function writtenText({ model }: Pick<QueriedTarget, "model">): string {
  return textOf(model["expr"]) || textOf(model["query"]);
}

function isExpression({ datasource, model }: QueriedTarget): boolean {
  const own = isObject(model["datasource"]) ? textOf(model["datasource"]["type"]) : "";
  return [datasource?.uid, datasource?.type, own].some((one) => one === "__expr__" || one === "-100");
}

function inputsOf({ refId, model }: QueriedTarget, targets: readonly QueriedTarget[]): string[] {
  if (model["type"] !== "sql") return expressionInputs(model);
  const words = new Set(textOf(model["expression"]).split(/\W+/));
  return targets.map((target) => target.refId).filter((one) => one !== refId && words.has(one));
}

function prepared(
  target: QueriedTarget,
  scope: Scope,
  {
    backend,
    options,
    inputs,
  }: { readonly backend: Known; readonly options: QueryOptions; readonly inputs: readonly string[] },
): Prepared {
  const { refId, model } = target;
  const resolved = resolveSource(target.datasource, scope, backend);
  if (resolved.type === "expression") {
    // `$A` is not a variable in an expression.
    const { value } = expandAll(model, scope, "glob");
    const query = {
      refId,
      source: undefined,
      model: objectOf(value),
      range: scope.range,
      intervalMs: 1000,
      maxDataPoints: POINTS,
    };
    return { type: "expression", target, query, inputs };
  }
  if (resolved.type === "failed") return { type: "error", target, cause: resolved.cause };
  if (resolved.type === "skipped") return { type: "skipped", target, why: resolved.why };
  const { source } = resolved;
  const style = styleOf(source);
  const { range } = scope;
  const length = range.to - range.from;
  const own = textOf(model["interval"]) || options.minInterval || source.scrape;
  const isMetrics = languageOf(source.type) === "promql";
  const minimum = intervalOf(expand(own ?? "", scope, style).text) ?? (isMetrics ? DEFAULT_SCRAPE : 0);
  const points = Number(model["maxDataPoints"] ?? options.maxDataPoints ?? POINTS);
  // Grafana's server increases it in the same way.
  const least = Math.ceil(length / MAX_POINTS / 1000) * 1000;
  const intervalMs = Math.max(graphInterval(length, points > 0 ? points : POINTS, minimum), least);
  const scrapeMs = intervalOf(textOf(model["interval"])) ?? intervalOf(source.scrape) ?? DEFAULT_SCRAPE;
  const { value, unknown, used } = expandAll(model, { ...scope, intervalMs, scrapeMs }, style);
  const maxDataPoints = Math.max(1, Math.trunc(points));
  const query = { refId, source, model: objectOf(value), range, intervalMs, maxDataPoints };
  const text = textOf(query.model["expr"]) || textOf(query.model["query"]);
  const shown = text === "" ? {} : { text };
  const why = backend.skips(source) ?? (isBlank(query) ? "the query is empty" : notRun(query));
  const wrong = wrongType(target.datasource, source, text);
  if (wrong?.isCertain === true) return { type: "error", target, cause: wrong.cause, ...shown };
  if (why !== undefined) return { type: "skipped", target, why, ...shown };
  const unresolved = unresolvedOf(used, scope);
  if (unresolved?.type === "skipped") return { type: "skipped", target, why: unresolved.why, ...shown };
  if (unresolved) return { type: "error", target, cause: unresolved.cause, ...shown };
  const [missing] = unknown;
  const suspected = missing === undefined ? wrong?.cause : undefinedVariable(missing, scope);
  return { type: "query", target, query, text, ...(suspected ? { suspected } : {}) };
}

/** Grafana doesn't send such a query. */
function isBlank({ source, model }: Query): boolean {
  const type = source?.type ?? "";
  const text = textOf(model["expr"]) || textOf(model["query"]);
  if (text.trim() !== "") return false;
  if (languageOf(type) === "promql" || languageOf(type) === "logql") return true;
  if (type === "tempo") return (textOf(model["queryType"]) || "traceql") === "traceql";
  return type === "jaeger" && model["queryType"] !== "search" && model["queryType"] !== "dependencyGraph";
}

/** Why a query of traces is not run. */
function notRun({ source, model }: Query): string | undefined {
  if (source?.type !== "tempo") return undefined;
  const [type, text] = [textOf(model["queryType"]) || "traceql", textOf(model["query"])];
  if (type !== "traceql") return `queries of the type ${type} are not run`;
  return /^\s*[\da-f]+\s*$/i.test(text) ? "it shows a trace by its id" : undefined;
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}
