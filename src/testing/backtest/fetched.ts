import { z } from "zod";
import type { Client } from "../../grafana/client.ts";
import { reject } from "../invalid.ts";
import type { Point } from "../simulation/results.ts";
import type { PlacedSeries } from "../simulation/series.ts";
import type { RangeQuery } from "./query.ts";

/** Prometheus returns at most 11,000 points of a series. */
const POINTS = 10_000;

const Matrix = z.looseObject({
  data: z.looseObject({
    resultType: z.literal(["matrix"]),
    result: z.array(
      z.looseObject({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

/** The results of a query at all evaluations of a range, from a Prometheus. Times in milliseconds. */
export async function fetchedSeries(
  client: Pick<Client, "send">,
  query: RangeQuery,
  { from, to, interval }: { readonly from: number; readonly to: number; readonly interval: number },
): Promise<PlacedSeries> {
  const step = query.instant ? interval : query.step;
  // Grafana starts and ends a range at a multiple of its step.
  const aligned = (time: number) => (query.instant ? time : Math.floor(time / step) * step);
  const start = aligned(from - (query.instant ? query.before.to : query.before.from));
  const end = aligned(to - query.before.to);
  const starts = Array.from(
    { length: Math.floor((end - start) / (step * POINTS)) + 1 },
    (_, index) => start + index * step * POINTS,
  );
  const parts = await Promise.all(
    starts.map((first) => rangeOf(client, query, first, Math.min(first + (POINTS - 1) * step, end), step)),
  );
  const series = new Map<string, { labels: Readonly<Record<string, string>>; points: Map<number, number> }>();
  for (const { metric, values } of parts.flat()) {
    const key = JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const one = series.get(key) ?? { labels: metric, points: new Map<number, number>() };
    series.set(key, one);
    for (const [time, value] of values) one.points.set(Math.round(time * 1000), numberOf(value));
  }
  return {
    failsAt: () => false,
    list: [...series.values()].map(({ labels, points }) => ({
      labels,
      valueAt: (at) => points.get(at),
      pointsIn(first, last) {
        const found: Point[] = [];
        for (let at = aligned(first); at <= aligned(last); at += step) {
          const value = points.get(at);
          if (value !== undefined) found.push({ at, value });
        }
        return found;
      },
    })),
  };
}

async function rangeOf(
  client: Pick<Client, "send">,
  { refId, expr }: RangeQuery,
  start: number,
  end: number,
  step: number,
) {
  const parameters = { query: expr, start: `${start / 1000}`, end: `${end / 1000}`, step: `${step / 1000}` };
  const path = `/api/v1/query_range?${new URLSearchParams(parameters).toString()}`;
  const { data, error } = Matrix.safeParse(await client.send({ method: "GET", path }));
  if (error) reject("prometheus", `the answer to the query ${refId} is not a result of Prometheus`);
  return data.data.result;
}

const INFINITE: Readonly<Record<string, number>> = { "+Inf": Infinity, "-Inf": -Infinity };

function numberOf(text: string): number {
  return INFINITE[text] ?? Number(text);
}
