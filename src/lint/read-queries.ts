import type { LintedQuery } from "../engine/lint.ts";
import type { QueriedSource } from "../engine/queried.ts";
import { DEFAULT_SCRAPE, parseDuration } from "../util/duration.ts";
import { parseLogql } from "./logql.ts";
import type { ReadQuery, Subject } from "./model.ts";
import { parsePromql } from "./promql/promql.ts";
import type { Language } from "./substitute.ts";
import type { Parsed } from "./syntax.ts";
import { parseTraceql } from "./traceql.ts";
import { variablesIn } from "./variables.ts";

const LANGUAGES: Readonly<Record<string, Language>> = {
  prometheus: "promql",
  "grafana-amazonprometheus-datasource": "promql",
  "grafana-azureprometheus-datasource": "promql",
  loki: "logql",
  tempo: "traceql",
};

/** The language of a datasource's queries. */
export function languageOf(type: string | undefined): Language | undefined {
  return type === undefined || !Object.hasOwn(LANGUAGES, type) ? undefined : LANGUAGES[type];
}

const PARSERS: Readonly<Record<Language, (text: string) => Parsed>> = {
  promql: parsePromql,
  logql: parseLogql,
  traceql: parseTraceql,
};

/** Parses the queries of all resources. `scrapeInterval`: of the settings, for all datasources. */
export function readQueries(subjects: readonly Subject[], scrapeInterval: string | undefined): ReadQuery[] {
  const sources = new Map(
    subjects.flatMap(({ linted: { source } }) =>
      source ? [source.uid, source.name].map((name) => [name, source] as const) : [],
    ),
  );
  const known = new Map<string, Parsed>();
  const parse = (text: string, language: Language): Parsed => {
    const key = `${language} ${text}`;
    const parsed = known.get(key) ?? PARSERS[language](text);
    known.set(key, parsed);
    return parsed;
  };
  return subjects.flatMap((subject) =>
    queriesOf(subject).map((query): ReadQuery => {
      const source = sourceOf(query.datasource, subject);
      const inCode = source?.uid === undefined ? undefined : sources.get(source.uid);
      const sourceType = inCode?.type ?? source?.type;
      const isPrometheus = inCode?.type === "prometheus";
      const interval = scrapeInterval ?? (isPrometheus ? inCode.scrape : undefined);
      const assumed = isPrometheus ? DEFAULT_SCRAPE : undefined;
      const scrape = interval === undefined ? assumed : parseDuration(interval);
      return {
        query,
        subject,
        ...(sourceType === undefined ? {} : { sourceType }),
        ...(scrape === undefined ? {} : { scrape }),
        ...expressionOf(query, sourceType, parse),
      };
    }),
  );
}

function queriesOf({ linted: { board, rules = [] } }: Subject): LintedQuery[] {
  return [
    ...(board ? [...board.queries, ...board.panels.flatMap(({ queries }) => queries)] : []),
    ...rules.flatMap(({ queries }) => queries),
  ];
}

/** The datasource, or the type of the variable that selects it. */
function sourceOf(source: QueriedSource | undefined, { linted: { board } }: Subject): QueriedSource | undefined {
  const [use] = variablesIn(source?.uid ?? "");
  if (!use) return source;
  const type = board?.variables.find(({ name }) => name === use.name)?.pluginType ?? source?.type;
  return type === undefined ? undefined : { type };
}

type Expression = Pick<ReadQuery, "language" | "parsed" | "offset" | "otherLanguage">;

const NONE: Expression = { offset: 0 };

function expressionOf(
  query: LintedQuery,
  sourceType: string | undefined,
  parse: (text: string, language: Language) => Parsed,
): Expression {
  const { field, queryType = "", role } = query;
  if (query.text.trim() === "") return NONE;
  const expression = role === "variable" ? inFunction(query.text) : { text: query.text, offset: 0 };
  if (!expression) return NONE;
  const { text, offset } = expression;
  const language = languageOf(sourceType);
  if (language === "traceql") {
    const isExpression = field === "query" && (queryType === "traceql" || (queryType === "" && /^\s*\{/.test(text)));
    return isExpression ? { language, parsed: parse(text, language), offset } : NONE;
  }
  if (field !== "expr" && role === "panel") return NONE;
  if (language !== undefined) {
    const parsed = parse(text, language);
    const other = language === "promql" ? "logql" : "promql";
    // A selector without matchers is valid only in PromQL.
    const isBoth = language === "logql" && /^\s*\{/.test(text);
    const isOther = parsed.error && !parsed.uncertain && !isBoth && parse(text, other).error === undefined;
    return { language, parsed, offset, ...(isOther ? { otherLanguage: other } : {}) };
  }
  if (sourceType !== undefined || field !== "expr") return NONE;
  // The default datasource: only the text shows its language.
  for (const language of ["promql", "logql"] as const) {
    const parsed = parse(text, language);
    if (!parsed.error) return { language, parsed, offset };
  }
  return NONE;
}

/** The expression in a query of a variable; undefined if it has none. */
function inFunction(text: string): { readonly text: string; readonly offset: number } | undefined {
  const call = /^\s*(label_values|label_names|metrics|query_result)\s*\(/.exec(text);
  if (!call) return { text, offset: 0 };
  const start = call[0].length;
  const end = text.lastIndexOf(")");
  if (end < start || call[1] === "metrics" || call[1] === "label_names") return undefined;
  if (call[1] === "query_result") return { text: text.slice(start, end), offset: start };
  const comma = text.lastIndexOf(",", end);
  const label = text.slice(comma + 1, end);
  // `label_values(job)`, or a comma in a matcher
  if (comma < start || /["'{}]/.test(label)) return undefined;
  return { text: text.slice(start, comma), offset: start };
}
