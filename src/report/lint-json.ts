import { z } from "zod";
import type { PlacedFinding } from "../lint/places.ts";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";

/** The schema of `lint -o json`, which writes exactly one object to standard output. */
export const LintSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("lint")),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    resources: z.int().optional().meta({ description: "The number of checked resources." }),
    findings: z
      .array(
        z.strictObject({
          rule: z.string().meta({ description: "Stable id of the rule: `rate-of-gauge`. See docs/lint.md." }),
          severity: z.enum(["error", "warning"]),
          message: z.string(),
          hint: z.string().optional().meta({ description: "How to fix it." }),
          address: z.string().meta({ description: "The resource: `dashboard/fastapi`." }),
          file: z.string().meta({ description: "Relative to the configuration." }),
          export: z.string(),
          path: z.string().meta({ description: "The property of the resource." }),
          text: z.string().optional().meta({ description: "The query or the template." }),
          span: z
            .strictObject({ from: z.int(), to: z.int() })
            .optional()
            .meta({ description: "The part of the text, as offsets in UTF-16 units." }),
          place: z.strictObject({ file: z.string(), line: z.int(), column: z.int() }).optional().meta({
            description:
              "Exact in JSON and YAML. In code, the literal if it is found once, and otherwise the export. Begins at 1.",
          }),
        }),
      )
      .optional(),
  })
  .meta({ title: "Findings of lint", description: "The output of `lint -o json`." });

/** The parsed output of `lint -o json`. */
export type LintReport = z.infer<typeof LintSchema>;

/** Formats the findings as one line of JSON. @internal */
export function lintJson(findings: readonly PlacedFinding[], resources: number, exitCode: number): string {
  const shown = findings.map(({ near: _, ...finding }) => finding);
  return jsonLine({ ...envelopeOf("lint", exitCode), resources, findings: shown });
}
