import { z } from "zod";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";
import type { CheckInput } from "./stack-check.ts";

const PointSchema = z.strictObject({
  name: z.string().meta({ description: "`trace-storage`; the name in `checklist` of the definition." }),
  title: z.string(),
  state: z.enum(["done", "elsewhere", "not-needed", "missing"]).meta({
    description: "`elsewhere`: outside of the stack, as `checklist` says. `not-needed`: its service is disabled.",
  }),
  detail: z.string().meta({ description: "The setting that satisfies the point, or what is missing." }),
  hint: z.string().optional().meta({ description: "How to satisfy a missing point." }),
});

/** The schema of `stack:check -o json`, which writes exactly one object to standard output. */
export const StackCheckSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("stack:check")),
    error: ErrorSchema.optional().meta({ description: "The definition is invalid. No other result is present." }),
    profile: z.enum(["development", "production"]).optional(),
    points: z.array(PointSchema).optional(),
  })
  .meta({ title: "Checklist of a stack", description: "The output of `stack:check -o json`." });

/** The parsed output of `stack:check -o json`. */
export type StackCheckReport = z.infer<typeof StackCheckSchema>;

/** Formats the checklist as one line of JSON. @internal */
export function checkJson({ profile, points }: CheckInput, exitCode: number): string {
  return jsonLine({ ...envelopeOf("stack:check", exitCode), profile, points });
}
