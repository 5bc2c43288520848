import { z } from "zod";
import { checksummedText, checksumOf, isInside } from "../util/checksums.ts";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { isObject } from "../util/json.ts";

/** Increased when older versions can no longer read a backup. */
export const BACKUP_VERSION = 1;

export const MANIFEST = "manifest.json";

/** Only variables with this prefix are read for a backup, so that a manifest can't name other secrets of the environment. */
export const VARIABLE_PREFIX = "RESTORE_";

const Place = z.strictObject({
  path: z.array(z.union([z.string(), z.number()])),
  variable: z.string().regex(/^RESTORE_[A-Z0-9_]+$/),
  /** The uid of the part that contains it. */
  within: z.string().exactOptional(),
  /** Set for a text that contains a credential, outside of the fields for secrets. The file has it without the credential. */
  text: z.literal(true).exactOptional(),
  /** Set if Grafana has a number instead of a text. */
  number: z.literal(true).exactOptional(),
});

const Entry = z.strictObject({
  /** Relative to the directory, with slashes. */
  file: z.string().endsWith(".json").refine(isInside),
  kind: z.string(),
  id: z.string(),
  title: z.string(),
  /** The id of its folder. Absent at the root. */
  folder: z.string().exactOptional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The version that Grafana had of it, to recognize later changes. */
  version: z.string(),
  updatedAt: z.string().exactOptional(),
  updatedBy: z.string().exactOptional(),
  /** The values that the file lacks, each with the variable that `restore` reads. */
  secrets: z.array(Place).exactOptional(),
  /** Why it can't be restored: it belongs to a file, a plugin or Git. */
  provisioned: z.string().exactOptional(),
});

const Content = z.strictObject({
  $kind: z.literal("grafana-provision backup"),
  version: z.literal(BACKUP_VERSION),
  tool: z.string(),
  startedAt: z.string(),
  endedAt: z.string(),
  grafana: z.strictObject({
    /** Without credentials; `sandbox` for the embedded sandbox. */
    url: z.string(),
    version: z.string(),
    /** The namespace of the organization; empty if an old Grafana does not return it. */
    organization: z.string(),
  }),
  project: z.string(),
  owner: z.string(),
  /** The objects, sorted by their files. */
  objects: z.array(Entry),
  /** What the credentials can't read, with the missing permission. With `id`: only this object. */
  unreadable: z.array(z.strictObject({ kind: z.string(), id: z.string().exactOptional(), missing: z.string() })),
  /** Kinds whose lists contain only what the credentials may read. */
  partial: z.array(z.string()),
  /** The types of further objects. Absent: none; empty: all that Grafana serves. */
  types: z.array(z.string()).exactOptional(),
  /** What no backup contains. */
  omitted: z.array(z.string()),
});

/** The files of a backup and where they come from. */
export type Manifest = z.infer<typeof Content>;
export type ManifestEntry = z.infer<typeof Entry>;
export type SecretPlace = z.infer<typeof Place>;

/** What Grafana does not return, or what belongs to people instead of the organization. */
export const OMITTED = [
  "values of secrets, tokens of service accounts, and the links of public dashboards",
  "users, their passwords, and preferences of users and teams",
  "version histories, annotations, dashboard snapshots, and the query history",
  "correlations, silences, and the state and history of alerts",
  "plugins, and the settings of the Grafana server",
] as const;

/** The text of `manifest.json`. Its last property is the checksum of the others. */
export function manifestText(manifest: Manifest): string {
  return checksummedText(manifest);
}

/** Reads the text of a manifest. `file`: for errors. */
export function parseManifest(text: string, file: string): Manifest {
  const { sha256: recorded, ...content } = contentOf(text, file);
  const { version } = content;
  if (typeof version === "number" && version > BACKUP_VERSION)
    throw invalid(file, `it was written by a newer version of this tool (version ${version} of the format)`);
  if (recorded !== checksumOf(content))
    throw new ProvisionError(`${file} was changed after the backup: its checksum differs; nothing was changed`, {
      code: "backup-checksum-mismatch",
      exitCode: EXIT.failure,
      hint: "Restore from another copy of the backup.",
    });
  const { data, error } = Content.safeParse(content);
  if (data) return data;
  const [issue] = error.issues;
  throw invalid(file, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

/** The object in the text of a file. Throws (exit 1) for anything else. */
export function contentOf(text: string, file: string): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(text);
    if (isObject(content)) return content;
  } catch {
    throw invalid(file, "it is not valid JSON");
  }
  throw invalid(file, "it is not an object");
}

function invalid(file: string, why: string): ProvisionError {
  return new ProvisionError(`${file} can't be read: ${why}; nothing was changed`, {
    code: "backup-invalid",
    exitCode: EXIT.failure,
    hint: "Pass a directory that `backup` wrote.",
  });
}
