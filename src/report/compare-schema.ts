import { z } from "zod";
import { DifferenceSchema } from "./change-schema.ts";
import { envelopeSchema, ErrorSchema } from "./envelope.ts";

const SideSchema = z.strictObject({ name: z.string(), description: z.string() });

/** The schema of `compare -o json`. */
export const CompareSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("compare")),
    error: ErrorSchema.optional().meta({ description: "The command failed." }),
    from: SideSchema.optional(),
    to: SideSchema.optional(),
    unequal: z
      .array(
        z.strictObject({
          address: z.string().meta({ description: "With the id of the code." }),
          kind: z.string(),
          id: z.string(),
          title: z.string(),
          state: z.enum(["different", "only-from", "only-to"]),
          differences: z.array(DifferenceSchema).meta({ description: "From the first environment to the second one." }),
        }),
      )
      .optional(),
    equal: z.int().optional().meta({ description: "The number of equal resources." }),
    unseen: z
      .array(z.strictObject({ kind: z.string(), missing: z.string(), resources: z.array(z.string()) }))
      .optional(),
  })
  .meta({ title: "Comparison of two environments", description: "The output of `compare` with `-o json`." });

/** The parsed output of `compare -o json`. */
export type CompareReport = z.infer<typeof CompareSchema>;
