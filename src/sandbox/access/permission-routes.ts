import type { Context } from "hono";
import type { Routes, SandboxContext } from "../context.ts";
import { legacyError } from "../errors.ts";
import { readObject, reply } from "../http.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import type { StoredObject } from "../k8s/objects.ts";
import type { Resource } from "../k8s/resource.ts";
import { internalIdOf, timesOf } from "../legacy-form.ts";
import { dashboardUrl, folderUrl, slugOf } from "../slug.ts";
import { isLevel, levels, type Grant } from "./levels.ts";
import { administrator, roleOf } from "./service-accounts.ts";

/** Who can have permissions. */
type Holders = Pick<SandboxContext, "accounts" | "users" | "teams">;

/** Permissions on folders and dashboards. */
export function permissionRoutes(holders: Holders, folders: Resource, dashboards: Resource): Routes {
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
        const usersFirst = object.grants.toSorted((a, b) => rankOf(a) - rankOf(b));
        return reply(
          200,
          usersFirst.flatMap((grant) => form(object, isFolder, grant, holders) ?? []),
        );
      });
      app.post(path, async (c) => {
        const { name } = find(c).metadata;
        const { items } = await readObject(c);
        if (!Array.isArray(items)) throw legacyError(400, "bad request data");
        const grants = items.map((item) => readGrant(item, holders));
        await resource.setGrants(name, grants);
        return reply(200, { message: `${isFolder ? "Folder" : "Dashboard"} permissions updated` });
      });
    }
  };
}

/** Grafana lists permissions of users first, then those of teams, in the order of their ids. */
function rankOf({ userId, teamId }: Grant): number {
  if (userId !== undefined) return userId;
  return teamId === undefined ? Infinity : 1e9 + teamId;
}

function readGrant(item: Json, { accounts, users, teams }: Holders): Grant {
  if (!isObject(item) || !isLevel(item["permission"])) throw legacyError(400, "bad request data");
  const level = item["permission"];
  const { userId, teamId } = item;
  if (typeof userId === "number" && userId !== 0) {
    const isKnown =
      userId === administrator.id || accounts.get(userId) !== undefined || users.get(userId) !== undefined;
    if (!isKnown) throw legacyError(500, "Failed to create permission");
    return { userId, level };
  }
  if (typeof teamId === "number" && teamId !== 0) {
    if (teams.get(teamId) === undefined) throw legacyError(500, "Failed to create permission");
    return { teamId, level };
  }
  const role = roleOf(item["role"]);
  if (role === undefined) throw legacyError(400, "bad request data");
  return { role, level };
}

function form(
  object: StoredObject,
  isFolder: boolean,
  grant: Grant,
  { accounts, users, teams }: Holders,
): JsonObject | undefined {
  const { userId = 0, teamId = 0, role, level } = grant;
  const user = userId === administrator.id ? { ...administrator, email: "admin@localhost" } : users.get(userId);
  const holder = user ?? accounts.get(userId);
  const team = teams.get(teamId);
  // Permissions of a deleted user, account or team are not listed.
  if ((userId !== 0 && holder === undefined) || (teamId !== 0 && team === undefined)) return undefined;
  const { name } = object.metadata;
  const login = holder?.login ?? "";
  return {
    [isFolder ? "folderId" : "dashboardId"]: internalIdOf(object),
    ...timesOf(object),
    userId,
    // Grafana omits these for dashboards.
    userUid: isFolder ? (holder?.uid ?? "") : "",
    userLogin: login,
    userEmail: user?.email ?? login,
    userAvatarUrl: holder === undefined ? "" : "/public/img/user_profile.png",
    teamId,
    teamUid: isFolder ? (team?.uid ?? "") : "",
    teamEmail: team?.email ?? "",
    teamAvatarUrl: team === undefined ? "" : "/public/img/user_profile.png",
    team: team?.name ?? "",
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
