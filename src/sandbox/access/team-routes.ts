import type { Context } from "hono";
import type { Routes } from "../context.ts";
import { ApiError, legacyError } from "../errors.ts";
import { readObject, reply } from "../http.ts";
import { isObject, text, type JsonObject } from "../json.ts";
import { denied } from "./access-control.ts";
import { callerOf, isAdmin, type Caller } from "./caller.ts";
import { permission } from "./evaluator.ts";
import { administrator } from "./service-accounts.ts";
import { memberLevels, type MemberLevel, type Team, type Teams } from "./teams.ts";
import type { Users } from "./users.ts";

const picture = "/public/img/user_profile.png";
const onePath = "/api/teams/:team";
const membersPath = "/api/access-control/teams/:team";

/** Teams and their members. A member may read its team, and an admin of a team may change it. */
export function teamRoutes(teams: Teams, users: Users): Routes {
  const find = (c: Context): Team => {
    const team = teams.find(c.req.param("team") ?? "");
    if (team === undefined) throw legacyError(404, "Not found");
    return team;
  };
  const allowed = (c: Context, action: string, level: MemberLevel): Team => {
    const team = find(c);
    const caller = callerOf(c);
    const own = team.members.get(caller.id);
    const isGranted = caller.type === "user" && own !== undefined && own >= level;
    if (!holdsAny(caller, action) && !isGranted) throw denied(permission(action));
    return team;
  };
  return (app) => {
    app.get("/api/teams/search", (c) => {
      const caller = callerOf(c);
      const [query, name] = [(c.req.query("query") ?? "").toLowerCase(), c.req.query("name") ?? ""];
      const [perPage, page] = [numberIn(c, "perpage", 1000), numberIn(c, "page", 1)];
      const readable = holdsAny(caller, "teams:read") ? teams.all() : teams.all().filter((one) => isIn(caller, one));
      if (readable.length === 0) mustHold(caller, "teams:read");
      const found = readable.filter(
        (team) => team.name.toLowerCase().includes(query) && (name === "" || team.name === name),
      );
      const shown = found.slice((page - 1) * perPage, page * perPage);
      return reply(200, { totalCount: found.length, teams: shown.map(form), page, perPage });
    });
    app.post("/api/teams", async (c) => {
      const caller = callerOf(c);
      mustHold(caller, "teams:create");
      const body = await readObject(c);
      const name = text(body["name"]);
      if (name === "") throw legacyError(400, "bad request data");
      if (teams.all().some((team) => team.name === name)) throw legacyError(409, "Team name taken");
      // A user who creates a team becomes its first admin; a service account does not.
      const members = new Map(caller.type === "user" ? [[caller.id, memberLevels.Admin] as const] : []);
      const team = await teams.create(name, text(body["email"]), members);
      return reply(200, { message: "Team created", teamId: team.id, uid: team.uid });
    });
    app.get(onePath, (c) => reply(200, form(allowed(c, "teams:read", memberLevels.Member))));
    app.put(onePath, async (c) => {
      const team = allowed(c, "teams:write", memberLevels.Admin);
      const body = await readObject(c);
      const name = text(body["name"]);
      if (name === "") throw legacyError(400, "bad request data");
      if (teams.all().some((one) => one.name === name && one.id !== team.id)) throw legacyError(400, "Team name taken");
      await teams.store({ ...team, name, email: text(body["email"]) });
      return reply(200, { message: "Team updated" });
    });
    app.delete(onePath, async (c) => {
      const team = allowed(c, "teams:delete", memberLevels.Admin);
      await teams.remove(team.id);
      return reply(200, { message: "Team deleted" });
    });
    app.get(`${onePath}/members`, (c) => {
      const team = allowed(c, "teams.permissions:read", memberLevels.Admin);
      return reply(
        200,
        [...team.members].map(([id, level]) => memberForm(team, id, level, users)),
      );
    });
    app.post(membersPath, async (c) => {
      const team = allowed(c, "teams.permissions:write", memberLevels.Admin);
      const { permissions } = await readObject(c);
      const members = new Map(team.members);
      for (const one of Array.isArray(permissions) ? permissions : []) {
        const id = isObject(one) ? Number(one["userId"]) : 0;
        const level = isObject(one) ? text(one["permission"]) : "";
        if (id !== administrator.id && users.get(id) === undefined) {
          throw failure("accesscontrol.assignmentEntityNotFound", "user not found", { assignment: "user" });
        }
        if (level === "" && !members.delete(id)) throw legacyError(500, "Internal Server Error");
        if (level === "") continue;
        if (level !== "Member" && level !== "Admin") {
          const message = `Permission [${level}] is invalid for this resource type`;
          throw failure("resourcePermissions.invalidPermission", message, { permission: level });
        }
        members.set(id, memberLevels[level]);
      }
      await teams.store({ ...team, members });
      return reply(200, { message: "Permissions updated" });
    });
  };
}

function holdsAny(caller: Caller, action: string): boolean {
  return isAdmin(caller) || (caller.permissions[action] ?? []).length > 0;
}

function mustHold(caller: Caller, action: string): void {
  if (!holdsAny(caller, action)) throw denied(permission(action));
}

function isIn(caller: Caller, { members }: Team): boolean {
  return caller.type === "user" && members.has(caller.id);
}

function form({ id, uid, name, email, members }: Team): JsonObject {
  return {
    id,
    uid,
    orgId: 1,
    name,
    email,
    externalUID: "",
    isProvisioned: false,
    avatarUrl: picture,
    memberCount: members.size,
    permission: 0,
    accessControl: null,
  };
}

function memberForm(team: Team, id: number, permissionLevel: MemberLevel, users: Users): JsonObject {
  const admin = { uid: administrator.uid, login: administrator.login, email: "admin@localhost", name: "" };
  const { uid, login, email, name } = users.get(id) ?? admin;
  return {
    uid: team.uid,
    orgId: 1,
    teamId: team.id,
    teamUID: team.uid,
    userId: id,
    userUID: uid,
    auth_module: "",
    email,
    name,
    login,
    avatarUrl: picture,
    labels: [],
    permission: permissionLevel,
  };
}

function numberIn(c: Context, name: string, otherwise: number): number {
  const number = Number(c.req.query(name));
  return Number.isInteger(number) && number > 0 ? number : otherwise;
}

function failure(messageId: string, message: string, extra: JsonObject): ApiError {
  return new ApiError(400, { statusCode: 400, messageId, message, extra }, message);
}
