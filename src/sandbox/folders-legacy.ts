import type { Context } from "hono";
import type { Routes, SandboxContext } from "./context.ts";
import { ApiError, legacyError } from "./errors.ts";
import { ancestorsOf, childrenOf } from "./folder-tree.ts";
import { deleteWithContents, isKept } from "./folders.ts";
import { readObject, reply } from "./http.ts";
import { text } from "./json.ts";
import type { JsonObject } from "./json.ts";
import { annotation, folderOf, shortId } from "./k8s/metadata.ts";
import type { Draft } from "./k8s/metadata.ts";
import type { StoredObject } from "./k8s/objects.ts";
import type { Resource } from "./k8s/resource.ts";
import { byTitle, draftOfStored, internalIdOf, timesOf } from "./legacy-form.ts";
import type { Mode } from "./mode.ts";
import { folderUrl } from "./slug.ts";
import { byRow } from "./sql/rows.ts";

/** The older folder API, over the same folders. */
export function legacyFolderRoutes(context: SandboxContext, folders: Resource): Routes {
  const { mode } = context;
  const find = (c: Context): StoredObject => {
    const folder = folders.objects.get(c.req.param("uid") ?? "");
    if (folder === undefined) throw notFound();
    return folder;
  };
  const update = async (c: Context, change: (draft: Draft) => void): Promise<Response> => {
    const { name } = find(c).metadata;
    const { object } = await withLegacyErrors(async () =>
      folders.update(name, (previous) => {
        const draft = draftOfStored(previous ?? find(c));
        change(draft);
        return draft;
      }),
    );
    return reply(200, folderBody(folders, object));
  };
  return (app) => {
    app.get("/api/folders", (c) => {
      const limit = Number(c.req.query("limit") ?? 1000) || 1000;
      const page = Number(c.req.query("page") ?? 1) || 1;
      const parent = c.req.query("parentUid") ?? "";
      if (parent !== "" && folders.objects.get(parent) === undefined) throw notFound();
      const order = mode === "unified" ? byTitle : byRow;
      const children = childrenOf(folders.objects, parent).toSorted(order);
      return reply(200, children.slice((page - 1) * limit, page * limit).map(folderHit));
    });
    app.post("/api/folders", async (c) => {
      const body = await readObject(c);
      const parent = text(body["parentUid"]);
      const draft: Draft = {
        version: "v1beta1",
        name: text(body["uid"]) || shortId(),
        uid: "",
        resourceVersion: "",
        labels: {},
        annotations: parent === "" ? {} : { [annotation.folder]: parent },
        spec: folderSpec(body, {}),
      };
      if (mode === "legacy-api" && folders.objects.get(draft.name) !== undefined) throw changedMeanwhile(mode);
      return reply(200, folderBody(folders, await withLegacyErrors(async () => folders.create(draft))));
    });
    app.get("/api/folders/general", () => reply(200, rootFolder));
    app.get("/api/folders/:uid", (c) => reply(200, folderBody(folders, find(c))));
    app.get("/api/folders/:uid/counts", (c) => {
      const { name } = find(c).metadata;
      const counted = context.folderContents.map(({ counts, count }) => [counts, countBelow(folders, name, count)]);
      return reply(200, { ...Object.fromEntries(counted), librarypanel: 0 });
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
      return update(c, (draft) => {
        if (parent === "") delete draft.annotations[annotation.folder];
        else draft.annotations[annotation.folder] = parent;
      });
    });
    app.delete("/api/folders/:uid", async (c) => {
      const uid = c.req.param("uid");
      const force = c.req.query("forceDeleteRules") === "true";
      await context.tree.exclusive(async () => {
        if (!force && isKept(context, folders, uid)) throw notEmpty();
        await withLegacyErrors(async () => deleteWithContents(context, folders, uid));
      });
      return reply(200, { message: "Folder deleted" });
    });
  };
}

function folderSpec(body: JsonObject, previous: JsonObject): JsonObject {
  const description = body["description"] ?? previous["description"];
  return {
    title: text(body["title"]) || text(previous["title"]),
    // Left out it stays; an empty one takes it away.
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

function folderBody(folders: Resource, folder: StoredObject, withParents = true): JsonObject {
  const { name, generation } = folder.metadata;
  const parents = ancestorsOf(folders.objects, folderOf(folder.metadata))
    .map((uid) => folders.objects.get(uid))
    .filter((parent) => parent !== undefined);
  return {
    ...folderHit(folder),
    orgId: 1,
    url: folderUrl(name, folder.title),
    hasAcl: false,
    canSave: true,
    canEdit: true,
    canAdmin: true,
    canDelete: true,
    createdBy: "admin",
    updatedBy: "admin",
    ...timesOf(folder),
    version: generation,
    ...(withParents && parents.length > 0
      ? { parents: parents.map((parent) => folderBody(folders, parent, false)) }
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

/** How many things are in a folder and in those below it. */
function countBelow(folders: Resource, name: string, count: (folder: string) => number): number {
  const children = childrenOf(folders.objects, name);
  return children.reduce((sum, child) => sum + countBelow(folders, child.metadata.name, count), count(name));
}

/** What Grafana answers for the folder that is none. */
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
