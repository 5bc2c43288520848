import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { setFlagsFromString } from "node:v8";
import { loadConfig, type LoadedConfig } from "../../code/config.ts";
import { mappingOf } from "../../code/environment-mapping.ts";
import { evaluate } from "../../code/evaluate.ts";
import { filesOf } from "../../code/resource-files.ts";
import { address, type Source } from "../../engine/model.ts";
import { fileWriter, type FileWriter } from "../../import/files.ts";
import { formatterInWorker } from "../../import/format-in-worker.ts";
import { importObjects, type ImportResult, type KnownCode } from "../../import/import.ts";
import type { Format } from "../../import/documents.ts";
import type { Known, KnownReference } from "../../import/references.ts";
import { existing } from "../../index.ts";
import { kinds } from "../../kinds/index.ts";
import { clean } from "../../util/clean.ts";
import { InvalidCodeError, ProvisionError, UsageError, type ExitCode } from "../../util/errors.ts";
import { textOf } from "../../util/json.ts";
import { projectName } from "../../util/project-name.ts";
import { sessionWithFiles } from "../import-files.ts";
import { nextOfImport } from "../import-next.ts";
import { terraformImport } from "../import-terraform.ts";
import { reportImport } from "../import-result.ts";
import { ioOf } from "../io.ts";
import { configText, manifestOf, STARTER } from "../project-manifest.ts";
import { selectorOf, type CommonOptions } from "../options.ts";
import { NO_CODE, openSession } from "../session.ts";

export interface ImportCommandOptions extends CommonOptions {
  readonly out?: string;
  readonly folder?: string;
  readonly tag?: string;
  readonly as: Format;
  readonly force?: boolean;
  /** Change the existing code instead of writing new files. */
  readonly update?: boolean;
  /** A Terraform state whose objects are imported. */
  readonly terraform?: string;
  /** Write a project for each folder at the top level. */
  readonly split?: string;
}

/** The growth of the heap, in percent of its live size, after which V8 collects garbage. */
const HEAP_GROWTH = 60;

/** By default, V8 lets the heap grow to four times its live size, and the space for new objects to 32 MiB. */
export function limitHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  setFlagsFromString("--semi-space-growth-factor=1");
}

/** Writes the code of existing objects. Writes nothing to Grafana. */
export async function importCommand(given: readonly string[], options: ImportCommandOptions): Promise<ExitCode> {
  if (options.update === true) return update(given, options);
  limitHeap();
  const terraform = await terraformOf(given, options);
  const { result, progress } = ioOf(options);
  const found = await configFor(options);
  const directory = resolve(options.out ?? found.loadedConfig.directory);
  const { notes, ...code } = await knownObjects(found.loadedConfig, options.env, directory);
  const files = fileWriter(directory, await formatterInWorker(directory), options.force === true);
  const fromFiles =
    given.length > 0 ? await sessionWithFiles(found.loadedConfig, given, options, progress.emit) : undefined;
  const session = fromFiles?.session ?? (await openSession(found.loadedConfig, options, progress.emit, NO_CODE));
  const objects = fromFiles?.objects ?? terraform?.objectsIn(session);
  const isSelected = selectorOf(options.only);
  try {
    const imported = await importObjects({
      context: session.context,
      kinds,
      project: session.project,
      existing,
      format: options.as,
      only: options.only,
      selected: (one) => isSelected(one) && (objects === undefined || objects.has(address(one))),
      folder: options.folder,
      tag: options.tag,
      ...code,
      // Files have the ids of any environment.
      mapping: fromFiles ? undefined : mappingOf(found.loadedConfig, options.env),
      ...(fromFiles ? { rewritten: fromFiles.objects, secrets: fromFiles.secrets } : {}),
      emit: progress.emit,
      write: files.add,
    });
    await addProjectFiles(found, directory, imported, files);
    if (imported.objects.length > 0) addVariables(directory, imported.variables, files);
    const { known } = code;
    const state = await terraform?.finish({ session, imported, known, isSelected }, files);
    const written = files.finish();
    progress.stop();
    const report = {
      directory: relative(process.cwd(), directory) || ".",
      ...imported,
      ...written,
      left: [...(fromFiles?.left ?? []), ...imported.left],
      variables: [...imported.variables.keys()].toSorted(),
      notes: [
        ...notes,
        ...(fromFiles?.notes ?? []),
        ...imported.notes,
        ...(await placeNotes(found.loadedConfig, directory, written.written)),
      ],
      ...(state ? { terraform: state } : {}),
      next:
        written.written.length + written.unchanged.length === 0
          ? []
          : nextOfImport({
              options,
              directory,
              hasOwnConfig: found.isInOutput,
              isFromFiles: fromFiles !== undefined,
              removed: state?.removed,
            }),
    };
    return reportImport(report, { from: session.description, output: options.output, result });
  } finally {
    progress.stop();
    files.close();
    await session.close();
  }
}

