import type { SyntaxNode } from "@lezer/common";
import { parseLogql } from "../lint/logql.ts";
import { callOf, matchersOf, metricOf, parsePromql } from "../lint/promql/promql.ts";
import type { ReadQuery } from "../lint/model.ts";
import type { Span } from "../lint/substitute.ts";
import { overlaps, textOf, type Parsed } from "../lint/syntax.ts";
import { actionsIn } from "../lint/templates.ts";
import { unquoted } from "../util/go-string.ts";

/** A name in a query. */
interface NameInQuery {
  readonly what: "metric" | "label";
  readonly name: string;
  /** Whether the name is a regular expression: `{__name__=~"http_.*"}`. */
  readonly isPattern: boolean;
  /** The place in the text: in that of the query, or in the legend. */
  readonly span: Span;
  readonly inLegend?: true;
}

/** The names of metrics and labels in an expression, and whether a variable selects a metric in it. */
interface NamesInExpression {
  readonly names: readonly NameInQuery[];
  readonly isOpen: boolean;
}

export interface NamesInQuery extends NamesInExpression {
  /** Whether the query is in a language without a grammar, such as SQL. */
  readonly isUnread: boolean;
}

/** Finds the metrics and the labels that a query uses, by its grammar. */
export function namesIn(read: ReadQuery): NamesInQuery {
  const { query, offset } = read;
  const { parsed, language } = read.parsed ? read : guessed(query);
  const fromFunction = query.role === "variable" ? inFunction(query.text) : [];
  const legend = query.legend ? labelsOfLegend(query.legend) : [];
  if (!parsed || !language) {
    const isUnread = query.text.trim() !== "" && inFunction(query.text).length === 0;
    return { names: [...fromFunction, ...legend], isOpen: false, isUnread };
  }
  const found = language === "promql" ? namesInPromql(parsed) : language === "logql" ? inLogql(parsed) : NOTHING;
  const names = found.names.map((name) => ({ ...name, span: moved(name.span, offset) }));
  return { names: [...names, ...fromFunction, ...legend], isOpen: found.isOpen, isUnread: false };
}

/** A query to a datasource of an unknown type, such as one that is compatible with Prometheus: only a valid text shows the language. */
function guessed({ field, role, text }: ReadQuery["query"]): Pick<ReadQuery, "parsed" | "language"> {
  if (field !== "expr" || role === "variable") return {};
  const [promql, logql] = [parsePromql(text), parseLogql(text)];
  if (!promql.error) return { parsed: promql, language: "promql" };
  return logql.error ? {} : { parsed: logql, language: "logql" };
}

const NOTHING: NamesInExpression = { names: [], isOpen: false };

function moved({ from, to }: Span, offset: number): Span {
  return { from: from + offset, to: to + offset };
}

function label(name: string, { from, to }: Span): NameInQuery {
  return { what: "label", name, isPattern: false, span: { from, to } };
}

