import { z } from "zod";
import { checksummedText, checksumOf, isInside } from "../../util/checksums.ts";
import { EXIT, ProvisionError } from "../../util/errors.ts";
import { isObject } from "../../util/json.ts";

/** Increased when older versions can no longer read a backup. */
const VERSION = 1;

export const MANIFEST = "manifest.json";

const StoredFile = z.strictObject({
  /** Relative to the directory of the backup, with slashes. */
  file: z.string().refine(isInside),
  content: z.enum(["volume", "secret", "grafana"]),
  /** Of a volume: the service that writes it, and its name in the definition. */
  service: z.string().exactOptional(),
  volume: z.string().exactOptional(),
  /** `stopped`: copied while the service was stopped. `snapshot`: a snapshot that the service made. */
  method: z.enum(["stopped", "snapshot"]).exactOptional(),
  bytes: z.int(),
  /** Of the file as it is stored, so that it can be checked without a key. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

const Content = z.strictObject({
  $kind: z.literal("grafana-provision stack backup"),
  version: z.literal(VERSION),
  tool: z.string(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  /** The name of the stack. */
  stack: z.string(),
  /** Whether all other files are encrypted with age. */
  encrypted: z.boolean(),
  services: z.array(z.strictObject({ name: z.string(), image: z.string() })),
  files: z.array(StoredFile),
  /** What the backup lacks, each with the reason. */
  omitted: z.array(z.string()),
});

/** The files of a stack's backup, and the versions of its services. */
export type StackManifest = z.infer<typeof Content>;
export type StoredFile = z.infer<typeof StoredFile>;

/** The properties that all manifests have. */
export const MANIFEST_HEAD = { $kind: "grafana-provision stack backup", version: VERSION } as const;

/** The text of `manifest.json`. Its last property is the checksum of the others. */
export function manifestText(manifest: StackManifest): string {
  return checksummedText(manifest);
}

/** Reads the text of a manifest. `file`: for errors. */
export function parseManifest(text: string, file: string): StackManifest {
  const { sha256, ...content } = objectIn(text, file);
  const { version } = content;
  if (typeof version === "number" && version > VERSION)
    throw invalid(file, `it was written by a newer version of this tool (version ${version} of the format)`);
  if (sha256 !== checksumOf(content)) throw changed([file]);
  const { data, error } = Content.safeParse(content);
  if (data) return data;
  const [issue] = error.issues;
  throw invalid(file, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

function objectIn(text: string, file: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(text);
    if (isObject(content)) return content;
  } catch {
    throw invalid(file, "it is not valid JSON");
  }
  throw invalid(file, "it is not an object");
}

function invalid(file: string, why: string): ProvisionError {
  return new ProvisionError(`${file} can't be read: ${why}. Nothing was changed`, {
    code: "backup-invalid",
    exitCode: EXIT.failure,
    hint: "Pass a directory that `stack:backup` wrote.",
  });
}

/** The error for files that differ from their checksums. */
export function changed(files: readonly string[]): ProvisionError {
  const what =
    files.length === 1
      ? "was changed after the backup: its checksum differs"
      : "were changed after the backup: their checksums differ";
  return new ProvisionError(`${files.join(", ")} ${what}. Nothing was restored`, {
    code: "backup-checksum-mismatch",
    exitCode: EXIT.failure,
    hint: "Restore from another copy of the backup.",
  });
}
