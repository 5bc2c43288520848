import { existsSync, readdirSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { glob } from "tinyglobby";
import type { Fault } from "../util/errors.ts";
import { similarFile } from "../util/similar-file.ts";

const DEFAULT_RESOURCES = ["./dashboards", "./alerts", "./datasources"];
export const MODULES = [".ts", ".mts", ".js", ".mjs"];
export const DOCUMENTS = [".json", ".yaml", ".yml"];
/** Helpers, tests and types. A name that begins with `_` marks a file or directory without resources. */
const IGNORED = ["**/_*", "**/_*/**", "**/*.test.*", "**/*.d.ts", "**/node_modules/**", "**/.*/**"];

/** The same for one name of a path. */
function isIgnored(name: string): boolean {
  return /^[._]|^node_modules$|\.test\.|\.d\.ts$/.test(name);
}

/** The files under `resources`. */
export interface ResourceFiles {
  readonly files: readonly string[];
  /** Faults of `resources`. */
  readonly missing: readonly Pick<Fault, "message" | "hint">[];
  /** Symbolic links to files that don't exist. */
  readonly dangling: readonly string[];
}

/** Finds the files of the configuration's `resources`. A file that several links name counts once. */
export async function filesOf(resources: readonly string[] | undefined, directory: string): Promise<ResourceFiles> {
  const given = resources ?? DEFAULT_RESOURCES.filter((path) => existsSync(resolve(directory, path)));
  const missing: Pick<Fault, "message" | "hint">[] = [];
  // An error, because a command in the wrong directory would otherwise `--prune` everything.
  if (given.length === 0)
    missing.push({
      message: `none of the default directories exists in ${directory} (${DEFAULT_RESOURCES.join(", ")})`,
      hint: "Create one, or set `resources` to the directories of your files.",
    });
  const found = new Set<string>();
  const links: string[] = [];
  for (const path of given) {
    const absolute = resolve(directory, path);
    const exists = existsSync(absolute);
    // A path that exists is not a pattern, even if it contains special characters.
    const isFile = exists && statSync(absolute).isFile();
    const [cwd, pattern] = exists ? [absolute, "**"] : [directory, path];
    const options = { cwd, absolute: true, ignore: IGNORED, expandDirectories: false };
    const matches = isFile ? [absolute] : await glob(pattern, options);
    if (matches.length === 0 && !exists) missing.push(missingPath(path, absolute, directory));
    for (const match of matches) if (hasResources(match)) found.add(resolve(match));
    if (exists && !isFile) links.push(...linksIn(absolute));
  }
  const files = [...found].toSorted();
  const dangling = links.filter((path) => hasResources(path) && !existsSync(path));
  return { files: links.length > 0 ? distinct(files) : files, missing, dangling };
}

function hasResources(path: string): boolean {
  return [...MODULES, ...DOCUMENTS].includes(extname(path));
}

/**
 * Symbolic links in a directory. Links in directories that are links themselves are not searched. Throws for a directory that can't
 * be read, because `--prune` would delete the objects of its files.
 */
function linksIn(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const path = join(directory, entry.name);
    if (isIgnored(entry.name)) return [];
    if (entry.isDirectory()) return linksIn(path);
    return entry.isSymbolicLink() ? [path] : [];
  });
}

/** One path for each file, preferably one that is not a link. */
function distinct(files: readonly string[]): string[] {
  const byFile = Map.groupBy(files, (file) => realpathSync(file));
  return [...byFile].map(([real, paths]) => paths.find((path) => path === real) ?? paths[0] ?? real).toSorted();
}

/** Describes a symbolic link to a file that doesn't exist. */
export function danglingLink(path: string): Pick<Fault, "message" | "hint"> {
  return {
    message: `is a symbolic link to ${readlinkSync(path)}, which does not exist`,
    hint: "Fix the link or delete it.",
  };
}

function missingPath(path: string, absolute: string, directory: string): Pick<Fault, "message" | "hint"> {
  if (/[*?{[]/.test(path))
    return {
      message: `no file matches ${path} in ${directory}`,
      hint: "Fix the pattern, which is relative to the configuration.",
    };
  const meant = similarFile(absolute);
  return {
    message: `${path} does not exist (${absolute})`,
    hint: meant
      ? `Did you mean ${dirname(path) === "." ? "." : dirname(path)}/${meant}?`
      : "Create this directory, or change `resources` in the configuration.",
  };
}
