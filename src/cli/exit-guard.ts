import { syncBuiltinESMExports } from "node:module";
import { relative } from "node:path";
import { EXIT, InvalidCodeError, type Fault } from "../util/errors.ts";
import { framesOf, importFault } from "../code/import-fault.ts";
import { attemptToEnd, EndsProcess, filesLoading, refuseToEnd } from "../code/user-code.ts";

const HINT = "Configuration and resource files must only export values: remove the code that ends the process.";

let outcome: number | undefined;
let crash: unknown;
let drained = false;

/** Sets the exit code of the process. User code can't change it afterwards. */
export function commandEnded(exitCode: number): void {
  outcome = exitCode;
  process.exitCode = exitCode;
}

/** Ends the process immediately. Only for the tool itself. */
export function endProcess(exitCode: number): never {
  commandEnded(exitCode);
  process.exit(exitCode);
}

/**
 * Prevents user code from ending the process or changing its exit code: a call that would end it throws, and a process
 * that ends before `commandEnded` exits 65. `report` must be synchronous.
 */
export function guardProcess(report: (error: InvalidCodeError) => void): void {
  const reallyExit = Reflect.get(process, "reallyExit") as (code: number) => never;
  for (const name of ["exit", "reallyExit", "abort", "execve", "kill"]) guardCall(name);
  syncBuiltinESMExports();
  process.on("uncaughtExceptionMonitor", (error) => (crash = error));
  process.on("beforeExit", () => (drained = true));

  const settle = () => {
    if (outcome !== undefined) {
      process.exitCode = outcome;
      if (crash instanceof EndsProcess) reallyExit(outcome);
      return;
    }
    // Node prints a crash of the tool itself.
    if (crash !== undefined && framesOf(crash).length === 0) return;
    report(endedByCode());
    reallyExit(EXIT.invalid);
  };
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
  const [place] = framesOf(crash);
  if (place) {
    const said = crash instanceof Error ? crash.message : String(crash);
    return [fault(place.file, `throws an unhandled error: ${said} (line ${place.line})`)];
  }
  const how = drained ? "awaits a promise that never settles" : "imports a package that ends the process";
  const files = filesLoading().map((file) => fault(file, how));
  return files.length > 0
    ? files
    : [{ level: "error", code: "code-process-ended", message: "the process ended before the command", hint: HINT }];
}
