import { z } from "zod";
import { EXIT, type Fault } from "../util/errors.ts";
import { diff } from "../engine/diff.ts";
import type { Shape } from "../engine/shape.ts";
import { hash, textOf, toJson, type JsonObject } from "../util/json.ts";
import { FORM } from "../ownership/marker.ts";
import {
  folderOf,
  isTemporary,
  lastWrite,
  markAnnotation,
  markedMetadata,
  ownershipOf,
  restoredMetadata,
} from "../ownership/annotations.ts";
import type { Need } from "../engine/permissions.ts";
import { folderScope, folderScopes, type FolderTree } from "../grafana/folder-scopes.ts";
import { address, type Desired, type LiveObject } from "../engine/model.ts";
import type { KindContext } from "../engine/kind-context.ts";
import type { ResourceKind } from "../engine/resource.ts";
import type { Client } from "../grafana/client.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { Rejected, unlessNotFound } from "../grafana/errors.ts";
import { parseObject, type KubernetesObject } from "../grafana/kubernetes-object.ts";
import { deriveUid, reference, ResourceReference, Uid } from "./reference.ts";

/** A folder that Grafana has and the code doesn't manage: made by `existing.folder(uid)`. */
export interface ExistingFolder {
  readonly kind: "folder";
  readonly uid: string;
  readonly existing: true;
}

/** A folder, at the root or in another one. Four levels at most. */
export interface Folder {
  readonly kind: "folder";
  readonly title: string;
  /** Letters, digits, `-` and `_`, 40 at most. Default: derived from the project, the parent and the title. */
  readonly uid?: string;
  readonly description?: string;
  readonly parent?: Folder | ExistingFolder;
}

/**
 * Declares a folder.
 *
 * @example export const toolboxai = folder({ uid: "toolboxai", title: "ToolboxAI" });
 */
export function folder(folder: Omit<Folder, "kind">): Folder {
  return { kind: "folder", ...folder };
}

const FolderSchema = z.strictObject({
  kind: z.literal("folder"),
  title: z.string().trim().min(1, "the title is empty"),
  uid: Uid.exactOptional(),
  description: z.string().exactOptional(),
  parent: ResourceReference("folder").exactOptional(),
});

interface LiveFolder extends LiveObject {
  readonly object: KubernetesObject;
  readonly parent: string | undefined;
  /** Whether it has a description can't be known. */
  readonly undescribed: boolean;
}

/** The uid of a folder object as other resources name it. @internal */
export function folderUid(folder: Folder | ExistingFolder, project: string): string {
  if ("existing" in folder) return folder.uid;
  const parent = folder.parent ? folderUid(folder.parent, project) : "";
  return folder.uid ?? deriveUid(folder.title, [project, "folder", parent]);
}

/** Grafana's own limit (`MaxNestedFolderDepth`). */
const MAX_DEPTH = 4;

const SHAPE: Shape = {
  values: {
    title: { meaning: () => "renamed" },
    parent: {
      absent: "",
      meaning: () => "moved",
      show: (folder) => (folder === "" ? "the top level" : `folder/${textOf(folder)}`),
    },
  },
};

