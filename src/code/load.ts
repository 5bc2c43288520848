import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import pLimit from "p-limit";
import { glob } from "tinyglobby";
import type { LoadedConfig } from "./config.ts";
import type { Loaded } from "./desired.ts";
import { documentKind, loadDocument, loadSet } from "./documents.ts";
import type { Fault } from "../util/errors.ts";
import { isObject } from "../util/json.ts";
import { importModule } from "./import.ts";
import { importFault } from "./import-fault.ts";
import type { Exported } from "./exported.ts";
import { exportsOf, exportsTypes, separate } from "./modules.ts";
import { kinds } from "../kinds/index.ts";

/** Everything that the files under `resources` export, and what is wrong with them. */
export interface LoadResult {
  readonly loaded: readonly Loaded[];
  readonly faults: readonly Fault[];
  readonly files: number;
}

const DEFAULT_RESOURCES = ["./dashboards", "./alerts", "./datasources"];
/** Files read at once: all of them together would stand in memory as text, too. More are no faster. */
const AT_ONCE = 8;
/** Files from which on it is worth the time to keep memory small: Node never lets go of what a module exports. */
const MANY = 500;
/** By how many percent the heap may grow over what lives in it. */
const GROWTH = 15;
const MODULES = [".ts", ".mts", ".js", ".mjs"];
const DOCUMENTS = [".json", ".yaml", ".yml"];
/** Helpers, tests and types stand beside resources: a name that begins with `_` says that it is none. */
const IGNORED = ["**/_*", "**/_*/**", "**/*.test.*", "**/*.d.ts", "**/node_modules/**", "**/.*/**"];

/** A resource without `export` is made nowhere, and one that was made before would go with `--prune`. */
const NO_EXPORT = {
  message: "exports nothing, so that nothing of it reaches Grafana",
  hint: "Write `export default` or `export const ... =` before the resource; a helper's file has a name that begins with _.",
};
const NO_FILES = {
  path: "resources",
  message: "there is no file in these folders, so that the code asks for nothing",
  hint: "A file such as dashboards/service.ts exports a resource: export default dashboard({...});",
};

/** Imports all modules and reads all documents under `resources`. Faults are collected, not thrown. */
export async function load({ config, directory, file: configFile }: LoadedConfig): Promise<LoadResult> {
  const faults: Fault[] = [];
  const name = (file: string) => relative(directory, file).replaceAll("\\", "/");
  const files = await filesOf(config.resources, directory, (message) => {
    faults.push({ level: "error", file: name(configFile), path: "resources", message });
  });

  if (files.length === 0 && faults.length === 0) faults.push({ level: "warning", file: name(configFile), ...NO_FILES });

  const modules = files.filter((file) => MODULES.includes(extname(file)));
  const many = modules.length > MANY;
  // Left alone, V8 waits until the heap is two to four times what lives in it.
  if (files.length > MANY) setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  const few = pLimit(AT_ONCE);
  const kind = documentKind(kinds);
  const { documents } = kind;
  const loading = { kind, nameOf: name, faults };
  const broken = new Map<string, Promise<string>>();
  const importOne = async (file: string): Promise<Exported[]> => {
    try {
      const exports = exportsOf(await importModule(pathToFileURL(file).href), file, name(file));
      if (exports.length === 0 && !(await exportsTypes(file)))
        faults.push({ level: "error", file: name(file), ...NO_EXPORT });
      if (many) for (const { value } of exports) if (isObject(value)) documents.compress(value);
      return exports;
    } catch (error) {
      const { file: place, ...fault } = importFault(error, file);
      // Whoever imports a broken file breaks too, and is not at fault.
      if (!faults.some((other) => other.file === name(place) && other.message === fault.message)) {
        faults.push({ level: "error", ...fault, file: name(place) });
      }
      for (const path of [file, place]) broken.set(path, broken.get(path) ?? readFile(path, "utf8").catch(() => ""));
      return [];
    }
  };
  const exported = await Promise.all(modules.map((file) => few(() => importOne(file))));
  const { own, sets } = separate(exported.flat(), kind, faults);

  const fromSets = await Promise.all(sets.map((set) => loadSet(set, loading)));
  const claimed = new Set(fromSets.flatMap(({ claimed }) => claimed));
  const others = files.filter((file) => DOCUMENTS.includes(extname(file)) && !claimed.has(file));
  const fromDocuments = await Promise.all(others.map((file) => few(() => loadDocument(file, documents.read, loading))));

  const unloaded = (await Promise.all(broken.values())).map((text) => ({ unloaded: text }));
  const loaded = [...own, ...fromSets.flatMap((set) => set.loaded), ...fromDocuments.flat(), ...unloaded];
  // Files were read in no order of their own.
  const inOrder = faults.toSorted((a, b) => (a.file ?? "").localeCompare(b.file ?? ""));
  return { loaded, faults: inOrder, files: files.length };
}

async function filesOf(
  resources: readonly string[] | undefined,
  directory: string,
  fault: (message: string) => void,
): Promise<string[]> {
  const given = resources ?? DEFAULT_RESOURCES.filter((path) => existsSync(resolve(directory, path)));
  // Without this, `--prune` would take a command in the wrong folder for code that has nothing left.
  if (given.length === 0) fault(`none of ${DEFAULT_RESOURCES.join(", ")} is there: make one, or name yours`);
  const found = new Set<string>();
  for (const path of given) {
    const absolute = resolve(directory, path);
    // A path that exists is no pattern, whatever characters it has.
    const isFile = existsSync(absolute) && statSync(absolute).isFile();
    const [cwd, pattern] = existsSync(absolute) ? [absolute, "**"] : [directory, path];
    const options = { cwd, absolute: true, ignore: IGNORED, expandDirectories: false };
    const matches = isFile ? [absolute] : await glob(pattern, options);
    if (matches.length === 0 && !existsSync(absolute)) fault(`${path}: there is no such file or folder`);
    for (const match of matches) if ([...MODULES, ...DOCUMENTS].includes(extname(match))) found.add(resolve(match));
  }
  return [...found].toSorted();
}
