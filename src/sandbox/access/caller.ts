import type { Context } from "hono";
import type { Permissions, Role } from "./basic-roles.ts";
import type { Grant } from "./levels.ts";

/** Who sends a request. */
export interface Caller {
  /** The number by which permissions of folders and dashboards name it. */
  readonly id: number;
  readonly uid: string;
  /** How annotations of objects in unified storage name it. */
  readonly author: string;
  readonly login: string;
  readonly type: "user" | "service-account";
  readonly role: Role;
  /** What it may do apart from the permissions of folders and dashboards. */
  readonly permissions: Permissions;
  /** Whether permissions of folders and dashboards count for it. */
  readonly takesGrants: boolean;
}

const callers = new WeakMap<Request, Caller>();

/** Remembers who sends the request. */
export function setCaller(c: Context, caller: Caller): void {
  callers.set(c.req.raw, caller);
}

/** Who sends the request; only for paths that need authentication. */
export function callerOf(c: Context): Caller {
  const caller = callers.get(c.req.raw);
  if (caller === undefined) throw new TypeError(`nobody was authenticated for ${c.req.path}`);
  return caller;
}

/** Whether the caller administers the organization. */
export function isAdmin({ role }: Caller): boolean {
  return role === "Admin" || role === "ServerAdmin";
}

/** Whether a grant is the caller's. */
export function isGrantedTo(grant: Grant, caller: Caller): boolean {
  if (!caller.takesGrants) return false;
  if (grant.userId !== undefined) return grant.userId === caller.id;
  return grant.role === (caller.role === "ServerAdmin" ? "Admin" : caller.role);
}
