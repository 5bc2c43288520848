import { z } from "zod";
import { askOnce, type Ask } from "./ask-once.ts";
import type { Backend, KnownSource, Range } from "./model.ts";

/** How far before the range a metric is searched: 7 days. */
export const LOOKBACK = 7 * 86_400_000;

/** Longer windows are read in parts of this length, so that not all samples are in Prometheus' memory at once. */
export const LONG = 6 * 3_600_000;
/** So many combinations of values are asked for. */
const MOST = 2000;

const Vector = z.looseObject({
  data: z.looseObject({
    result: z.array(
      z.looseObject({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});
const Names = z.looseObject({ data: z.array(z.string()).nullish() });

/** The labels of a series. A label that it lacks has an empty value. */
export type Labels = Readonly<Record<string, string>>;

/** What a Prometheus knows about its metrics. Each question is asked once in a run. */
export class PrometheusFacts {
  readonly #ask: Ask;
  readonly #range: Range;

  constructor(backend: Pick<Backend, "read">, source: KnownSource, range: Range) {
    this.#ask = askOnce(backend, source);
    this.#range = range;
  }

  /** The combinations of values of these labels in the samples of a metric. `window`: milliseconds before the end. */
  async combinations(
    metric: string,
    labels: readonly string[],
    { window, modifier }: { readonly window: number; readonly modifier: string },
  ): Promise<{ readonly series: readonly Labels[]; readonly all: boolean }> {
    const by = `by (${labels.toSorted().join(", ")}) `;
    const selector = selectorOf(metric);
    const recent = counted(by, selector, { window: Math.min(window, LONG), modifier });
    const found = await this.#instant(`topk(${MOST}, ${recent})`);
    const result =
      found.length > 0 || window <= LONG
        ? found
        : await this.#instant(`topk(${MOST}, ${counted(by, selector, { window, modifier })})`);
    return { series: result.map(({ metric: one }) => one), all: result.length < MOST };
  }

  /** Whether an expression has a value at any point of the range. `step`: milliseconds between two points. */
  async hasValues(expression: string, step: number | undefined): Promise<boolean> {
    if (step === undefined) return (await this.#instant(`count(${expression})`)).length > 0;
    const { from, to } = this.#range;
    const answer = await this.#ask("/api/v1/query_range", {
      query: `count(${expression})`,
      start: `${from / 1000}`,
      end: `${to / 1000}`,
      step: `${step / 1000}`,
    });
    const { data } = z.looseObject({ data: z.looseObject({ result: z.array(z.unknown()) }) }).parse(answer);
    return data.result.length > 0;
  }

  /** Whether a selector has samples. */
  async hasSamples(selector: string, window: number, modifier: string): Promise<boolean> {
    const recent = counted("", selector, { window: Math.min(window, LONG), modifier });
    if ((await this.#instant(recent)).length > 0) return true;
    return window > LONG && (await this.#instant(counted("", selector, { window, modifier }))).length > 0;
  }

  /** When a selector had its last sample in the days before, in seconds. Undefined: it had none. */
  async lastSeen(selector: string, modifier: string): Promise<number | undefined> {
    // A sample is found for five minutes, so this step misses none.
    const days = `[${LOOKBACK / 86_400_000}d:5m]`;
    const [found] = await this.#instant(`max_over_time(max(timestamp(${selector}${modifier}))${days})`);
    return found === undefined ? undefined : Number(found.value[1]);
  }

  metricNames(): Promise<readonly string[]> {
    return this.#names("/api/v1/label/__name__/values", {});
  }

  labelNames(metric: string): Promise<readonly string[]> {
    return this.#names("/api/v1/labels", { "match[]": selectorOf(metric) });
  }

  async #names(path: string, parameters: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const { from, to } = this.#range;
    const answer = await this.#ask(path, { ...parameters, start: `${from / 1000}`, end: `${to / 1000}` });
    return Names.parse(answer).data ?? [];
  }

  async #instant(query: string) {
    const answer = await this.#ask("/api/v1/query", { query, time: `${this.#range.to / 1000}` });
    return Vector.parse(answer).data.result;
  }
}

/** The number of series with samples in a window. */
function counted(
  by: string,
  selector: string,
  { window, modifier }: { readonly window: number; readonly modifier: string },
): string {
  const count = (milliseconds: number) =>
    // It keeps the names, without which series can have the same labels.
    `count ${by}(last_over_time(${selector}[${seconds(milliseconds)}]${modifier}))`;
  return window <= LONG ? count(window) : `count_over_time(${count(LONG)}[${seconds(window)}:${seconds(LONG)}])`;
}

function seconds(milliseconds: number): string {
  return `${Math.ceil(milliseconds / 1000)}s`;
}

/** The selector of all series of a metric. Names in UTF-8 need quotes. */
export function selectorOf(metric: string): string {
  return /^[A-Za-z_:][\w:]*$/.test(metric) ? metric : `{__name__=${JSON.stringify(metric)}}`;
}
