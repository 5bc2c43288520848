import { ApiError, legacyError } from "../errors.ts";
import type { JsonObject } from "../json.ts";

/** Error of the alerting API that names itself by a `messageId`. */
export function publicError(status: number, messageId: string, message: string, extra: JsonObject = {}): ApiError {
  const body = { statusCode: status, messageId, message, ...(Object.keys(extra).length === 0 ? {} : { extra }) };
  return new ApiError(status, body, message);
}

/** A 404 without a body. */
export function emptyNotFound(): ApiError {
  return new ApiError(404, undefined, "not found");
}

/** A body that Grafana's JSON decoder or its first checks refuse. */
export function badRequestData(): ApiError {
  return legacyError(400, "bad request data");
}

/** What Grafana answers when a request makes it crash. */
export function serverError(): ApiError {
  return new ApiError(500, { error: "Server Error", message: "Internal Server Error" }, "Internal Server Error");
}
