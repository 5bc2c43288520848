import type { SyntaxNode } from "@lezer/common";
import { aggregationOf, bare, callOf, matchersOf, metricOf, parsePromql, selectorsIn } from "../lint/promql/promql.ts";
import { writtenText, type Parsed } from "../lint/syntax.ts";
import { unquoted } from "../util/go-string.ts";
import type { Cause, Range } from "./model.ts";
import type { PrometheusFacts } from "./prometheus-facts.ts";
import { textWithModifiers, timeAround } from "./promql-time.ts";
import { selectorCause, type Selected } from "./selector-cause.ts";

/** Grafana and Prometheus find a sample for five minutes. */
const STALENESS = 300_000;

/** A query without data. */
export interface Empty {
  readonly expression: string;
  readonly range: Range;
  /** Milliseconds between two points. Undefined: only the end of the range is evaluated. */
  readonly step: number | undefined;
}

/** Says why an expression has no values, with as few questions as possible. */
export async function promqlCause(empty: Empty, facts: PrometheusFacts): Promise<Cause | undefined> {
  const query = parsePromql(empty.expression);
  const root = query.root.firstChild;
  if (query.error || !root) return undefined;
  return new Explanation(query, empty, facts).of(root);
}

/**
 * Says which metric has no samples although the expression has values: those of a side of `or` that selects no series, as in
 * `sum(rate(errors_total[5m])) or vector(0)`.
 */
export async function fallbackCause(shown: Empty, facts: PrometheusFacts): Promise<Cause | undefined> {
  const query = parsePromql(shown.expression);
  if (query.error) return undefined;
  for (const { firstChild: left, lastChild: right } of query.nodes.filter((one) => one.getChild("Or"))) {
    if (!left || !right || selectorsIn(right).length > 0) continue;
    const cause = await new Explanation(query, shown, facts).ofMissing(left);
    if (cause)
      return { ...cause, expected: true, message: `${cause.message}, so only the other side of or has values` };
  }
  return undefined;
}

const COMPARISONS = ["Eql", "Neq", "Gtr", "Gte", "Lss", "Lte"];

/** The functions that need two samples in a range. */
const OF_TWO = /^(?:rate|irate|increase|delta|idelta|deriv|predict_linear|holt_winters|double_exponential_smoothing)$/;

class Explanation {
  readonly #query: Parsed;
  readonly #empty: Empty;
  readonly #facts: PrometheusFacts;

  constructor(query: Parsed, empty: Empty, facts: PrometheusFacts) {
    this.#query = query;
    this.#empty = empty;
    this.#facts = facts;
  }

