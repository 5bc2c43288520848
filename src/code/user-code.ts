import { AsyncLocalStorage } from "node:async_hooks";
import { durationText } from "../grafana/errors.ts";

/** Thrown in user code that calls a function which would end the process. */
export class EndsProcess extends Error {
  override name = "EndsProcess";

  constructor(call: string) {
    super(`calls ${call}, which would end the command`);
  }
}

/** A file does not finish loading. */
export class Unfinished extends Error {
  override name = "Unfinished";
}

/** The message of anything that user code can throw. Never throws. */
export function thrownText(error: unknown): string {
  try {
    const message: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "message") : error;
    if (typeof message === "string" && message.trim() !== "") return message;
    return String(message ?? error);
  } catch {
    return "an error without a message";
  }
}

/** The files whose import has not finished, with the functions that make it fail. */
const loading = new Map<string, (error: Unfinished) => void>();
/** The file whose code is running, also in the timers and promises that it started. */
const origin = new AsyncLocalStorage<string>();
const attempts: EndsProcess[] = [];

/** The file that started the current timer or promise. */
export function fileOfOrigin(): string | undefined {
  return origin.getStore();
}

/** Files whose import has started and not finished. */
export function filesLoading(): string[] {
  return [...loading.keys()];
}

/** Makes all imports fail that have not finished, because nothing is left that could finish them. Returns whether there were any. */
export function abandonLoading(): boolean {
  const abandoned = [...loading.values()];
  for (const abandon of abandoned) abandon(new Unfinished("awaits a promise that never settles"));
  return abandoned.length > 0;
}

/** The first call that would have ended the process. */
export function attemptToEnd(): EndsProcess | undefined {
  return attempts[0];
}

/** Keeps user code from ending the process, even if it catches the error. */
export function refuseToEnd(call: string): never {
  const attempt = new EndsProcess(call);
  attempts.push(attempt);
  throw attempt;
}

/** Milliseconds after which a file that is still loading is a fault: a timer could keep the process running forever. */
const LIMIT = 60_000;

/** Loads a user file. Also throws if it takes too long, or if user code tried to end the process and caught the error. */
export async function whileLoading<Result>(file: string, load: () => Promise<Result>, limit = LIMIT): Promise<Result> {
  const abandoned = Promise.withResolvers<never>();
  loading.set(file, abandoned.reject);
  const tooLong = `has not finished loading after ${durationText(limit)}: it awaits a promise that does not settle`;
  const timer = setTimeout(() => abandoned.reject(new Unfinished(tooLong)), limit).unref();
  try {
    const result = await Promise.race([origin.run(file, load), abandoned.promise]);
    const attempt = attemptToEnd();
    if (attempt) throw attempt;
    return result;
  } finally {
    clearTimeout(timer);
    loading.delete(file);
  }
}