/** The metrics and labels of a PromQL expression. */
export function namesInPromql(query: Parsed): NamesInExpression {
  const names: NameInQuery[] = [];
  let isOpen = false;
  for (const node of query.nodes) {
    if (node.name === "VectorSelector") {
      const metrics = metricsOf(query, node);
      if (metrics) names.push(...metrics);
      else isOpen = true;
    } else if (isLabel(node)) {
      const name = textOf(query, node).replaceAll(/["']/g, "");
      if (name !== "__name__" && !overlaps(query.variables, node)) names.push(label(name, node));
    } else if (node.name === "FunctionCall") names.push(...labelArguments(query, node));
  }
  return { names, isOpen };
}

/** A label in a matcher or a list. A quoted name that has no operator is a metric. */
function isLabel(node: SyntaxNode): boolean {
  if (node.name === "LabelName") return true;
  return node.name === "QuotedLabelName" && node.parent?.name !== "LabelMatchers";
}

/** The metrics that a selector names. Undefined: a variable selects them. */
function metricsOf(query: Parsed, selector: SyntaxNode): NameInQuery[] | undefined {
  const name = metricOf(query, selector);
  const own = selector.getChild("Identifier") ?? selector;
  if (name !== undefined) return [{ what: "metric", name, isPattern: false, span: { from: own.from, to: own.to } }];
  const matchers = matchersOf(query, selector).filter((matcher) => matcher.label === "__name__");
  const [pattern] = matchers.filter(({ operator }) => operator === "=~");
  if (pattern && !overlaps(query.variables, pattern))
    return [{ what: "metric", name: pattern.value, isPattern: true, span: { from: pattern.from, to: pattern.to } }];
  return undefined;
}

/** The functions whose arguments are labels, with the positions of these. */
const LABEL_ARGUMENTS: Readonly<Record<string, (count: number) => readonly number[]>> = {
  label_replace: () => [1, 3],
  label_join: (count) => [1, ...Array.from({ length: Math.max(0, count - 3) }, (_, index) => index + 3)],
  sort_by_label: (count) => Array.from({ length: Math.max(0, count - 1) }, (_, index) => index + 1),
  sort_by_label_desc: (count) => Array.from({ length: Math.max(0, count - 1) }, (_, index) => index + 1),
};

function labelArguments(query: Parsed, node: SyntaxNode): NameInQuery[] {
  const call = callOf(query, node);
  const positions = call && LABEL_ARGUMENTS[call.name]?.(call.args.length);
  return (positions ?? []).flatMap((position) => {
    const argument = call?.args[position];
    if (argument?.name !== "StringLiteral" || overlaps(query.variables, argument)) return [];
    const name = unquoted(textOf(query, argument));
    return name === "" ? [] : [label(name, argument)];
  });
}

/** In LogQL, all identifiers are labels. */
function inLogql(query: Parsed): NamesInExpression {
  const names = query.nodes.flatMap((node): NameInQuery[] => {
    if (overlaps(query.variables, node)) return [];
    if (node.name === "Identifier" || node.name === "LabelName") return [label(textOf(query, node), node)];
    // `line_format "{{.msg}}"`, `label_format a="{{.b}}"`
    const isTemplate =
      node.name === "String" && ["LineFormatExpr", "LabelFormatMatcher"].includes(node.parent?.name ?? "");
    if (!isTemplate) return [];
    const fields = actionsIn(textOf(query, node)).flatMap(({ body }) => [
      ...body.matchAll(/(?<![\w.)$])\.([A-Za-z_]\w*)/g),
    ]);
    return fields.map(([, name = ""]) => label(name, node));
  });
  return { names, isOpen: false };
}

/** The names in a function of a variable that are not in an expression. */
function inFunction(text: string): NameInQuery[] {
  const call = /^\s*(label_values|metrics|label_names)\s*\(([\s\S]*)\)\s*$/.exec(text);
  const [, name, argument = ""] = call ?? [];
  if (name === undefined || argument.includes("$") || argument.includes("[[")) {
    // `label_values(up{job="$job"}, instance)`: the label has no variable.
    const last = /,\s*([A-Za-z_]\w*)\s*\)\s*$/.exec(name === "label_values" ? text : "");
    return last?.[1] === undefined ? [] : [labelAt(text, last[1])];
  }
  const from = text.indexOf(argument);
  if (name !== "label_values") {
    const given = argument.trim();
    if (given === "") return [];
    // Grafana sends these two forms to Prometheus.
    const pattern = name === "metrics" ? given : `.*${given}.*`;
    return [{ what: "metric", name: pattern, isPattern: true, span: { from, to: from + argument.length } }];
  }
  const last = /(?:^|,)\s*([A-Za-z_]\w*)\s*$/.exec(argument)?.[1];
  return last === undefined ? [] : [labelAt(text, last)];
}

function labelAt(text: string, name: string): NameInQuery {
  const from = text.lastIndexOf(name);
  return label(name, { from, to: from + name.length });
}

function labelsOfLegend({ text }: NonNullable<ReadQuery["query"]["legend"]>): NameInQuery[] {
  return [...text.matchAll(/\{\{\s*([A-Za-z_]\w*)\s*\}\}/g)].map(({ index, 0: whole, 1: name = "" }) => ({
    ...label(name, { from: index, to: index + whole.length }),
    inLegend: true,
  }));
}
