import { listed } from "../util/plural.ts";
import { similar } from "../util/similar.ts";
import { culpritOf, matcherText, nearValue, type Culprit, type Matching } from "./matcher-cause.ts";
import type { Cause } from "./model.ts";
import { LONG, selectorOf, type Labels, type PrometheusFacts } from "./prometheus-facts.ts";
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

/** Prometheus' own series of alerts, which exist only while they are pending or firing. */
const OF_ALERTS = /^ALERTS(?:_FOR_STATE)?$/;

/** Why a selector has no samples. Undefined: it has some. */
export async function selectorCause(
  selected: Selected,
  window: Window,
  facts: PrometheusFacts,
): Promise<Cause | undefined> {
  const cause = await causeOf(selected, window, facts);
  if (!cause || !OF_ALERTS.test(selected.metric ?? "")) return cause;
  return { code: "filtered", expected: true, message: `no alert of Prometheus matches ${selected.text}` };
}

async function causeOf(
  { text, metric, matchers }: Selected,
  { window, modifier }: Window,
  facts: PrometheusFacts,
): Promise<Cause | undefined> {
  if (metric === undefined) {
    if (await facts.hasSamples(text, window, modifier)) return undefined;
    return { code: "combination-missing", expected: false, message: `no series matches ${text}` };
  }
  const labels = [...new Set(matchers.map(({ label }) => label))];
  // The labels of a long window are not read as a whole, so they don't show whether the selector has samples.
  if (window > LONG && (await facts.hasSamples(text, window, modifier))) return undefined;
  const { series, all } = await facts.combinations(metric, labels, { window, modifier });
  if (series.length === 0) return metricCause(metric, modifier, facts);
  const culprit = all
    ? culpritOf(matchers, series)
    : await culpritAmongMany({ text, metric, matchers }, series, async (one) =>
        facts.hasSamples(one, window, modifier),
      );
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
  const seen = await facts.lastSeen(selectorWith(metric, matcher), modifier);
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

/** The culprit among so many series that not all are known. */
async function culpritAmongMany(
  { text, metric, matchers }: Selected & { readonly metric: string },
  series: readonly Labels[],
  hasSamples: (selector: string) => Promise<boolean>,
): Promise<Culprit | undefined> {
  if (await hasSamples(text)) return undefined;
  for (const matcher of matchers) {
    if (await hasSamples(selectorWith(metric, matcher))) continue;
    const values = [...new Set(series.map((labels) => labels[matcher.label] ?? ""))].filter((value) => value !== "");
    return values.length === 0 ? { type: "label", matcher } : { type: "value", matcher, values };
  }
  return { type: "combination", matchers };
}

async function metricCause(metric: string, modifier: string, facts: PrometheusFacts): Promise<Cause> {
  const base = { expected: false, metric };
  const seen = await facts.lastSeen(selectorOf(metric), modifier);
  const at = modifier === "" ? "" : ` before the time that ${modifier.trim()} selects`;
  if (seen !== undefined) {
    const lastSeen = isoTime(seen);
    return {
      ...base,
      code: "metric-vanished",
      lastSeen,
      message: `the metric ${metric} was last seen at ${lastSeen}${at}`,
    };
  }
  if (modifier !== "" && (await facts.lastSeen(selectorOf(metric), "")) !== undefined)
    return {
      ...base,
      code: "metric-new",
      message: `the metric ${metric} had no samples${at}, but has some since then`,
    };
  const names = await facts.metricNames();
  const suggestion = names.includes(metric) ? undefined : similar(metric, names);
  const message = `there is no metric ${metric} in this range or in the 7 days before`;
  return { ...base, code: "metric-missing", message, ...near(suggestion) };
}

function selectorWith(metric: string, matcher: Matching): string {
  const selector = selectorOf(metric);
  const text = matcherText(matcher);
  return selector.endsWith("}") ? `${selector.slice(0, -1)},${text}}` : `${selector}{${text}}`;
}
