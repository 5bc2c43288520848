import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, posix, relative, resolve } from "node:path";
import { CONFIG_NAMES, loadConfig, type LoadedConfig } from "../../code/config.ts";
import { address, type LiveObject } from "../../engine/model.ts";
import { fileNameFrom, UniqueNames } from "../../import/code/names.ts";
import { fileWriter, type FileWriter } from "../../import/files.ts";
import { formatterInWorker } from "../../import/format-in-worker.ts";
import { importObjects, type ImportResult, type KnownCode, type SplitOptions } from "../../import/import.ts";
import type { Objects } from "../../import/objects.ts";
import type { Known } from "../../import/references.ts";
import { existing } from "../../index.ts";
import { kinds } from "../../kinds/index.ts";
import { ProvisionError, UsageError, type ExitCode } from "../../util/errors.ts";
import { projectName } from "../../util/project-name.ts";
import { nextOfSplit } from "../import-next.ts";
import { reportImport } from "../import-result.ts";
import { ioOf } from "../io.ts";
import { selectorOf } from "../options.ts";
import { configText, manifestOf, STARTER } from "../project-manifest.ts";
import { NO_CODE, openSession } from "../session.ts";
import { addVariables, hasPackage, knownObjects, limitHeap, placeNotes, type ImportCommandOptions } from "./import.ts";

/** The directory and the project for what is in no folder, and what several projects use. */
const SHARED = "shared";

/** A project that the output directory has already. */
interface Project extends KnownCode {
  readonly loadedConfig: LoadedConfig;
  readonly notes: readonly string[];
}

/** Writes the code of existing objects as one project for each folder at the top level. Writes nothing to Grafana. */
export async function importSplit(given: readonly string[], options: ImportCommandOptions): Promise<ExitCode> {
  const other =
    given.length > 0 ? "files" : options.update === true ? "--update" : options.terraform ? "--terraform" : undefined;
  if (other !== undefined)
    throw new UsageError(
      `--split can't be used with ${other}`,
      "Remove one of them. --split imports from Grafana.",
      "option-conflict",
    );
  limitHeap();
  const { result, progress } = ioOf(options);
  const base = await configOf(options);
  const directory = resolve(options.out ?? base?.directory ?? ".");
  const projects = await projectsIn(directory, options.env);
  const others =
    base && !projects.has(relative(directory, base.directory))
      ? await knownObjects(base, options.env, directory)
      : undefined;
  const known = new Map([...(others?.known ?? []), ...[...projects.values()].flatMap((one) => [...one.known])]);
  const files = fileWriter(directory, await formatterInWorker(directory), options.force === true);
  const session = await openSession(base ?? newConfig(directory), options, progress.emit, NO_CODE);
  const names = new Map<string, string>();
  try {
    const imported = await importObjects({
      context: session.context,
      kinds,
      project: session.project,
      existing,
      format: options.as,
      only: options.only,
      selected: selectorOf(options.only),
      folder: options.folder,
      tag: options.tag,
      known,
      split: (objects) => splitOf(objects, projects, known, names),
      emit: progress.emit,
      write: files.add,
    });
    const added = await addProjects(directory, projects, imported, names, files);
    const written = files.finish();
    progress.stop();
    const all = added.map(({ directory: own }) => own);
    const notes = await Promise.all(
      [...projects].map(async ([own, { loadedConfig }]) => {
        const inside = written.written.flatMap((path) =>
          path.startsWith(`${own}/`) ? path.slice(own.length + 1) : [],
        );
        return placeNotes(loadedConfig, join(directory, own), inside);
      }),
    );
    const report = {
      directory: relative(process.cwd(), directory) || ".",
      ...imported,
      ...written,
      variables: [...imported.variables.keys()].toSorted(),
      projects: added,
      notes: [
        ...(others?.notes ?? []),
        ...[...projects.values()].flatMap((one) => one.notes),
        ...imported.notes,
        ...notes.flat(),
      ],
      next: written.written.length + written.unchanged.length === 0 ? [] : nextOfSplit(options, directory, all),
    };
    return reportImport(report, { from: session.description, output: options.output, result });
  } finally {
    progress.stop();
    files.close();
    await session.close();
  }
}

/** The configuration with the Grafana's environments, if there is one. */
async function configOf(options: ImportCommandOptions): Promise<LoadedConfig | undefined> {
  try {
    return await loadConfig(options.config, process.cwd());
  } catch (error) {
    if (options.config !== undefined || !(error instanceof ProvisionError) || error.code !== "config-missing")
      throw error;
    return undefined;
  }
}

