import type { SyntaxNode } from "@lezer/common";
import { unknownEscapes } from "../../util/go-string.ts";
import { matchesWhole } from "../../util/re2.ts";
import type { Span } from "../substitute.ts";
import { childrenOf, overlaps, writtenText, type Parsed } from "../syntax.ts";
import { aggregationOf, callOf, matchersOf } from "./promql.ts";

// The grammar accepts each expression in each place, `rate(x)` too. Prometheus checks types after it.

type PromqlType = "scalar" | "instant vector" | "range vector" | "string" | "unknown";

interface TypeError extends Span {
  readonly message: string;
  /** The function that needs a range that its argument lacks. */
  readonly withoutRange?: string;
}

interface Signature {
  readonly args: readonly PromqlType[];
  /** The number of last arguments that may be missing. `Infinity`: the last may be repeated too. */
  readonly optional: number;
  readonly result: PromqlType;
}

const V = "instant vector";
const R = "range vector";
const S = "scalar";
const T = "string";

const SIGNATURES = new Map<string, Signature>();
function define(names: string, args: readonly PromqlType[], result: PromqlType = V, optional = 0): void {
  for (const name of names.split(" ")) SIGNATURES.set(name, { args, optional, result });
}

define("abs absent acos acosh asin asinh atan atanh ceil cos cosh deg exp floor ln log10 log2 rad sgn sin sinh", [V]);
define("sqrt sort sort_desc tan tanh timestamp histogram_avg histogram_count histogram_stddev histogram_stdvar", [V]);
define("histogram_sum", [V]);
define("absent_over_time avg_over_time changes count_over_time delta deriv idelta increase irate last_over_time", [R]);
define("first_over_time mad_over_time max_over_time min_over_time present_over_time rate resets stddev_over_time", [R]);
define("stdvar_over_time sum_over_time ts_of_first_over_time ts_of_last_over_time ts_of_max_over_time", [R]);
define("ts_of_min_over_time", [R]);
define("clamp", [V, S, S]);
define("clamp_max clamp_min", [V, S]);
define("day_of_month day_of_week day_of_year days_in_month hour minute month year", [V], V, 1);
define("double_exponential_smoothing holt_winters", [R, S, S]);
define("histogram_fraction", [S, S, V]);
define("histogram_quantile", [S, V]);
define("histogram_quantiles", [V, T, S], V, Infinity);
define("info", [V, V], V, 1);
define("label_join", [V, T, T, T], V, Infinity);
define("label_replace", [V, T, T, T, T]);
define("pi time start end step range", [], S);
define("predict_linear", [R, S]);
define("quantile_over_time", [S, R]);
define("round", [V, S], V, 1);
define("scalar", [V], S);
define("sort_by_label sort_by_label_desc", [V, T], V, Infinity);
define("vector", [S]);

const WITH_NUMBER = new Set(["topk", "bottomk", "quantile", "limitk", "limit_ratio"]);
const SET_OPERATORS = ["And", "Or", "Unless"];
const COMPARISONS = ["Eql", "Neq", "Gtr", "Gte", "Lss", "Lte"];

/** The type of an expression. `found`: gets the errors in it. */
function typeOf(query: Parsed, node: SyntaxNode | null, found: TypeError[]): PromqlType {
  if (!node || node.type.isError) return "unknown";
  const report = (at: Span, message: string) => found.push({ from: at.from, to: at.to, message });
  switch (node.name) {
    case "PromQL":
    case "ParenExpr":
    case "OffsetExpr":
    case "StepInvariantExpr":
    case "AnchoredExpr":
    case "SmoothedExpr":
      return typeOf(query, node.firstChild, found);
    case "NumberDurationLiteral":
      return S;
    case "StringLiteral":
      return T;
    case "VectorSelector":
      if (selectsAll(query, node)) report(node, "a selector needs a matcher that an empty value does not match");
      return overlaps(query.unknown, node) && !node.getChild("LabelMatchers") ? "unknown" : V;
    case "MatrixSelector": {
      const inner = node.firstChild;
      if (!inner || inner.name === "VectorSelector" || overlaps(query.unknown, inner)) {
        typeOf(query, inner, found);
        return R;
      }
      report(inner, `only a selector can have a range; use a subquery, such as ${writtenText(query, inner)}[5m:]`);
      return "unknown";
    }
    case "SubqueryExpr": {
      const inner = typeOf(query, node.firstChild, found);
      if (inner !== V && inner !== "unknown")
        report(node.firstChild ?? node, `a subquery needs an instant vector, but this is a ${inner}`);
      return R;
    }
    case "UnaryExpr": {
      const inner = typeOf(query, node.lastChild, found);
      if (inner === R || inner === T)
        report(node, `a sign needs a scalar or an instant vector, but this is a ${inner}`);
      return inner;
    }
    case "BinaryExpr":
      return binaryType(query, node, found);
    case "AggregateExpr":
      return aggregateType(query, node, found);
    case "FunctionCall":
      return callType(query, node, found);
    default:
      return "unknown";
  }
}

