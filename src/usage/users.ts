import { logqlMatchers } from "../lint/logql.ts";
import type { Project, ReadQuery, Subject } from "../lint/model.ts";
import { matchersOf, parsePromql, type Matcher } from "../lint/promql/promql.ts";
import type { Language } from "../lint/substitute.ts";
import { overlaps } from "../lint/syntax.ts";
import { address, type Desired } from "../engine/model.ts";
import { matchesWhole } from "../util/re2.ts";
import { usesIn, type Use } from "./uses.ts";

/** Finds the resources that use a name, by their addresses. The address of Prometheus' own rules is `prometheus/rules`. */
export interface Users {
  metric(name: string): readonly string[];
  label(name: string): readonly string[];
  /** Resources with a matcher that selects only some values, and this one. */
  value(label: string, value: string): readonly string[];
  /** The number of queries in which a variable selects the metric, so that they can use any. */
  readonly open: number;
  /** The number of queries in languages without a grammar. */
  readonly unread: number;
  /** Whether the resources use any metric. */
  readonly hasMetrics: boolean;
}

/**
 * The users of what one server stores: `promql` for Prometheus, `logql` for Loki. `rules`: the queries of Prometheus' own rules.
 * Pure.
 */
export function usersOf(
  { subjects, queries }: Pick<Project, "subjects" | "queries">,
  references: readonly Desired[],
  { language, rules = [] }: { readonly language: Language; readonly rules?: readonly string[] },
): Users {
  const own = [
    ...queries.filter((query) => query.language === undefined || query.language === language),
    ...rules.map(ruleQuery),
  ];
  const { uses, open, unread } = usesIn({ subjects, queries: own }, references);
  const [exact, patterns] = [new Map<string, Set<string>>(), new Map<string, Set<string>>()];
  const add = ({ what, name, isPattern, address: user }: Pick<Use, "what" | "name" | "isPattern" | "address">) => {
    const [map, key] = isPattern ? [patterns, name] : [exact, `${what}/${name}`];
    map.set(key, (map.get(key) ?? new Set()).add(user));
  };
  for (const use of uses) if (use.what === "metric" || use.what === "label") add(use);
  const matchers = own.flatMap(selectiveMatchers);
  return {
    metric: (name) => distinct([...(exact.get(`metric/${name}`) ?? []), ...matching(patterns, name)]),
    label: (name) => [...(exact.get(`label/${name}`) ?? [])],
    value: (label, value) =>
      distinct(matchers.filter((one) => one.label === label && selects(one, value)).map(({ user }) => user)),
    open: open.length,
    unread,
    hasMetrics: uses.some(({ what, address: user }) => what === "metric" && user !== address(RULES.desired)),
  };
}

/** The services that query a metric themselves. */
export function readersOf(
  readers: readonly { readonly service: string; readonly pattern: string }[],
  metric: string,
): string[] {
  return readers.filter(({ pattern }) => matchesWhole(pattern, metric) === true).map(({ service }) => service);
}

/** The rules of Prometheus itself, as if they were a resource. */
const RULES: Subject = {
  desired: { kind: "prometheus", id: "rules", title: "", source: { file: "", export: "" }, references: [] },
  linted: {},
};

function ruleQuery(text: string): ReadQuery {
  const query = { path: "", field: "expr", text, alone: true, instant: true, role: "rule", overTime: false } as const;
  return { query, subject: RULES, language: "promql", parsed: parsePromql(text), offset: 0 };
}

function matching(patterns: ReadonlyMap<string, ReadonlySet<string>>, name: string): string[] {
  return [...patterns].flatMap(([pattern, users]) => (matchesWhole(pattern, name) === true ? [...users] : []));
}

type Selective = Pick<Matcher, "label" | "operator" | "value"> & { readonly user: string };

/** The matchers of a query that name values. Those with variables name none. */
function selectiveMatchers({ parsed, language, subject }: ReadQuery): Selective[] {
  if (!parsed) return [];
  const found =
    language === "logql"
      ? logqlMatchers(parsed)
      : parsed.nodes
          .filter(({ name }) => name === "VectorSelector")
          .flatMap((selector) => matchersOf(parsed, selector));
  return found
    .filter(({ operator }) => operator === "=" || operator === "=~")
    .filter((matcher) => !overlaps(parsed.variables, matcher))
    .filter(({ operator, value }) => operator === "=" || matchesWhole(value, NO_VALUE) === false)
    .map(({ label, operator, value }) => ({ label, operator, value, user: address(subject.desired) }));
}

/** A pattern that matches this text matches all values. */
const NO_VALUE = "\u{10FFFD}";

function selects({ operator, value }: Selective, wanted: string): boolean {
  return operator === "=" ? value === wanted : matchesWhole(value, wanted) === true;
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
