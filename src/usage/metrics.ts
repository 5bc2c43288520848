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
  /** The metrics that its own rules use; undefined if it doesn't tell them. */
  readonly ofRules: readonly { readonly name: string; readonly isPattern: boolean }[] | undefined;
}

const Vector = z.looseObject({
  data: z.looseObject({
    result: z.array(
      z.looseObject({ metric: z.looseObject({ __name__: z.string() }), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});
const Rules = z.looseObject({
  data: z.looseObject({
    groups: z.array(z.looseObject({ rules: z.array(z.looseObject({ query: z.string() })).nullish() })).nullish(),
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
  return { metrics, ofRules: await ofRules(backend, source) };
}

/** Stores that only answer queries have no rules, or don't tell them. */
async function ofRules(backend: Pick<Backend, "read">, source: KnownSource): Promise<Metrics["ofRules"]> {
  try {
    const { data } = Rules.parse(await backend.read(source, "/api/v1/rules", {}));
    const queries = (data.groups ?? []).flatMap(({ rules }) => (rules ?? []).map(({ query }) => query));
    return queries.flatMap((query) => namesInPromql(parsePromql(query)).names.filter(({ what }) => what === "metric"));
  } catch {
    return undefined;
  }
}

/** The metrics that neither resources nor the rules of Prometheus use, those with the most series first. */
export function unusedMetrics({ metrics, ofRules: rules = [] }: Metrics, { uses }: Uses): Metric[] {
  const used = [...uses.filter(({ what }) => what === "metric"), ...rules];
  const names = new Set(used.flatMap(({ name, isPattern }) => (isPattern ? [] : [name])));
  const patterns = new Set(used.flatMap(({ name, isPattern }) => (isPattern ? [name] : [])));
  return metrics
    .filter(({ name }) => !names.has(name) && ![...patterns].some((pattern) => matchesWhole(pattern, name)))
    .toSorted((a, b) => b.series - a.series || (a.name < b.name ? -1 : 1));
}
