import { folderOf, type Draft } from "../k8s/metadata.ts";
import type { StoredObject } from "../k8s/objects.ts";
import { forbidden } from "../k8s/status.ts";
import { scopeOf, type AccessControl } from "./access-control.ts";
import { isAdmin, type Caller } from "./caller.ts";
import { folderScope } from "./evaluator.ts";

/** Access to the objects of a kind. The `require` methods throw Grafana's errors. */
export interface ResourceAccess {
  canRead(caller: Caller, object: StoredObject): boolean;
  /** The same for an older version, in the folder that it was in. */
  canReadVersion(caller: Caller, version: StoredObject): boolean;
  /** Whether the caller can read a deleted object. */
  canReadDeleted(caller: Caller, object: StoredObject): boolean;
  /** Whether the caller can read all objects. */
  readsAll(caller: Caller): boolean;
  requireRead(caller: Caller, object: StoredObject): void;
  requireCreate(caller: Caller, draft: Draft): void;
  requireUpdate(caller: Caller, previous: StoredObject, draft: Draft): void;
  requireDelete(caller: Caller, object: StoredObject): void;
}

/** The rules of unified storage for dashboards and folders. Its errors have no details. */
export function resourceAccess(
  control: AccessControl,
  kind: "dashboards" | "folders",
  refusal?: string,
): ResourceAccess {
  const can = (caller: Caller, verb: string, name: string): boolean =>
    control.can(caller, `${kind}:${verb}`, scopeOf(kind, name));
  const canCreateIn = (caller: Caller, folder: string): boolean =>
    control.can(caller, `${kind}:create`, folderScope(folder));
  return {
    canRead: (caller, { metadata }) => can(caller, "read", metadata.name),
    canReadVersion: (caller, { metadata }) =>
      control.canIn(caller, `${kind}:read`, scopeOf(kind, metadata.name), folderOf(metadata)),
    canReadDeleted: (caller, { metadata }) =>
      control.can(caller, `${kind}.permissions:write`, scopeOf(kind, metadata.name)) ||
      metadata.annotations?.["grafana.app/updatedBy"] === caller.author,
    readsAll: (caller) => (caller.permissions[`${kind}:read`] ?? []).includes(`${kind}:*`),
    requireRead(caller, { metadata }) {
      if (!can(caller, "read", metadata.name)) throw forbidden(refusal);
    },
    requireCreate(caller, draft) {
      if (!canCreateIn(caller, folderOf(draft))) throw forbidden(refusal);
    },
    requireUpdate(caller, { metadata }, draft) {
      const moves = folderOf(metadata) !== folderOf(draft);
      if (!can(caller, "write", metadata.name)) {
        throw forbidden(moves ? "not allowed to update resource in the source folder" : refusal);
      }
      if (moves && !canCreateIn(caller, folderOf(draft))) {
        throw forbidden("not allowed to create resource in the destination folder");
      }
    },
    requireDelete(caller, { metadata }) {
      if (!can(caller, "delete", metadata.name)) throw forbidden(refusal);
    },
  };
}

/** Access to a kind that is authorized only by role. */
export const accessForRoles: ResourceAccess = {
  canRead: () => true,
  canReadVersion: () => true,
  canReadDeleted: (caller, { metadata }) =>
    isAdmin(caller) || metadata.annotations?.["grafana.app/updatedBy"] === caller.author,
  readsAll: () => true,
  requireRead: allow,
  requireCreate: allow,
  requireUpdate: allow,
  requireDelete: allow,
};

function allow(): void {
  // The role was checked before.
}
