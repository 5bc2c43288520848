import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import type { Place } from "../lint/places.ts";
import type { NotUsed, Unused, Usage } from "../usage/usage.ts";
import type { Use } from "../usage/uses.ts";
import { painter, type Output } from "./output.ts";

/** A use with its place in a file, if it is in the code. */
export type PlacedUse = Use & { readonly place?: Place };

interface ShownUsage extends Omit<Usage, "uses"> {
  readonly uses: readonly PlacedUse[];
  /** The number of time series in Prometheus, if it was asked. */
  readonly series?: number;
}

export interface UsageResult {
  readonly usages: readonly ShownUsage[];
  readonly notUsed: readonly NotUsed[];
  /** Queries whose metric a variable selects. */
  readonly open: readonly PlacedUse[];
  /** The metrics of Prometheus that nothing uses, if it was asked for them. */
  readonly unused?: Unused;
  readonly notes: readonly string[];
}

/** The longest part of a query that is shown. */
const MAX_TEXT = 100;

/** Each name with all of its places. */
export function usageText({ usages, notUsed, notes }: UsageResult, output: Output): string {
  const paint = painter(output);
  const lines = usages.flatMap((usage) => [
    `${paint("bold", clean(`${usage.what} ${usage.name}`))}: ${countsOf(usage)}`,
    ...usage.uses.flatMap((use) => {
      const near = use.near === undefined ? "" : ` "${clean(use.near)}"`;
      const text = partOf(use);
      return [
        `  ${clean(placeText(use))} ${clean(use.address)}${near}`,
        ...(text === undefined ? [] : [`    ${paint("dim", clean(text))}`]),
      ];
    }),
    ...(usage.labels ? [`  labels used with it: ${clean(usage.labels.join(", "))}`] : []),
    "",
  ]);
  return `${[...lines, ...notUsed.map(notUsedText), ...notes].join("\n").trimEnd()}\n`;
}

/** All names, one in each line. */
export function usageTable({ usages, notes }: UsageResult, output: Output): string {
  const paint = painter(output);
  const width = Math.max(0, ...usages.map(({ what, name }) => clean(`${what} ${name}`).length));
  const lines = usages.map((usage) => {
    const name = clean(`${usage.what} ${usage.name}`);
    return `${paint("bold", name)}${" ".repeat(width - name.length)}  ${countsOf(usage)}`;
  });
  const summary = usages.length === 0 ? ["The code uses no metric, label, variable or other resource."] : [];
  return `${[...lines, ...summary, ...notes].join("\n")}\n`;
}

/** `3 uses in 2 resources` */
function countsOf({ uses, series }: ShownUsage): string {
  const resources = new Set(uses.map((use) => use.address)).size;
  const counts = `${countOf(uses.length, "use")} in ${countOf(resources, "resource")}`;
  return series === undefined ? counts : `${counts}, ${series} series`;
}

/** The number of unused metrics that a text shows. */
const MAX_METRICS = 50;

/** The metrics that nothing uses, those with the most series first. */
export function unusedText({ unused, open, notes }: UsageResult, output: Output): string {
  if (!unused) return "";
  const { metrics, series, of } = unused;
  const paint = painter(output);
  const width = String(metrics[0]?.series ?? 0).length;
  const shown = metrics.slice(0, MAX_METRICS);
  const share = of.series === 0 ? 0 : Math.round((series / of.series) * 100);
  return `${[
    ...shown.map((metric) => `${String(metric.series).padStart(width)} series  ${paint("bold", clean(metric.name))}`),
    ...(metrics.length > MAX_METRICS ? [`${metrics.length - MAX_METRICS} more; -o json lists all.`] : []),
    ...(shown.length > 0 ? [""] : []),
    `${metrics.length} of ${countOf(of.metrics, "metric")} ${metrics.length === 1 ? "is" : "are"} not used: ${series} of ${of.series} series (${share} %).`,
    ...(open.length > 0
      ? [
          `In ${countOf(open.length, "query")}, a variable selects the metric, so they can use more. -o json lists them.`,
        ]
      : []),
    ...notes,
  ].join("\n")}\n`;
}

function notUsedText({ name, similar }: NotUsed): string {
  const hint = similar === undefined ? "" : ` Did you mean ${clean(similar)}?`;
  return `Nothing uses ${clean(name)}.${hint}`;
}

/** `dashboards/shop.ts:12:8`, or that the object is only in Grafana */
function placeText({ place, file, export: name }: PlacedUse): string {
  if (place) return `${place.file}:${place.line}:${place.column}`;
  if (file === "") return "(in Grafana)";
  return name === "" || name === "default" ? file : `${file} (export ${name})`;
}

/** The text around the name. */
function partOf({ text, spans: [span] }: PlacedUse): string | undefined {
  if (text === undefined) return undefined;
  const shown = text.replaceAll(/\s/g, " ");
  if (shown.length <= MAX_TEXT) return shown.trim();
  const from = Math.max(0, Math.min((span?.from ?? 0) - 20, shown.length - MAX_TEXT));
  const to = from + MAX_TEXT;
  return `${from > 0 ? "…" : ""}${shown.slice(from, to).trim()}${to < shown.length ? "…" : ""}`;
}
