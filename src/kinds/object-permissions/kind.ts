import type { Reference } from "../../engine/model.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { Need } from "../../engine/permissions.ts";
import type { MappingFacet } from "../../engine/mapping.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { changedSincePlan } from "../../engine/conflicts.ts";
import { diff } from "../../engine/diff.ts";
import type { Shape } from "../../engine/shape.ts";
import type { SourceContext } from "../../engine/source.ts";
import type { Collection } from "../../grafana/collection.ts";
import type { FolderTree } from "../../grafana/folder-scopes.ts";
import { Forbidden } from "../../grafana/errors.ts";
import { hash, textOf, type JsonObject } from "../../util/json.ts";
import { z } from "zod";
import { address, parseAddress } from "../../engine/model.ts";
import { ownershipIn } from "../access/ownership.ts";
import type { Imported } from "../../import/code/expression.ts";
import { readGrants, setGrants } from "./api.ts";
import type { Permission } from "./builder.ts";
import {
  areDefault,
  defaultLevels,
  formOf,
  givenTo,
  holderParts,
  levelsIn,
  levelsOf,
  mayBeDefault,
  referencesIn,
  revokedFrom,
  usersNamedIn,
  withLoginsIn,
  type Levels,
} from "./entries.ts";
import type { LivePermissions } from "./live.ts";
import { permissionsSource } from "./source.ts";

interface Permissions {
  readonly permissions: readonly Permission[];
}

/** What differs between the kinds whose objects have permissions. */
interface PermittedKind<Resource extends Permissions> {
  readonly name: string;
  /** The path of the permissions on an object. */
  readonly path: (uid: string) => string;
  /** The start of actions: `folders`. */
  readonly permitted: "folders" | "dashboards";
  /** The kind of the object, and its property in the resource: `folder`. */
  readonly of: "folder" | "dashboard";
  readonly schema: z.ZodType;
  readonly target: (resource: Resource, project: string) => Reference;
  readonly title: (resource: Resource) => string;
  readonly mapping?: MappingFacet<Resource>;
  /** The scopes that include the object. Absent: they depend on its folder, which is not known. */
  readonly scopes?: (id: string, folders: FolderTree) => readonly string[];
  /** The need to create the object: who does so may change its permissions. */
  readonly createNeed: Need;
  /** Whether the creator of an object in a folder gets a permission. */
  readonly creatorInFolder: boolean;
  /** The objects that have permissions. */
  readonly collection: (context: KindContext) => Collection;
  readonly builder: (context: SourceContext) => Imported;
  /** Whether the object is in no folder; undefined if it does not exist. */
  readonly isAtRoot: (context: KindContext, id: string) => Promise<boolean | undefined>;
}

const SHAPE: Shape = {
  lists: {
    permissions: {
      by: [({ holder }) => holder],
      key: "holder",
      label: ({ holder }) => textOf(holder),
      show: ({ permission }) => textOf(permission),
      many: "permissions",
      unordered: () => true,
      value: "permission",
    },
  },
};

const Snapshot = z.strictObject({
  uid: z.string(),
  permissions: z.record(z.string(), z.enum(["View", "Edit", "Admin"])),
});

/**
 * A kind of permissions on objects. Each object has a list of them, which belongs to the project if the code defines it. Lists
 * contain only those that the project owns, so that a plan doesn't read the permissions of all objects in Grafana.
 */
