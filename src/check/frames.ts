import { z } from "zod";
import type { Answer } from "./model.ts";

const Frame = z.looseObject({
  schema: z
    .looseObject({
      fields: z.array(z.looseObject({ name: z.string().optional(), type: z.string().optional() })).nullish(),
      meta: z.looseObject({ custom: z.looseObject({ resultType: z.string().optional() }).nullish() }).nullish(),
    })
    .nullish(),
  data: z
    .looseObject({
      values: z.array(z.array(z.unknown())).nullish(),
      entities: z.array(z.record(z.string(), z.array(z.number())).nullish()).nullish(),
    })
    .nullish(),
});

/** The response of `/api/ds/query`. */
export const QueryResponse = z.looseObject({
  results: z.record(
    z.string(),
    z.looseObject({ error: z.string().optional(), status: z.int().optional(), frames: z.array(Frame).nullish() }),
  ),
});

/** Counts the series and values in data frames. */
export function answerOf(frames: readonly z.infer<typeof Frame>[]): Answer {
  let [series, rows, nan] = [0, 0, 0];
  for (const { schema, data } of frames) {
    if (schema?.meta?.custom?.resultType === "exemplar") continue;
    const fields = schema?.fields ?? [];
    const values = data?.values ?? [];
    const numbers = fields.flatMap(({ type }, index) => {
      // Special numbers are null in JSON, and listed separately.
      const special = Object.values(data?.entities?.[index] ?? {}).flat();
      return type === "number"
        ? [(values[index] ?? []).filter((value, at) => value !== null || special.includes(at))]
        : [];
    });
    const streams = fields.findIndex(({ name, type }) => name === "labels" && type === "other");
    const length = values[0]?.length ?? 0;
    if (streams >= 0) {
      // Log lines: one frame for all streams.
      series += new Set((values[streams] ?? []).map((labels) => JSON.stringify(labels))).size;
      rows += length;
    } else if (numbers.length > 0) {
      series += numbers.filter((column) => column.length > 0).length;
      rows += numbers.reduce((sum, column) => sum + column.length, 0);
      nan += (data?.entities ?? []).reduce((sum, special) => sum + (special?.["NaN"]?.length ?? 0), 0);
    } else if (length > 0) {
      series += 1;
      rows += length;
    }
  }
  return { series, rows, onlyNaN: rows > 0 && nan === rows };
}
