import { Worker } from "node:worker_threads";
import { checked, type Formatter, type SourceText } from "./format.ts";

export interface FormatTask {
  readonly id: number;
  readonly path: string;
  readonly text: SourceText;
}

export type FormatAnswer =
  { readonly id: number; readonly text: string } | { readonly id: number; readonly error: string };

/** Mebibytes for new objects of the thread. By default, V8 takes more than its other objects need. */
const YOUNG = 24;

/** The same as `formatterFor`, in another thread. */
export function formatterInWorker(directory: string): Promise<Formatter> {
  // From `src/import`, and from the directory of the bundle's chunks.
  const file = new URL(`../import/format-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const resourceLimits = { maxYoungGenerationSizeMb: YOUNG };
  const worker = new Worker(file, { workerData: directory, execArgv: [], resourceLimits });
  const waiting = new Map<number, PromiseWithResolvers<string>>();
  let last = 0;
  const settle = (id: number, how: (task: PromiseWithResolvers<string>) => void): void => {
    const task = waiting.get(id);
    waiting.delete(id);
    // The thread does not keep the process running if nothing waits for it.
    if (waiting.size === 0) worker.unref();
    if (task) how(task);
  };
  worker.on("message", (answer: FormatAnswer) =>
    settle(answer.id, ({ resolve, reject }) =>
      "text" in answer ? resolve(answer.text) : reject(new Error(answer.error)),
    ),
  );
  worker.on("error", (error: unknown) => {
    for (const id of waiting.keys()) settle(id, ({ reject }) => reject(error));
  });
  return checked(directory, async () => (path, text) => {
    const task = Promise.withResolvers<string>();
    const id = ++last;
    waiting.set(id, task);
    worker.ref();
    worker.postMessage({ id, path, text } satisfies FormatTask);
    return task.promise;
  });
}
