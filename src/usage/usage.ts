import { nameSelects } from "../engine/selection.ts";
import { matchesWhole } from "../util/re2.ts";
import { similar } from "../util/similar.ts";
import { unusedMetrics, type Metric, type Metrics } from "./metrics.ts";
import type { Use, Uses } from "./uses.ts";

/** A name with the places that use it. */
export interface Usage {
  readonly what: string;
  readonly name: string;
  readonly uses: readonly Use[];
  /** Labels that queries use together with a metric. */
  readonly labels?: readonly string[];
}

/** A name that was asked for and that nothing uses. */
export interface NotUsed {
  readonly name: string;
  /** The most similar name that is used. */
  readonly similar?: string;
}

/**
 * Groups uses by name, those with the most uses first. `names`: what to select, as `http_*`, `metric/up` or `label`; empty: all.
 * A use by a regular expression counts for each selected metric that it matches.
 */
export function usageOf(
  { uses, labels }: Uses,
  names: readonly string[],
): { readonly usages: readonly Usage[]; readonly notUsed: readonly NotUsed[] } {
  const exact = uses.filter(({ isPattern }) => !isPattern);
  const patterns = uses.filter(({ isPattern }) => isPattern);
  const groups = new Map<string, { what: string; name: string; uses: Use[] }>();
  const groupOf = (what: string, name: string) => {
    const key = `${what}/${name}`;
    const group = groups.get(key) ?? { what, name, uses: [] };
    groups.set(key, group);
    return group;
  };
  for (const use of exact) groupOf(use.what, use.name).uses.push(use);
  // A metric that only a regular expression selects.
  for (const name of names) {
    const [what, metric = what] = name.startsWith("metric/") ? ["metric", name.slice("metric/".length)] : [name];
    if (/^[\w:]+$/.test(metric) && patterns.some((use) => matchesWhole(use.name, metric))) groupOf("metric", metric);
  }
  for (const group of groups.values())
    if (group.what === "metric")
      group.uses.push(...patterns.filter((use) => matchesWhole(use.name, group.name) === true));
  const selected = [...groups.values()].filter(({ what, name }) => isSelected(names, what, name));
  const usages = selected
    .map((group): Usage => {
      const together = group.what === "metric" ? [...(labels.get(group.name) ?? [])].toSorted() : [];
      return { ...group, uses: merged(group.uses), ...(together.length > 0 ? { labels: together } : {}) };
    })
    .toSorted((a, b) => compared(a.what, b.what) || b.uses.length - a.uses.length || compared(a.name, b.name));
  const known = [...groups.values()].map(({ name }) => name);
  const notUsed = names
    .filter((name) => !selected.some((group) => isSelected([name], group.what, group.name)))
    .map((name) => {
      const meant = similar(name.slice(name.indexOf("/") + 1), new Set(known));
      return { name, ...(meant === undefined ? {} : { similar: meant }) };
    });
  return { usages, notUsed };
}

/** One use for each text. */
function merged(uses: readonly Use[]): Use[] {
  const found = new Map<string, Use>();
  for (const use of uses) {
    const key = JSON.stringify([use.address, use.path, use.isPattern && use.name]);
    const before = found.get(key);
    found.set(key, before ? { ...before, spans: [...before.spans, ...use.spans] } : use);
  }
  return [...found.values()];
}

/** The metrics that nothing uses, and how many series they have of all. */
export interface Unused {
  readonly metrics: readonly Metric[];
  readonly series: number;
  /** All metrics that were compared. */
  readonly of: { readonly metrics: number; readonly series: number };
}

/** The metrics of Prometheus that no resource and no rule uses. `names`: what to compare; empty: all. */
export function unusedOf(found: Metrics, uses: Uses, names: readonly string[]): Unused {
  const compare = found.metrics.filter(({ name }) => isSelected(names, "metric", name));
  const metrics = unusedMetrics({ ...found, metrics: compare }, uses);
  const sum = (list: readonly Metric[]) => list.reduce((total, { series }) => total + series, 0);
  return { metrics, series: sum(metrics), of: { metrics: compare.length, series: sum(compare) } };
}

function isSelected(names: readonly string[], what: string, name: string): boolean {
  return names.length === 0 || names.some((one) => nameSelects(one, name) || nameSelects(one, `${what}/${name}`));
}

function compared(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
