import { z } from "zod";
import type { DriftReport } from "../engine/drift.ts";
import { address } from "../engine/model.ts";
import { envelopeOf, envelopeSchema, ErrorSchema, jsonLine } from "./envelope.ts";
import type { ImportInput } from "./import.ts";
import { writeBackJson, WriteBackSchema, type WriteBackReport } from "./write-back.ts";

const paths = (description: string) => z.array(z.string()).optional().meta({ description });

/** The schema of `import -o json`, which writes exactly one object to standard output. */
export const ImportSchema = z
  .strictObject({
    ...envelopeSchema(z.literal("import")),
    error: ErrorSchema.optional().meta({ description: "The command failed. No other result is present." }),
    directory: z.string().optional().meta({ description: "The output directory. Absent with `--update`." }),
    objects: z
      .array(z.strictObject({ address: z.string(), file: z.string() }))
      .optional()
      .meta({ description: "The objects with code. Files are relative to the output directory." }),
    written: paths("The files that were written."),
    unchanged: paths("Files that had this content already."),
    kept: paths("Files that exist with another content. They were not changed."),
    left: z
      .array(z.strictObject({ address: z.string(), title: z.string(), why: z.string() }))
      .optional()
      .meta({ description: "Objects without code, and why." }),
    unseen: z
      .array(z.strictObject({ kind: z.string(), missing: z.string() }))
      .optional()
      .meta({ description: "Kinds that the credentials can't read, with the missing permission." }),
    variables: z
      .array(z.string())
      .optional()
      .meta({ description: "Variables of secrets to set before the next apply." }),
    projects: z
      .array(z.strictObject({ directory: z.string(), project: z.string(), objects: z.int() }))
      .optional()
      .meta({ description: "Written by `--split`: the projects, with the number of their objects." }),
    terraform: z
      .strictObject({
        addresses: z.array(
          z.strictObject({
            address: z.string().meta({ description: "In the Terraform state." }),
            file: z.string().optional(),
            why: z.string().optional().meta({ description: "Why it has no code." }),
          }),
        ),
        removed: z.string().optional().meta({ description: "The file with the `removed` blocks." }),
      })
      .optional()
      .meta({ description: "Written by `--terraform`: what became of each address of the state." }),
    writeBack: WriteBackSchema.optional().meta({
      description: "Written by `--update`: the edits made in Grafana that were written to the code, and the others.",
    }),
    notes: z.array(z.string()).optional().meta({ description: "Other information." }),
    next: z.array(z.string()).optional().meta({ description: "Commands to run next." }),
  })
  .meta({ title: "Imported objects", description: "The output of `import -o json`." });

/** The parsed output of `import -o json`. */
export type ImportReport = z.infer<typeof ImportSchema>;

/** Formats the result of `import` as one line of JSON. @internal */
export function jsonImport(report: ImportInput, exitCode: number): string {
  const { directory, objects, written, unchanged, kept, left, unreadable, variables, notes, next } = report;
  const { projects, terraform } = report;
  return jsonLine({
    ...envelopeOf("import", exitCode),
    directory,
    objects: objects.map((one) => ({ address: address(one), file: one.file })),
    written,
    unchanged,
    kept,
    left: left.map(({ address: name, title, why }) => ({ address: name, title, why })),
    unseen: [...unreadable].map(([kind, missing]) => ({ kind, missing })),
    variables,
    ...(projects ? { projects } : {}),
    ...(terraform ? { terraform: terraformOf(terraform) } : {}),
    notes,
    next,
  });
}

function terraformOf({ results, removed }: NonNullable<ImportInput["terraform"]>) {
  const addresses = results.map(({ address: name, file, why }) => ({
    address: name,
    ...(file === undefined ? {} : { file }),
    ...(why === undefined ? {} : { why }),
  }));
  return { addresses, ...(removed === undefined ? {} : { removed }) };
}

/** Formats the result of `import --update` as one line of JSON. @internal */
export function jsonUpdate(
  report: WriteBackReport,
  { exitCode, unseen, notes }: { readonly exitCode: number } & Pick<DriftReport, "unseen" | "notes">,
): string {
  const kinds = unseen.map(({ kind, missing }) => ({ kind, missing }));
  return jsonLine({ ...envelopeOf("import", exitCode), writeBack: writeBackJson(report), unseen: kinds, notes });
}
