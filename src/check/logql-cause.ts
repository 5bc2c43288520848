import { z } from "zod";
import { parseLogql, matchersIn } from "../lint/logql.ts";
import { writtenText } from "../lint/syntax.ts";
import { similar } from "../util/similar.ts";
import { askOnce, type Ask } from "./ask-once.ts";
import { culpritOf, matcherText, nearValue, satisfies, type Matching } from "./matcher-cause.ts";
import type { Backend, Cause, KnownSource, Range } from "./model.ts";
import { LOOKBACK, type Labels } from "./prometheus-facts.ts";

const Names = z.looseObject({ data: z.array(z.string()).nullish() });
const Series = z.looseObject({ data: z.array(z.record(z.string(), z.string())).nullish() });

/** What a Loki knows about its streams. Each question is asked once in a run. */
export class LokiFacts {
  readonly #ask: Ask;
  readonly #range: Range;

  constructor(backend: Pick<Backend, "read">, source: KnownSource, range: Range) {
    this.#ask = askOnce(backend, source);
    this.#range = range;
  }

  async streams(selector: string, before = 0): Promise<Labels[]> {
    return Series.parse(await this.#read("/loki/api/v1/series", { "match[]": selector }, before)).data ?? [];
  }

  async labels(): Promise<readonly string[]> {
    return Names.parse(await this.#read("/loki/api/v1/labels", {})).data ?? [];
  }

  async values(label: string): Promise<readonly string[]> {
    return Names.parse(await this.#read(`/loki/api/v1/label/${encodeURIComponent(label)}/values`, {})).data ?? [];
  }

  /** `before`: milliseconds by which the range begins earlier. */
  #read(path: string, parameters: Readonly<Record<string, string>>, before = 0): Promise<unknown> {
    const { from, to } = this.#range;
    const whole = { ...parameters, start: `${(from - before) * 1e6}`, end: `${to * 1e6}` };
    return this.#ask(path, whole);
  }
}

/** Says why a query of logs has no result. */
export async function logqlCause(expression: string, facts: LokiFacts): Promise<Cause | undefined> {
  const query = parseLogql(expression);
  if (query.error) return undefined;
  const selectors = query.nodes.filter(({ name }) => name === "Selector");
  for (const selector of selectors) {
    const text = writtenText(query, selector);
    if ((await facts.streams(text)).length > 0) continue;
    return streamCause(text, matchersIn(query, selector), facts);
  }
  const isFiltered = query.nodes.some(({ name }) =>
    /^(?:LineFilter|LabelFilter|BinOpExpr|Decolorize|LabelParser|JsonExpressionParser|LabelFormatExpr)$/.test(name),
  );
  if (selectors.length === 0 || !isFiltered) return undefined;
  return {
    code: "filtered",
    expected: true,
    message: "the streams exist, but no line in the range satisfies the filters",
  };
}

async function streamCause(text: string, matchers: readonly Matching[], facts: LokiFacts): Promise<Cause> {
  for (const matcher of matchers) {
    const { label, value } = matcher;
    const labels = await facts.labels();
    if (!labels.includes(label)) {
      if (satisfies(matcher, "")) continue;
      const suggestion = similar(label, labels);
      const message = `no stream has the label ${label}`;
      return { code: "label-missing", expected: false, label, message, ...near(suggestion) };
    }
    const values = await facts.values(label);
    const culprit = culpritOf(
      [matcher],
      [...values, ""].map((one) => ({ [label]: one })),
    );
    if (!culprit) continue;
    const message = `no stream has ${matcherText(matcher)}`;
    if ((await facts.streams(`{${matcherText(matcher)}}`, LOOKBACK)).length > 0)
      return {
        code: "label-value-vanished",
        expected: false,
        label,
        value,
        message: `${message} in this range, but one had it in the 7 days before`,
      };
    return { code: "label-value-missing", expected: false, label, value, message, ...near(nearValue(matcher, values)) };
  }
  return { code: "combination-missing", expected: false, message: `no stream matches ${text}` };
}

function near(suggestion: string | undefined): Pick<Cause, "suggestion"> {
  return suggestion === undefined ? {} : { suggestion };
}
