import type { ErrorCode } from "./error-codes.ts";

/** Exit codes of the command line. Only commands use 2, which means that there are differences. */
export const EXIT = {
  done: 0,
  failure: 1,
  differences: 2,
  notAuthorised: 3,
  partlyApplied: 4,
  cancelled: 5,
  unsupportedGrafana: 6,
  conflict: 7,
  driftLeft: 8,
  usage: 64,
  invalid: 65,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** An error that the user can act on. Any other error is a defect of the tool and is printed with its stack trace. */
export class ProvisionError extends Error {
  override name = "ProvisionError";
  readonly exitCode: ExitCode;
  /** Identifies the error in `-o json`. */
  readonly code: ErrorCode;
  /** How to fix it: one or more sentences. */
  readonly hint: string | undefined;

  constructor(message: string, options: { exitCode: ExitCode; code: ErrorCode; hint?: string; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exitCode = options.exitCode;
    this.code = options.code;
    this.hint = options.hint;
  }
}

/** The user declined, or interrupted before the first write: exit 5, and nothing was changed. */
export class Cancelled extends Error {}

/** An error or a warning about the code or the configuration. `path` is a property path such as `panels[2].title`. */
export interface Fault {
  readonly level: "error" | "warning";
  /** Default in an `InvalidCodeError`: its `faultCode`. */
  readonly code?: ErrorCode;
  readonly file?: string;
  readonly export?: string;
  readonly path?: string;
  readonly message: string;
  readonly hint?: string;
}

/** All faults of a run: exit 65. */
export class InvalidCodeError extends ProvisionError {
  override name = "InvalidCodeError";
  readonly faults: readonly Fault[];

  /** `what` contains the faults; `nothing` says what was not done because of them. */
  constructor(
    faults: readonly Fault[],
    options: {
      readonly what: string;
      readonly nothing: string;
      readonly code?: ErrorCode;
      readonly faultCode?: ErrorCode;
    } = {
      what: "the code or configuration",
      nothing: "nothing was written to Grafana",
    },
  ) {
    const { what, nothing, code = "code-invalid", faultCode = "code-resource-invalid" } = options;
    const errors = faults.filter((fault) => fault.level === "error").length;
    super(`${errors} ${errors === 1 ? "fault" : "faults"} in ${what}; ${nothing}`, {
      exitCode: EXIT.invalid,
      code,
    });
    this.faults = faults.map((fault) => ({ code: faultCode, ...fault }));
  }
}

/** Wrong use of the command line or of the environment's variables: exit 64. */
export class UsageError extends ProvisionError {
  override name = "UsageError";

  constructor(message: string, hint: string, code: ErrorCode) {
    super(message, { exitCode: EXIT.usage, code, hint });
  }
}

/** The code of an error of Node or the operating system, `ENOENT`; undefined for other errors. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

const FILE_OPERATIONS: Readonly<Record<string, string>> = {
  mkdir: "create",
  open: "open",
  scandir: "read",
  rmdir: "remove",
  unlink: "remove",
};

/** Converts a file system error that the user can fix: exit 1. Undefined for other errors. */
export function fileError(error: unknown): ProvisionError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code = "", path, syscall = "" } = error as NodeJS.ErrnoException;
  if (path === undefined) return undefined;
  const failure = (why: string, hint: string) =>
    new ProvisionError(`Can't ${FILE_OPERATIONS[syscall] ?? "write"} ${path}: ${why} (${code})`, {
      code: "file-not-writable",
      exitCode: EXIT.failure,
      hint,
      cause: error,
    });
  switch (code) {
    case "EACCES":
    case "EPERM":
      return failure(
        "permission denied",
        `Run the command as the owner of the directory, or grant ${syscall === "scandir" ? "read" : "write"} permission to this user.`,
      );
    case "EROFS":
      return failure("the file system is read-only", "Run the command in a writable directory.");
    case "ENOSPC":
    case "EDQUOT":
      return failure("no space left", "Free some disk space and run the command again.");
    case "ENOTDIR":
    case "EEXIST":
      return failure("a file with this name exists", "Remove the file, or run the command in another directory.");
    default:
      return undefined;
  }
}

/** The exit code of an error: 1 for one that is not of this tool. */
export function exitCodeOfError(error: unknown): ExitCode {
  return error instanceof ProvisionError ? error.exitCode : EXIT.failure;
}
