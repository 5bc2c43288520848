import { z } from "zod";
import { DifferenceSchema } from "./change-schema.ts";

/** A changed object in JSON. */
export const DriftSchema = z.strictObject({
  address: z.string(),
  kind: z.string(),
  id: z.string(),
  title: z.string(),
  state: z
    .enum(["changed", "conflict", "missing", "lost-mark", "possibly-changed", "unknown", "foreign", "code"])
    .meta({
      description:
        "The first five are drift. `conflict`: the code was changed, too. `possibly-changed`: an older mark can't be compared. `code`: only the code was changed.",
    }),
  source: z.strictObject({ file: z.string(), export: z.string() }).optional(),
  inGrafana: z
    .array(DifferenceSchema)
    .optional()
    .meta({ description: "Changes made in Grafana. Absent if the content after the last apply is unknown." }),
  inCode: z.array(DifferenceSchema).optional(),
  conflicts: z.array(z.string()).meta({ description: "Paths with conflicting changes." }),
  differences: z
    .array(DifferenceSchema)
    .meta({ description: "From Grafana to the code, as an apply would change them." }),
  saves: z
    .array(
      z.strictObject({
        by: z.string().optional(),
        byName: z.string().optional(),
        at: z.string().optional(),
        message: z.string().optional(),
      }),
    )
    .meta({ description: "Saves since the last apply that Grafana reports, newest first." }),
  appliedBy: z
    .string()
    .optional()
    .meta({ description: "The message of the last apply in Grafana's history: the commit and the CI job." }),
  note: z.string().optional(),
  hint: z.string().optional(),
});
