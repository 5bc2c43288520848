import { z } from "zod";
import type { Read } from "./model.ts";

/** A series and its value at one time. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const Labels = z.record(z.string(), z.string());
const Point = z.tuple([z.number(), z.string()]);
const Vector = z.looseObject({
  data: z.looseObject({
    resultType: z.literal("vector"),
    result: z.array(z.looseObject({ metric: Labels, value: Point })),
  }),
});
const Matrix = z.looseObject({
  data: z.looseObject({
    resultType: z.literal("matrix"),
    result: z.array(z.looseObject({ metric: Labels, values: z.array(Point) })),
  }),
});

/** The result of an instant query. `time` in milliseconds. */
export async function vectorOf(read: Read, query: string, time: number): Promise<Sample[]> {
  const { data } = Vector.parse(await read("/api/v1/query", { query, time: `${time / 1000}` }));
  return data.result.map(({ metric, value: [, text] }) => ({ labels: metric, value: numberOf(text) }));
}

/** A series and the times of its points, in milliseconds. */
export interface Points {
  readonly labels: Readonly<Record<string, string>>;
  readonly times: readonly number[];
}

/** The result of a query over a range. Times and `step` in milliseconds. */
export async function pointsOf(
  read: Read,
  query: string,
  { from, to, step }: { readonly from: number; readonly to: number; readonly step: number },
): Promise<Points[]> {
  const parameters = { query, start: `${from / 1000}`, end: `${to / 1000}`, step: `${step / 1000}` };
  const { data } = Matrix.parse(await read("/api/v1/query_range", parameters));
  return data.result.map(({ metric, values }) => ({ labels: metric, times: values.map(([time]) => time * 1000) }));
}

const INFINITE: Readonly<Record<string, number>> = { "+Inf": Infinity, "-Inf": -Infinity };

function numberOf(text: string): number {
  return INFINITE[text] ?? Number(text);
}

/** The length of a range in PromQL and LogQL: `604800s`. */
export function rangeText({ from, to }: { readonly from: number; readonly to: number }): string {
  return `${Math.max(1, Math.round((to - from) / 1000))}s`;
}

/** The key of a series, from some of its labels. */
export function keyOf(labels: Readonly<Record<string, string>>, names: readonly string[]): string {
  return JSON.stringify(names.map((name) => labels[name] ?? ""));
}