export function permissionsKind<Resource extends Permissions & object>(
  kind: PermittedKind<Resource>,
): ResourceKind<Resource, LivePermissions> {
  const { name, permitted } = kind;

  const liveOf = (context: KindContext, id: string, levels: Levels, unchosen = false): LivePermissions => ({
    id,
    title: id,
    version: hash(formOf(levels)),
    ...ownershipIn(context, name, id, unchosen ? { state: "unknown", markable: true } : undefined),
    touched: true,
    complete: true,
    levels,
    unchosen,
  });
  /** Whether the names of service accounts matter: for those of the code, and those of the last apply. */
  const areNamed = ({ code, ledger }: KindContext, id: string): boolean => {
    const entry = ledger.entries.get(address({ kind: name, id }));
    const wanted = code?.find((one) => one.kind === name && one.id === id);
    const { permissions = [] } = (wanted?.resource ?? {}) as Partial<Permissions>;
    return entry?.pending === false || permissions.some((one) => "serviceAccount" in one);
  };
  const read = async (context: KindContext, id: string, named = areNamed(context, id)): Promise<Levels | undefined> => {
    try {
      return await readGrants(context, kind.path(id), { named });
    } catch (error) {
      // Grafana also answers this for an object that does not exist.
      if (error instanceof Forbidden && !(await exists(context, id))) return undefined;
      throw error;
    }
  };
  const exists = async (context: KindContext, id: string): Promise<boolean> => {
    try {
      return (await kind.isAtRoot(context, id)) !== undefined;
    } catch (error) {
      if (error instanceof Forbidden) return true;
      throw error;
    }
  };
  /** Whether an object has the permissions of a new one. `isNew`: this run created it. */
  const areUnchosen = async (context: KindContext, id: string, levels: Levels, isNew = false): Promise<boolean> => {
    if (!mayBeDefault(levels)) return false;
    const atRoot = await kind.isAtRoot(context, id);
    return atRoot !== undefined && areDefault(levels, { atRoot, creator: atRoot || isNew || kind.creatorInFolder });
  };
  const find = async (context: KindContext, id: string): Promise<LivePermissions | undefined> => {
    const levels = await read(context, id);
    if (!levels) return undefined;
    return liveOf(context, id, levels, await areUnchosen(context, id, levels));
  };
  /** Sets these permissions if the object still has those of the plan, or if it is new. */
  const save = async (context: KindContext, id: string, live: LivePermissions | undefined, levels: Levels) => {
    const now = await read(context, id);
    const isExpected = now && (live ? hash(formOf(now)) === live.version : await areUnchosen(context, id, now, true));
    if (!isExpected) throw changedSincePlan({ kind: name, id });
    await setGrants(context, kind.path(id), levels);
  };
  const need = (id: string, live: LivePermissions | undefined, folders: FolderTree): Need => {
    const scopes = kind.scopes ? { scopes: kind.scopes(id, folders) } : {};
    const change: Need = { action: `${permitted}.permissions:write`, ...scopes };
    return live ? change : { any: [change, kind.createNeed] };
  };

  return {
    name,
    dependsOn: [kind.of, "team", "service-account"],
    marking: "ledger",
    idIs: "uid",
    schema: kind.schema,
    access: {
      read: { action: `${permitted}.permissions:read` },
      readsAll: { action: `${permitted}.permissions:read`, scopes: [...new Set(["folders:*", `${permitted}:*`])] },
      write: ({ id }, live, folders) => need(id, live, folders),
      restore: ({ id }, live, folders) => need(id, live, folders),
      remove: ({ id }, folders) => need(id, undefined, folders),
    },

    id: (resource, project) => kind.target(resource, project).id,
    title: kind.title,
    references: (resource, project) => [kind.target(resource, project), ...referencesIn(resource.permissions)],

    async list(context) {
      const owned = [...context.ledger.entries.keys()].map(parseAddress).filter((one) => one.kind === name);
      const found = await Promise.all(owned.map(({ id }) => find(context, id).catch(unlessForbidden)));
      return found.filter((one) => one !== undefined);
    },
    find,

    desired: ({ resource }) => formOf(levelsOf(resource.permissions)),
    observed: ({ levels }) => formOf(levels),

    write: (context, { desired: { id, resource }, live }) => save(context, id, live, levelsOf(resource.permissions)),
    async remove(context, live) {
      const isAtRoot = await kind.isAtRoot(context, live.id);
      // The permissions are deleted with their object.
      if (isAtRoot === undefined) return;
      await save(context, live.id, live, defaultLevels(isAtRoot));
    },
    rollback: {
      snapshot: ({ id, levels }) => ({
        uid: id,
        permissions: Object.fromEntries([...levels].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      }),
      restoreSnapshot(context, snapshot) {
        const { uid, permissions } = Snapshot.parse(snapshot);
        return liveOf(context, uid, new Map(Object.entries(permissions)));
      },
      restore: (context, { before, live }) => save(context, before.id, live, before.levels),
      isReset: ({ unchosen }) => unchosen,
      revokes: (before, now) => revokedFrom(now.levels, before.levels),
    },

    backup: {
      unlisted: (everything) =>
        (everything.get(kind.of) ?? []).map(({ id, parent }) => ({
          id,
          read: async (context) => {
            // A login would not find the service account at the restore.
            const levels = await read(context, id, true);
            const live = levels && liveOf(context, id, levels);
            const isDefault = levels?.size === 0 && parent !== undefined && live?.ownership.state !== "ours";
            return isDefault ? undefined : live;
          },
        })),
      holders: {
        of: ({ levels }) => [...levels.keys()].filter((holder) => holderParts(holder).kind !== "role"),
        without: (live, lacking) => ({
          ...live,
          levels: new Map([...live.levels].filter(([holder]) => !lacking.has(holder))),
        }),
      },
    },
    checks: { revokes: ({ resource }, { levels }) => revokedFrom(levels, levelsOf(resource.permissions)) },
    comparison: { differences: (before, after) => diff(before, after, SHAPE) },
    deletion: {
      uses: ({ levels }) => usesOf(levels),
      isDone: ({ unchosen }) => unchosen,
      partOf: ({ id }) => address({ kind: kind.of, id }),
      effect({ id, levels }, everything) {
        const target = everything.get(kind.of)?.find((one) => one.id === id);
        return target && givenTo(levels, defaultLevels(target.parent === undefined));
      },
    },
    ...(kind.mapping ? { mapping: kind.mapping } : {}),
    reading: {
      onDemand: true,
      listsNamed: true,
      candidate: (context, { id }) => find(context, id),
      // They exist as long as their object does.
      wouldBeListed: (id, everything) => everything.get(kind.of)?.some((one) => one.id === id) === false,
    },
    users: {
      named: ({ permissions }) => usersNamedIn(permissions),
      withLogins: (resource, loginOf) => ({ ...resource, permissions: withLoginsIn(resource.permissions, loginOf) }),
    },
    source: permissionsSource({ ...kind, read, liveOf }),
    view: {
      section: { title: "Access", rank: kind.of === "folder" ? 530 : 540 },
      risks: {
        deletion: `is deleted with the ${kind.of}, or else reset to the permissions of a new one`,
      },
      facts: (form) => [factOf(form)],
    },
    writing: { isPartial: ({ live }) => live === undefined },
  };
}

/** The list omits what the credentials can't read. */
function unlessForbidden(error: unknown): undefined {
  if (!(error instanceof Forbidden)) throw error;
}

/** The addresses of teams and service accounts that have permissions. */
function usesOf(levels: Levels): string[] {
  return [...levels.keys()].filter((holder) => ["team", "service-account"].includes(holderParts(holder).kind));
}

/** `team/SRE: Edit, role/Viewer: View` */
function factOf(form: JsonObject): string {
  const all = [...levelsIn(form)].map(([holder, level]) => `${holder}: ${level}`);
  return all.length > 0 ? all.join(", ") : "no permissions of its own";
}
