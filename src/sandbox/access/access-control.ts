import { ancestorsOf } from "../folder-tree.ts";
import { ApiError } from "../errors.ts";
import { folderOf } from "../k8s/metadata.ts";
import type { ObjectCollection } from "../k8s/objects.ts";
import { isGrantedTo, type Caller } from "./caller.ts";
import { dashboardScope, describe, folderScope, holds, type Evaluator } from "./evaluator.ts";
import { actionsOf, type Grant } from "./levels.ts";
import type { MemberLevel } from "./teams.ts";

/** The virtual folder of objects that are shared with the caller but are in folders that it can't read. */
const sharedWithMe = "folders:uid:sharedwithme";

/** Authorizes callers by their role and by permissions on folders and dashboards. */
export class AccessControl {
  #folders: ObjectCollection | undefined;
  #dashboards: ObjectCollection | undefined;
  /** The teams of a user, by id. */
  teamsOf: (user: number) => ReadonlyMap<number, MemberLevel> = () => noTeams;

  /** Registers a kind with permissions on its objects. */
  watch(kind: "folders" | "dashboards", objects: ObjectCollection): void {
    if (kind === "folders") this.#folders = objects;
    else this.#dashboards = objects;
  }

  /** Whether the caller has the permission on a scope, or on any scope if none is given. */
  can(caller: Caller, action: string, scope?: string): boolean {
    if (scope === undefined) {
      return (caller.permissions[action] ?? []).length > 0 || this.#isGrantedAnywhere(caller, action);
    }
    return this.#reaches(caller, action, this.#withAncestors(scope));
  }

  /** Whether the caller would have the permission on a scope in this folder; "" is the root. */
  canIn(caller: Caller, action: string, scope: string, folder: string): boolean {
    const root = scope.startsWith("folders:") ? [] : [folderScope("")];
    return this.#reaches(caller, action, [scope, ...(folder === "" ? root : this.#foldersAbove(folder))]);
  }

  #reaches(caller: Caller, action: string, targets: readonly string[]): boolean {
    const own = caller.permissions[action] ?? [];
    if (own.some((pattern) => targets.some((target) => matches(pattern, target)))) return true;
    return targets.some((target) => this.#isGranted(caller, action, target));
  }

  allows(caller: Caller, evaluator: Evaluator): boolean {
    return holds(evaluator, (action, scope) => this.can(caller, action, scope));
  }

  /** All permissions of the caller: scopes by action. */
  permissionsOf(caller: Caller): Record<string, string[]> {
    const result = new Map<string, string[]>();
    const add = (action: string, scope: string): void => {
      const scopes = result.get(action);
      if (scopes === undefined) result.set(action, [scope]);
      else scopes.push(scope);
    };
    for (const [action, scopes] of Object.entries(caller.permissions)) {
      for (const scope of scopes) if (scope !== sharedWithMe) add(action, scope);
    }
    for (const [id, level] of caller.type === "user" ? this.teamsOf(caller.id) : noTeams) {
      for (const action of teamActions[level]) add(action, `teams:id:${id}`);
    }
    for (const kind of ["dashboards", "folders"] as const) {
      for (const { name, grants } of this.#granting(kind)) {
        for (const action of this.#actions(kind, grants, caller)) add(action, `${kind}:uid:${name}`);
      }
    }
    for (const [action, scopes] of Object.entries(caller.permissions)) {
      if (scopes.includes(sharedWithMe)) add(action, sharedWithMe);
    }
    return Object.fromEntries([...result].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A scope and the scopes that it inherits permissions from. */
  #withAncestors(scope: string): string[] {
    const [kind, , uid = ""] = scope.split(":");
    if (this.#folders === undefined) return [scope];
    if (kind === "folders") return [scope, ...this.#foldersAbove(folderOf(this.#folders.get(uid)?.metadata ?? {}))];
    const dashboard = kind === "dashboards" ? this.#dashboards?.get(uid) : undefined;
    if (dashboard === undefined) return [scope];
    const folder = folderOf(dashboard.metadata);
    return [scope, ...(folder === "" ? [folderScope("")] : this.#foldersAbove(folder))];
  }

  #foldersAbove(folder: string): string[] {
    if (this.#folders === undefined || folder === "") return [];
    return ancestorsOf(this.#folders, folder).map(folderScope);
  }

  #isGranted(caller: Caller, action: string, scope: string): boolean {
    const [kind, , uid = ""] = scope.split(":");
    if (kind !== "folders" && kind !== "dashboards") return false;
    const object = (kind === "folders" ? this.#folders : this.#dashboards)?.get(uid);
    return this.#actions(kind, object?.grants ?? [], caller).has(action);
  }

  #isGrantedAnywhere(caller: Caller, action: string): boolean {
    for (const kind of ["folders", "dashboards"] as const) {
      for (const { grants } of this.#granting(kind)) {
        if (this.#actions(kind, grants, caller).has(action)) return true;
      }
    }
    return false;
  }

  #actions(kind: "folders" | "dashboards", grants: readonly Grant[], caller: Caller): ReadonlySet<string> {
    const teams = caller.type === "user" ? this.teamsOf(caller.id) : noTeams;
    return actionsGranted(kind, grants, caller, teams);
  }

  *#granting(kind: "folders" | "dashboards"): Generator<{ name: string; grants: readonly Grant[] }> {
    const objects = kind === "folders" ? this.#folders : this.#dashboards;
    for (const { metadata, grants } of objects?.all() ?? []) {
      if (grants.length > 0) yield { name: metadata.name, grants };
    }
  }
}

/** The error of a request without the required permission. */
export function denied(evaluator: Evaluator): ApiError {
  const needed = describe(evaluator);
  const message = `You'll need additional permissions to perform this action. Permissions needed: ${needed}`;
  const accessErrorId = `ACE${Math.random().toString().slice(2, 12).padEnd(10, "0")}`;
  return new ApiError(403, { accessErrorId, message, title: "Access denied" }, message);
}

/** The scope of a dashboard or a folder. */
export function scopeOf(kind: string, uid: string): string {
  return kind === "dashboards" ? dashboardScope(uid) : folderScope(uid);
}

const noActions: ReadonlySet<string> = new Set();

const noTeams: ReadonlyMap<number, MemberLevel> = new Map();

const teamActions: Record<MemberLevel, readonly string[]> = {
  0: ["teams:read"],
  4: ["teams:read", "teams:delete", "teams:write", "teams.permissions:read", "teams.permissions:write"],
};

function actionsGranted(
  kind: "folders" | "dashboards",
  grants: readonly Grant[],
  caller: Caller,
  teams: ReadonlyMap<number, MemberLevel>,
): ReadonlySet<string> {
  let highest: Grant | undefined;
  for (const grant of grants) {
    if (isGrantedTo(grant, caller, teams) && grant.level > (highest?.level ?? 0)) highest = grant;
  }
  return highest === undefined ? noActions : actionsOf[kind][highest.level];
}

function matches(pattern: string, target: string): boolean {
  return pattern === target || (pattern.endsWith("*") && target.startsWith(pattern.slice(0, -1)));
}
