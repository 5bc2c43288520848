import { z } from "zod";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";
import type { StackReportInput } from "./stack-report.ts";

const SECTION = z.strictObject({
  id: z.string().meta({ description: "`targets`, `alerts`, `firings`…, as in `--section`." }),
  title: z.string(),
  state: z
    .enum(["ok", "attention", "unknown"])
    .meta({ description: "`unknown`: no server could answer. `unasked` says why." }),
  summary: z.string().meta({ description: "One or two sentences for a person." }),
  columns: z.array(
    z.strictObject({
      key: z.string().meta({ description: "The property of a row." }),
      title: z.string(),
      unit: z
        .enum(["percent", "seconds", "bytes", "bytes-per-day", "days", "time"])
        .optional()
        .meta({ description: "`percent`: from 0 to 100. `time`: as in RFC 3339." }),
    }),
  ),
  rows: z
    .array(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])))
    .meta({ description: "The worst at the beginning. A property that is not known is absent." }),
  more: z.int().meta({ description: "The number of rows that `--limit` left out." }),
  unasked: z.array(z.string()).meta({ description: "What could not be asked, and why." }),
});

/** The schema of `stack:report -o json`, which writes exactly one object to standard output. */
export const StackReportSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("stack:report")),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    stack: z.string().optional().meta({ description: "The name of the stack." }),
    from: z.string().optional(),
    to: z.string().optional(),
    asked: z.array(z.string()).optional().meta({ description: "The servers that were asked." }),
    sections: z.array(SECTION).optional(),
  })
  .meta({ title: "Report on a stack", description: "The output of `stack:report -o json`." });

/** The parsed output of `stack:report -o json`. */
export type StackReport = z.infer<typeof StackReportSchema>;

/** Formats the report as one line of JSON. @internal */
export function stackReportJson({ title, from, to, asked, sections }: StackReportInput, exitCode: number): string {
  return jsonLine({
    ...envelopeOf("stack:report", exitCode),
    stack: title,
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    asked,
    sections: sections.map(({ attention: _, ...section }) => section),
  });
}
