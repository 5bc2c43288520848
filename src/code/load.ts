import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import pLimit from "p-limit";
import { glob } from "tinyglobby";
import { z } from "zod";
import type { DashboardFiles } from "./dashboard-files.ts";
import { dashboardIn, isSchemaV2, looksLikeDashboard, SCHEMA_V2 } from "../kinds/dashboard/model/envelope.ts";
import { fillInputs, type InputValue, type MissingInput } from "../kinds/dashboard/model/inputs.ts";
import type { LoadedConfig } from "./config.ts";
import type { Loaded, LoadedResource } from "./desired.ts";
import { issuesOf, PARSING, pathText } from "../util/schema-issues.ts";
import { isObject, type Json } from "../util/json.ts";
import type { Fault } from "../util/errors.ts";
import { importModule } from "./import.ts";
import { importFault } from "./import-fault.ts";
import { kinds } from "../kinds/index.ts";
import { ResourceReference, Uid } from "../kinds/reference.ts";
import { compressProperty, withCompressed } from "../util/compress.ts";

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
  const broken = new Map<string, Promise<string>>();
  const importOne = async (file: string): Promise<Exported[]> => {
    try {
      const exports = exportsOf(await importModule(pathToFileURL(file).href), file, name(file));
      if (exports.length === 0 && !(await exportsTypes(file)))
        faults.push({ level: "error", file: name(file), ...NO_EXPORT });
      if (many) for (const { value } of exports) putPanelsAway(value);
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
  const { own, sets } = separate(exported.flat(), faults);

  const fromSets = await Promise.all(sets.map((set) => loadSet(set, name, faults)));
  const claimed = new Set(fromSets.flatMap(({ claimed }) => claimed));
  const documents = files.filter((file) => DOCUMENTS.includes(extname(file)) && !claimed.has(file));
  const fromDocuments = await Promise.all(
    documents.map((file) => few(() => loadDocument(file, name(file), {}, faults))),
  );

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

/** Of what has no value, nothing was forgotten. */
async function exportsTypes(file: string): Promise<boolean> {
  return /^\s*export\b/m.test(await readFile(file, "utf8"));
}

interface Exported {
  readonly value: unknown;
  readonly file: string;
  /** Relative to the configuration's folder, as messages name it. */
  readonly name: string;
  readonly export: string;
}

function exportsOf(module: Readonly<Record<string, unknown>>, file: string, name: string): Exported[] {
  return Object.entries(module).flatMap(([key, value]) =>
    Array.isArray(value)
      ? value.flat(Infinity).map((item: unknown, index) => ({ value: item, file, name, export: `${key}[${index}]` }))
      : [{ value, file, name, export: key }],
  );
}

/** Those of a dashboard, in whichever of its forms it is exported: they are nearly all of it. */
function putPanelsAway(value: unknown): void {
  if (!isObject(value)) return;
  for (const one of [value, value["spec"], value["internal"]]) if (isObject(one)) compressProperty(one, "panels");
}

interface FileSet {
  readonly set: DashboardFiles;
  readonly from: Exported;
}

/** Sorts what was exported: resources, sets of files, and what is neither. */
function separate(all: readonly Exported[], faults: Fault[]): { own: LoadedResource[]; sets: FileSet[] } {
  const own: LoadedResource[] = [];
  const sets: FileSet[] = [];
  // A file that re-exports another's resource declares nothing.
  const seen = new Set<unknown>();
  for (const one of all) {
    if (typeof one.value === "object" && one.value !== null) {
      if (seen.has(one.value)) continue;
      seen.add(one.value);
    }
    const source = { file: one.name, export: one.export };
    try {
      const value = built(one.value);
      // Now that all files are there, a datasource's `jsonData` may be a function that names another.
      if (isObject(value)) void value["jsonData"];
      if (isFileSet(value)) sets.push({ set: value, from: one });
      else if (isResource(value)) own.push({ kind: value.kind, value, source });
      else if (isObject(value) && looksLikeDashboard(value)) {
        own.push({ kind: "dashboard", value: { kind: "dashboard", spec: value }, source, within: "spec" });
      } else faults.push({ level: "error", ...source, ...notAResource(value) });
    } catch (error) {
      faults.push({
        level: "error",
        ...source,
        message: `its ${isBuilder(one.value) ? "build" : "jsonData"}() throws: ${error instanceof Error ? error.message : String(error)}`,
      });
    }
  }
  return { own: disposable(own), sets };
}

/** Marks resources that share nothing large with another one. */
function disposable(own: readonly LoadedResource[]): LoadedResource[] {
  const largeOf = ({ kind, value }: LoadedResource): unknown => Reflect.get(value, kinds.get(kind)?.bulk ?? "");
  const users = Map.groupBy(own, largeOf);
  return own.map((one) => ({ ...one, disposable: users.get(largeOf(one))?.length === 1 }));
}

function built(value: unknown): unknown {
  return isBuilder(value) ? value.build() : value;
}

function isBuilder(value: unknown): value is { build: () => unknown } {
  return typeof value === "object" && value !== null && "build" in value && typeof value.build === "function";
}

function isResource(value: unknown): value is { kind: string } {
  return isObject(value) && typeof value["kind"] === "string" && kinds.has(value["kind"]);
}

function isFileSet(value: unknown): value is DashboardFiles {
  return isObject(value) && value["kind"] === "dashboard-files";
}

function notAResource(value: unknown): Pick<Fault, "message" | "hint"> {
  if (isObject(value) && isSchemaV2(value)) {
    const { problem: message, hint } = SCHEMA_V2;
    return { message, hint };
  }
  const what =
    value === null || value === undefined
      ? String(value)
      : isObject(value) && typeof value["kind"] === "string"
        ? `an object of the unknown kind "${value["kind"]}"`
        : typeof value === "object"
          ? "an object without a kind"
          : `a ${typeof value}`;
  const known = [...kinds.keys()].join(", ");
  return {
    message: `is no resource but ${what}; the kinds are ${known}`,
    hint: "Files under `resources` export resources alone: move helpers to a file whose name begins with _.",
  };
}

const FileSetSchema = z.strictObject({
  kind: z.literal("dashboard-files"),
  files: z.union([z.string().min(1, "the glob is empty"), z.array(z.string()).min(1, "the list of globs is empty")]),
  folder: ResourceReference("folder").exactOptional(),
  uid: z.custom((value) => typeof value === "function", "expected a function (name, model) => uid").exactOptional(),
  inputs: z.record(z.string(), z.unknown()).exactOptional(),
});

async function loadSet(
  { set, from }: FileSet,
  name: (file: string) => string,
  faults: Fault[],
): Promise<{ loaded: Loaded[]; claimed: string[] }> {
  const where = { level: "error", file: from.name, export: from.export } as const;
  const parsed = FileSetSchema.safeParse(set, PARSING);
  if (!parsed.success) {
    for (const { path, message } of issuesOf(parsed.error.issues)) {
      faults.push({ ...where, path: pathText(path), message });
    }
    return { loaded: [], claimed: [] };
  }
  const patterns = [set.files].flat();
  const claimed = (await glob(patterns, { cwd: dirname(from.file), absolute: true }))
    .map((file) => resolve(file))
    .toSorted();
  if (claimed.length === 0) faults.push({ ...where, path: "files", message: `no file matches ${patterns.join(", ")}` });
  const inputs = inputsOf(set, (path, message) => faults.push({ ...where, path, message }));
  const options = { ...(set.folder ? { folder: set.folder } : {}), ...(set.uid ? { uid: set.uid } : {}), inputs };
  const loaded = await Promise.all(claimed.map((file) => loadDocument(file, name(file), options, faults)));
  return { loaded: loaded.flat(), claimed };
}

function inputsOf(set: DashboardFiles, fault: (path: string, message: string) => void): Record<string, InputValue> {
  const inputs: Record<string, InputValue> = {};
  for (const [key, value] of Object.entries(set.inputs ?? {})) {
    if (typeof value === "string") inputs[key] = value;
    else if (value?.kind === "datasource" && value.uid)
      // The ref of an existing one also says that it has to be looked for in Grafana.
      inputs[key] = "existing" in value ? value.ref : { type: value.type, uid: value.uid };
    else fault(`inputs.${key}`, "expected a datasource object with a uid, or text");
  }
  return inputs;
}

interface DocumentOptions {
  readonly folder?: DashboardFiles["folder"];
  readonly uid?: DashboardFiles["uid"];
  readonly inputs?: Readonly<Record<string, InputValue>>;
}

async function loadDocument(file: string, name: string, options: DocumentOptions, faults: Fault[]): Promise<Loaded[]> {
  const where = { level: "error", file: name } as const;
  let documents: Json[];
  try {
    documents = await parseDocuments(await readFile(file, "utf8"), extname(file));
  } catch (error) {
    const kind = extname(file) === ".json" ? "JSON" : "YAML";
    faults.push({
      ...where,
      message: `is not valid ${kind}: ${error instanceof Error ? error.message : String(error)}`,
    });
    return [];
  }
  return documents.flatMap((document, index): Loaded[] => {
    const found = dashboardIn(document);
    const source = { file: name, export: documents.length > 1 ? `document ${index + 1}` : "" };
    if ("problem" in found) {
      faults.push({ level: "error", ...source, message: found.problem, ...(found.hint ? { hint: found.hint } : {}) });
      return [];
    }
    const { model, missing } = fillInputs(found.model, options.inputs ?? {});
    for (const input of missing) faults.push({ level: "warning", file: name, ...unanswered(input, basename(file)) });
    const stem = basename(file, extname(file)) + (documents.length > 1 ? `-${index + 1}` : "");
    const own = found.uid ?? (typeof model["uid"] === "string" && model["uid"] ? model["uid"] : undefined);
    let uid: unknown;
    try {
      uid = options.uid ? options.uid(stem, model) : (own ?? stem);
    } catch (error) {
      const message = `the function \`uid\` that is to name it throws: ${error instanceof Error ? error.message : String(error)}`;
      faults.push({ level: "error", ...source, message });
      return [];
    }
    if (uid === stem && !Uid.safeParse(uid).success) {
      const message = `has no uid, and the file's name is none: "${stem}"; a uid is made of letters, digits, - and _, 40 at most`;
      const hint = "Give the dashboard a uid, rename the file, or declare it with dashboards({ files, uid }).";
      faults.push({ level: "error", ...source, path: "uid", message, hint });
      return [];
    }
    const folder = options.folder ?? (found.folder ? { kind: "folder", uid: found.folder, existing: true } : undefined);
    const value = { kind: "dashboard", uid, ...(folder ? { folder } : {}), spec: model, plain: true };
    const loaded = { kind: "dashboard", source, within: "spec" };
    // An answer may be a datasource that exists already, which JSON could not say.
    if (model !== found.model) return [{ ...loaded, value, disposable: true }];
    return [{ ...loaded, value: withCompressed(value, "spec"), packed: true }];
  });
}

function unanswered({ name, datasource }: MissingInput, file: string): Pick<Fault, "path" | "message" | "hint"> {
  const key = /^[\p{L}_$][\p{L}\d_$]*$/u.test(name) ? name : JSON.stringify(name);
  const [lost, answer] =
    datasource === undefined
      ? [`"\${${name}}" stays where it stands`, '"..."']
      : ["panels that use it will not find their datasource", datasource || "prometheus"];
  return {
    path: "__inputs",
    message: `asks for the input ${name}, which nothing answers: ${lost}`,
    hint: `Answer it: dashboards({ files: "${file}", inputs: { ${key}: ${answer} } }).`,
  };
}

async function parseDocuments(text: string, extension: string): Promise<Json[]> {
  // Some editors begin a file with a byte order mark.
  if (extension === ".json") return [JSON.parse(text.replace(/^\uFEFF/, "")) as Json];
  const { parseAllDocuments } = await import("yaml");
  const documents = parseAllDocuments(text).map((document) => {
    const [problem] = document.errors;
    if (problem) throw problem;
    return document.toJS() as Json;
  });
  // A last `---` begins a document that holds nothing.
  const held = documents.filter((document) => document !== null);
  return held.length > 0 ? held : [null];
}