/** `--update` changes the files that define the objects, so that options about other files have no meaning. */
async function update(given: readonly string[], options: ImportCommandOptions): Promise<ExitCode> {
  const { out, folder, tag, force, terraform, split, as } = options;
  const named = { out, folder, tag, force, terraform, split, as: as === "code" ? undefined : as };
  const other = given.length > 0 ? "files" : Object.entries(named).find(([, value]) => value !== undefined)?.[0];
  if (other !== undefined)
    throw new UsageError(
      `--update can't be used with ${other === "files" ? other : `--${other}`}`,
      "Remove one of them. To select objects, pass --only.",
      "option-conflict",
    );
  return (await import("./write-back.ts")).writeBack({ ...options, command: "import" });
}

async function terraformOf(given: readonly string[], options: ImportCommandOptions) {
  const { terraform, folder, tag } = options;
  if (terraform === undefined) return undefined;
  const other = given.length > 0 ? "files" : folder === undefined ? (tag === undefined ? "" : "--tag") : "--folder";
  if (other !== "")
    throw new UsageError(
      `--terraform can't be used with ${other}`,
      "Remove one of them. To select objects of the state, pass --only.",
      "option-conflict",
    );
  return terraformImport(terraform);
}

interface FoundConfig {
  readonly loadedConfig: LoadedConfig;
  /** Whether it has to be written. */
  readonly isNew: boolean;
  /** Whether it is in the output directory, and none is in the current directory or above it. */
  readonly isInOutput: boolean;
}

/** The configuration of the project, or that of a new project in the output directory. */
async function configFor(options: ImportCommandOptions): Promise<FoundConfig> {
  try {
    return { loadedConfig: await loadConfig(options.config, process.cwd()), isNew: false, isInOutput: false };
  } catch (error) {
    if (options.config !== undefined || !(error instanceof ProvisionError) || error.code !== "config-missing")
      throw error;
    const directory = resolve(options.out ?? ".");
    const file = join(directory, "grafana.config.ts");
    if (existsSync(file))
      return { loadedConfig: await loadConfig(file, process.cwd()), isNew: false, isInOutput: true };
    const project = projectName(directory.split(sep).at(-1) ?? "");
    return { loadedConfig: { config: { project }, file, directory }, isNew: true, isInOutput: true };
  }
}

/** The directories of written files. The default of `resources` has only the first ones. */
const DEFAULT_DIRECTORIES = ["dashboards", "alerts", "datasources"];
const DIRECTORIES = [...DEFAULT_DIRECTORIES, "access", "objects"];

/** The configuration with the files of a former import into this directory, which it may not load. */
async function includingOutput(loadedConfig: LoadedConfig, out: string): Promise<LoadedConfig> {
  const { config, directory } = loadedConfig;
  const directories = DIRECTORIES.map((name) => join(out, name)).filter(existsSync);
  const [own, former] = await Promise.all([filesOf(config.resources, directory), filesOf(directories, out)]);
  const ownFiles = new Set(own.files);
  const more = former.files.filter((file) => !ownFiles.has(file));
  if (directories.length === 0 || more.length === 0) return loadedConfig;
  return { ...loadedConfig, config: { ...config, resources: [...own.files, ...more] } };
}

