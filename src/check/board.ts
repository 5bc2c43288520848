import type { QueriedBoard, QueriedPanel, QueriedTarget, QueriedVariable } from "../engine/queried.ts";
import { variablesIn } from "../lint/variables.ts";
import { queryError } from "./classify.ts";
import { expand, type Scope, type Value } from "./expand.ts";
import { Interrupted } from "./limited.ts";
import type { Cause, CheckedItem, KnownSource, QueryResult, Range } from "./model.ts";
import { prepare } from "./prepare.ts";
import { resolveSource, styleOf, undefinedVariable, unresolvedOf } from "./resolve.ts";
import type { Runner } from "./run.ts";
import { stateOf } from "./state.ts";
import { rangeOf } from "./time.ts";
import { filteredValues, variableQueryOf, variableValues, type VariableQuery } from "./variable-query.ts";
import { resolveVariables, variableText, type Asked } from "./variables.ts";

type Add = (item: Omit<CheckedItem, "address" | "source">) => void;

/** Causes that have nothing to do with the values of variables. */
const WITHOUT_VARIABLES: ReadonlySet<string> = new Set([
  "datasource-unreachable",
  "timeout",
  "permission-missing",
  "response-invalid",
  "metric-missing",
  "metric-vanished",
]);

/** A repeated panel is checked for so many values. */
const MAX_REPEATED = 5;

/** Checks a dashboard: its variables, and then its annotations and panels. */
export class BoardCheck {
  readonly #runner: Runner;
  readonly #board: QueriedBoard;
  readonly #range: Range;
  readonly #isReported: (text: string) => boolean;

  /** `isReported`: whether the result of a variable's query with this text is reported. */
  constructor(runner: Runner, board: QueriedBoard, range: Range, isReported: (text: string) => boolean = () => true) {
    this.#runner = runner;
    this.#board = board;
    this.#range = range;
    this.#isReported = isReported;
  }