  /** Why a part without values has none. */
  async of(node: SyntaxNode): Promise<Cause | undefined> {
    const part = bare(node);
    switch (part.name) {
      case "VectorSelector":
        return this.#ofSelector(part);
      case "MatrixSelector":
      case "SubqueryExpr":
      case "UnaryExpr": {
        const inner = part.name === "UnaryExpr" ? part.lastChild : part.firstChild;
        return inner ? this.of(inner) : undefined;
      }
      case "AggregateExpr": {
        const inner = aggregationOf(this.#query, part)?.args.at(-1);
        return inner ? this.of(inner) : undefined;
      }
      case "FunctionCall":
        return this.#ofCall(part);
      case "BinaryExpr":
        return this.#ofOperator(part);
      default:
        return undefined;
    }
  }

  /** Why a part has no values, if the samples of a whole metric are missing. */
  async ofMissing(node: SyntaxNode): Promise<Cause | undefined> {
    if (!(await this.#mustBeEmpty(node))) return undefined;
    const cause = await this.of(node);
    return cause?.code === "metric-missing" || cause?.code === "metric-vanished" ? cause : undefined;
  }

  async #ofCall(node: SyntaxNode): Promise<Cause | undefined> {
    const call = callOf(this.#query, node);
    if (!call) return undefined;
    if (call.name.startsWith("absent"))
      return { code: "present", expected: true, message: `${call.name}() has no result because the series exist` };
    const args = call.args.filter((arg) => !/^(?:NumberDurationLiteral|StringLiteral)$/.test(bare(arg).name));
    for (const arg of args) if (await this.#isEmpty(arg)) return this.of(arg);
    const text = writtenText(this.#query, node);
    if (call.name.startsWith("histogram_") && call.name !== "histogram_quantile")
      return {
        code: "histogram-missing",
        expected: false,
        message: `${call.name}() has no result: the series are not native histograms`,
      };
    if (call.name === "histogram_quantile")
      return {
        code: "bucket-label-missing",
        expected: false,
        label: "le",
        message: `${call.name}() has no result: the series have no label le, so they are not the buckets of a histogram`,
      };
    if (OF_TWO.test(call.name))
      return {
        code: "samples-missing",
        expected: false,
        message: `no series has two samples in the range of ${text}`,
      };
    return undefined;
  }

  async #ofOperator(node: SyntaxNode): Promise<Cause | undefined> {
    const [left, right] = [node.firstChild, node.lastChild];
    if (!left || !right) return undefined;
    const has = (names: readonly string[]) => names.some((name) => node.getChild(name));
    const text = textWithModifiers(this.#query, node);
    if (has(["Or"])) {
      // With a side that has values, the result is not empty, but it can be NaN.
      if (!(await this.#isEmpty(left))) return undefined;
      const causes = [await this.of(left), await this.of(right)];
      return causes.find((cause) => cause?.expected === false) ?? causes[0];
    }
    if (await this.#isEmpty(left)) return this.of(left);
    if (has(["Unless"])) return filtered("present", `all series are excluded by unless: ${text}`);
    if (await this.#isEmpty(right)) {
      const cause = await this.of(right);
      // `and` is a filter: a side without series is as right as one with other series.
      if (!has(["And"]) || cause?.expected === false) return cause;
    }
    if (has(["And"])) return filtered("filtered", `no series is on both sides of and: ${text}`);
    if (has(COMPARISONS) && !node.getChild("BoolModifier"))
      return filtered("filtered", `no value satisfies the comparison ${text}`);
    return {
      code: "labels-unequal",
      expected: false,
      message: `the two sides have no series with the same labels: ${text}`,
    };
  }

  /** Whether a part of an empty expression is empty itself. */
  async #isEmpty(node: SyntaxNode): Promise<boolean> {
    const part = bare(node);
    if (await this.#mustBeEmpty(part)) return true;
    if (!this.#mayBeEmpty(part)) return false;
    // A subquery is a range, which can't be counted.
    if (part.name === "SubqueryExpr") return part.firstChild ? this.#isEmpty(part.firstChild) : false;
    const text = textWithModifiers(this.#query, node);
    return !(await this.#facts.hasValues(text, this.#empty.step));
  }

  /** Whether a selector without samples makes a part empty. Asks nothing else. */
  async #mustBeEmpty(node: SyntaxNode): Promise<boolean> {
    const part = bare(node);
    const any = async (nodes: readonly (SyntaxNode | null | undefined)[]) => {
      for (const one of nodes) if (one && (await this.#mustBeEmpty(one))) return true;
      return false;
    };
    switch (part.name) {
      case "VectorSelector":
        return (await this.#ofSelector(part)) !== undefined;
      case "MatrixSelector":
      case "SubqueryExpr":
        return any([part.firstChild]);
      case "UnaryExpr":
        return any([part.lastChild]);
      case "AggregateExpr":
        return any([aggregationOf(this.#query, part)?.args.at(-1)]);
      case "FunctionCall": {
        const call = callOf(this.#query, part);
        return call && !/^(?:absent|scalar$|vector$)/.test(call.name) ? any(call.args) : false;
      }
      case "BinaryExpr": {
        const sides = [part.firstChild, part.lastChild];
        if (part.getChild("Or")) return (await any([sides[0]])) && (await any([sides[1]]));
        return any(part.getChild("Unless") ? [sides[0]] : sides);
      }
      default:
        return false;
    }
  }

  /** Whether a part whose selectors have samples can be empty: it has a filter, or joins series. */
  #mayBeEmpty(node: SyntaxNode): boolean {
    const part = bare(node);
    if (/^(?:VectorSelector|MatrixSelector|NumberDurationLiteral|StringLiteral)$/.test(part.name)) return false;
    if (part.name === "FunctionCall" && /^(?:vector|scalar|time|pi)$/.test(callOf(this.#query, part)?.name ?? ""))
      return false;
    return true;
  }

  async #ofSelector(node: SyntaxNode): Promise<Cause | undefined> {
    const { ranges, modifier } = timeAround(this.#query, node);
    const { from, to } = this.#empty.range;
    const window = (this.#empty.step === undefined ? 0 : to - from) + Math.max(ranges, STALENESS);
    return selectorCause(this.#selected(node), { window, modifier }, this.#facts);
  }

  #selected(node: SyntaxNode): Selected {
    const metric = metricOf(this.#query, node);
    const matchers = matchersOf(this.#query, node)
      .filter(({ label }) => label !== "__name__" || metric === undefined)
      .map(({ label, operator, ...span }) => {
        // Not the text in which the parser replaced what looks like a variable.
        const written = writtenText(this.#query, span);
        const value = unquoted(written.slice(written.indexOf(operator) + operator.length).trim());
        return { label, operator, value };
      });
    return { text: writtenText(this.#query, node), matchers, ...(metric === undefined ? {} : { metric }) };
  }
}

function filtered(code: "filtered" | "present", message: string): Cause {
  return { code, expected: true, message };
}
