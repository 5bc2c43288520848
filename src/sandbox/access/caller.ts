import type { Context } from "hono";
import type { Permissions, Role } from "./basic-roles.ts";
import type { Grant } from "./levels.ts";

/** The sender of a request. */
export interface Caller {
  /** The id in permissions on folders and dashboards. */
  readonly id: number;
  readonly uid: string;
  /** The name in annotations of objects in unified storage. */
  readonly author: string;
  readonly login: string;
  readonly type: "user" | "service-account";
  readonly role: Role;
  /** Permissions, without those on folders and dashboards. */
  readonly permissions: Permissions;
  /** Whether permissions on folders and dashboards apply to it. */
  readonly takesGrants: boolean;
}

const callers = new WeakMap<Request, Caller>();

export function setCaller(c: Context, caller: Caller): void {
  callers.set(c.req.raw, caller);
}

/** The sender of the request, for paths that need authentication. */
export function callerOf(c: Context): Caller {
  const caller = callers.get(c.req.raw);
  if (caller === undefined) throw new TypeError(`no authenticated caller for ${c.req.path}`);
  return caller;
}

export function isAdmin({ role }: Caller): boolean {
  return role === "Admin" || role === "ServerAdmin";
}

/** Whether a grant applies to the caller. `teams`: the ids of its teams. */
export function isGrantedTo(grant: Grant, caller: Caller, teams: ReadonlyMap<number, unknown>): boolean {
  if (!caller.takesGrants) return false;
  if (grant.userId !== undefined) return grant.userId === caller.id;
  if (grant.teamId !== undefined) return teams.has(grant.teamId);
  return grant.role === (caller.role === "ServerAdmin" ? "Admin" : caller.role);
}
