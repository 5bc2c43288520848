import { z } from "zod";
import { GrafanaError } from "../grafana/errors.ts";
import { languageOf } from "../lint/read-queries.ts";
import { textOf } from "../util/json.ts";
import { isInstant } from "./direct-backend.ts";
import { logqlCause } from "./logql-cause.ts";
import { LokiFacts } from "./loki-facts.ts";
import type { LimitedBackend } from "./limited.ts";
import {
  QueryError,
  type Answer,
  type Cause,
  type KnownSource,
  type Query,
  type QueryResult,
  type Range,
} from "./model.ts";
import type { Prepared } from "./prepare.ts";
import { PrometheusFacts } from "./prometheus-facts.ts";
import { fallbackCause, promqlCause } from "./promql-cause.ts";

/** Causes that are about missing series, and not about their values. */
const OF_SERIES: ReadonlySet<Cause["code"]> = new Set([
  "metric-missing",
  "metric-vanished",
  "metric-new",
  "label-missing",
  "label-value-missing",
  "label-value-vanished",
  "combination-missing",
  "variable-missing",
]);

type Timed = { readonly answer: Answer | QueryError; readonly milliseconds: number };
type PreparedQuery = Extract<Prepared, { type: "query" }>;
type PreparedExpression = Extract<Prepared, { type: "expression" }>;

/** Runs queries, each different one once, and finds causes. */
export class Runner {
  readonly backend: LimitedBackend;
  readonly #answers = new Map<string, Promise<Timed>>();
  readonly #facts = new Map<string, PrometheusFacts>();
  readonly #streams = new Map<string, LokiFacts>();

  constructor(backend: LimitedBackend) {
    this.backend = backend;
  }

  /** The results of the queries of a panel or a rule. */
  async results(prepared: readonly Prepared[]): Promise<QueryResult[]> {
    const queries = prepared.filter((one) => one.type === "query");
    const expressions = prepared.filter((one) => one.type === "expression");
    const batch = await this.#together(queries, expressions);
    const own = await Promise.all(
      prepared.map(async (one): Promise<QueryResult | undefined> => {
        const base = { ...placeOf(one.target), series: 0, milliseconds: 0 };
        const { refId } = one.target;
        const shown = "text" in one && one.text !== undefined && one.text !== "" ? { text: one.text } : {};
        if (one.type === "error") return { ...base, ...shown, state: "error", cause: one.cause };
        if (one.type === "skipped")
          return { ...base, ...shown, state: "skipped", cause: { code: "empty", expected: true, message: one.why } };
        if (one.type === "query") return this.#result(one, await (batch?.get(refId) ?? this.#answer(one)));
        return undefined;
      }),
    );
    const results = own.filter((one) => one !== undefined);
    for (const expression of expressions) results.push(this.#ofExpression(expression, batch, results));
    return results;
  }

  facts(source: KnownSource, range: Range): PrometheusFacts {
    const key = JSON.stringify([source.uid, range]);
    const known = this.#facts.get(key) ?? new PrometheusFacts({ read: this.backend.diagnose }, source, range);
    this.#facts.set(key, known);
    return known;
  }

  /** Why a query without data has none. */
  async causeOf(query: Query, text: string): Promise<Cause> {
    const found = this.#ofPromql(query, text, promqlCause) ?? this.#ofLogql(query, text);
    return (await found) ?? { code: "empty", expected: false, message: "the query returned nothing" };
  }

  /** Undefined: not a query of Prometheus. */
  #ofPromql({ source, model, intervalMs, range }: Query, expression: string, diagnose: typeof promqlCause) {
    if (!source || expression === "" || languageOf(source.type) !== "promql") return undefined;
    const step = isInstant(model, false) ? undefined : intervalMs;
    return diagnose({ expression, range, step }, this.facts(source, range)).catch(unlessFailed);
  }

  #ofLogql({ source, model, range }: Query, text: string) {
    if (!source || text === "" || languageOf(source.type) !== "logql") return undefined;
    return logqlCause(text, isInstant(model, true), this.#lokiFacts(source, range)).catch(unlessFailed);
  }

