import { z } from "zod";
import { address } from "../engine/model.ts";
import type { Manifest } from "../backup/manifest.ts";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";

/** The schema of `backup -o json`, which writes exactly one object to standard output. */
export const BackupSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("backup")),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    directory: z.string().optional(),
    objects: z
      .array(
        z.strictObject({
          address: z.string(),
          title: z.string(),
          file: z.string(),
          secrets: z.array(z.string()).optional().meta({ description: "Variables of the values that the file lacks." }),
          provisioned: z.string().optional().meta({ description: "Why `restore` leaves it out." }),
        }),
      )
      .optional()
      .meta({ description: "The objects of the backup. Files are relative to the directory." }),
    unreadable: z
      .array(z.strictObject({ kind: z.string(), id: z.string().optional(), missing: z.string() }))
      .optional()
      .meta({ description: "What the credentials can't read, with the missing permission." }),
    partial: z
      .array(z.string())
      .optional()
      .meta({ description: "Kinds whose lists contain only what the credentials may read." }),
    omitted: z.array(z.string()).optional().meta({ description: "What no backup contains." }),
  })
  .meta({ title: "Backup", description: "The output of `backup -o json`." });

/** The parsed output of `backup -o json`. */
export type BackupReport = z.infer<typeof BackupSchema>;

/** Formats the result of `backup` as one line of JSON. @internal */
export function jsonBackup(
  { objects, unreadable, partial, omitted }: Manifest,
  { directory, exitCode }: { readonly directory: string; readonly exitCode: number },
): string {
  return jsonLine({
    ...envelopeOf("backup", exitCode),
    directory,
    objects: objects.map((one) => ({
      address: address(one),
      title: one.title,
      file: one.file,
      ...(one.secrets ? { secrets: one.secrets.map(({ variable }) => variable) } : {}),
      ...(one.provisioned === undefined ? {} : { provisioned: one.provisioned }),
    })),
    unreadable,
    partial,
    omitted,
  });
}
