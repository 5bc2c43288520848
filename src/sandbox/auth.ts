import type { MiddlewareHandler } from "hono";
import { legacyError } from "./errors.ts";

/** The one account of a sandbox. */
export const credentials = { user: "admin", password: "admin" } as const;

const expected = `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString("base64")}`;

/** Lets requests of the administrator pass; `open` are paths that anybody may read. */
export function authenticate(open: readonly string[]): MiddlewareHandler {
  return async (c, next) => {
    const sent = c.req.header("authorization") ?? "";
    if (sent !== expected && !open.includes(c.req.path)) throw unauthorized(sent);
    await next();
  };
}

function unauthorized(sent: string): Error {
  const scheme = sent.split(" ")[0]?.toLowerCase();
  if (scheme === "basic") return denied("Invalid username or password", "password-auth.failed");
  if (scheme === "bearer") return denied("Invalid API key", "api-key.invalid");
  return denied("Unauthorized", "auth.unauthorized");
}

function denied(message: string, messageId: string): Error {
  return legacyError(401, message, { extra: null, messageId, statusCode: 401, traceID: "" });
}
