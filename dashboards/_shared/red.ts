import type { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { toSameTime } from "./links.ts";
import { percentiles, stat, timeseries } from "./panels.ts";
import { quantile, quantiles, query, rate, share } from "./queries.ts";
import type { Row } from "./rows.ts";
import { redFrom } from "./thresholds.ts";

// Requests, errors, duration: what is asked of everything that does work, and so what a new service's dashboard begins with.

/** Something that does work: answers requests, finishes tasks, ends spans. */
export interface Work {
  /** What there are many of, in the plural: "requests", "tasks". */
  readonly noun: string;
  /** Counts them, by the labels in `by` and by how they ended. */
  readonly counter: string;
  /** Measures them, in seconds, by the labels in `by`. */
  readonly histogram: string;
  /** Label matchers of those that are meant, for use between { and }. */
  readonly filter: string;
  /** Label matchers of those that failed. */
  readonly failed: string;
  /** The labels that tell one sort from another: `["method", "path"]`. */
  readonly by: readonly string[];
  /** Grafana's unit of their rate. Default: operations in a second. */
  readonly unit?: string;
  /** What is too much: panels turn red there. */
  readonly limits?: { readonly errorRatio?: number; readonly duration?: number };
}

/** PromQL of the rate: of all, or one for each sort. */
export function rateOf({ counter, filter }: Work, by: readonly string[] = []): string {
  return rate(counter, filter, by);
}

/** PromQL of the share that matches, in the whole. */
export function ratioOf({ counter, filter, failed }: Work, matching = failed): string {
  return share(rate(counter, `${filter}, ${matching}`), rate(counter, filter));
}

/** PromQL of the share that failed of each sort; those without a failure are left out. */
export function ratioBySort({ counter, filter, failed, by }: Work): string {
  return `${rate(counter, `${filter}, ${failed}`, by)} / ${rate(counter, filter, by)} > 0`;
}

/** PromQL of P95: of all, or one for each sort. */
export function p95Of({ histogram, filter }: Work, by: readonly string[] = []): string {
  return quantile(0.95, histogram, filter, by);
}

/** Three numbers for a headline: rate, share of failures, P95. They take a line; `.span()` changes that. */
export function redStats(work: Work): StatBuilder[] {
  const { noun, unit = units.OpsPerSecond, limits = {} } = work;
  return [
    stat(capital(noun), `${capital(noun)} finished in a second, whatever their end.`)
      .unit(unit)
      .withTarget(query("A", rateOf(work), capital(noun))),
    stat(`Failed ${noun}`, `Share of ${noun} that failed.${inRed(limits.errorRatio, asPercent)}`)
      .unit(units.PercentUnit)
      .decimals(2)
      .thresholds(redFrom(limits.errorRatio))
      .noValue("No traffic")
      .withTarget(query("A", ratioOf(work), "Failed")),
    stat(`P95 of ${noun}`, `95% of all ${noun} took less.${inRed(limits.duration, asSeconds)}`)
      .unit(units.Seconds)
      .thresholds(redFrom(limits.duration))
      .noValue("No traffic")
      .withTarget(query("A", p95Of(work), "P95")),
  ].map((panel) => panel.span(8));
}

/** The row that every service's dashboard has: what it is asked, what fails, and how long it takes. */
export function redRow(work: Work, title = `${capital(work.noun)}: rate, errors, duration`): Row {
  const { noun, by, unit = units.OpsPerSecond, limits = {} } = work;
  const legend = by.map((label) => `{{${label}}}`).join(" ");
  return {
    title,
    panels: [
      timeseries(`${capital(noun)} by ${by.join(", ")}`, `${capital(noun)} finished in a second, each sort by itself.`)
        .span(8)
        .unit(unit)
        .withTarget(query("A", rateOf(work, by), legend)),
      timeseries(
        `Failed ${noun}`,
        `Share of ${noun} that failed, each sort by itself. Those without failures are left out.${asLine(limits.errorRatio)}`,
      )
        .span(8)
        .unit(units.PercentUnit)
        .thresholds(redFrom(limits.errorRatio))
        .withTarget(query("A", ratioBySort(work), legend))
        .dataLinks([toSameTime.errorLogs]),
      percentiles(
        `Duration of ${noun}`,
        `How long ${noun} take.${asLine(limits.duration)} Points lead to a trace each.`,
      )
        .span(8)
        .unit(units.Seconds)
        .thresholds(redFrom(limits.duration))
        .targets(quantiles(work.histogram, work.filter))
        .dataLinks([toSameTime.traces]),
    ],
  };
}

function inRed(limit: number | undefined, format: (value: number) => string): string {
  return limit === undefined ? "" : ` Red from ${format(limit)}.`;
}

function asLine(limit: number | undefined): string {
  return limit === undefined ? "" : " The dashed line is where it is too much.";
}

function asPercent(value: number): string {
  return `${+(100 * value).toFixed(2)}%`;
}

function asSeconds(value: number): string {
  return `${value} s`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
