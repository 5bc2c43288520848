import { chmod, lstat, mkdir, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { codeOf, EXIT, ProvisionError } from "../util/errors.ts";
import { SERVICE_NAMES } from "./names.ts";
import { HEADER } from "./render.ts";

/** What writing a stack's files does, by their paths relative to the folder. */
export interface Written {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  readonly unchanged: readonly string[];
}

/**
 * Compares a folder with what was rendered; writes nothing. Throws exit 1 with every file that is in the way and was not
 * written by the tool, unless `force`.
 */
export async function compareStack(
  folder: string,
  files: ReadonlyMap<string, string>,
  { force = false }: { readonly force?: boolean } = {},
): Promise<Written> {
  const [added, changed, unchanged, foreign]: [string[], string[], string[], string[]] = [[], [], [], []];
  for (const [path, text] of files) {
    const there = await textOf(folder, path);
    if (there === undefined) added.push(path);
    else if (there === text) unchanged.push(path);
    else if (force || isOwn(there)) changed.push(path);
    else foreign.push(path);
  }
  if (foreign.length > 0) {
    throw new ProvisionError(
      `${foreign.map((path) => join(folder, path)).join(", ")} ${foreign.length === 1 ? "was" : "were"} not written by grafana-provision; nothing was written`,
      {
        exitCode: EXIT.failure,
        hint: "Move what you want to keep, name another folder, or overwrite it with `stack:render --force`.",
      },
    );
  }
  const removed: string[] = [];
  for (const path of await filesOfServices(folder)) {
    if (!files.has(path) && isOwn((await textOf(folder, path)) ?? "")) removed.push(path);
  }
  return { added, changed, removed, unchanged };
}

/**
 * Writes what differs, and removes what an earlier stack had and this one hasn't. Everybody may read the files, whatever
 * the umask is or was: containers run as users of their own. Secrets, and files of others, are left alone.
 */
export async function writeStack(
  folder: string,
  files: ReadonlyMap<string, string>,
  options: { readonly force?: boolean } = {},
): Promise<Written> {
  const written = await compareStack(folder, files, options);
  await mkdir(folder, { recursive: true });
  for (const path of [...written.added, ...written.changed]) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, files.get(path) ?? "", { mode: 0o644 });
  }
  for (const path of files.keys()) {
    await allow(join(folder, path), 0o644);
    if (dirname(path) !== ".") await allow(join(folder, dirname(path)), 0o755);
  }
  for (const path of written.removed) {
    await rm(join(folder, path));
    if (dirname(path) !== ".") await removeIfEmpty(join(folder, dirname(path)));
  }
  return written;
}

/** Written by the tool: its first line says so. */
function isOwn(text: string): boolean {
  return text.slice(0, text.indexOf("\n")).endsWith(HEADER);
}

/** Throws where a link, or something that is no file, is in the way: what it leads to isn't the folder's. */
async function textOf(folder: string, path: string): Promise<string | undefined> {
  const parts = path.split("/");
  for (const count of parts.keys()) {
    const place = join(folder, ...parts.slice(0, count + 1));
    try {
      const found = await lstat(place);
      const last = count === parts.length - 1;
      if (last ? found.isFile() : found.isDirectory()) continue;
      throw new ProvisionError(
        `${place} is in the way: ${last ? "a file" : "a folder"} goes there; nothing was written`,
        {
          exitCode: EXIT.failure,
          hint: "Move it away, or name another folder.",
        },
      );
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw error;
    }
  }
  return readFile(join(folder, path), "utf8");
}

/** Files in the folders that services have: what else is there, another stack's folder perhaps, is nobody's business. */
async function filesOfServices(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of SERVICE_NAMES) {
    try {
      // Not so for a link, whatever it leads to.
      if (!(await lstat(join(folder, name))).isDirectory()) continue;
      const entries = await readdir(join(folder, name), { withFileTypes: true });
      found.push(...entries.filter((entry) => entry.isFile()).map((entry) => `${name}/${entry.name}`));
    } catch (error) {
      if (codeOf(error) !== "ENOENT") throw error;
    }
  }
  return found.toSorted();
}

/** The umask has had a say, or that of whoever checked the files out. */
async function allow(path: string, bits: number): Promise<void> {
  const { mode } = await lstat(path);
  if ((mode & bits) !== bits) await chmod(path, mode | bits);
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
  }
}
