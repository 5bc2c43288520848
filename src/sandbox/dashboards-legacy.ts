import { callerOf, type Caller } from "./access/caller.ts";
import { dashboardScope } from "./access/evaluator.ts";
import type { Routes, SandboxContext } from "./context.ts";
import { isTooFast, validateTitle } from "./dashboard-rules.ts";
import { ApiError, legacyError } from "./errors.ts";
import { authorsOf, internalIdOf, timesOf } from "./legacy-form.ts";
import { readObject, reply } from "./http.ts";
import { isObject, parseObject, text, type JsonObject } from "./json.ts";
import { annotation, folderOf, type Draft } from "./k8s/metadata.ts";
import type { StoredObject } from "./k8s/objects.ts";
import type { Convert } from "./k8s/representation.ts";
import type { Resource } from "./k8s/resource.ts";
import { dashboardUrl, folderUrl, slugOf } from "./slug.ts";

/** Status values of the older API for errors of the newer one. */
const statuses: Record<string, string> = {
  "Dashboard title cannot be empty": "empty-name",
  "Dashboard title cannot contain more than 5 000 characters": "title-too-long",
  "dashboard tag too long, max 50 characters": "tag-too-long",
};

/** The older dashboard API. */
export function legacyDashboardRoutes(
  { access, accounts }: SandboxContext,
  { dashboards, folders, convert }: { dashboards: Resource; folders: Resource; convert: Convert },
): Routes {
  const find = (uid: string): StoredObject => {
    const dashboard = dashboards.objects.get(uid);
    if (dashboard === undefined) throw legacyError(404, "Dashboard not found");
    return dashboard;
  };
  return (app) => {
    app.post("/api/dashboards/db", async (c) => {
      const body = await readObject(c);
      const spec = body["dashboard"];
      if (!isObject(spec)) throw legacyError(400, "bad request data");
      const saved = await save(dashboards, folders, body, spec, callerOf(c));
      const uid = saved.metadata.name;
      return reply(200, {
        folderUid: folderOf(saved.metadata),
        id: internalIdOf(saved),
        slug: slugOf(saved.title),
        status: "success",
        uid,
        url: dashboardUrl(uid, saved.title),
        version: saved.metadata.generation,
      });
    });
    app.get("/api/dashboards/uid/:uid", (c) => {
      const dashboard = find(c.req.param("uid"));
      return reply(200, {
        meta: metaOf(dashboard, folders, {
          can: (action, scope = dashboardScope(dashboard.metadata.name)) => access.can(callerOf(c), action, scope),
          loginOf: (author) => accounts.loginOf(author),
        }),
        dashboard: jsonOf(dashboard, convert),
      });
    });
    app.delete("/api/dashboards/uid/:uid", async (c) => {
      const { metadata, title } = find(c.req.param("uid"));
      await dashboards.delete(metadata.name, { caller: callerOf(c) });
      return reply(200, { message: `Dashboard ${title} deleted`, title, uid: metadata.name });
    });
  };
}

async function save(
  dashboards: Resource,
  folders: Resource,
  body: JsonObject,
  dashboard: JsonObject,
  caller: Caller,
): Promise<StoredObject> {
  const spec: JsonObject = { ...dashboard, title: text(dashboard["title"]).trim() };
  if (isTooFast(spec["refresh"])) spec["refresh"] = "5s";
  const id = typeof spec["id"] === "number" ? spec["id"] : 0;
  const byId = id > 0 ? withId(dashboards, id) : undefined;
  if (id > 0 && byId === undefined) throw legacyError(404, "Dashboard not found", { status: "not-found" });
  const name = text(spec["uid"]).trim() || byId?.metadata.name || crypto.randomUUID();
  if (byId !== undefined && byId.metadata.name !== name) {
    throw legacyError(400, "A dashboard with the same uid already exists");
  }
  const folder = folderUidOf(body, folders);
  const message = text(body["message"]);
  // The older API replaces labels and annotations, and loses those of other clients.
  const draft: Draft = {
    version: "v0alpha1",
    manager: "grafana",
    name,
    uid: "",
    resourceVersion: "",
    labels: {},
    annotations: {
      ...(folder === "" ? {} : { [annotation.folder]: folder }),
      ...(message === "" ? {} : { [annotation.message]: message }),
      [annotation.grantPermissions]: "default",
    },
    spec,
  };
  const sentVersion = typeof spec["version"] === "number" ? spec["version"] : 0;
  const build = (previous: StoredObject | undefined): Draft => {
    validateTitle(text(spec["title"]));
    if (previous !== undefined && body["overwrite"] !== true && sentVersion !== previous.metadata.generation) {
      throw legacyError(412, "The dashboard has been changed by someone else", { status: "version-mismatch" });
    }
    return draft;
  };
  try {
    return (await dashboards.update(name, build, { caller, createMissing: true })).object;
  } catch (error) {
    const existing = dashboards.objects.get(name);
    const hidden = existing !== undefined && !dashboards.rules.access.canRead(caller, existing);
    throw inOldTerms(error, hidden);
  }
}