  #lokiFacts(source: KnownSource, range: Range): LokiFacts {
    const key = JSON.stringify([source.uid, range]);
    const known = this.#streams.get(key) ?? new LokiFacts({ read: this.backend.diagnose }, source, range);
    this.#streams.set(key, known);
    return known;
  }

  async #result(prepared: PreparedQuery, { answer, milliseconds }: Timed): Promise<QueryResult> {
    const { target, query, text } = prepared;
    const datasource = query.source?.uid ?? "";
    const base = { ...placeOf(target), datasource, milliseconds, ...(text === "" ? {} : { text }) };
    if (answer instanceof QueryError) {
      const failed: Cause = { code: answer.code, expected: false, message: answer.message };
      const { suspected } = prepared;
      const cause = suspected ? { ...suspected, message: `${suspected.message}: ${answer.message}` } : failed;
      return { ...base, state: "error", series: 0, cause };
    }
    if (answer.rows > 0 && answer.onlyNaN !== true) {
      const cause = await this.#ofPromql(query, text, fallbackCause);
      return { ...base, state: "data", series: answer.series, ...(cause ? { cause } : {}) };
    }
    const cause = prepared.suspected ?? (await this.causeOf(query, text));
    // NaN can be the value, or stand for one that is missing: `x or vector(NaN)`.
    if (answer.rows > 0 && !OF_SERIES.has(cause.code)) return { ...base, state: "data", series: answer.series };
    return { ...base, state: "no-data", series: 0, cause };
  }

  /** The answers of expressions and their inputs, which Grafana evaluates together. Undefined: they are not evaluated. */
  async #together(
    queries: readonly PreparedQuery[],
    expressions: readonly PreparedExpression[],
  ): Promise<ReadonlyMap<string, Timed> | undefined> {
    if (expressions.length === 0 || this.backend.skips(undefined) !== undefined) return undefined;
    const names = new Set(expressions.flatMap(({ inputs }) => inputs));
    const inputs = queries.filter(({ query }) => names.has(query.refId));
    const all = [...inputs, ...expressions].map(({ query }) => query);
    const known = new Set(all.map(({ refId }) => refId));
    // An input that is not run, such as one of a missing datasource.
    if (expressions.some((one) => one.inputs.some((input) => !known.has(input)))) return undefined;
    const { answers, error, milliseconds } = await this.backend.run(all);
    const timed = new Map([...answers].map(([refId, answer]) => [refId, { answer, milliseconds }]));
    if (error === undefined) return timed;
    // Each input alone, because one error fails all.
    const alone = await Promise.all(inputs.map(async (one) => [one.query.refId, await this.#answer(one)] as const));
    const isInput = alone.some(([, { answer }]) => answer instanceof QueryError);
    const failed = isInput
      ? []
      : expressions.map(({ query }) => [query.refId, { answer: error, milliseconds: 0 }] as const);
    return new Map<string, Timed>([...alone, ...failed]);
  }

  #ofExpression(
    { target, inputs }: PreparedExpression,
    batch: ReadonlyMap<string, Timed> | undefined,
    results: readonly QueryResult[],
  ): QueryResult {
    const { refId } = target;
    const base = { ...placeOf(target), series: 0, milliseconds: 0 };
    const used = results.filter((one) => inputs.includes(one.refId));
    const empty = used.find(({ state }) => state === "no-data");
    const failed = used.find(({ state }) => state === "error");
    const skipped = (message: string): QueryResult => ({
      ...base,
      state: "skipped",
      cause: { code: "empty", expected: true, message },
    });
    if (failed) return skipped(`its input ${failed.refId} failed`);
    const answer = batch?.get(refId)?.answer;
    if (answer instanceof QueryError)
      return { ...base, state: "error", cause: { code: answer.code, expected: false, message: answer.message } };
    if (answer && answer.rows > 0) return { ...base, state: "data", series: answer.series };
    if (empty?.cause)
      return {
        ...base,
        state: "no-data",
        cause: { ...empty.cause, message: `its input ${empty.refId}: ${empty.cause.message}` },
      };
    if (!answer) return skipped(this.backend.skips(undefined) ?? "one of its inputs was not run");
    return {
      ...base,
      state: "no-data",
      cause: { code: "empty", expected: false, message: "the expression has no result" },
    };
  }

  /** The answer to a query, which is asked once. */
  #answer({ query }: PreparedQuery): Promise<Timed> {
    const { refId: _, model, source, ...rest } = query;
    const { refId: _own, legendFormat: _legend, hide: _hide, ...content } = model;
    const key = JSON.stringify([source?.uid, content, rest]);
    const known = this.#answers.get(key) ?? this.#ask(query);
    this.#answers.set(key, known);
    return known;
  }

  async #ask(query: Query): Promise<Timed> {
    const { answers, error, milliseconds } = await this.backend.run([query]);
    const answer =
      error ?? answers.get(query.refId) ?? new QueryError("response-invalid", "the response has no result");
    return { answer, milliseconds };
  }
}

/** A diagnosis that fails is no reason to fail the query. */
function unlessFailed(error: unknown): undefined {
  if (!(error instanceof GrafanaError || error instanceof QueryError || error instanceof z.ZodError)) throw error;
}

/** The place of a query in the code. */
function placeOf({ refId, path, model }: Prepared["target"]): Pick<QueryResult, "refId" | "path" | "written"> {
  const field = ["expr", "query"].find((name) => typeof model[name] === "string" && model[name] !== "");
  return field === undefined ? { refId, path } : { refId, path: `${path}.${field}`, written: textOf(model[field]) };
}