/** @internal */
export const folderKind: ResourceKind<Folder, LiveFolder> = {
  name: "folder",
  dependsOn: [],
  marking: "annotations",
  idIs: "uid",
  schema: FolderSchema,
  access: {
    read: { action: "folders:read" },
    readsAll: { action: "folders:read", scopes: ["folders:*"] },
    write: ({ id, references: [parent] }, live, folders) => writeNeed(id, parent?.id, live, folders),
    restore: ({ id, parent }, live, folders) => writeNeed(id, parent, live, folders),
    remove: ({ id }, folders) => ({ action: "folders:delete", scopes: folderScopes(id, folders) }),
  },

  id: (folder, project) => folderUid(folder, project),
  title: ({ title }) => title.trim(),
  references: ({ parent }, project) => (parent ? [reference(parent, "parent", folderUid(parent, project))] : []),

  async list(context) {
    const objects = await context.grafana.folders.list({ metadataAlone: false });
    return objects.filter((object) => !isTemporary(object)).map((object) => liveFolder(object, context));
  },
  async find(context, id) {
    const object = await context.grafana.folders.find(id);
    return object && liveFolder(object, context);
  },

  desired: ({ resource, references }, live) =>
    canonical(resource.title.trim(), live?.undescribed ? "" : resource.description, references[0]?.id),
  observed: (live) => canonical(live.title, text(live.object.spec?.["description"]), live.parent),

  async write({ grafana, owner }, { desired, live }) {
    const { resource, id, source, references } = desired;
    const content = folderKind.desired(desired, live);
    const marker = { form: FORM, codeHash: desired.hash, contentHash: hash(content), version: 0, uid: id };
    const object = {
      metadata: markedMetadata({ id, owner, source, marker, folder: references[0]?.id, live: live?.object }),
      spec: {
        title: resource.title.trim(),
        ...(resource.description === undefined ? {} : { description: resource.description }),
      },
    };
    if (live) await grafana.folders.update(object, live.object);
    else await grafana.folders.create(object);
  },

  async remove({ grafana }, live) {
    await mustBeEmpty(grafana, live);
    await grafana.folders.remove(live.object);
  },

  rollback: {
    snapshot: ({ object }) => toJson(object) as JsonObject,
    restoreSnapshot: (context, snapshot) => liveFolder(parseObject(snapshot), context),
    limits: ({ before, live }) => ({
      losses: [
        ...(live ? [] : ["permissions that were set on it do not come back"]),
        ...(before.undescribed
          ? [
              `its description, if it has one, ${live ? "stays as it is now" : "does not come back"}: this Grafana shows none`,
            ]
          : []),
      ],
    }),
    async restore({ grafana }, { before, live }) {
      // What is left out of a request stays: nobody knows what it was.
      const unknown = before.undescribed ? { description: undefined } : {};
      const spec = { ...before.object.spec, ...unknown };
      const object = { metadata: restoredMetadata(before.object, live?.object, 0), spec };
      if (live) await grafana.folders.update(object, live.object);
      else await grafana.folders.create(object);
    },
  },

  checks: { code: (all) => all.flatMap((folder) => treeFault(folder, all)) },
  comparison: {
    differences: (before, after) => diff(before, after, SHAPE),
    stored({ grafana }, { desired }) {
      const { title, description, parent } = folderKind.desired(desired);
      const shown = grafana.folders.undescribed === true ? undefined : text(description);
      return Promise.resolve(canonical(text(title) ?? "", shown, text(parent)));
    },
  },
  container: {
    scope: folderScope,
    covers: (action) => /^(folders|dashboards|alert\.rules):/.test(action),
    changeNeed: (id, tree) => ({ action: "folders:write", scopes: folderScopes(id, tree) }),
    createNeed,
  },
  deletion: {
    obstacle(live, everything, deleted) {
      const inside = [...everything].flatMap(([kind, objects]) =>
        objects
          .filter((object) => object.parent === live.id)
          .map((object) => address({ kind, id: object.id }))
          .filter((name) => !deleted.has(name)),
      );
      if (inside.length === 0) return undefined;
      const shown = inside.slice(0, 3).join(", ") + (inside.length > 3 ? ` and ${inside.length - 3} more` : "");
      return `it holds ${shown}, which ${inside.length === 1 ? "is" : "are"} not deleted with it`;
    },
  },
  existing: {
    async create(client, uid) {
      await client.send({ method: "POST", path: "/api/folders", body: { uid, title: `${uid} (existing)` } });
    },
  },
  reading: {
    async bodies(context, objects) {
      const found = await context.grafana.folders.read(objects.map(({ id }) => id));
      return found.map((object) => liveFolder(object, context));
    },
  },
  view: {
    section: { title: "Folders and datasources", rank: 400 },
    risks: { deletion: "is deleted, with its permissions" },
  },
  writing: {
    async renewMark({ grafana }, { id, version }, hashes) {
      await grafana.folders.annotate?.(id, markAnnotation({ form: FORM, ...hashes, version: 0, uid: id }), version);
    },
    // The older API moves a folder by a request of its own.
    parts: ({ parent, ...rest }) => ({ content: rest, parent: parent ?? null }),
  },
};

