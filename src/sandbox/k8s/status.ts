import { ApiError, DecodeError } from "../errors.ts";

/** Names of a kind for error messages and lists. */
export interface KindNames {
  readonly group: string;
  readonly kind: string;
  readonly plural: string;
}

/** The Kubernetes `Status` that reports a failure. */
export function failure(code: number, message: string, reason?: string, details?: Record<string, unknown>): ApiError {
  const body = {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    ...(reason === undefined ? {} : { reason }),
    ...(details === undefined ? {} : { details }),
    code,
  };
  return new ApiError(code, body, message);
}

export function badRequest(message: string): ApiError {
  return failure(400, message, "BadRequest");
}

/** 400: a field of the request has the wrong type. */
export function wrongType(field: string, expected: string): DecodeError {
  const problem = `json: cannot unmarshal ${field}: it must be of type ${expected}`;
  return new DecodeError(badRequest(problem), problem);
}

/** 422: the result of a patch has a field of the wrong type. */
export function invalidPatch({ problem }: DecodeError): ApiError {
  const cause = { reason: "FieldValueInvalid", message: `Invalid value: ${problem}`, field: "patch" };
  return failure(422, ` "" is invalid: patch: ${cause.message}`, "Invalid", { causes: [cause] });
}

/** 403. Grafana usually does not name the missing permission. */
export function forbidden(message?: string): ApiError {
  const status = { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure" };
  return new ApiError(403, { ...status, ...(message === undefined ? {} : { message }), code: 403 }, message ?? "");
}

export function notFound(names: KindNames, name: string): ApiError {
  return failure(404, `${names.plural}.${names.group} "${name}" not found`, "NotFound", details(names, name));
}

export function alreadyExists(names: KindNames, name: string): ApiError {
  const message = `${names.plural}.${names.group} "${name}" already exists`;
  return failure(409, message, "AlreadyExists", details(names, name));
}

export function conflict(names: KindNames, name: string): ApiError {
  const why = "the object has been modified; please apply your changes to the latest version and try again";
  const message = `Operation cannot be fulfilled on ${names.plural}.${names.group} "${name}": ${why}`;
  return failure(409, message, "Conflict", details(names, name));
}

/** 409: a delete whose preconditions are not met. */
export function preconditionFailed(names: KindNames, name: string, what: string, sent: string, is: string): ApiError {
  const why = `the ${what} in the precondition (${sent}) does not match the ${what} in record (${is}). The object might have been deleted and then recreated`;
  const message = `Operation cannot be fulfilled on ${names.kind}.${names.group} "${name}": ${why}`;
  return failure(409, message, "Conflict", { name, group: names.group, kind: names.kind });
}

export interface InvalidField {
  readonly field: string;
  readonly reason: string;
  readonly message: string;
}

/** 422: the API server rejects fields of the object. */
export function invalid(names: KindNames, name: string, causes: readonly InvalidField[]): ApiError {
  const list = causes.map((cause) => `${cause.field}: ${cause.message}`);
  const message = `${names.kind}.${names.group} "${name}" is invalid: ${list.length === 1 ? list[0] : `[${list.join(", ")}]`}`;
  return failure(422, message, "Invalid", {
    ...(name === "" ? {} : { name }),
    group: names.group,
    kind: names.kind,
    causes: causes.map((cause) => ({ reason: cause.reason, message: cause.message, field: cause.field })),
  });
}

/** The `Status` response to a delete. */
export function deleted(names: KindNames, name: string, uid: string): string {
  return JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { ...details(names, name), uid },
  });
}

function details(names: KindNames, name: string): Record<string, string> {
  return { name, group: names.group, kind: names.plural };
}
