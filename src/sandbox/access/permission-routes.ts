import type { Context } from "hono";
import type { Routes } from "../context.ts";
import { legacyError } from "../errors.ts";
import { readObject, reply } from "../http.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import type { StoredObject } from "../k8s/objects.ts";
import type { Resource } from "../k8s/resource.ts";
import { internalIdOf, timesOf } from "../legacy-form.ts";
import { dashboardUrl, folderUrl, slugOf } from "../slug.ts";
import { isLevel, levels, type Grant } from "./levels.ts";
import { administrator, roleOf, type ServiceAccounts } from "./service-accounts.ts";

/** Permissions on folders and dashboards. */
export function permissionRoutes(folders: Resource, dashboards: Resource, accounts: ServiceAccounts): Routes {
  return (app) => {
    for (const [path, resource, isFolder] of [
      ["/api/folders/:uid/permissions", folders, true],
      ["/api/dashboards/uid/:uid/permissions", dashboards, false],
    ] as const) {
      const find = (c: Context): StoredObject => {
        const object = resource.objects.get(c.req.param("uid") ?? "");
        if (object !== undefined) return object;
        throw isFolder
          ? legacyError(404, "folder not found", { status: "not-found" })
          : legacyError(404, "Dashboard not found");
      };
      app.get(path, (c) => {
        const object = find(c);
        const usersFirst = object.grants.toSorted((a, b) => (b.userId ?? 0) - (a.userId ?? 0));
        return reply(
          200,
          usersFirst.flatMap((grant) => form(object, isFolder, grant, accounts) ?? []),
        );
      });
      app.post(path, async (c) => {
        const { name } = find(c).metadata;
        const { items } = await readObject(c);
        if (!Array.isArray(items)) throw legacyError(400, "bad request data");
        const grants = items.map((item) => readGrant(item, accounts));
        await resource.setGrants(name, grants);
        return reply(200, { message: `${isFolder ? "Folder" : "Dashboard"} permissions updated` });
      });
    }
  };
}

function readGrant(item: Json, accounts: ServiceAccounts): Grant {
  if (!isObject(item) || !isLevel(item["permission"])) throw legacyError(400, "bad request data");
  const level = item["permission"];
  const { userId } = item;
  if (typeof userId === "number" && userId !== 0) {
    if (userId !== administrator.id && accounts.get(userId) === undefined) throw legacyError(400, "user not found");
    return { userId, level };
  }
  const role = roleOf(item["role"]);
  if (role === undefined) throw legacyError(501, "the sandbox has permissions of users and roles, not of teams");
  return { role, level };
}

function form(
  object: StoredObject,
  isFolder: boolean,
  grant: Grant,
  accounts: ServiceAccounts,
): JsonObject | undefined {
  const { userId = 0, role, level } = grant;
  const holder = userId === administrator.id ? administrator : accounts.get(userId);
  // Permissions of a deleted account are not listed.
  if (userId !== 0 && holder === undefined) return undefined;
  const { name } = object.metadata;
  const login = holder?.login ?? "";
  return {
    [isFolder ? "folderId" : "dashboardId"]: internalIdOf(object),
    ...timesOf(object),
    userId,
    userUid: holder?.uid ?? "",
    userLogin: login,
    userEmail: holder === administrator ? "admin@localhost" : login,
    userAvatarUrl: holder === undefined ? "" : "/public/img/user_profile.png",
    teamId: 0,
    teamUid: "",
    teamEmail: "",
    teamAvatarUrl: "",
    team: "",
    ...(role === undefined ? {} : { role }),
    permission: level,
    permissionName: levels[level],
    uid: name,
    title: object.title,
    slug: isFolder ? "" : slugOf(object.title),
    isFolder,
    url: isFolder ? folderUrl(name, object.title) : dashboardUrl(name, object.title),
    inherited: false,
  };
}