function createNeed(parent: string | undefined, folders: FolderTree): Need {
  return { action: "folders:create", scopes: folderScopes(parent, folders) };
}

function writeNeed(id: string, parent: string | undefined, live: LiveFolder | undefined, folders: FolderTree): Need {
  const create = createNeed(parent, folders);
  if (!live) return create;
  const write = { action: "folders:write", scopes: folderScopes(id, folders) };
  return live.parent === parent ? write : { all: [write, create] };
}

/** Everything that was in it when the plan was made is gone by now: what is there came since. */
async function mustBeEmpty({ client, marks }: GrafanaConnection, { id }: LiveFolder): Promise<void> {
  const answer = await unlessNotFound(client.send({ method: "GET", path: `/api/folders/${id}/counts` }));
  // It would be deleted with everything in it.
  if (answer === undefined && !marks && (await isThere(client, id))) {
    throw new Rejected(`folder/${id} is not deleted: this Grafana does not tell what is in it`, {
      exitCode: EXIT.failure,
      hint: "Delete it by hand.",
    });
  }
  const inside = Object.entries(Counts.parse(answer ?? {})).filter(([, count]) => count > 0);
  if (inside.length === 0) return;
  const what = inside.map(([kind, count]) => `${count} ${kind}`).join(", ");
  throw new Rejected(`folder/${id} is not empty: it holds what the plan did not know of (${what})`, {
    exitCode: EXIT.failure,
    hint: "Run `plan` again to see what is in it.",
  });
}

async function isThere(client: Client, id: string): Promise<boolean> {
  return (await unlessNotFound(client.send({ method: "GET", path: `/api/folders/${id}` }))) !== undefined;
}

/** `{ dashboard: 2, folder: 0 }`, of everything below. */
const Counts = z.record(z.string(), z.number());

function liveFolder(object: KubernetesObject, { grafana, owner }: KindContext): LiveFolder {
  const unmarked = grafana.marks ? undefined : ({ state: "unknown", markable: false } as const);
  const { ownership, applied } = ownershipOf(object, owner, unmarked);
  const title = text(object.spec?.["title"]) ?? object.metadata.name;
  const parent = folderOf(object);
  return {
    id: object.metadata.name,
    title,
    parent,
    version: object.metadata.resourceVersion,
    ownership,
    ...(applied ? { applied } : {}),
    // Folders are few and come whole: their content itself tells.
    touched: true,
    ...lastWrite(object),
    complete: object.metadata.resourceVersion !== "",
    undescribed: grafana.folders.undescribed === true,
    object,
  };
}

function canonical(title: string, description: string | undefined, parent: string | undefined): JsonObject {
  return { title, ...(description ? { description } : {}), ...(parent ? { parent } : {}) };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** Grafana checks neither on create: it answers 201 to a folder in a folder that doesn't exist, and to a cycle too. */
function treeFault(folder: Desired<Folder>, all: readonly Desired<Folder>[]): Fault[] {
  const parentOf = new Map(all.map(({ id, references }) => [id, references[0]?.id]));
  const chain = [folder.id];
  for (let at = parentOf.get(folder.id); at !== undefined; at = parentOf.get(at)) {
    const where = { level: "error", file: folder.source.file, export: folder.source.export, path: "parent" } as const;
    if (chain.includes(at)) {
      return [{ ...where, message: `the folder is inside itself: ${[...chain, at].join(" in ")}` }];
    }
    chain.push(at);
    if (chain.length > MAX_DEPTH) {
      return [
        { ...where, message: `the folder is ${chain.length} levels deep or more; Grafana takes ${MAX_DEPTH} at most` },
      ];
    }
  }
  return [];
}
