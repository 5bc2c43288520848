import { z } from "zod";
import { askOnce, type Ask } from "./ask-once.ts";
import type { Backend, KnownSource, Range } from "./model.ts";
import { LOOKBACK, type Labels } from "./prometheus-facts.ts";

const Names = z.looseObject({ data: z.array(z.string()).nullish() });
const Series = z.looseObject({ data: z.array(z.record(z.string(), z.string())).nullish() });
const Lines = z.looseObject({
  data: z.looseObject({
    result: z.array(
      z.looseObject({
        stream: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.string()], z.unknown())),
      }),
    ),
  }),
});

/** A log line. */
export interface FoundLine {
  /** Milliseconds. */
  readonly time: number;
  /** The labels of its stream, and those that a parser adds. */
  readonly labels: Labels;
}

/** What a Loki knows about its streams. Each question is asked once in a run. */
export class LokiFacts {
  readonly range: Range;
  readonly #ask: Ask;

  constructor(backend: Pick<Backend, "read">, source: KnownSource, range: Range) {
    this.range = range;
    this.#ask = askOnce(backend, source);
  }

  /** The streams of the range and the days before it. */
  async streams(selector: string): Promise<Labels[]> {
    return Series.parse(await this.#read("/loki/api/v1/series", { "match[]": selector })).data ?? [];
  }

  /** The labels of the streams of the range and the days before it. */
  async labels(): Promise<readonly string[]> {
    return Names.parse(await this.#read("/loki/api/v1/labels", {})).data ?? [];
  }

  async values(label: string): Promise<readonly string[]> {
    return Names.parse(await this.#read(`/loki/api/v1/label/${encodeURIComponent(label)}/values`, {})).data ?? [];
  }

  /** The newest line that a query of logs returns. */
  async newest(query: string, range: Range): Promise<FoundLine | undefined> {
    const answer = await this.#read("/loki/api/v1/query_range", { query, direction: "backward", limit: "1" }, range);
    const lines = Lines.parse(answer).data.result.flatMap(({ stream, values }) =>
      values.map(([time]) => ({ time: Number(time) / 1e6, labels: stream })),
    );
    return lines.toSorted((a, b) => b.time - a.time)[0];
  }

  /** The newest line of a selector in the days before a time. */
  newestBefore(selector: string, to: number): Promise<FoundLine | undefined> {
    return this.newest(selector, { from: this.range.from - LOOKBACK, to });
  }

  #read(path: string, parameters: Readonly<Record<string, string>>, range?: Range): Promise<unknown> {
    const { from, to } = range ?? { from: this.range.from - LOOKBACK, to: this.range.to };
    return this.#ask(path, { ...parameters, start: `${from * 1e6}`, end: `${to * 1e6}` });
  }
}
