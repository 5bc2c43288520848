import { z } from "zod";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";
import type { UpgradeInput } from "./upgrade.ts";

/** The schema of `upgrade -o json`, which writes exactly one object to standard output. */
export const UpgradeSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("upgrade")),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    written: z.boolean().optional().meta({ description: "Whether the files were rewritten: `--write`." }),
    dashboards: z
      .array(
        z.strictObject({
          address: z.string().meta({ description: "`dashboard/fastapi`" }),
          file: z.string(),
          apiVersion: z
            .string()
            .optional()
            .meta({ description: "The version of the file's new content. Absent if there is nothing to convert." }),
          checks: z.array(z.string()).optional().meta({ description: "What to check in the new content." }),
          unchanged: z.string().optional().meta({ description: "Why there is nothing to convert." }),
        }),
      )
      .optional(),
    notes: z.array(z.string()).optional().meta({ description: "What could not be deleted in Grafana, and why." }),
  })
  .meta({ title: "Upgraded dashboards", description: "The output of `upgrade -o json`." });

/** The parsed output of `upgrade -o json`. */
export type UpgradeReport = z.infer<typeof UpgradeSchema>;

/** Formats the result of `upgrade` as one line of JSON. @internal */
export function upgradeJson({ upgraded, notes, written }: UpgradeInput, exitCode: number): string {
  const dashboards = upgraded.map((one) => {
    const { address, file } = one;
    if ("done" in one) return { address, file, unchanged: one.done };
    return { address, file, apiVersion: one.apiVersion, checks: one.checks };
  });
  return jsonLine({ ...envelopeOf("upgrade", exitCode), written, dashboards, notes });
}
