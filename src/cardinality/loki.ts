import { z } from "zod";
import { entriesOf, type Cardinality, type Entry, type Read } from "./model.ts";

const Series = z.looseObject({ data: z.array(z.record(z.string(), z.string())).nullish() });

/** The streams of this time before now are counted: 24 hours. */
const RANGE = 86_400_000;

/** The streams of a Loki, by their labels and values. `now`: milliseconds. */
export async function lokiCardinality(read: Read, now: number): Promise<Cardinality> {
  const range = { start: `${now - RANGE}000000`, end: `${now}000000` };
  const streams = Series.parse(await read("/loki/api/v1/series", { "match[]": "{}", ...range })).data ?? [];
  const labels = new Map<string, Map<string, number>>();
  for (const stream of streams)
    for (const [name, value] of Object.entries(stream)) {
      const values = labels.get(name) ?? new Map<string, number>();
      values.set(value, (values.get(value) ?? 0) + 1);
      labels.set(name, values);
    }
  const ofLabels = [...labels].map(([name, values]): Entry => {
    const all = [...values.values()];
    return { name, count: values.size, streams: all.reduce((sum, one) => sum + one, 0) };
  });
  const ofValues = [...labels].flatMap(([name, values]) =>
    [...values].map(([value, count]): Entry => ({ name, value, count })),
  );
  return {
    total: streams.length,
    metrics: entriesOf([]),
    labels: entriesOf(ofLabels),
    values: entriesOf(ofValues),
  };
}
