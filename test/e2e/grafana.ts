import { z } from "zod";

const Frame = z.object({
  schema: z.object({ fields: z.array(z.object({ name: z.string() })) }),
  data: z.object({ values: z.array(z.array(z.unknown())) }),
});
type Frame = z.infer<typeof Frame>;

const Answer = z.object({
  results: z.record(z.string(), z.object({ error: z.string().optional(), frames: z.array(Frame).nullish() })),
});

const LOGIN = { Authorization: `Basic ${btoa("admin:admin")}`, "Content-Type": "application/json" };

/** The frames of a query, which Grafana sends to its datasource as for a panel that shows the last five minutes. */
export async function framesOf(
  grafana: string,
  uid: string,
  query: Readonly<Record<string, unknown>>,
): Promise<Frame[]> {
  const now = Date.now();
  const one = { intervalMs: 5000, maxDataPoints: 100, ...query, refId: "A", datasource: { uid } };
  const body = JSON.stringify({ queries: [one], from: `${now - 300_000}`, to: `${now}` });
  const response = await fetch(`${grafana}/api/ds/query`, { method: "POST", headers: LOGIN, body });
  const text = await response.text();
  const answer = Answer.safeParse(JSON.parse(text));
  const { error, frames } = answer.data?.results["A"] ?? { error: text };
  if (error !== undefined) throw new Error(`${uid} rejects ${JSON.stringify(query)}: ${error}`);
  return frames ?? [];
}

/** The number of values in these frames. Grafana writes NaN, the value of a number that is not known, as null. */
export function rowsIn(frames: readonly Frame[]): number {
  return frames.reduce((sum, { data: { values } }) => {
    const [first = [], ...others] = values;
    const columns = others.length > 0 ? others : [first];
    return sum + first.filter((_, row) => columns.some((column) => column[row] !== null)).length;
  }, 0);
}

/** The texts of a column, in all frames that have it. */
export function column(frames: readonly Frame[], name: string): string[] {
  return frames.flatMap(({ schema, data }) => {
    const values = data.values[schema.fields.findIndex((field) => field.name === name)] ?? [];
    return values.filter((value) => typeof value === "string");
  });
}

/** An object of Grafana's API. */
export async function getFrom(grafana: string, path: string): Promise<unknown> {
  return (await fetch(`${grafana}${path}`, { headers: LOGIN })).json();
}
