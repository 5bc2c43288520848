import pLimit from "p-limit";
import { queryError } from "./classify.ts";
import type { Answer, Backend, Query, QueryError } from "./model.ts";

/** Thrown by requests after an interrupt. */
export class Interrupted extends Error {
  override name = "Interrupted";
}

/** The answers by refId, or the error of all of them. */
interface TimedAnswers {
  readonly answers: ReadonlyMap<string, Answer | QueryError>;
  readonly error?: QueryError;
  /** Without the time in the queue. */
  readonly milliseconds: number;
}

/** A backend with a limit of concurrent requests, that stops when a signal is aborted. */
export interface LimitedBackend extends Omit<Backend, "run"> {
  run(queries: readonly Query[]): Promise<TimedAnswers>;
}

export function limited(backend: Backend, concurrency: number, signal: AbortSignal): LimitedBackend {
  const limit = pLimit(concurrency);
  const stopped = new Promise<never>((_, reject) => {
    const stop = () => reject(new Interrupted());
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  // Nothing waits for it if no request runs.
  stopped.catch(() => undefined);
  const run = <Result>(request: () => Promise<Result>): Promise<Result> =>
    limit(async () => {
      if (signal.aborted) throw new Interrupted();
      return Promise.race([request(), stopped]);
    });
  return {
    ...backend,
    run: (queries) =>
      run(async () => {
        const start = performance.now();
        const milliseconds = () => Math.round(performance.now() - start);
        try {
          const answers = await backend.run(queries);
          return { answers, milliseconds: milliseconds() };
        } catch (error) {
          return { answers: new Map(), error: queryError(error), milliseconds: milliseconds() };
        }
      }),
    read: (source, path, parameters) => run(() => backend.read(source, path, parameters)),
  };
}
