import { basename, dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { InvalidCodeError } from "../util/errors.ts";
import { projectName } from "../util/project-name.ts";
import { CONFIG_NAMES, loadConfig } from "../code/config.ts";
import { configAbove, namedConfig } from "../code/find-config.ts";
import { importFault } from "../code/import-fault.ts";
import { importModule } from "../code/import.ts";
import { defineStack } from "../stack/define.ts";
import type { Stack, StackDefinition } from "../stack/definition.ts";
import { invalidStack } from "../stack/invalid.ts";
import type { Target } from "../stack/target.ts";

/**
 * The stack of a repository without a definition: it has the name of the project, and no backend, because its address is
 * unknown.
 */
async function builtIn(start: string): Promise<LoadedStack> {
  const config = configAbove(start, CONFIG_NAMES);
  const loaded = config === undefined ? undefined : await loadConfig(config, start);
  const directory = loaded?.directory ?? start;
  const name = projectName(loaded?.config.project ?? basename(directory));
  return { stack: defineStack({ name, backend: false }), file: undefined, directory };
}

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

/** The directory of the generated files. `stack:up` uses that of Docker Compose. */
export function stackDirectory(directory: string, target: Target = "compose"): string {
  return join(directory, ".grafana-provision", target === "compose" ? "stack" : target);
}

/**
 * Loads `stack.config.ts`, or the file that `--config` names, or the built-in default. Throws exit 64 if the named file
 * does not exist, 65 if it is invalid.
 */
export async function loadStack(given: string | undefined, directory: string): Promise<LoadedStack> {
  const file = given === undefined ? configAbove(directory, NAMES) : namedConfig(given, directory, NAMES);
  if (file === undefined) return builtIn(directory);
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
