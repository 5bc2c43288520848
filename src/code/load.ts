import { readFile } from "node:fs/promises";
import { extname, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import pLimit from "p-limit";
import type { LoadedConfig } from "./config.ts";
import type { Loaded } from "./desired.ts";
import { documentKind, loadDocument, loadSet } from "./documents.ts";
import type { Fault } from "../util/errors.ts";
import { isObject } from "../util/json.ts";
import { importModule } from "./import.ts";
import { importFault } from "./import-fault.ts";
import type { Exported } from "./exported.ts";
import { urlIn, type Revision } from "./revision.ts";
import { danglingLink, DOCUMENTS, filesOf, MODULES } from "./resource-files.ts";
import { unexportedIn } from "./unexported.ts";
import { exportsOf, exportsTypes, separate, type Result } from "./modules.ts";
import { kinds } from "../kinds/index.ts";

/** All exports of the files under `resources`, and their faults. */
export interface LoadResult {
  readonly loaded: readonly Loaded[];
  readonly faults: readonly Fault[];
  readonly files: number;
  /** Sets of files, by the modules that export them. */
  readonly sets: readonly { readonly module: string; readonly claimed: readonly string[] }[];
}

/** What to load instead of all files as they are on disk. */
export interface LoadOptions {
  /** Only these files. Absolute paths. */
  readonly files?: readonly string[];
  /** Other contents of files. */
  readonly revision?: Revision;
  /** The names of inputs that the environment has an answer for. */
  readonly answered?: ReadonlySet<string>;
  /** The files of sets that a former load searched. */
  readonly searched?: Map<string, readonly string[]>;
}

/** The number of files that are read at once. More would need memory for their texts without being faster. */
const CONCURRENCY = 8;
/** The number of files above which memory is saved at the cost of time. Node never frees a module's exports. */
const MANY = 500;
/** The percentage by which the heap may grow between garbage collections. */
const GROWTH = 15;

/** An error, because `--prune` would delete the objects of a resource whose `export` was forgotten. */
const NO_EXPORT = {
  message: "exports nothing",
  hint: "Add `export default` or `export const ... =` to the resource. If the file is a helper, begin its name with _.",
};
const NO_FILES = {
  path: "resources",
  message: "these directories contain no files, so the code defines no resources",
  hint: "Create a file that exports a resource, such as dashboards/service.ts: export default dashboard({...});",
};

/** Imports all modules and reads all documents under `resources`. Collects faults instead of throwing them. */
export async function load(
  { config, directory, file: configFile }: LoadedConfig,
  { files: given, revision, answered, searched }: LoadOptions = {},
): Promise<LoadResult> {
  const faults: Fault[] = [];
  const name = (file: string) => relative(directory, file).replaceAll("\\", "/");
  const found = given ? { files: [...given], missing: [], dangling: [] } : await filesOf(config.resources, directory);
  const { files } = found;
  const missing = { level: "error", code: "code-path-missing" } as const;
  faults.push(...found.missing.map((fault) => ({ ...missing, file: name(configFile), path: "resources", ...fault })));
  faults.push(...found.dangling.map((path) => ({ ...missing, file: name(path), ...danglingLink(path) })));

  if (files.length === 0 && faults.length === 0)
    faults.push({ level: "warning", code: "code-path-missing", file: name(configFile), ...NO_FILES });

  const modules = files.filter((file) => MODULES.includes(extname(file)));
  const many = modules.length > MANY;
  // By default, V8 lets the heap grow to two to four times its live size.
  if (files.length > MANY) setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  const few = pLimit(CONCURRENCY);
  const kind = documentKind(kinds);
  const { documents } = kind;
  const loading = {
    kind,
    nameOf: name,
    faults,
    textOf: (file: string) => revision?.texts.get(file),
    answered,
    ...(given ? { only: new Set(given) } : {}),
    ...(searched ? { searched } : {}),
  };
  const broken = new Map<string, Promise<string>>();
  const called = new Map<unknown, Result>();
  const importOne = async (file: string): Promise<Exported[]> => {
    try {
      const exports = exportsOf(await importModule(revision ? urlIn(revision, file) : pathToFileURL(file).href), {
        file,
        name: name(file),
        called,
      });
      const text = revision?.texts.get(file) ?? (await readFile(file, "utf8"));
      const unexported = unexportedIn(text);
      faults.push(
        ...unexported.map(
          (one) => ({ level: "error", code: "code-export-missing", file: name(file), ...one }) as const,
        ),
      );
      if (exports.length === 0 && unexported.length === 0 && !exportsTypes(text))
        faults.push({ level: "error", code: "code-export-missing", file: name(file), ...NO_EXPORT });
      if (many) for (const { value } of exports) if (isObject(value)) documents.compress(value);
      return exports;
    } catch (error) {
      const { file: place, ...fault } = importFault(error, file);
      // Report a broken file once, not for each file that imports it.
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
  const searchedSets = fromSets.map(({ claimed }, index) => ({ module: sets[index]?.from.file ?? "", claimed }));
  const others = files.filter((file) => DOCUMENTS.includes(extname(file)) && !claimed.has(file));
  const fromDocuments = await Promise.all(others.map((file) => few(() => loadDocument(file, documents.read, loading))));

  const unloaded = (await Promise.all(broken.values())).map((text) => ({ unloaded: text }));
  const loaded = [...own, ...fromSets.flatMap((set) => set.loaded), ...fromDocuments.flat(), ...unloaded];
  // Files are read concurrently.
  const inOrder = faults.toSorted((a, b) => (a.file ?? "").localeCompare(b.file ?? ""));
  return { loaded, faults: inOrder, files: files.length, sets: searchedSets };
}
