import { sha256 } from "../util/checksums.ts";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { codeOf, EXIT, fileError, ProvisionError, UsageError } from "../util/errors.ts";
import { makeDirectory } from "../util/make-directory.ts";
import { lossesOf, type Selected } from "./losses.ts";
import { contentOf, MANIFEST, manifestText, parseManifest, type Manifest, type ManifestEntry } from "./manifest.ts";

// A backup is written to a directory with another name, which is renamed at the end. So a directory with the name of a backup is
// always complete.

const FILE = { mode: 0o600 } as const;
const DIRECTORY = { mode: 0o700, recursive: true } as const;

/** A backup that is being written. */
export interface BackupWriter {
  /** Writes a file of an object, relative to the directory. */
  readonly write: (file: string, text: string) => Promise<void>;
  /**
   * Writes the manifest, and gives the directory its name. Throws (exit 3) if the former backup has something that the new one
   * lacks, and then keeps the former one.
   */
  finish(manifest: Manifest, selected: Selected): Promise<void>;
  /** Removes what was written. */
  discard(): Promise<void>;
}

/** Throws (exit 64) if the directory exists. `force`: only if it is no backup, or contains other files. */
export async function backupWriter(directory: string, force: boolean): Promise<BackupWriter> {
  const target = resolve(directory);
  await mustBeFree(target, force);
  return writing(async () => {
    await makeDirectory(dirname(target));
    const temporary = await mkdtemp(join(dirname(target), `${basename(target)}.incomplete-`));
    const made = new Set<string>();
    return {
      write: (file, text) =>
        writing(async () => {
          const path = join(temporary, file);
          if (!made.has(dirname(path))) await mkdir(dirname(path), DIRECTORY);
          made.add(dirname(path));
          await writeFile(path, text, FILE);
        }),
      finish: (manifest, selected) =>
        writing(async () => {
          await writeFile(join(temporary, MANIFEST), manifestText(manifest), FILE);
          // Another command may have written it since.
          const replaced = await mustBeFree(target, force);
          const losses = replaced ? lossesOf(replaced, manifest, selected) : [];
          if (losses.length > 0) throw incomplete(target, losses);
          const former = temporary.replace(/\.incomplete-(?=[^.]*$)/, ".former-");
          const exists = existsSync(target);
          if (exists) await rename(target, former);
          try {
            await rename(temporary, target);
          } catch (error) {
            if (exists) await rename(former, target);
            throw error;
          }
          if (exists) await rm(former, { recursive: true });
        }),
      discard: () => rm(temporary, { recursive: true, force: true }),
    };
  });
}

function incomplete(target: string, losses: readonly string[]): ProvisionError {
  return new ProvisionError(
    `${target} has a backup with something that the new one lacks: ${losses.join("; ")}. It was not replaced`,
    {
      code: "backup-incomplete",
      exitCode: EXIT.notAuthorised,
      hint: "Pass another directory, or delete the former backup if you no longer need it.",
    },
  );
}

/** The manifest of the backup that would be replaced. */
async function mustBeFree(target: string, force: boolean): Promise<Manifest | undefined> {
  const there = await contentsOf(target);
  if (there === undefined || (force && there.length === 0)) return undefined;
  if (!force)
    throw new UsageError(
      `${target} exists; nothing was written`,
      "Pass another directory, or --force to replace a former backup.",
      "backup-exists",
    );
  const manifest = await manifestIn(target);
  const listed = new Set([MANIFEST, ...(manifest?.objects ?? []).map(({ file }) => file)]);
  const other = there.find((name) => !listed.has(name));
  if (manifest && other === undefined) return manifest;
  throw new UsageError(
    `${target} ${manifest ? `contains ${other}, which is not part of a backup` : `is not a backup, because it has no ${MANIFEST} of one`}, so --force does not replace it; nothing was written`,
    "Pass another directory.",
    "backup-exists",
  );
}

/** The manifest of a backup; undefined if the directory is none. */
async function manifestIn(directory: string): Promise<Manifest | undefined> {
  const path = join(directory, MANIFEST);
  const text = await textOf(path);
  if (text === undefined) return undefined;
  try {
    return parseManifest(text.toString(), path);
  } catch (error) {
    // Of something else, or changed.
    if (error instanceof ProvisionError) return undefined;
    throw error;
  }
}

/** Everything in a directory except directories, with slashes; undefined if it does not exist. */
async function contentsOf(path: string): Promise<string[] | undefined> {
  try {
    const entries = await readdir(path, { withFileTypes: true, recursive: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    return files.map((entry) => relative(path, join(entry.parentPath, entry.name)).replaceAll("\\", "/"));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    if (codeOf(error) === "ENOTDIR") return [path];
    throw fileError(error) ?? error;
  }
}

async function writing<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error) ?? error;
  }
}

/** An object of a backup, with the content of its file. */
export interface StoredObject extends ManifestEntry {
  readonly content: Record<string, unknown>;
}

export interface StoredBackup {
  readonly directory: string;
  readonly manifest: Manifest;
  readonly objects: readonly StoredObject[];
}

/** Reads a backup. Throws (exit 1) for the first file that is missing or was changed. */
export async function readBackup(directory: string): Promise<StoredBackup> {
  const path = join(directory, MANIFEST);
  const text = await textOf(path);
  if (text === undefined) {
    const hint =
      "Pass a directory that `backup` wrote. A directory `….incomplete-…` is the rest of an interrupted one.";
    throw new UsageError(`${directory} is not a backup: it has no ${MANIFEST}`, hint, "backup-missing");
  }
  const manifest = parseManifest(text.toString(), path);
  const objects: StoredObject[] = [];
  for (const entry of manifest.objects) {
    const file = join(directory, entry.file);
    const content = await textOf(file);
    if (content === undefined || sha256(content) !== entry.sha256)
      throw new ProvisionError(
        `${file} ${content === undefined ? "is missing" : "was changed after the backup: its checksum differs"}; nothing was changed`,
        { code: "backup-checksum-mismatch", exitCode: EXIT.failure, hint: "Restore from another copy of the backup." },
      );
    objects.push({ ...entry, content: contentOf(content.toString(), file) });
  }
  return { directory, manifest, objects };
}

async function textOf(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR", "EISDIR"].includes(codeOf(error) ?? "")) return undefined;
    throw fileError(error) ?? error;
  }
}
