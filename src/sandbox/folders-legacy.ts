import type { Context } from "hono";
import { callerOf } from "./access/caller.ts";
import { folderScope } from "./access/evaluator.ts";
import { publicError } from "./alerting/public-error.ts";
import type { Routes, SandboxContext } from "./context.ts";
import { ApiError, legacyError } from "./errors.ts";
import { ancestorsOf, childrenOf } from "./folder-tree.ts";
import { deleteWithContents, isKept } from "./folders.ts";
import { readObject, reply } from "./http.ts";
import { text, type JsonObject } from "./json.ts";
import { annotation, folderOf, shortId, type Draft } from "./k8s/metadata.ts";
import type { StoredObject } from "./k8s/objects.ts";
import type { Resource } from "./k8s/resource.ts";
import { authorsOf, byTitle, draftOfStored, internalIdOf, timesOf } from "./legacy-form.ts";
import type { Mode } from "./mode.ts";
import { folderUrl } from "./slug.ts";
import { byRow } from "./sql/rows.ts";

/** The older folder API. */
export function legacyFolderRoutes(context: SandboxContext, folders: Resource): Routes {
  const { mode, access, accounts } = context;
  const bodyFor = (c: Context, folder: StoredObject): JsonObject => {
    const caller = callerOf(c);
    const can = (verb: string, uid: string): boolean => access.can(caller, `folders${verb}`, folderScope(uid));
    return folderBody(folders, folder, { can, loginOf: (author) => accounts.loginOf(author) });
  };
  const canRead = (c: Context, { metadata }: StoredObject): boolean =>
    access.can(callerOf(c), "folders:read", folderScope(metadata.name));
  const find = (c: Context): StoredObject => {
    const folder = folders.objects.get(c.req.param("uid") ?? "");
    if (folder === undefined) throw notFound();
    return folder;
  };
  const update = async (c: Context, change: (draft: Draft) => void): Promise<Response> => {
    const { name } = find(c).metadata;
    const { object } = await withLegacyErrors(async () =>
      folders.update(
        name,
        (previous) => {
          const draft = draftOfStored(previous ?? find(c));
          change(draft);
          return draft;
        },
        { caller: callerOf(c) },
      ),
    );
    return reply(200, bodyFor(c, object));
  };
  return (app) => {
    app.get("/api/folders", (c) => {
      const limit = Number(c.req.query("limit") ?? 1000) || 1000;
      const page = Number(c.req.query("page") ?? 1) || 1;
      const parent = c.req.query("parentUid") ?? "";
      const above = folders.objects.get(parent);
      if (parent !== "" && above === undefined) throw notFound();
      if (above !== undefined && !canRead(c, above)) throw legacyError(403, "Access denied");
      const order = mode === "unified" ? byTitle : byRow;
      const children = childrenOf(folders.objects, parent)
        .filter((child) => canRead(c, child))
        .toSorted(order);
      const shown = children.slice((page - 1) * limit, page * limit).map(folderHit);
      // Callers that can't read all folders see a virtual folder for those with a hidden parent, even if it is empty.
      const isPartial = parent === "" && page === 1 && !folders.rules.access.readsAll(callerOf(c));
      return reply(200, isPartial ? [sharedFolder, ...shown] : shown);
    });
    app.post("/api/folders", async (c) => {
      const body = await readObject(c);
      const parent = text(body["parentUid"]);
      const draft: Draft = {
        version: "v1beta1",
        manager: "grafana",
        name: text(body["uid"]) || shortId(),
        uid: "",
        resourceVersion: "",
        labels: {},
        annotations: parent === "" ? {} : { [annotation.folder]: parent },
        spec: { description: "", ...folderSpec(body, {}) },
      };
      const caller = callerOf(c);
      if (!access.can(caller, "folders:create", folderScope(parent))) {
        if (parent !== "" && folders.objects.get(parent) === undefined) throw notFound();
        throw publicError(
          403,
          "folders.forbiddenCreation",
          "not enough permissions to create a folder in the selected location",
        );
      }
      if (parent !== "" && mode !== "unified" && folders.objects.get(parent) === undefined) {
        throw legacyError(404, "folder not found");
      }
      if (mode === "legacy-api" && folders.objects.get(draft.name) !== undefined) throw changedMeanwhile(mode);
      return reply(200, bodyFor(c, await withLegacyErrors(async () => folders.create(draft, { caller }))));
    });
    app.get("/api/folders/general", () => reply(200, rootFolder));
    app.get("/api/folders/:uid", (c) => reply(200, bodyFor(c, find(c))));
    app.get("/api/folders/:uid/counts", (c) => {
      const { name } = find(c).metadata;
      const counted = context.folderContents.map(({ counts, count }) => [counts, countBelow(folders, name, count)]);
      return reply(200, Object.fromEntries(counted));
    });
    app.put("/api/folders/:uid", async (c) => {
      const body = await readObject(c);
      const { generation } = find(c).metadata;
      if (body["overwrite"] !== true && body["version"] !== generation) throw changedMeanwhile(mode);
      if (mode !== "legacy-api" && body["title"] === "") throw legacyError(400, "Dashboard title cannot be empty");
      return update(c, (draft) => {
        draft.spec = folderSpec(body, draft.spec);
      });
    });
    app.post("/api/folders/:uid/move", async (c) => {
      const parent = text((await readObject(c))["parentUid"]);
      if (parent !== "" && folders.objects.get(parent) === undefined) throw notFound();
      const mayMove = ["folders:create", "folders:write"].some((action) =>
        access.can(callerOf(c), action, folderScope(parent)),
      );
      if (!mayMove) {
        throw publicError(403, "folders.forbiddenMove", "Access denied to the destination folder");
      }
      return update(c, (draft) => {
        if (parent === "") delete draft.annotations[annotation.folder];
        else draft.annotations[annotation.folder] = parent;
      });
    });
    app.delete("/api/folders/:uid", async (c) => {
      const uid = c.req.param("uid");
      const force = c.req.query("forceDeleteRules") === "true";
      await context.tree.exclusive(async () => {
        if (folders.objects.get(uid) === undefined) throw legacyError(404, "folder not found");
        if (!force && isKept(context, folders, uid, "older API")) throw notEmpty();
        await withLegacyErrors(async () => deleteWithContents(context, folders, uid, callerOf(c)));
      });
      return reply(200, { message: "Folder deleted" });
    });
  };
}

