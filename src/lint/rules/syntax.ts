import type { Found, ReadQuery, Rule } from "../model.ts";
import type { Language } from "../substitute.ts";
import { writtenText, type Parsed } from "../syntax.ts";
import { typesOf, unknownFunction } from "../promql/types.ts";

const NAMES: Readonly<Record<Language, string>> = { promql: "PromQL", logql: "LogQL", traceql: "TraceQL" };

/** A part of a query, at its place in the whole text. */
export function foundAt(
  { query: { path }, offset }: ReadQuery,
  span: { readonly from: number; readonly to: number },
  message: string,
  hint?: string,
): Found {
  const shifted = { from: span.from + offset, to: span.to + offset };
  return { path, message, span: shifted, ...(hint === undefined ? {} : { hint }) };
}

/** The parsed query, if it is valid. */
export function validPromql({ language, parsed }: ReadQuery): Parsed | undefined {
  return language === "promql" && parsed && !parsed.error ? parsed : undefined;
}

/** A check of valid PromQL. */
export function inPromql(find: (parsed: Parsed, query: ReadQuery) => Found[]): (query: ReadQuery) => Found[] {
  return (query) => {
    const parsed = validPromql(query);
    return parsed ? find(parsed, query) : [];
  };
}

/** `at position 12, before ")"` */
function placeText(parsed: Parsed, { from, to }: { readonly from: number; readonly to: number }): string {
  const there = writtenText(parsed, { from, to: Math.max(to, from + 12) }).trim();
  return there === "" ? "at the end" : `at position ${from + 1}, at ${JSON.stringify(there)}`;
}

function syntaxRule(language: Language, bad: string, good: string): Rule {
  const name = NAMES[language];
  return {
    id: `${language}-syntax`,
    severity: "error",
    group: "Queries",
    reason: `The datasource rejects a query that is not valid ${name}, so the panel or the alert has no data.`,
    about: `Parses the expression with the grammar of ${name}. Each of Grafana's variables and macros counts as a value of the type that its position requires. If a variable can stand for something other than a value, such as an operator, syntax errors of the expression are not reported.`,
    bad,
    good,
    query: (query) => {
      const { parsed, otherLanguage } = query;
      const error = query.language === language && !otherLanguage && !parsed?.uncertain ? parsed?.error : undefined;
      if (!parsed || !error) return [];
      const unknown = language === "promql" ? unknownFunction(parsed, error) : undefined;
      const what =
        unknown === undefined
          ? `is not valid ${name} ${placeText(parsed, error)}`
          : `calls ${unknown}, which is not a function of ${name}`;
      return [foundAt(query, error, what)];
    },
  };
}

export const SYNTAX_RULES: readonly Rule[] = [
  syntaxRule("promql", "sum(rate(http_requests_total[5m])", "sum(rate(http_requests_total[5m]))"),
  syntaxRule("logql", '{app="shop"} |= error', '{app="shop"} |= "error"'),
  syntaxRule("traceql", "{ status = }", "{ status = error }"),
  {
    id: "promql-type",
    severity: "error",
    group: "Queries",
    reason: "Prometheus rejects a function or an operator whose arguments have the wrong type or number.",
    about:
      "Checks the arguments of all functions, aggregations and operators, as Prometheus does before it runs a query. Also reports a query whose result is a range vector. If only the range of an argument is missing, `rate-without-range` reports this instead.",
    bad: "topk(http_requests_total, 5)",
    good: "topk(5, http_requests_total)",
    query: inPromql((parsed, query) => {
      const { errors, type } = typesOf(parsed);
      const found = errors
        .filter(({ withoutRange }) => withoutRange === undefined)
        .map((error) => foundAt(query, error, error.message));
      if (type === "range vector" && !query.query.instant && query.query.role !== "variable")
        found.push(
          foundAt(
            query,
            { from: 0, to: parsed.text.length },
            "has a range vector as its result, which can't be drawn",
            "Use a function such as rate or last_over_time.",
          ),
        );
      return found;
    }),
  },
  {
    id: "rate-without-range",
    severity: "error",
    group: "Queries",
    reason: "A function such as rate or avg_over_time needs a range, and Prometheus rejects the query without it.",
    about: "Reports each function that takes a range vector and gets an instant vector.",
    bad: "rate(http_requests_total)",
    good: "rate(http_requests_total[$__rate_interval])",
    query: inPromql((parsed, query) => {
      return typesOf(parsed).errors.flatMap((error) =>
        error.withoutRange === undefined
          ? []
          : foundAt(
              query,
              error,
              `${error.withoutRange} needs a range, but its argument has none`,
              "Add a range: [$__rate_interval] in dashboards, [5m] in alert rules.",
            ),
      );
    }),
  },
  {
    id: "datasource-language",
    severity: "error",
    group: "Queries",
    reason: "A query returns an error if it isn't written in the language of its datasource.",
    about:
      "Reports PromQL in a query to Loki, LogQL in a query to Prometheus, and PromQL or LogQL in a query to a datasource that supports neither, such as Tempo or PostgreSQL. The type of the datasource comes from the query's reference, from the datasource in the code, or from the variable that selects the datasource.",
    bad: "A query to Loki with sum(rate(http_requests_total[5m]))",
    good: "The same query to Prometheus",
    query: (query) => {
      const { language, otherLanguage, parsed, sourceType = "" } = query;
      if (language && otherLanguage && parsed)
        return [
          foundAt(
            query,
            { from: 0, to: parsed.text.length },
            `is ${NAMES[otherLanguage]}, but its datasource has the type ${sourceType}, which needs ${NAMES[language]}`,
            "Select another datasource, or rewrite the query.",
          ),
        ];
      const { field, text, path, alone } = query.query;
      if (!alone || field !== "expr" || text.trim() === "" || !OTHER_TYPES.has(sourceType)) return [];
      return [
        {
          path,
          message: `has an expression for Prometheus or Loki, but its datasource has the type ${sourceType}`,
          hint: "Select another datasource, or rewrite the query.",
        },
      ];
    },
  },
];

/** Plugins whose queries have no property `expr`. */
const OTHER_TYPES = new Set([
  "tempo",
  "jaeger",
  "zipkin",
  "mysql",
  "mssql",
  "postgres",
  "grafana-postgresql-datasource",
  "influxdb",
  "graphite",
  "opentsdb",
]);
