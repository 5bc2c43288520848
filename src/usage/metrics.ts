import { z } from "zod";
import type { Backend, KnownSource } from "../check/model.ts";
import { parsePromql } from "../lint/promql/promql.ts";
import { matchesWhole } from "../util/re2.ts";
import { namesInPromql } from "./names.ts";
import type { Uses } from "./uses.ts";

/** A metric in Prometheus. */
export interface Metric {
  readonly name: string;
  /** The number of its time series now. */
  readonly series: number;
}

/** What a Prometheus has. */
export interface Metrics {
  readonly metrics: readonly Metric[];
  /** What its own rules use; undefined if it doesn't serve them. */
  readonly rules: RuleMetrics | undefined;
}

interface RuleMetrics {
  readonly names: readonly { readonly name: string; readonly isPattern: boolean }[];
  /** The number of rules that name no metric, such as `{job="api"}`, or that the grammar doesn't know. */
  readonly open: number;
}

const Vector = z.looseObject({
  data: z.looseObject({
    result: z.array(
      z.looseObject({ metric: z.looseObject({ __name__: z.string() }), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});
const Rule = z.looseObject({ query: z.string(), name: z.string().nullish(), type: z.string().nullish() });
const Rules = z.looseObject({
  data: z.looseObject({
    groups: z.array(z.looseObject({ rules: z.array(Rule).nullish() })).nullish(),
  }),
});

/** Reads the metrics of a Prometheus with the numbers of their series, and what its own rules use. `now`: milliseconds. */
export async function metricsOf(backend: Pick<Backend, "read">, source: KnownSource, now: number): Promise<Metrics> {
  const answer = await backend.read(source, "/api/v1/query", {
    query: 'count by (__name__) ({__name__!=""})',
    time: `${now / 1000}`,
  });
  const metrics = Vector.parse(answer).data.result.map(({ metric, value }) => ({
    name: metric.__name__,
    series: Number(value[1]),
  }));
  const rules = await rulesOf(backend, source);
  return { metrics, rules: rules && metricsIn(rules) };
}

/** A rule of a Prometheus. */
export interface PrometheusRule {
  readonly query: string;
  /** The metric that it makes; absent: it alerts. */
  readonly records?: string;
}

/** Reads the rules of a Prometheus. Undefined: stores that only answer queries have no rules, or don't serve them. */
export async function rulesOf(
  backend: Pick<Backend, "read">,
  source: KnownSource,
): Promise<readonly PrometheusRule[] | undefined> {
  let answer: z.infer<typeof Rules>;
  try {
    answer = Rules.parse(await backend.read(source, "/api/v1/rules", {}));
  } catch {
    return undefined;
  }
  const rules = (answer.data.groups ?? []).flatMap((group) => group.rules ?? []);
  return rules.map(({ query, name, type }) => ({ query, ...(type === "recording" && name ? { records: name } : {}) }));
}

function metricsIn(rules: readonly PrometheusRule[]): RuleMetrics {
  const found = rules.map(({ query }) => {
    const parsed = parsePromql(query);
    const { names, isOpen } = namesInPromql(parsed);
    return { names: names.filter(({ what }) => what === "metric"), isOpen: isOpen || parsed.error !== undefined };
  });
  return { names: found.flatMap(({ names }) => names), open: found.filter(({ isOpen }) => isOpen).length };
}

/** The metrics that neither resources nor the rules of Prometheus use, those with the most series first. */
export function unusedMetrics({ metrics, rules }: Metrics, { uses }: Uses): Metric[] {
  const used = [...uses.filter(({ what }) => what === "metric"), ...(rules?.names ?? [])];
  const names = new Set(used.flatMap(({ name, isPattern }) => (isPattern ? [] : [name])));
  const patterns = new Set(used.flatMap(({ name, isPattern }) => (isPattern ? [name] : [])));
  return metrics
    .filter(({ name }) => !names.has(name) && ![...patterns].some((pattern) => matchesWhole(pattern, name)))
    .toSorted((a, b) => b.series - a.series || (a.name < b.name ? -1 : 1));
}
