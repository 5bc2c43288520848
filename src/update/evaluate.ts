import { join } from "node:path";
import type { LoadedConfig } from "../code/config.ts";
import { desire } from "../code/desired.ts";
import { load, type LoadResult } from "../code/load.ts";
import { newRevision } from "../code/revision.ts";
import type { Mapping } from "../engine/mapping.ts";
import type { Kinds } from "../engine/resource.ts";
import { address, type Desired } from "../engine/model.ts";

/** Contents of files that are not on disk, by absolute path. */
type Texts = ReadonlyMap<string, string>;

/** Evaluates the project's code with other contents of files. */
export interface Evaluator {
  /** The objects of the code as it is on disk, by address. */
  readonly base: ReadonlyMap<string, Desired>;
  /** All files of the project that a file uses, beginning with itself. */
  filesOf(file: string): readonly string[];
  /** The files that define objects and use this file. */
  usersOf(file: string): readonly string[];
  /** The objects of these files; undefined if their code has a fault or lacks an object that it had. */
  objectsOf(texts: Texts, files: readonly string[]): Promise<ReadonlyMap<string, Desired> | undefined>;
  /** The whole project with these contents. */
  everything(texts: Texts): Promise<{ readonly loaded: LoadResult; readonly code: ReturnType<typeof desire> }>;
}

/** `mapping`: of the environment that the code is evaluated for. */
export async function evaluatorFor(
  loadedConfig: LoadedConfig,
  kinds: Kinds,
  mapping: Mapping | undefined,
): Promise<Evaluator> {
  const { directory, config } = loadedConfig;
  const run = async (texts: Texts, files?: readonly string[]) => {
    const revision = newRevision(texts);
    try {
      const answered = mapping ? { answered: mapping.names } : {};
      const loaded = await load(loadedConfig, { revision, ...(files ? { files } : {}), ...answered });
      return { loaded, code: desire(loaded.loaded, kinds, config.project, mapping), imports: revision.imports };
    } finally {
      revision.end();
    }
  };
  const first = await run(new Map());
  const { imports } = first;
  const base = byAddress(first.code.desired);
  const resourceFiles = new Set(first.code.desired.map(({ source }) => join(directory, source.file)));
  const isModule = (file: string) => /\.[cm]?[jt]s$/.test(file);
  const filesOf = (file: string) => [...reachable(file, imports)];
  const users = new Map([...resourceFiles].map((file) => [file, new Set(filesOf(file))]));
  return {
    base,
    filesOf,
    usersOf: (file) => [...resourceFiles].filter((one) => users.get(one)?.has(file)),
    everything: run,
    async objectsOf(texts, files) {
      // A document of a set is read by the module that exports the set.
      const all = files.every(isModule) ? files : [...new Set([...files, ...first.loaded.sets])];
      const { loaded, code } = await run(texts, all);
      if (loaded.faults.some(({ level }) => level === "error")) return undefined;
      const objects = byAddress(code.desired);
      const isComplete = [...base].every(
        ([name, { source }]) => objects.has(name) || !files.includes(join(directory, source.file)),
      );
      return isComplete ? objects : undefined;
    },
  };
}

function byAddress(all: readonly Desired[]): Map<string, Desired> {
  return new Map(all.map((one) => [address(one), one]));
}

/** A file and all files that it imports, also indirectly. */
function reachable(file: string, imports: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const found = new Set([file]);
  for (const one of found) for (const next of imports.get(one) ?? []) found.add(next);
  return found;
}
