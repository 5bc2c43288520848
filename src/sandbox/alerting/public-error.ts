import { ApiError, legacyError } from "../errors.ts";
import type { JsonObject } from "../json.ts";

/** An error of the alerting API with a `messageId`. */
export function publicError(status: number, messageId: string, message: string, extra: JsonObject = {}): ApiError {
  const body = { statusCode: status, messageId, message, ...(Object.keys(extra).length === 0 ? {} : { extra }) };
  return new ApiError(status, body, message);
}

/** A 404 without a body. */
export function emptyNotFound(): ApiError {
  return new ApiError(404, undefined, "not found");
}

/** The error of a body that Grafana can't decode or that fails its first checks. */
export function badRequestData(): ApiError {
  return legacyError(400, "bad request data");
}

/** The response to a request that crashes Grafana's handler. */
export function serverError(): ApiError {
  return new ApiError(500, { error: "Server Error", message: "Internal Server Error" }, "Internal Server Error");
}
