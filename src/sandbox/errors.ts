import { EXIT, ProvisionError } from "../util/errors.ts";

/** Another running process uses the data directory. */
export class SandboxBusyError extends ProvisionError {
  override name = "SandboxBusyError";
  readonly dataDirectory: string;

  constructor(dataDirectory: string) {
    super(`Another process uses the sandbox's data directory ${dataDirectory}.`, {
      exitCode: EXIT.failure,
      code: "sandbox-directory-in-use",
      hint: "Wait for that process to finish, stop it, or use a different data directory.",
    });
    this.dataDirectory = dataDirectory;
  }
}

/** A file in the data directory is invalid. */
export class SandboxDataError extends ProvisionError {
  override name = "SandboxDataError";
  readonly file: string;

  constructor(file: string, reason: string) {
    super(`Cannot read the sandbox's data file ${file}: ${reason}.`, {
      exitCode: EXIT.failure,
      code: "sandbox-data-invalid",
      hint: "Repair or delete the file, then try again.",
    });
    this.file = file;
  }
}

/** An error response with the body that Grafana sends. */
export class ApiError extends Error {
  override readonly name: string = "ApiError";
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown, message: string) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/** The request has a field of the wrong type. */
export class DecodeError extends ApiError {
  readonly problem: string;

  constructor(error: ApiError, problem: string) {
    super(error.status, error.body, error.message);
    this.problem = problem;
  }
}

/** An error of the APIs under `/api`. */
export function legacyError(status: number, message: string, more: Record<string, unknown> = {}): ApiError {
  return new ApiError(status, { ...more, message }, message);
}