function inOldTerms(error: unknown, hidden: boolean): unknown {
  if (!(error instanceof ApiError) || !isObject(error.body) || error.body["kind"] !== "Status") return error;
  if (hidden) return new ApiError(403, {}, "Forbidden");
  if (error.status === 403 || error.message === "access denied to folder") {
    return legacyError(403, "Access denied to save dashboard");
  }
  const status = statuses[error.message];
  return legacyError(error.status, error.message, status === undefined ? {} : { status });
}

function withId(resource: Resource, id: number): StoredObject | undefined {
  return [...resource.objects.all()].find((object) => internalIdOf(object) === id);
}

function folderUidOf(body: JsonObject, folders: Resource): string {
  const uid = text(body["folderUid"]);
  const id = typeof body["folderId"] === "number" ? body["folderId"] : 0;
  const folder = uid === "" && id > 0 ? withId(folders, id) : folders.objects.get(uid);
  if (folder === undefined && (uid !== "" || id > 0)) throw legacyError(400, "folder not found");
  return folder?.metadata.name ?? "";
}

function jsonOf(dashboard: StoredObject, convert: Convert): JsonObject {
  const { metadata } = dashboard;
  const spec = parseObject(convert(dashboard, "v0alpha1").spec) ?? {};
  return { ...spec, id: internalIdOf(dashboard), uid: metadata.name, version: metadata.generation };
}

interface Reader {
  /** Whether an action is allowed on the scope, by default the dashboard. */
  readonly can: (action: string, scope?: string) => boolean;
  readonly loginOf: (author: string) => string;
}

function metaOf(dashboard: StoredObject, folders: Resource, { can, loginOf }: Reader): JsonObject {
  const uid = dashboard.metadata.name;
  const written = authorsOf(dashboard);
  const canEdit = can("dashboards:write");
  const folderUid = folderOf(dashboard.metadata);
  const folder = folders.objects.get(folderUid);
  const annotations = (scope?: string): JsonObject => ({
    canAdd: can("annotations:create", scope),
    canEdit: can("annotations:write", scope),
    canDelete: can("annotations:delete", scope),
  });
  return {
    type: "db",
    canSave: canEdit,
    canEdit,
    canAdmin: can("dashboards.permissions:read") && can("dashboards.permissions:write"),
    canStar: true,
    canDelete: can("dashboards:delete"),
    slug: slugOf(dashboard.title),
    url: dashboardUrl(uid, dashboard.title),
    expires: "0001-01-01T00:00:00Z",
    ...timesOf(dashboard),
    updatedBy: loginOf(written.updatedBy),
    createdBy: loginOf(written.createdBy),
    version: dashboard.metadata.generation,
    hasAcl: false,
    isFolder: false,
    apiVersion: "v0alpha1",
    folderId: folder === undefined ? 0 : internalIdOf(folder),
    folderUid,
    folderTitle: folder === undefined ? "General" : folder.title,
    folderUrl: folder === undefined ? "" : folderUrl(folderUid, folder.title),
    provisioned: false,
    provisionedExternalId: "",
    annotationsPermissions: { dashboard: annotations(), organization: annotations("annotations:type:organization") },
  };
}