  async run(add: Add): Promise<void> {
    const { variables, annotations, panels } = this.#board;
    const { sources } = this.#runner.backend;
    const base: Scope = { values: new Map(), range: this.#range, intervalMs: 15_000, scrapeMs: 15_000 };
    const values = await resolveVariables(variables, {
      sources,
      scope: base,
      ask: async (variable, scope) => {
        const { item, asked } = await this.#variable(variable, scope);
        if (this.#isReported(variableText(variable))) add(item);
        return asked;
      },
    });
    const scope = { ...base, values };
    await Promise.all([
      ...annotations.map(async ({ name, target }) => {
        const queries = await this.#results([target], scope, {});
        add({ path: target.path, role: "annotation", title: name, state: stateOf(queries), queries });
      }),
      ...panels.map((panel) => this.#panel(panel, scope, add)),
    ]);
  }

  async #panel(panel: QueriedPanel, scope: Scope, add: Add): Promise<void> {
    const { path, title, targets, sharedId } = panel;
    const base = { path, role: "panel" as const, title };
    if (sharedId !== undefined && targets.length === 0) {
      add(skippedPanel(panel, `its model, the shared panel ${sharedId}, is not in the code`));
      return;
    }
    if (targets.length === 0) return;
    const range = rangeOf(this.#range, panel);
    await Promise.all(
      repetitions(panel, scope).map(async ({ values, name }) => {
        const queries = await this.#results(targets, { ...scope, range, values }, panel);
        add({ ...base, ...(name === "" ? {} : { repeated: name }), state: stateOf(queries), queries });
      }),
    );
  }

  async #results(targets: readonly QueriedTarget[], scope: Scope, options: Partial<QueriedPanel>) {
    const { backend } = this.#runner;
    const results = await this.#runner.results(prepare(targets, scope, { backend, options }));
    return results.map((result) => this.#withVariable(result, targets, scope));
  }

  /** Names the variable without values that a query without data uses. */
  #withVariable(result: QueryResult, targets: readonly QueriedTarget[], { values }: Scope): QueryResult {
    if (result.state !== "no-data" && result.state !== "error") return result;
    if (result.cause?.variable !== undefined || WITHOUT_VARIABLES.has(result.cause?.code ?? "")) return result;
    const target = targets.find(({ refId }) => refId === result.refId);
    const used = variablesIn(JSON.stringify([target?.model ?? {}, target?.datasource ?? {}])).map(({ name }) => name);
    const empty = used.find((name) => {
      const value = values.get(name);
      return value?.values.length === 0 && value.allValue === undefined && !value.unresolved;
    });
    if (empty === undefined) return result;
    const { metric, message } = values.get(empty)?.cause ?? {};
    const cause: Cause = {
      code: "variable-empty",
      expected: false,
      variable: empty,
      ...(metric === undefined ? {} : { metric }),
      message: `the variable ${empty} has no values${message === undefined ? "" : `: ${message}`}`,
    };
    return { ...result, cause };
  }

  async #variable(variable: QueriedVariable, scope: Scope) {
    const { path, name, target } = variable;
    const text = variableText(variable);
    const found = (result: Omit<QueryResult, "refId" | "path">, asked: Asked) => {
      const written = text === "" ? {} : { written: text };
      const queries = [{ refId: target?.refId ?? "A", path: target?.path ?? path, ...written, ...result }];
      return { item: { path, role: "variable" as const, title: name, state: stateOf(queries), queries }, asked };
    };
    const unknown: Asked = { values: [], known: false };
    const none = { series: 0, milliseconds: 0, ...(text === "" ? {} : { text }) };
    const because = (message: string, asked = unknown) =>
      found({ ...none, state: "skipped", cause: { code: "empty", expected: true, message } }, asked);
    const resolved = resolveSource(target?.datasource, scope, this.#runner.backend);
    if (resolved.type === "failed")
      return found({ ...none, state: "error", cause: resolved.cause }, { ...unknown, failure: resolved.cause });
    if (resolved.type !== "source") return because(resolved.type === "skipped" ? resolved.why : "it is an expression");
    const { source } = resolved;
    const why = this.#runner.backend.skips(source);
    if (why !== undefined) return because(why);
    const style = styleOf(source);
    const expanded = expand(text, scope, style);
    const unresolved = unresolvedOf([...expanded.used, ...expand(variable.regex, scope, "regex").used], scope);
    if (unresolved?.type === "skipped") return because(unresolved.why);
    if (unresolved)
      return found({ ...none, state: "error", cause: unresolved.cause }, { ...unknown, failure: unresolved.cause });
    const query = variableQueryOf(expandedTarget(target, scope, style), expanded.text, source);
    if (!query) return because(`queries of variables of the type ${source.type} are not run`);
    if (query.type === "none") return because("the query is empty", { values: [], known: true });
    const [missing] = expanded.unknown;
    const shown = { series: 0, text: expanded.text, datasource: source.uid };
    const start = performance.now();
    try {
      const all = await variableValues(query, source, { backend: this.#runner.backend, range: this.#range });
      const milliseconds = Math.round(performance.now() - start);
      const values = filteredValues(all, expand(variable.regex, scope, "regex").text);
      if (values.length > 0)
        return found({ ...shown, state: "data", series: values.length, milliseconds }, { values, known: true });
      const cause =
        missing === undefined ? await this.#emptyCause(query, all, source) : undefinedVariable(missing, scope);
      return found({ ...shown, state: "no-data", milliseconds, cause }, { values, known: true, cause });
    } catch (error) {
      if (error instanceof Interrupted) throw error;
      const { code, message } = queryError(error);
      const milliseconds = Math.round(performance.now() - start);
      const failure: Cause = { code, expected: false, message };
      return found({ ...shown, state: "error", milliseconds, cause: failure }, { ...unknown, failure });
    }
  }

  async #emptyCause({ type, expression, label }: VariableQuery, all: readonly string[], source: KnownSource) {
    const none: Cause = { code: "empty", expected: false, message: "the query returned nothing" };
    if (all.length > 0)
      return { ...none, code: "filtered" as const, message: "the regular expression matches none of the values" };
    const isAsked = type === "label-values" || type === "series" || type === "result";
    if (!isAsked || expression === "") return label === "" ? none : labelMissing(label);
    const query = {
      refId: "A",
      source,
      model: { expr: expression, instant: type === "result" },
      range: this.#range,
      intervalMs: 60_000,
      maxDataPoints: 100,
    };
    const cause = await this.#runner.causeOf(query, expression);
    return cause.code === "empty" && label !== "" ? labelMissing(label) : cause;
  }
}

function expandedTarget(target: QueriedTarget | undefined, scope: Scope, style: Parameters<typeof expand>[2]) {
  if (!target) return undefined;
  const model = Object.fromEntries(
    Object.entries(target.model).map(([key, value]) => [
      key,
      typeof value === "string" ? expand(value, scope, style).text : value,
    ]),
  );
  return { ...target, model };
}

function labelMissing(label: string): Cause {
  return { code: "label-missing", expected: false, label, message: `no series has the label ${label}` };
}

/** A panel whose queries are not run. */
export function skippedPanel({ path, title }: QueriedPanel, message: string): Omit<CheckedItem, "address" | "source"> {
  const cause: Cause = { code: "empty", expected: true, message };
  const query: QueryResult = { refId: "A", path, series: 0, milliseconds: 0, state: "skipped", cause };
  return { path, role: "panel", title, state: "skipped", queries: [query] };
}

interface Repetition {
  readonly values: ReadonlyMap<string, Value>;
  /** `instance=a` */
  readonly name: string;
}

/** The values for which a panel is shown: one after the other, or all together. */
function repetitions({ repeatedBy }: QueriedPanel, { values }: Scope): readonly Repetition[] {
  let all: readonly Repetition[] = [{ values, name: "" }];
  for (const name of repeatedBy) {
    const value = values.get(name);
    if (!value || value.values.length === 0) continue;
    all = all.flatMap((one) =>
      value.values.slice(0, MAX_REPEATED).map((single) => ({
        values: new Map([...one.values, [name, { values: [single], several: value.several }]]),
        name: [one.name, `${name}=${single}`].filter((part) => part !== "").join(", "),
      })),
    );
  }
  return all.slice(0, MAX_REPEATED);
}
