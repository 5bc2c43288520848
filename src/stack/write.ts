import { chmod, lstat, mkdir, readdir, readFile, rm, rmdir } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { codeOf, EXIT, ProvisionError } from "../errors.ts";
import { SECRETS } from "./compose.ts";
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
  for (const path of await filesIn(folder)) {
    if (!files.has(path) && isOwn((await textOf(folder, path)) ?? "")) removed.push(path);
  }
  return { added, changed, removed, unchanged };
}

/**
 * Writes what differs, and removes what an earlier stack had and this one hasn't. Everybody may read the files, whatever
 * the umask is: containers run as users of their own. Secrets, and files of others, are left alone.
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
    // Else the umask has a say.
    if (dirname(path) !== ".") await chmod(dirname(file), 0o755);
    await writeFileAtomic(file, files.get(path) ?? "", { mode: 0o644 });
    await chmod(file, 0o644);
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

async function filesIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
      .filter((path) => !path.startsWith(`${SECRETS}/`))
      .toSorted();
  } catch (error) {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
  }
}