/** What the project's code has. Files with faults count as missing, because an interrupted import may have left them. */
export async function knownObjects(
  loadedConfig: LoadedConfig,
  environment: string | undefined,
  directory: string,
): Promise<KnownCode & { readonly notes: readonly string[] }> {
  const known = new Map<string, Known>();
  const knownReferences = new Map<string, KnownReference>();
  const taken = new Set<string>();
  if (!existsSync(loadedConfig.file)) return { known, knownReferences, taken, notes: [] };
  const withOutput = await includingOutput(loadedConfig, directory);
  const pathOf = (file: string) => relative(directory, join(loadedConfig.directory, file)).replaceAll(sep, "/");
  try {
    const code = await evaluate(withOutput, environment);
    const broken = new Set(code.faults.flatMap(({ level, file }) => (level === "error" ? [file ?? ""] : [])));
    for (const one of code.loaded)
      if ("source" in one && !broken.has(one.source.file)) taken.add(pathOf(one.source.file));
    const placeOf = ({ file, export: own }: Source): Known => {
      const isName = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(own) && file.endsWith(".ts");
      return { file: pathOf(file), export: isName ? own : undefined, source: file };
    };
    const add = (name: string, source: Source) => {
      if (!broken.has(source.file)) known.set(name, placeOf(source));
    };
    for (const one of code.desired) add(address(one), one.source);
    for (const one of code.loaded) {
      if (!("value" in one) || !("existing" in one.value) || broken.has(one.source.file)) continue;
      const { value, kind } = one;
      const id = textOf(Reflect.get(value, "uid")) || textOf(Reflect.get(value, "name"));
      knownReferences.set(address({ kind, id }), { ...placeOf(one.source), value });
    }
    // Definitions in place of which the environment has other objects.
    for (const one of code.loaded) {
      const kind = "value" in one && !("existing" in one.value) ? kinds.get(one.kind) : undefined;
      if (!("value" in one) || !kind?.mappable || broken.has(one.source.file)) continue;
      const id = kind.id(one.value, withOutput.config.project);
      if (code.mapping?.has(kind.name, id)) add(address({ kind: kind.name, id }), one.source);
    }
    const note = "Some files of this project have faults, so the objects in these files count as missing.";
    return { known, knownReferences, taken, notes: broken.size > 0 ? [note] : [] };
  } catch (error) {
    if (!(error instanceof InvalidCodeError)) throw error;
    return {
      known,
      knownReferences,
      taken,
      notes: ["The code of this project could not be loaded, so it was not searched for objects that it already has."],
    };
  }
}

/** The configuration of a new project, and what npm and the type check need if there is no package yet. */
async function addProjectFiles(
  { loadedConfig, isNew }: FoundConfig,
  directory: string,
  { objects }: ImportResult,
  files: FileWriter,
): Promise<void> {
  if (objects.length === 0 || !isNew) return;
  const { project } = loadedConfig.config;
  const used = new Set(objects.map(({ file }) => file.split("/")[0] ?? ""));
  const all = DIRECTORIES.filter((name) => used.has(name));
  const isDefault = all.every((name) => DEFAULT_DIRECTORIES.includes(name));
  const resources = `resources: ${JSON.stringify(all.map((name) => `./${name}`))},`;
  await files.add("grafana.config.ts", configText(project, ...(isDefault ? [] : [resources])));
  if (hasPackage(directory)) return;
  await files.add("package.json", `${JSON.stringify(manifestOf(project, directory), null, 2)}\n`);
  await files.add("tsconfig.json", readFileSync(join(STARTER, "tsconfig.json"), "utf8"));
}

/** Lists variables in `.env.example`. `within`: a directory in the output directory. */
export function addVariables(
  directory: string,
  variables: ReadonlyMap<string, string>,
  files: FileWriter,
  within = "",
): void {
  const path = posix.join(within, ".env.example");
  const example = join(directory, path);
  const there = existsSync(example) ? readFileSync(example, "utf8") : "";
  const listed = new Set([...there.matchAll(/^\s*(\w+)\s*=/gm)].map(([, name]) => name));
  const missing = [...variables].filter(([name]) => !listed.has(name));
  if (missing.length > 0)
    files.append(path, missing.map(([name, object]) => `# ${clean(object)}\n${name}=\n`).join("\n"));
}

/** Whether a package contains the directory. */
export function hasPackage(directory: string): boolean {
  if (existsSync(join(directory, "package.json"))) return true;
  return dirname(directory) !== directory && hasPackage(dirname(directory));
}

/** Tells if the configuration does not load the written files. */
export async function placeNotes(
  { config, directory }: LoadedConfig,
  out: string,
  written: readonly string[],
): Promise<readonly string[]> {
  const { files } = await filesOf(config.resources, directory);
  const loaded = new Set(files);
  const missed = written.filter(
    // Files without resources are imported by others.
    (path) => path.includes("/") && !/(^|\/)_/.test(path) && !loaded.has(join(out, path)),
  );
  if (missed.length === 0) return [];
  const path = relative(directory, out).replaceAll(sep, "/");
  const where = path === "" ? `./${missed[0]?.split("/")[0]}` : `./${path}`;
  return [`The configuration does not load these files yet. Add "${where}" to its \`resources\`.`];
}
