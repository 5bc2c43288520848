import { EXIT, ProvisionError } from "../util/errors.ts";

/** Another live process holds the data directory: two writers would overwrite each other's files. */
export class SandboxBusyError extends ProvisionError {
  override name = "SandboxBusyError";
  readonly dataDirectory: string;

  constructor(dataDirectory: string) {
    super(`Another process uses the sandbox's data directory ${dataDirectory}.`, {
      exitCode: EXIT.failure,
      hint: "Wait until it has finished, stop it, or choose another data directory.",
    });
    this.dataDirectory = dataDirectory;
  }
}

/** A file in the data directory holds something that the sandbox did not write. */
export class SandboxDataError extends ProvisionError {
  override name = "SandboxDataError";
  readonly file: string;

  constructor(file: string, reason: string) {
    super(`The sandbox's data file ${file} cannot be read: ${reason}.`, {
      exitCode: EXIT.failure,
      hint: "Repair or delete it, then start again.",
    });
    this.file = file;
  }
}

/** An answer that ends a request early, with the body that Grafana sends in that case. */
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

/** The request has a field of the wrong type, which `problem` names. */
export class DecodeError extends ApiError {
  readonly problem: string;

  constructor(error: ApiError, problem: string) {
    super(error.status, error.body, error.message);
    this.problem = problem;
  }
}

/** Error of the APIs under `/api`: a message, and fields that some endpoints add. */
export function legacyError(status: number, message: string, more: Record<string, unknown> = {}): ApiError {
  return new ApiError(status, { ...more, message }, message);
}
