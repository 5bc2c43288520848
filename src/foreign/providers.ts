import { existsSync, statSync } from "node:fs";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { isObject, textOf, type JsonObject } from "../util/json.ts";

/** A directory with dashboards, in a provisioning file. */
export interface Provider {
  readonly name: string;
  /** On the host of Grafana. */
  readonly path: string;
  readonly folder: string;
  readonly folderUid: string;
  /** Whether the names of directories are the titles of folders. */
  readonly byDirectory: boolean;
}

/** The provider in an entry of `providers`, or why there is none: a sentence. */
export function providerOf(entry: JsonObject): Provider | { readonly left: string } {
  const type = textOf(entry["type"]) || "file";
  if (type !== "file") return { left: `its type "${type}" is not supported` };
  const options = isObject(entry["options"]) ? entry["options"] : {};
  // Old versions had the path in `folder`.
  const path = textOf(options["path"]) || textOf(options["folder"]);
  if (path === "") return { left: "it has no path" };
  return {
    name: textOf(entry["name"]),
    path,
    folder: textOf(entry["folder"]).trim(),
    folderUid: textOf(entry["folderUid"]),
    byDirectory: options["foldersFromFilesStructure"] === true || options["foldersFromFilesStructure"] === "true",
  };
}

/**
 * The directory with the dashboards of a provider: its path if it exists on this host, or else the one of the searched
 * directories whose path ends with the most names of it. Undefined if there is none, or if several fit equally.
 */
export function directoryOf(
  { path }: Pick<Provider, "path">,
  { bases, searched }: { readonly bases: readonly string[]; readonly searched: Iterable<string> },
): string | undefined {
  const candidates = isAbsolute(path) ? [path] : bases.map((base) => resolve(base, path));
  const there = candidates.find((one) => existsSync(one) && statSync(one).isDirectory());
  if (there !== undefined) return resolve(there);
  const names = namesIn(path);
  let [best, most, equal]: [string | undefined, number, boolean] = [undefined, 0, false];
  for (const directory of searched) {
    const count = commonEnd(names, namesIn(directory));
    if (count > most) [best, most, equal] = [directory, count, false];
    else if (count === most && count > 0) equal = true;
  }
  return equal ? undefined : best;
}

function namesIn(path: string): string[] {
  return path.split(/[/\\]/).filter((name) => name !== "" && name !== ".");
}

function commonEnd(one: readonly string[], other: readonly string[]): number {
  let count = 0;
  while (count < one.length && one.at(-1 - count) === other.at(-1 - count)) count++;
  return count;
}

/** The directories of these files and those above them, up to `roots`. */
export function directoriesOf(files: Iterable<string>, roots: readonly string[]): ReadonlySet<string> {
  const found = new Set(roots);
  for (const file of files)
    for (let at = dirname(file); !found.has(at) && roots.some((root) => isInside(root, at)); at = dirname(at))
      found.add(at);
  return found;
}

export function isInside(directory: string, path: string): boolean {
  const below = relative(directory, path);
  return below !== "" && below !== ".." && !below.startsWith(`..${sep}`) && !isAbsolute(below);
}

/** The titles of the folder of a dashboard in the directory of a provider; empty: the root. */
export function titlesFor(provider: Provider, directory: string, file: string): readonly string[] {
  if (!provider.byDirectory) return provider.folder === "" ? [] : [provider.folder];
  const parent = dirname(file);
  return parent === directory ? [] : [basename(parent)];
}
