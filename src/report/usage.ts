import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import type { Place } from "../lint/places.ts";
import type { NotUsed, Usage } from "../usage/usage.ts";
import type { Use } from "../usage/uses.ts";
import { painter, type Output } from "./output.ts";

/** A use with its place in a file, if it is in the code. */
export type PlacedUse = Use & { readonly place?: Place };

interface ShownUsage extends Omit<Usage, "uses"> {
  readonly uses: readonly PlacedUse[];
}

export interface UsageResult {
  readonly usages: readonly ShownUsage[];
  readonly notUsed: readonly NotUsed[];
  /** Queries whose metric a variable selects. */
  readonly open: readonly PlacedUse[];
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
function countsOf({ uses }: ShownUsage): string {
  const resources = new Set(uses.map((use) => use.address)).size;
  return `${countOf(uses.length, "use")} in ${countOf(resources, "resource")}`;
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
