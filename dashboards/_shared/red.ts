import type { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { toSameTime } from "./links.ts";
import { percentiles, stat, timeseries } from "./panels.ts";
import { failuresByType, now, orNoTraffic, quantile, quantiles, query, rate, share, type Outcomes } from "./queries.ts";
import type { Row } from "./rows.ts";
import { redFrom } from "./thresholds.ts";

// Rate, errors and duration (RED), the basic metrics of every service.

/** A unit of work: requests, tasks, spans. */
export interface Work extends Outcomes {
  /** Its plural: "requests", "tasks". */
  readonly noun: string;
  /** The histogram of durations in seconds, with the labels in `by`. */
  readonly histogram: string;
  /** Grafana's unit of the rate. Default: operations per second. */
  readonly unit?: string;
  /** Limits above which panels turn red. */
  readonly limits?: { readonly errorRatio?: number; readonly duration?: number };
}

/** PromQL for the rate, for each combination of the labels in `by`. */
export function rateOf({ counter, filter }: Work, by: readonly string[] = []): string {
  return rate(counter, filter, by);
}

/** PromQL for the share that matches. */
export function ratioOf({ counter, filter, failed }: Work, matching = failed): string {
  return share(rate(counter, `${filter}, ${matching}`), rate(counter, filter));
}

/** PromQL for the P95, for each combination of the labels in `by`. */
export function p95Of({ histogram, filter }: Work, by: readonly string[] = []): string {
  return quantile(0.95, histogram, filter, by);
}

/** Three numbers for a headline: rate, share of failures and P95. They fill one line; change that with `.span()`. */
export function redStats(work: Work): StatBuilder[] {
  const { noun, unit = units.OpsPerSecond, limits = {} } = work;
  return [
    stat(capital(noun), `${capital(noun)} per second, including failures.`)
      .unit(unit)
      .withTarget(now("A", rateOf(work), capital(noun))),
    stat(`Failed ${noun}`, `Share of ${noun} that failed.${inRed(limits.errorRatio, asPercent)}`)
      .unit(units.PercentUnit)
      .decimals(2)
      .thresholds(redFrom(limits.errorRatio))
      .withTarget(now("A", orNoTraffic(ratioOf(work), rateOf(work)), "Failed")),
    stat(`P95 of ${noun}`, `95% of ${noun} were faster.${inRed(limits.duration, asSeconds)}`)
      .unit(units.Seconds)
      .thresholds(redFrom(limits.duration))
      .withTarget(now("A", orNoTraffic(p95Of(work), rateOf(work)), "P95")),
  ].map((panel) => panel.span(8));
}

/** The row that all dashboards of services have: rate, failures and duration. */
export function redRow(work: Work, title = `${capital(work.noun)}: rate, errors, duration`): Row {
  const { noun, by, unit = units.OpsPerSecond, limits = {} } = work;
  const legend = by.map((label) => `{{${label}}}`).join(" ");
  // Two labels make long names, which need half of the dashboard's width.
  const [half, whole] = by.length > 1 ? [12, 24] : [8, 8];
  return {
    title,
    panels: [
      timeseries(`${capital(noun)} by ${by.join(", ")}`, `${capital(noun)} per second, by type.`)
        .span(half)
        .unit(unit)
        .withTarget(query("A", rateOf(work, by), legend)),
      timeseries(
        `Failed ${noun}`,
        `Share of ${noun} that failed in the last 5 minutes, by type. Fewer than 20 count as 20. Types without failures in this time range are omitted.${asLine(limits.errorRatio)}`,
      )
        .span(half)
        .unit(units.PercentUnit)
        .thresholds(redFrom(limits.errorRatio))
        .withTarget(query("A", failuresByType(work), legend))
        .dataLinks([toSameTime.errorLogs]),
      percentiles(`Duration of ${noun}`, `The duration of ${noun}.${asLine(limits.duration)} Points link to traces.`)
        .span(whole)
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
  return limit === undefined ? "" : " The dashed line is the limit.";
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
