import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { InvalidCodeError, UsageError } from "../util/errors.ts";
import { importFault } from "../code/import-fault.ts";
import { importModule } from "../code/import.ts";
import { defineStack } from "../stack/define.ts";
import type { Stack, StackDefinition } from "../stack/definition.ts";
import { invalidStack } from "../stack/invalid.ts";

/** What a stack's definition is looked for by, in this order. */
const NAMES = ["stack.config.ts", "stack.config.mts", "stack.config.js", "stack.config.mjs"];

/** A stack that was read and checked. */
export interface LoadedStack {
  readonly stack: Stack;
  /** Absolute; undefined where there is no definition, and the stack is as by default. */
  readonly file: string | undefined;
  /** What its paths are relative to, and where `.grafana-provision` is. */
  readonly directory: string;
}

/** Where a stack's files are, below its directory. */
export function stackFolder(directory: string): string {
  return join(directory, ".grafana-provision", "stack");
}

/**
 * Reads `stack.config.ts`, or the file that `--config` names; without either, the stack is as by default. Throws exit 64
 * where the named file isn't there, 65 where it is wrong.
 */
export async function loadStack(given: string | undefined, directory: string): Promise<LoadedStack> {
  const file =
    given === undefined ? NAMES.map((name) => resolve(directory, name)).find(existsSync) : resolve(directory, given);
  if (file === undefined) return { stack: defineStack(), file, directory };
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}`, "--config names the stack's definition.");
  return { stack: await stackIn(file), file, directory: dirname(file) };
}

async function stackIn(file: string): Promise<Stack> {
  let exported: unknown;
  try {
    exported = (await importModule(pathToFileURL(file).href))["default"];
    if (exported === undefined) {
      const hint = 'Write: export default defineStack({ name: "my-team" });';
      throw invalidStack([{ message: "the definition has no default export", hint }]);
    }
    // A plain object is a definition as well.
    return isStack(exported) ? exported : defineStack(exported as StackDefinition);
  } catch (error) {
    const faults = error instanceof InvalidCodeError ? error.faults : [importFault(error, file)];
    throw invalidStack(faults.map((fault) => ({ file, ...fault })));
  }
}

/** What `defineStack` returns has its services in a map, and nothing left out. */
function isStack(value: unknown): value is Stack {
  if (typeof value !== "object" || value === null || !("services" in value && "logRotation" in value)) return false;
  return value.services instanceof Map;
}