function folderSpec(body: JsonObject, previous: JsonObject): JsonObject {
  const description = body["description"] ?? previous["description"];
  return {
    title: text(body["title"]) || text(previous["title"]),
    // A missing description stays as it is; an empty one is removed.
    ...(typeof description === "string" && (description !== "" || body["description"] === "") ? { description } : {}),
  };
}

function folderHit(folder: StoredObject): JsonObject {
  const parent = folderOf(folder.metadata);
  const manager = folder.metadata.annotations?.[annotation.managedBy] ?? "";
  return {
    id: internalIdOf(folder),
    uid: folder.metadata.name,
    title: folder.title,
    ...(parent === "" ? {} : { parentUid: parent }),
    ...(manager === "" ? {} : { managedBy: manager }),
  };
}

/** The fields of a folder that depend on the caller. */
interface Reader {
  readonly can: (verb: string, uid: string) => boolean;
  readonly loginOf: (author: string) => string;
}

function folderBody(folders: Resource, folder: StoredObject, reader: Reader, withParents = true): JsonObject {
  const { name, generation } = folder.metadata;
  const written = authorsOf(folder);
  const canWrite = reader.can(":write", name);
  const parents = ancestorsOf(folders.objects, folderOf(folder.metadata))
    .map((uid) => folders.objects.get(uid))
    .filter((parent) => parent !== undefined)
    .filter((parent) => reader.can(":read", parent.metadata.name));
  return {
    ...folderHit(folder),
    orgId: 1,
    url: folderUrl(name, folder.title),
    hasAcl: false,
    canSave: canWrite,
    canEdit: canWrite,
    canAdmin: reader.can(".permissions:read", name) && reader.can(".permissions:write", name),
    canDelete: reader.can(":delete", name),
    createdBy: reader.loginOf(written.createdBy),
    updatedBy: reader.loginOf(written.updatedBy),
    ...timesOf(folder),
    version: generation,
    ...(withParents && parents.length > 0
      ? { parents: parents.map((parent) => folderBody(folders, parent, reader, false)) }
      : {}),
  };
}

function notFound(): ApiError {
  return legacyError(404, "folder not found", { status: "not-found" });
}

function changedMeanwhile(mode: Mode): ApiError {
  return mode === "legacy-api"
    ? legacyError(412, "the folder has been changed by someone else", { status: "version-mismatch" })
    : legacyError(412, "The dashboard has been changed by someone else");
}

/** Counts objects in a folder and its descendants. */
function countBelow(folders: Resource, name: string, count: (folder: string) => number): number {
  const children = childrenOf(folders.objects, name);
  return children.reduce((sum, child) => sum + countBelow(folders, child.metadata.name, count), count(name));
}

const sharedFolder = { id: -1, uid: "sharedwithme", title: "Shared with me" };

/** Grafana's answer for the root, which is not a folder. */
const rootFolder = {
  id: 0,
  uid: "general",
  orgId: 0,
  title: "Dashboards",
  url: "",
  hasAcl: false,
  canSave: true,
  canEdit: true,
  canAdmin: true,
  canDelete: true,
  createdBy: "Anonymous",
  created: "0001-01-01T00:00:00Z",
  updatedBy: "Anonymous",
  updated: "0001-01-01T00:00:00Z",
};

function notEmpty(): ApiError {
  const extra = { statusCode: 400, messageId: "folder.not-empty" };
  return legacyError(400, "Folder cannot be deleted: folder is not empty", extra);
}

async function withLegacyErrors<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    throw legacyError(error.status, error.message);
  }
}
