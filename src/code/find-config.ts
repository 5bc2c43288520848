import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { UsageError } from "../util/errors.ts";

/**
 * The configuration file in this directory, or else in the nearest one above it. The search ends at the root of a git repository.
 * Throws (exit 64) if a file above belongs to another user, because loading it runs its code.
 */
export function configAbove(directory: string, names: readonly string[]): string | undefined {
  for (let at = directory; ; at = dirname(at)) {
    const file = names.map((name) => join(at, name)).find(existsSync);
    if (file !== undefined) {
      if (at !== directory) mustBeOwn(file);
      return file;
    }
    if (existsSync(join(at, ".git")) || dirname(at) === at) return undefined;
  }
}

function mustBeOwn(file: string): void {
  const own = process.getuid?.();
  const { uid } = statSync(file);
  if (own === undefined || uid === own || uid === 0) return;
  throw new UsageError(
    `${file} belongs to another user, so it was not loaded`,
    "If you trust it, pass it with --config.",
    "config-missing",
  );
}

/** The file that `--config` names, or the configuration in the directory that it names. Throws exit 64 if there is none. */
export function namedConfig(given: string, directory: string, names: readonly string[]): string {
  const path = resolve(directory, given);
  const found =
    existsSync(path) && statSync(path).isDirectory() ? names.map((name) => join(path, name)).find(existsSync) : path;
  if (found === undefined)
    throw new UsageError(
      `--config: the directory ${path} has no ${names[0]}`,
      "Pass the path of a configuration file, or of a directory that contains one.",
      "config-missing",
    );
  if (!existsSync(found))
    throw new UsageError(
      `--config: ${found} does not exist`,
      "Pass the path of a configuration file.",
      "config-missing",
    );
  return found;
}
