import { syncBuiltinESMExports } from "node:module";
import { relative } from "node:path";
import { EXIT, InvalidCodeError, type Fault } from "../util/errors.ts";
import { framesOf, importFault } from "../code/import-fault.ts";
import {
  abandonLoading,
  attemptToEnd,
  EndsProcess,
  fileOfOrigin,
  filesLoading,
  refuseToEnd,
  thrownText,
} from "../code/user-code.ts";

const HINT = "Configuration and resource files must only export values: remove the code that ends the process.";

/** Milliseconds that a command gets to close its connections. */
const GRACE = 1000;

let outcome: number | undefined;
let crash: { readonly error: unknown; readonly file: string | undefined } | undefined;
let drained = false;

/** Sets the exit code of the process. User code can't change it afterwards, or keep the process running with a timer, a server or a worker. */
export function commandEnded(exitCode: number): void {
  outcome = exitCode;
  process.exitCode = exitCode;
  setTimeout(() => whenWritten(() => process.exit(exitCode)), GRACE).unref();
}

/** Waits until the reader of a pipe has taken all output. Calls `then` immediately if no output is waiting. */
function whenWritten(then: () => void): void {
  const waiting = [process.stdout, process.stderr].find(
    ({ writable, writableLength }) => writable && writableLength > 0,
  );
  if (waiting) waiting.write("", () => whenWritten(then));
  else then();
}

/** Ends the process immediately. Only for the tool itself. */
export function endProcess(exitCode: number): never {
  outcome = exitCode;
  process.exit(exitCode);
}

/**
 * Prevents user code from ending the process or changing its exit code: a call that would end it throws, and a process
 * that ends before `commandEnded` exits 65. An error that nothing catches is reported without Node's stack trace.
 * `report` must be synchronous.
 */
export function guardProcess(report: (error: unknown) => void): void {
  const reallyExit = Reflect.get(process, "reallyExit") as (code: number) => never;
  for (const name of ["exit", "reallyExit", "abort", "execve", "kill"]) guardCall(name);
  syncBuiltinESMExports();
  const settle = () => {
    const exitCode = outcome;
    if (exitCode !== undefined) {
      process.exitCode = exitCode;
      if (crash) whenWritten(() => reallyExit(exitCode));
      return;
    }
    const isOwn = crash !== undefined && crash.file === undefined && framesOf(crash.error).length === 0;
    report(isOwn ? crash?.error : endedByCode());
    reallyExit(isOwn ? EXIT.failure : EXIT.invalid);
  };
  const crashed = (error: unknown) => {
    crash = { error, file: fileOfOrigin() };
    settle();
  };
  process.on("uncaughtException", crashed);
  process.on("unhandledRejection", crashed);
  // Before Node prints a warning about the module whose top-level await has not settled.
  process.on("beforeExit", () => {
    drained = true;
    if (outcome === undefined && !abandonLoading()) settle();
  });
  const emit = Reflect.get(process, "emit") as (...parameters: unknown[]) => boolean;
  // Not a listener: listeners of user code could run after it and change the exit code.
  Reflect.set(process, "emit", (event: string | symbol, ...rest: unknown[]): boolean => {
    if (event !== "exit") return Reflect.apply(emit, process, [event, ...rest]);
    try {
      return Reflect.apply(emit, process, [event, ...rest]);
    } catch (error) {
      if (error instanceof EndsProcess) return true;
      throw error;
    } finally {
      settle();
    }
  });
}

/** Makes a function of `process` throw if user code calls it. */
function guardCall(name: string): void {
  const original: unknown = Reflect.get(process, name);
  if (typeof original !== "function") return;
  Reflect.set(process, name, (...parameters: unknown[]): unknown => {
    const [first, signal] = parameters;
    const ends = name !== "kill" || (isOwn(first) && signal !== 0);
    if (ends && framesOf(withWholeStack()).length > 0) {
      refuseToEnd(`process.${name}(${name !== "kill" && typeof first === "number" ? first : ""})`);
    }
    return Reflect.apply(original, process, parameters);
  });
}

/** Whether a pid is this process or its group. */
function isOwn(pid: unknown): boolean {
  return pid === process.pid || pid === 0 || pid === -process.pid;
}

function withWholeStack(): Error {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = Infinity;
  const error = new Error();
  Error.stackTraceLimit = limit;
  return error;
}

/** The error for user code that ended the process. */
export function endedByCode(): InvalidCodeError {
  return new InvalidCodeError(endings(), { what: "the code or configuration", nothing: "the command did not finish" });
}

function endings(): Fault[] {
  const fault = (file: string, message: string): Fault => {
    return { level: "error", code: "code-process-ended", file: relative(process.cwd(), file), message, hint: HINT };
  };
  const attempt = attemptToEnd();
  if (attempt) {
    const { file, message } = importFault(attempt, filesLoading()[0] ?? "");
    return [fault(file, message)];
  }
  const [place] = framesOf(crash?.error);
  const file = place?.file ?? crash?.file;
  if (file !== undefined) {
    const line = place ? ` (line ${place.line})` : "";
    return [fault(file, `throws an unhandled error: ${thrownText(crash?.error)}${line}`)];
  }
  const how = drained ? "awaits a promise that never settles" : "imports a package that ends the process";
  const files = filesLoading().map((file) => fault(file, how));
  return files.length > 0
    ? files
    : [{ level: "error", code: "code-process-ended", message: "the process ended before the command", hint: HINT }];
}
