import pLimit from "p-limit";
import { queryError } from "./classify.ts";
import { QueryError, type Answer, type Backend, type Query } from "./model.ts";

/** After so many connections or responses in a row that failed, nothing else is sent to a datasource. */
const MOST_FAILURES = 3;

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
  /** Like `read`, for the cause of an empty result. A question that takes too long stops only further questions. */
  diagnose: Backend["read"];
}

export function limited(backend: Backend, concurrency: number, signal: AbortSignal): LimitedBackend {
  const limit = pLimit(concurrency);
  const down = new Failures();
  const slow = new Failures();
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
  const read =
    (failures: Failures): Backend["read"] =>
    (source, path, parameters) =>
      run(async () => {
        const known = down.of(source.uid) ?? failures.of(source.uid);
        if (known) throw known;
        try {
          const answer = await backend.read(source, path, parameters);
          failures.add(source.uid, undefined);
          return answer;
        } catch (error) {
          const failure = queryError(error);
          failures.add(source.uid, failure);
          throw failure;
        }
      });
  return {
    ...backend,
    read: read(down),
    diagnose: read(slow),
    run: (queries) =>
      run(async () => {
        const uids = [...new Set(queries.flatMap(({ source }) => source?.uid ?? []))];
        const known = uids.map((uid) => down.of(uid)).find((error) => error !== undefined);
        if (known) return { answers: new Map(), error: known, milliseconds: 0 };
        const start = performance.now();
        const milliseconds = () => Math.round(performance.now() - start);
        try {
          const answers = await backend.run(queries);
          for (const { refId, source } of queries) if (source) down.add(source.uid, answers.get(refId));
          return { answers, milliseconds: milliseconds() };
        } catch (error) {
          const failure = queryError(error);
          // With several datasources, it is not known which one failed.
          if (uids.length === 1) down.add(uids[0] ?? "", failure);
          return { answers: new Map(), error: failure, milliseconds: milliseconds() };
        }
      }),
  };
}

/** The failures of datasources that can't be reached, or that don't respond in time. */
class Failures {
  readonly #failures = new Map<string, QueryError[]>();

  /** The error of all further requests. Undefined: they can be sent. */
  of(uid: string): QueryError | undefined {
    const [first, ...rest] = this.#failures.get(uid) ?? [];
    if (!first || rest.length + 1 < MOST_FAILURES) return undefined;
    return new QueryError(first.code, `not sent, because ${MOST_FAILURES} requests before it failed: ${first.message}`);
  }

  add(uid: string, answer: Answer | QueryError | undefined): void {
    const isDown =
      answer instanceof QueryError && (answer.code === "datasource-unreachable" || answer.code === "timeout");
    if (isDown) this.#failures.set(uid, [...(this.#failures.get(uid) ?? []), answer]);
    else this.#failures.delete(uid);
  }
}
