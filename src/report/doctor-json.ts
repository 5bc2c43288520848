import { z } from "zod";
import { featuresOf } from "../grafana/edition.ts";
import type { DoctorInput } from "./doctor.ts";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";

/** The schema of `doctor -o json`, which writes exactly one object to standard output. */
export const DoctorSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("doctor")),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    version: z.string().optional().meta({ description: "The version that the checked Grafana reports." }),
    recorded: z.string().optional().meta({ description: "The version that the expected answers were recorded from." }),
    checks: z
      .array(
        z.strictObject({
          name: z.string().meta({ description: "Stable: `dry-run-create`." }),
          title: z.string(),
          state: z.enum(["same", "different", "unchecked"]).meta({
            description:
              "`unchecked`: the credentials lack a permission, or Grafana doesn't serve the API that the check uses.",
          }),
          recorded: z.string(),
          found: z.string().meta({ description: "The answer of this Grafana, or why it was not checked." }),
        }),
      )
      .optional(),
    edition: z.string().optional().meta({ description: "`Open Source`, `Enterprise`." }),
    features: z
      .array(
        z.strictObject({
          name: z.string().meta({ description: "Stable: `custom-roles`, `datasource-permissions`, `team-sync`." }),
          title: z.string(),
          state: z
            .enum(["available", "unlicensed", "missing"])
            .meta({ description: "`unlicensed`: the license does not include it. `missing`: the edition lacks it." }),
        }),
      )
      .optional()
      .meta({ description: "The features that Grafana Open Source lacks." }),
    notes: z.array(z.string()).optional().meta({ description: "What could not be deleted, and why." }),
  })
  .meta({ title: "Checks of a Grafana", description: "The output of `doctor -o json`." });

/** The parsed output of `doctor -o json`. */
export type DoctorReport = z.infer<typeof DoctorSchema>;

/** Formats the results of `doctor` as one line of JSON. @internal */
export function doctorJson({ results, notes, version, recorded, edition }: DoctorInput, exitCode: number): string {
  const checks = results.map(({ name, title, state, recorded: expected, found }) => ({
    name,
    title,
    state,
    recorded: expected,
    found,
  }));
  const about = edition ? { edition: edition.name, features: featuresOf(edition) } : {};
  return jsonLine({ ...envelopeOf("doctor", exitCode), version, recorded, checks, ...about, notes });
}
