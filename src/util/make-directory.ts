import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { codeOf } from "./errors.ts";

/** The directory of a project's runs, reviews, sandbox data and stack. */
const OWN = ".grafana-provision";
/** The directory exists already, or its owner does not let this process add files to it. */
const HARMLESS = ["EEXIST", "EACCES", "EPERM", "EROFS"];

/**
 * Creates a directory and its parents. A `.grafana-provision` on its path gets a `.gitignore`, so that its files are not
 * committed. Returns the first directory that was created.
 */
export async function makeDirectory(path: string, options: { mode?: number } = {}): Promise<string | undefined> {
  const first = await mkdir(path, { ...options, recursive: true });
  const parts = resolve(path).split(sep);
  const own = parts.lastIndexOf(OWN);
  if (own < 0) return first;
  try {
    await writeFile(join(parts.slice(0, own + 1).join(sep), ".gitignore"), "*\n", { flag: "wx" });
  } catch (error) {
    if (!HARMLESS.includes(codeOf(error) ?? "")) throw error;
  }
  return first;
}