/** Whether each matcher of a selector without a metric matches an empty value. */
function selectsAll(query: Parsed, selector: SyntaxNode): boolean {
  if (selector.getChild("Identifier") || overlaps(query.variables, selector) || overlaps(query.unknown, selector))
    return false;
  // A quoted name of a metric is a child of the matchers too.
  if (childrenOf(selector.getChild("LabelMatchers")).some((node) => node.name === "QuotedLabelName")) return false;
  return matchersOf(query, selector).every(({ operator, value }) => {
    const isMatch = operator.endsWith("~") ? matchesWhole(value, "") === true : value === "";
    return isMatch !== operator.startsWith("!");
  });
}

function binaryType(query: Parsed, node: SyntaxNode, found: TypeError[]): PromqlType {
  const [left, right] = [node.firstChild, node.lastChild];
  const sides = [typeOf(query, left, found), typeOf(query, right, found)];
  for (const [index, side] of sides.entries()) {
    const at = (index === 0 ? left : right) ?? node;
    if (side === R || side === T)
      found.push({
        from: at.from,
        to: at.to,
        message: `an operator needs a scalar or an instant vector, but this is a ${side}`,
      });
  }
  if (sides.some((side) => side !== S && side !== V)) return "unknown";
  const has = (names: readonly string[]) => names.some((name) => node.getChild(name));
  const { from, to } = node;
  if (has(SET_OPERATORS) && sides.includes(S))
    found.push({ from, to, message: "and, or and unless need instant vectors on both sides" });
  if (has(COMPARISONS) && sides.every((side) => side === S) && !node.getChild("BoolModifier"))
    found.push({ from, to, message: "a comparison of two scalars needs bool" });
  return sides.includes(V) ? V : S;
}

function aggregateType(query: Parsed, node: SyntaxNode, found: TypeError[]): PromqlType {
  const aggregation = aggregationOf(query, node);
  const operator = node.getChild("AggregateOp");
  if (!aggregation || !operator || overlaps(query.unknown, operator)) return "unknown";
  const { operator: name, args } = aggregation;
  const first: PromqlType[] = WITH_NUMBER.has(name) ? [S] : name === "count_values" ? [T] : [];
  checkArguments(query, node, name, { args: [...first, V], optional: 0, result: V }, args, found);
  return V;
}

function callType(query: Parsed, node: SyntaxNode, found: TypeError[]): PromqlType {
  const call = callOf(query, node);
  if (!call || overlaps(query.unknown, node.firstChild ?? node)) return "unknown";
  const signature = SIGNATURES.get(call.name);
  if (!signature) {
    // A function of a newer Prometheus, which the grammar knows.
    for (const arg of call.args) typeOf(query, arg, found);
    return "unknown";
  }
  checkArguments(query, node, call.name, signature, call.args, found);
  return signature.result;
}

function checkArguments(
  query: Parsed,
  node: SyntaxNode,
  name: string,
  { args: wanted, optional }: Signature,
  args: readonly SyntaxNode[],
  found: TypeError[],
): void {
  const { from, to } = node;
  const least = wanted.length - (optional === Infinity ? 1 : optional);
  const most = optional === Infinity ? Infinity : wanted.length;
  if (args.length < least || args.length > most) {
    const count = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} or ${most}`;
    found.push({
      from,
      to,
      message: `${name} needs ${count} ${count === "1" ? "argument" : "arguments"}, but has ${args.length}`,
    });
  }
  for (const [index, arg] of args.entries()) {
    const type = typeOf(query, arg, found);
    const expected = wanted[index] ?? wanted.at(-1) ?? "unknown";
    if (type === expected || type === "unknown" || expected === "unknown") continue;
    const what = writtenText(query, arg);
    const message = `${name} needs a ${expected}, but ${what} is a ${type}`;
    found.push({ from, to, message, ...(expected === R && type === V ? { withoutRange: name } : {}) });
  }
}

function escapeErrors(query: Parsed, { from, to }: SyntaxNode): TypeError[] {
  return unknownEscapes(query.text.slice(from, to)).map(({ index, text }) => ({
    from: from + index,
    to: from + index + text.length,
    message: `${text} is not an escape sequence; write \\\\ for a backslash`,
  }));
}

interface Types {
  readonly errors: readonly TypeError[];
  readonly type: PromqlType;
}

/** Several rules need the types of a query. */
const TYPES = new WeakMap<Parsed, Types>();

/** All errors of types in an expression, and its own type. */
export function typesOf(query: Parsed): Types {
  const known = TYPES.get(query);
  if (known) return known;
  const errors: TypeError[] = [];
  const [expression] = childrenOf(query.root);
  const type = typeOf(query, expression ?? null, errors);
  errors.push(...query.nodes.flatMap((node) => (node.name === "StringLiteral" ? escapeErrors(query, node) : [])));
  const types = { type, errors };
  TYPES.set(query, types);
  return types;
}

/** The name of an unknown function at a syntax error. */
export function unknownFunction(query: Parsed, { from }: Span): string | undefined {
  const before = /([A-Za-z_]\w*)\s*$/.exec(query.expr.slice(0, from))?.[1];
  const here = /^([A-Za-z_]\w*)\s*\(/.exec(query.expr.slice(from))?.[1];
  const name = here ?? (/^\s*\(/.test(query.expr.slice(from)) ? before : undefined);
  return name === undefined || SIGNATURES.has(name) || /^(sum|avg|by|without|on|and|or|unless|bool)$/i.test(name)
    ? undefined
    : name;
}