function newConfig(directory: string): LoadedConfig {
  return { config: { project: SHARED }, file: join(directory, SHARED, "grafana.config.ts"), directory };
}

/** The projects in the output directory, by their directory. */
async function projectsIn(directory: string, env: string | undefined): Promise<Map<string, Project>> {
  const found = new Map<string, Project>();
  if (!existsSync(directory)) return found;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
    const own = join(directory, entry.name);
    const file = CONFIG_NAMES.map((name) => join(own, name)).find(existsSync);
    if (file === undefined) continue;
    const loadedConfig = await loadConfig(file, directory);
    const { environments = {} } = loadedConfig.config;
    const environment = env !== undefined && env in environments ? env : undefined;
    found.set(entry.name, { loadedConfig, ...(await knownObjects(loadedConfig, environment, own)) });
  }
  return found;
}

/** `names`: gets the title or uid that each directory is named after. */
function splitOf(
  objects: Objects,
  projects: ReadonlyMap<string, Project>,
  known: ReadonlyMap<string, Known>,
  names: Map<string, string>,
): SplitOptions {
  const owners = new Map(
    [...projects].flatMap(([directory, project]) =>
      [...project.known.keys()].map((name) => [name, directory] as const),
    ),
  );
  const container = objects.kinds.find((kind) => kind.container !== undefined);
  const top = (objects.live.get(container?.name ?? "") ?? []).filter((one) => objects.containersOf(one).length === 0);
  const nameOf = ({ id }: LiveObject) => address({ kind: container?.name ?? "", id });
  const ownerOf = (folder: LiveObject) => owners.get(nameOf(folder));
  const unique = new UniqueNames([SHARED, ...top.flatMap((folder) => ownerOf(folder) ?? [])]);
  // The same names in each run, whatever order Grafana lists them in.
  const sorted = top.toSorted((a, b) => (a.title === b.title ? (a.id < b.id ? -1 : 1) : a.title < b.title ? -1 : 1));
  const directories = new Map(
    sorted.map((folder) => {
      const directory = ownerOf(folder) ?? unique.take(fileNameFrom(folder.title, folder.id), "-");
      names.set(directory, /[a-z0-9]/i.test(folder.title) ? folder.title : folder.id);
      return [folder.id, directory] as const;
    }),
  );
  return {
    shared: SHARED,
    known: owners,
    ofContainer: ({ id }) => directories.get(id) ?? SHARED,
    codeIn(directory) {
      const own = projects.get(directory);
      const elsewhere = [...known].map(([name, one]) => [name, { ...one, export: undefined }] as const);
      return {
        known: new Map([...elsewhere, ...(own?.known ?? [])]),
        ...(own ? { knownReferences: own.knownReferences } : {}),
        taken: own?.taken ?? new Set(),
      };
    },
  };
}

interface AddedProject {
  /** Relative to the output directory. */
  readonly directory: string;
  readonly project: string;
  /** The number of objects with code that was written or that existed. */
  readonly objects: number;
}

/** The configuration of each project with objects, and the package that contains all of them. */
async function addProjects(
  directory: string,
  projects: ReadonlyMap<string, Project>,
  { objects, variables }: ImportResult,
  names: ReadonlyMap<string, string>,
  files: FileWriter,
): Promise<AddedProject[]> {
  if (objects.length === 0) return [];
  const owners = new UniqueNames([...projects.values()].map(({ loadedConfig }) => loadedConfig.config.project));
  const added: AddedProject[] = [];
  const groups = Map.groupBy(objects, (one) => one.directory);
  for (const [own, all] of [...groups].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const there = projects.get(own)?.loadedConfig.config.project;
    const project = there ?? owners.take(projectName(own === SHARED ? own : (names.get(own) ?? own)), "-");
    if (there === undefined) {
      // Names such as "shared" are common, so the id tells this project from others.
      const id = `id: ${JSON.stringify(randomBytes(8).toString("hex"))},`;
      await files.add(posix.join(own, "grafana.config.ts"), configText(project, id));
    }
    const addresses = new Set(all.map(address));
    const needed = new Map([...variables].filter(([, name]) => addresses.has(name)));
    addVariables(directory, needed, files, own);
    added.push({ directory: own, project, objects: all.length });
  }
  if (!hasPackage(directory)) {
    const { scripts: _, ...manifest } = manifestOf(
      projectName(relative(resolve(directory, ".."), directory)),
      directory,
    );
    const scripts = { "check:types": "tsc" };
    await files.add("package.json", `${JSON.stringify({ ...manifest, scripts }, null, 2)}\n`);
    await files.add("tsconfig.json", readFileSync(join(STARTER, "tsconfig.json"), "utf8"));
  }
  return added;
}
