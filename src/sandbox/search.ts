import type { Context } from "hono";
import { callerOf } from "./access/caller.ts";
import type { Routes, SandboxContext } from "./context.ts";
import { legacyError } from "./errors.ts";
import { byTitle, compareText, internalIdOf } from "./legacy-form.ts";
import { reply } from "./http.ts";
import type { JsonObject } from "./json.ts";
import { folderOf } from "./k8s/metadata.ts";
import type { StoredObject } from "./k8s/objects.ts";
import type { Resource } from "./k8s/resource.ts";
import { dashboardUrl, folderUrl, slugOf } from "./slug.ts";
import { byRow } from "./sql/rows.ts";

const defaultLimit = 1000;
const maximumLimit = 5000;

/** The search of the older API. Folders come first, then dashboards, both sorted by title. */
export function searchRoutes({ mode }: SandboxContext, dashboards: Resource, folders: Resource): Routes {
  const isFolder = (object: StoredObject): boolean => folders.objects.get(object.metadata.name) === object;
  return (app) => {
    app.get("/api/search", (c) => {
      const limit = Number(c.req.query("limit") ?? defaultLimit) || defaultLimit;
      if (limit > maximumLimit) {
        throw legacyError(422, "Limit is above maximum allowed (5000), use page parameter to access hits beyond limit");
      }
      const page = Number(c.req.query("page") ?? 1) || 1;
      const caller = callerOf(c);
      const fits = matcher(c);
      const matches = (object: StoredObject): boolean =>
        fits(object) && (isFolder(object) ? folders : dashboards).rules.access.canRead(caller, object);
      const type = c.req.query("type") ?? "";
      const uids = [...(c.req.queries("dashboardUIDs") ?? []), ...(c.req.queries("dashboardUID") ?? [])];
      const wantsFolders = (type === "" || type === "dash-folder") && uids.length === 0;
      const wantsDashboards = type === "" || type === "dash-db";
      const foundFolders = wantsFolders ? [...folders.objects.all()].filter(matches) : [];
      const foundDashboards = wantsDashboards
        ? [...dashboards.objects.all()].filter(
            (object) => matches(object) && (uids.length === 0 || uids.includes(object.metadata.name)),
          )
        : [];
      // A page is taken from dashboards and folders together, and lists its folders first.
      const found = [...foundFolders, ...foundDashboards].toSorted(mode === "unified" ? byTitle : byRow);
      const wantsTitles = mode === "unified" && c.req.query("sort") === "alpha-asc";
      const cut = found.slice((page - 1) * limit, page * limit);
      const shown = wantsTitles
        ? cut
        : cut.toSorted(
            (a, b) =>
              Number(isFolder(b)) - Number(isFolder(a)) || compareText(a.title.toLowerCase(), b.title.toLowerCase()),
          );
      const hits = shown.map((object) => hit(object, isFolder(object), folders));
      // On SQL tables a query has a row per tag, and Grafana does not filter a result of one row by tag.
      const isOneRow = mode !== "unified" && shown.length === 1 && (shown[0]?.tags.length ?? 0) <= 1;
      return reply(200, isOneRow ? hits.map((one) => ({ ...one, tags: [] })) : hits);
    });
  };
}

function matcher(c: Context): (object: StoredObject) => boolean {
  const query = (c.req.query("query") ?? "").toLowerCase();
  const tags = c.req.queries("tag") ?? [];
  const inFolders = (c.req.queries("folderUIDs") ?? []).flatMap((value) => value.split(","));
  return (object) => {
    const folder = folderOf(object.metadata) || "general";
    return (
      object.title.toLowerCase().includes(query) &&
      tags.every((tag) => object.tags.includes(tag)) &&
      (inFolders.length === 0 || inFolders.includes(folder))
    );
  };
}

function hit(object: StoredObject, isFolder: boolean, folders: Resource): JsonObject {
  const uid = object.metadata.name;
  const parentUid = folderOf(object.metadata);
  const parent = folders.objects.get(parentUid);
  return {
    id: internalIdOf(object),
    uid,
    orgId: 1,
    title: object.title,
    uri: `db/${slugOf(object.title)}`,
    url: isFolder ? folderUrl(uid, object.title) : dashboardUrl(uid, object.title),
    slug: "",
    type: isFolder ? "dash-folder" : "dash-db",
    tags: [...object.tags],
    isStarred: false,
    ...(parent === undefined
      ? {}
      : {
          folderId: internalIdOf(parent),
          folderUid: parentUid,
          folderTitle: parent.title,
          folderUrl: folderUrl(parentUid, parent.title),
        }),
    sortMeta: 0,
    isDeleted: false,
  };
}
