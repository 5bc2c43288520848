import { listed } from "../util/plural.ts";
import { similar } from "../util/similar.ts";
import { culpritOf, matcherText, nearValue, type Matching } from "./matcher-cause.ts";
import type { Cause } from "./model.ts";
import { selectorOf, type PrometheusFacts } from "./prometheus-facts.ts";
import { isoTime } from "./time.ts";

/** So many values of a label are listed. */
const FEW = 5;

/** A selector of series. */
export interface Selected {
  readonly text: string;
  /** Absent: it selects series of several metrics. */
  readonly metric?: string;
  readonly matchers: readonly Matching[];
}

/** When a selector is evaluated. */
export interface Window {
  /** Milliseconds before the end of the range. */
  readonly window: number;
  /** ` offset 1d` */
  readonly modifier: string;
}

/** Why a selector has no samples. Undefined: it has some. */
export async function selectorCause(
  { text, metric, matchers }: Selected,
  { window, modifier }: Window,
  facts: PrometheusFacts,
): Promise<Cause | undefined> {
  if (metric === undefined) {
    if (await facts.hasSamples(text, window, modifier)) return undefined;
    return { code: "combination-missing", expected: false, message: `no series matches ${text}` };
  }
  const labels = [...new Set(matchers.map(({ label }) => label))];
  const series = await facts.combinations(metric, labels, window, modifier);
  if (series.length === 0) return metricCause(metric, facts);
  const culprit = culpritOf(matchers, series);
  if (!culprit) return undefined;
  if (culprit.type === "combination") {
    const all = culprit.matchers.map(matcherText).join(", ");
    return {
      code: "combination-missing",
      expected: false,
      metric,
      message: `no series of ${metric} has ${all} together`,
    };
  }
  const { matcher } = culprit;
  const { label, value } = matcher;
  if (culprit.type === "label") {
    const suggestion = similar(
      label,
      (await facts.labelNames(metric)).filter((name) => name !== "__name__"),
    );
    const message = `no series of ${metric} has the label ${label}`;
    return { code: "label-missing", expected: false, metric, label, message, ...near(suggestion) };
  }
  const seen = await lastSeen(selectorOf(metric), matcher, facts);
  const message = `no series of ${metric} has ${matcherText(matcher)}`;
  if (seen !== undefined)
    return {
      code: "label-value-vanished",
      expected: false,
      metric,
      label,
      value,
      lastSeen: isoTime(seen),
      message: `${message}; it was last seen at ${isoTime(seen)}`,
    };
  const suggestion = nearValue(matcher, culprit.values);
  const existing =
    suggestion === undefined && culprit.values.length <= FEW
      ? `; its values are ${listed(culprit.values.toSorted())}`
      : "";
  return {
    code: "label-value-missing",
    expected: false,
    metric,
    label,
    value,
    message: message + existing,
    ...near(suggestion),
  };
}

function near(suggestion: string | undefined): Pick<Cause, "suggestion"> {
  return suggestion === undefined ? {} : { suggestion };
}

async function metricCause(metric: string, facts: PrometheusFacts): Promise<Cause> {
  const seen = await facts.lastSeen(selectorOf(metric));
  if (seen !== undefined)
    return {
      code: "metric-vanished",
      expected: false,
      metric,
      lastSeen: isoTime(seen),
      message: `the metric ${metric} was last seen at ${isoTime(seen)}`,
    };
  const suggestion = similar(metric, await facts.metricNames());
  const message = `there is no metric ${metric}, now or in the 7 days before`;
  return { code: "metric-missing", expected: false, metric, message, ...near(suggestion) };
}

async function lastSeen(metric: string, matcher: Matching, facts: PrometheusFacts): Promise<number | undefined> {
  const matchers = metric.endsWith("}")
    ? `${metric.slice(0, -1)},${matcherText(matcher)}}`
    : `${metric}{${matcherText(matcher)}}`;
  return facts.lastSeen(matchers);
}
