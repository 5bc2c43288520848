import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { LoadedConfig } from "../code/config.ts";
import type { Mapping } from "../engine/mapping.ts";
import { address, type Desired } from "../engine/model.ts";
import {
  evaluate,
  hasErrors,
  resourceOf,
  resourceText,
  type Answer,
  type Evaluated,
  type Task,
  type Texts,
  type ThreadData,
} from "./evaluation.ts";

/** Evaluates the project's code with other contents of files. */
export interface Evaluator {
  /** The objects of the code as it is on disk, by address. */
  readonly base: ReadonlyMap<string, Desired>;
  /** All files of the project that a file uses, beginning with itself. */
  filesOf(file: string): readonly string[];
  /** These files and those that determine how a file is read: a document of a set depends on the module that exports the set. */
  dependenciesOf(file: string): ReadonlySet<string>;
  /** The files that define objects and depend on this file. */
  usersOf(file: string): readonly string[];
  /** The objects of these files; undefined if their code has an error or lacks an object that it had. */
  objectsOf(texts: Texts, files: readonly string[]): Promise<ReadonlyMap<string, Desired> | undefined>;
  /** The whole project with these contents. */
  everything(texts: Texts): Promise<Evaluated>;
  end(): Promise<void>;
}

interface Selected {
  readonly environment?: string | undefined;
  readonly mapping?: Mapping | undefined;
}

/** `selected`: the environment that the code is evaluated for, which is selected in this thread. */
export async function evaluatorFor(
  loadedConfig: LoadedConfig,
  { environment, mapping }: Selected = {},
): Promise<Evaluator> {
  const { directory } = loadedConfig;
  const first = await evaluate(loadedConfig, { texts: new Map(), mapping });
  const base = byAddress(first.code.desired);
  const fileOf = ({ source }: Desired) => join(directory, source.file);
  const byFile = Map.groupBy(first.code.desired, fileOf);
  /** Files with objects that can't leave their thread. */
  const bound = new Set(
    [...byFile].flatMap(([file, all]) => (all.some(({ resource }) => !resourceText(resource)) ? [file] : [])),
  );
  const filesOf = (file: string) => [...reachable(file, first.imports)];
  const setsOf = (file: string) =>
    first.loaded.sets.flatMap(({ module, claimed }) => (claimed.includes(file) ? [module] : []));
  const dependenciesOf = (file: string) => new Set([file, ...setsOf(file)].flatMap(filesOf));
  const dependencies = new Map([...byFile.keys()].map((file) => [file, dependenciesOf(file)]));
  const threads = new Threads({ file: loadedConfig.file, directory, environment, mapping: mapping?.parts() });
  return {
    base,
    filesOf,
    dependenciesOf,
    usersOf: (file) => [...byFile.keys()].filter((one) => dependencies.get(one)?.has(file)),
    everything: (texts) => evaluate(loadedConfig, { texts, mapping }),
    end: () => threads.end(),
    async objectsOf(texts, given) {
      const files = [...new Set([...given, ...given.flatMap(setsOf)])];
      const isBound = files.some((file) => bound.has(file));
      const all = isBound ? await here(loadedConfig, { texts, files, mapping }) : await threads.run({ texts, files });
      if (!all) return undefined;
      const objects = byAddress(all);
      const isComplete = given.every((file) => byFile.get(file)?.every((one) => objects.has(address(one))) ?? true);
      return isComplete ? objects : undefined;
    },
  };
}

/** The objects of this thread's own evaluation. */
async function here(
  loadedConfig: LoadedConfig,
  task: Task & Pick<Selected, "mapping">,
): Promise<readonly Desired[] | undefined> {
  const evaluated = await evaluate(loadedConfig, task);
  return hasErrors(evaluated) ? undefined : evaluated.code.desired;
}

/** How many evaluations a thread makes: each one keeps its modules in memory. */
const MOST = 100;

/** Milliseconds after which a thread ends, because an edit can make a loop endless. */
const LIMIT = 60_000;

/** The thread ended before it answered. */
const ENDED = Symbol("ended");

/** Threads that evaluate the code, one after the other. */
class Threads {
  readonly #data: ThreadData;
  #worker: Worker | undefined;
  #done = 0;

  constructor(data: ThreadData) {
    this.#data = data;
  }

  async run(task: Task): Promise<readonly Desired[] | undefined> {
    if (this.#done === MOST) await this.end();
    const isNew = this.#worker === undefined;
    const answer = await this.#ask(task);
    // A timer of a former evaluation can have ended the thread.
    const final = answer === ENDED && !isNew ? await this.#ask(task) : answer;
    if (final === ENDED) return undefined;
    return final?.map(({ resource, ...one }) => ({ ...one, resource: resourceOf(resource) }));
  }

  async #ask(task: Task): Promise<Answer | typeof ENDED> {
    const worker = (this.#worker ??= this.#start());
    this.#done++;
    const { promise, resolve } = Promise.withResolvers<Answer | typeof ENDED>();
    const ended = () => resolve(ENDED);
    worker.once("message", resolve).once("exit", ended);
    const timer = setTimeout(() => {
      resolve(undefined);
      void worker.terminate();
    }, LIMIT);
    worker.postMessage(task);
    const answer = await promise;
    clearTimeout(timer);
    worker.off("message", resolve).off("exit", ended);
    return answer;
  }

  #start(): Worker {
    // From `src/update`, and from the directory of the bundle's chunks.
    const url = new URL(`../update/thread${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
    const worker = new Worker(url, { workerData: this.#data, stdout: true, stderr: true });
    // The code can write to both.
    worker.stdout.resume();
    worker.stderr.resume();
    // An error ends the thread, also one of a timer between two evaluations.
    worker.on("error", () => {});
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#done = 0;
    });
    return worker;
  }

  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#done = 0;
    await worker?.terminate();
  }
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
