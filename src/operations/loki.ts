import { z } from "zod";
import type { Read } from "./model.ts";

const Vector = z.looseObject({
  data: z.looseObject({
    resultType: z.literal("vector"),
    result: z.array(
      z.looseObject({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});
const Streams = z.looseObject({
  data: z.looseObject({
    resultType: z.literal("streams"),
    result: z.array(
      z.looseObject({
        stream: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.string(), z.string()]).rest(z.unknown())),
      }),
    ),
  }),
});

/** Counts of log lines, by their labels. `time` in milliseconds. */
export async function countsOf(
  read: Read,
  query: string,
  time: number,
): Promise<{ readonly labels: Readonly<Record<string, string>>; readonly count: number }[]> {
  const answer = await read("/loki/api/v1/query", { query, time: `${time * 1e6}` });
  return Vector.parse(answer).data.result.map(({ metric, value: [, text] }) => ({
    labels: metric,
    count: Number(text),
  }));
}

/** The newest lines of a selector. Times in milliseconds. */
export async function linesOf(
  read: Read,
  query: string,
  { from, to, limit }: { readonly from: number; readonly to: number; readonly limit: number },
): Promise<{ readonly labels: Readonly<Record<string, string>>; readonly line: string }[]> {
  const parameters = { query, start: `${from * 1e6}`, end: `${to * 1e6}`, limit: `${limit}`, direction: "backward" };
  const { data } = Streams.parse(await read("/loki/api/v1/query_range", parameters));
  return data.result.flatMap(({ stream, values }) => values.map(([, line]) => ({ labels: stream, line })));
}
