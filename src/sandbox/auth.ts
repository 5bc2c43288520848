import type { MiddlewareHandler } from "hono";
import type { Users } from "./access/users.ts";
import { setCaller, type Caller } from "./access/caller.ts";
import { administrator, stranger, type ServiceAccounts } from "./access/service-accounts.ts";
import { legacyError } from "./errors.ts";

/** The administrator of a sandbox. */
export const credentials = { user: "admin", password: "admin" } as const;

const expected = `Basic ${Buffer.from(`${credentials.user}:${credentials.password}`).toString("base64")}`;

/** The id of the only organization. */
const organization = 1;

const OTHER = "API key does not belong to the requested organization";

/** Identifies the sender of a request: the administrator or a service account. `open` paths need no authentication. */
export function authenticate(
  { accounts, users }: { readonly accounts: ServiceAccounts; readonly users: Users },
  open: readonly string[],
): MiddlewareHandler {
  return async (c, next) => {
    const sent = c.req.header("authorization") ?? "";
    const [scheme = "", key = ""] = sent.split(" ");
    const found =
      sent === expected
        ? administrator
        : scheme.toLowerCase() === "bearer"
          ? accounts.find(key)
          : scheme.toLowerCase() === "basic"
            ? userOf(users, key)
            : undefined;
    const elsewhere = Number(c.req.header("x-grafana-org-id") ?? organization) !== organization;
    if (elsewhere && found !== undefined && found !== administrator)
      throw denied(OTHER, "api-key.organization-mismatch");
    if (found !== undefined && found !== "expired") setCaller(c, elsewhere ? stranger : found);
    else if (!open.includes(c.req.path)) throw unauthorized(scheme.toLowerCase(), found === "expired");
    await next();
  };
}

function userOf(users: Users, encoded: string): Caller | undefined {
  const [name = "", ...password] = Buffer.from(encoded, "base64").toString().split(":");
  return users.find(name, password.join(":"));
}

function unauthorized(scheme: string, expired: boolean): Error {
  if (expired) return denied("Expired API key", "api-key.expired");
  if (scheme === "basic") return denied("Invalid username or password", "password-auth.failed");
  if (scheme === "bearer") return denied("Invalid API key", "api-key.invalid");
  return denied("Unauthorized", "auth.unauthorized");
}

function denied(message: string, messageId: string): Error {
  return legacyError(401, message, { extra: null, messageId, statusCode: 401, traceID: "" });
}
