import { z } from "zod";
import { seriesOf, timeOf } from "../check/state.ts";
import type { CheckReportInput } from "./check.ts";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";
import { StatusSchema } from "./rule-status-json.ts";

const State = z.enum(["data", "no-data", "error", "skipped"]).meta({
  description: "`skipped`: the query was not run; `cause.message` says why.",
});

/** The schema of `check -o json`, which writes exactly one object to standard output. */
export const CheckSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("check")),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    target: z.string().optional().meta({ description: "The Grafana, or the URLs of the datasources." }),
    from: z.string().optional().meta({ description: "Start of the time range." }),
    to: z.string().optional(),
    interrupted: z
      .boolean()
      .optional()
      .meta({ description: "Whether the command was stopped before everything was checked." }),
    items: z
      .array(
        z.strictObject({
          address: z.string().meta({ description: "The resource: `dashboard/fastapi`." }),
          file: z.string().meta({ description: "Relative to the configuration." }),
          export: z.string(),
          path: z.string().meta({ description: "The property of the resource." }),
          role: z.enum(["panel", "variable", "annotation", "rule"]),
          title: z.string(),
          repeated: z.string().optional().meta({ description: "The values for which a repeated panel was checked." }),
          state: State,
          series: z.int().meta({ description: "The number of series of all queries." }),
          milliseconds: z.int().meta({ description: "The time of the slowest query." }),
          queries: z.array(
            z.strictObject({
              refId: z.string(),
              path: z.string(),
              text: z.string().optional().meta({ description: "The expression that was run, without variables." }),
              written: z.string().optional().meta({ description: "The expression in the code." }),
              datasource: z.string().optional().meta({ description: "The uid of the datasource." }),
              state: State,
              series: z.int(),
              milliseconds: z.int(),
              cause: z
                .strictObject({
                  code: z
                    .string()
                    .meta({ description: "Stable code of the cause: `metric-missing`. See docs/check.md." }),
                  message: z.string(),
                  expected: z.boolean().meta({ description: "Whether an empty result is right." }),
                  metric: z.string().optional(),
                  label: z.string().optional(),
                  value: z.string().optional(),
                  variable: z.string().optional(),
                  suggestion: z.string().optional().meta({ description: "A name near it that exists." }),
                  lastSeen: z.string().optional().meta({ description: "The time of the last sample." }),
                })
                .optional()
                .meta({ description: "Why it has no data. With data: why only the other side of `or` has values." }),
              place: z.strictObject({ file: z.string(), line: z.int(), column: z.int() }).optional().meta({
                description:
                  "The place of a query that failed, has no data, or has data only because of `or`, as in the output of `lint`.",
              }),
            }),
          ),
        }),
      )
      .optional(),
    rules: z.array(StatusSchema).optional().meta({ description: "The rules of `check --rules`." }),
  })
  .meta({ title: "Results of check", description: "The output of `check -o json`." });

/** The parsed output of `check -o json`. */
export type CheckReport = z.infer<typeof CheckSchema>;

/** Formats the results as one line of JSON. @internal */
export function checkJson(
  { items, findings, notes, interrupted, range, description }: CheckReportInput,
  exitCode: number,
): string {
  const places = new Map([...findings, ...notes].map(({ query, place }) => [query, place]));
  return jsonLine({
    ...envelopeOf("check", exitCode),
    target: description,
    from: new Date(range.from).toISOString(),
    to: new Date(range.to).toISOString(),
    interrupted,
    items: items.map(({ source, queries, ...item }) => ({
      ...item,
      ...source,
      series: seriesOf({ queries }),
      milliseconds: timeOf({ queries }),
      queries: queries.map((query) => {
        const place = places.get(query);
        return { ...query, ...(place ? { place } : {}) };
      }),
    })),
  });
}
