import { z } from "zod";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";
import type { PlacedUse, UsageResult } from "./usage.ts";

const UseSchema = z.strictObject({
  address: z.string().meta({ description: "The resource: `dashboard/fastapi`." }),
  file: z
    .string()
    .optional()
    .meta({ description: "Relative to the configuration. Absent: an object in Grafana that is not in the code." }),
  export: z.string().optional(),
  path: z.string().meta({ description: "The property of the resource." }),
  near: z.string().optional().meta({ description: "The title of the panel or rule, or the name of the variable." }),
  text: z.string().optional().meta({ description: "The query, or another text that contains the name." }),
  spans: z
    .array(z.strictObject({ from: z.int(), to: z.int() }))
    .meta({ description: "The parts of the text that are the name, as offsets in UTF-16 units." }),
  pattern: z.string().optional().meta({ description: "The regular expression that matches the metric." }),
  place: z.strictObject({ file: z.string(), line: z.int(), column: z.int() }).optional().meta({
    description:
      "Exact in JSON and YAML. In code, the literal if it is found once, and otherwise the export. Begins at 1.",
  }),
});

/** The schema of `usage -o json`, which writes exactly one object to standard output. */
export const UsageSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("usage")),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    usages: z
      .array(
        z.strictObject({
          what: z.string().meta({ description: "`metric`, `label`, `variable`, or the kind of a resource." }),
          name: z.string(),
          labels: z
            .array(z.string())
            .optional()
            .meta({ description: "Labels that queries use together with the metric." }),
          series: z
            .int()
            .optional()
            .meta({ description: "The number of time series of the metric, if a Prometheus was asked." }),
          uses: z.array(UseSchema),
        }),
      )
      .optional(),
    notUsed: z
      .array(z.strictObject({ name: z.string(), similar: z.string().optional() }))
      .optional()
      .meta({ description: "Names that were asked for and that nothing uses, with the most similar name." }),
    open: z
      .array(UseSchema)
      .optional()
      .meta({ description: "Queries in which a variable selects the metric. They can use any metric." }),
    unused: z
      .strictObject({
        metrics: z.array(z.strictObject({ name: z.string(), series: z.int() })),
        series: z.int().meta({ description: "The number of their time series." }),
        of: z
          .strictObject({ metrics: z.int(), series: z.int() })
          .meta({ description: "All metrics that were compared." }),
      })
      .optional()
      .meta({
        description: "With `--unused`: the metrics of Prometheus that nothing uses, those with the most series first.",
      }),
    notes: z.array(z.string()).optional().meta({ description: "What was not searched." }),
  })
  .meta({ title: "Uses of names", description: "The output of `usage -o json`." });

/** The parsed output of `usage -o json`. */
export type UsageReport = z.infer<typeof UsageSchema>;

/** Formats uses as one line of JSON. @internal */
export function usageJson({ usages, notUsed, open, unused, notes }: UsageResult, exitCode: number): string {
  return jsonLine({
    ...envelopeOf("usage", exitCode),
    usages: usages.map((usage) => ({ ...usage, uses: usage.uses.map(useJson) })),
    notUsed,
    open: open.map(useJson),
    ...(unused ? { unused } : {}),
    notes,
  });
}

function useJson({ what: _, name, isPattern, file, export: exported, ...use }: PlacedUse) {
  return {
    ...use,
    ...(file === "" ? {} : { file, export: exported }),
    ...(isPattern ? { pattern: name } : {}),
  };
}
