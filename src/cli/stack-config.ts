import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InvalidCodeError, UsageError } from "../util/errors.ts";
import { importFault } from "../code/import-fault.ts";
import { importModule } from "../code/import.ts";
import { defineStack } from "../stack/define.ts";
import type { Stack, StackDefinition } from "../stack/definition.ts";
import { invalidStack } from "../stack/invalid.ts";

/** File names of a stack definition, in search order. */
const NAMES = ["stack.config.ts", "stack.config.mts", "stack.config.js", "stack.config.mjs"];

/** A stack definition that was loaded and checked. */
export interface LoadedStack {
  readonly stack: Stack;
  /** Absolute; undefined for the built-in default. */
  readonly file: string | undefined;
  /** The base of its paths, and the directory that contains `.grafana-provision`. */
  readonly directory: string;
}

/** The directory of the generated files. */
export function stackDirectory(directory: string): string {
  return join(directory, ".grafana-provision", "stack");
}

/**
 * Loads `stack.config.ts`, or the file that `--config` names, or the built-in default. Throws exit 64 if the named file
 * does not exist, 65 if it is invalid.
 */
export async function loadStack(given: string | undefined, directory: string): Promise<LoadedStack> {
  const file =
    given === undefined ? NAMES.map((name) => resolve(directory, name)).find(existsSync) : resolve(directory, given);
  if (file === undefined) return { stack: defineStack(), file, directory };
  if (!existsSync(file))
    throw new UsageError(`--config: ${file} does not exist`, "Pass the path of a stack definition.", "config-missing");
  return { stack: await stackIn(file), file, directory: dirname(file) };
}

async function stackIn(file: string): Promise<Stack> {
  let exported: unknown;
  try {
    exported = (await importModule(pathToFileURL(file).href))["default"];
    if (exported === undefined) {
      const hint = 'Add: export default defineStack({ name: "my-team" });';
      throw invalidStack([{ code: "code-export-missing", message: "has no default export", hint }]);
    }
    return isStack(exported) ? exported : defineStack(exported as StackDefinition);
  } catch (error) {
    const faults = error instanceof InvalidCodeError ? error.faults : [importFault(error, file)];
    throw invalidStack(faults.map((fault) => ({ file, ...fault })));
  }
}

/** Whether a value is the result of `defineStack`; otherwise it is a plain definition object. */
function isStack(value: unknown): value is Stack {
  if (typeof value !== "object" || value === null || !("services" in value && "logRotation" in value)) return false;
  return value.services instanceof Map;
}
