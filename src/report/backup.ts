import { z } from "zod";
import { address } from "../engine/model.ts";
import type { Manifest } from "../backup/manifest.ts";
import { clean } from "../util/clean.ts";
import { countOf, listed, pluralOf } from "../util/plural.ts";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";
import { painter, type Output } from "./output.ts";

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

/** More lines of a kind are only counted. */
const SHOWN = 10;

export function backupText(manifest: Manifest, directory: string, output: Output): string {
  const paint = painter(output);
  const { objects, unreadable, partial, omitted } = manifest;
  const counts = [...Map.groupBy(objects, ({ kind }) => kind)].map(([kind, all]) => countOf(all.length, words(kind)));
  const lines = [
    objects.length === 0
      ? `${paint("bold", "The backup is empty.")} ${directory} has only a manifest.`
      : `${paint("green", "Wrote")} ${countOf(objects.length, "object")} to ${directory}: ${listed(counts)}.`,
  ];
  const section = (title: string, entries: readonly string[]) => {
    if (entries.length === 0) return;
    const shown = output.verbose ? entries : entries.slice(0, SHOWN);
    lines.push("", paint("bold", title), ...shown.map((line) => `  ${clean(line)}`));
    if (entries.length > shown.length)
      lines.push(`  … and ${entries.length - shown.length} more (--verbose shows all)`);
  };
  section(
    "Not permitted to read:",
    unreadable.map(({ kind, id, missing }) => {
      const what = id === undefined ? pluralOf(words(kind)) : address({ kind, id });
      return `${what}: missing permission ${missing}`;
    }),
  );
  section(
    "Provisioned from files, plugins or Git, so that restore leaves them out:",
    objects.flatMap((one) => (one.provisioned === undefined ? [] : [address(one)])),
  );
  section(
    "Values that the files lack, with the variables that restore reads:",
    objects.flatMap((one) => (one.secrets ?? []).map(({ variable }) => `${address(one)}: ${variable}`)),
  );
  if (partial.length > 0)
    lines.push(
      "",
      `Grafana lists only the ${listed(partial.map((kind) => pluralOf(words(kind))))} that these credentials are allowed to read.`,
    );
  lines.push("", "Not part of a backup:", ...omitted.map((one) => `  ${one}`));
  return `${lines.join("\n")}\n`;
}

function words(kind: string): string {
  return kind.replaceAll("-", " ");
}
