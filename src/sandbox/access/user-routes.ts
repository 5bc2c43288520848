import type { Context } from "hono";
import type { Routes } from "../context.ts";
import { ApiError, legacyError } from "../errors.ts";
import { readObject, reply } from "../http.ts";
import { text, type JsonObject } from "../json.ts";
import { roleOf } from "./service-accounts.ts";
import type { Users, User } from "./users.ts";
import { administrator } from "./service-accounts.ts";
import type { Teams } from "./teams.ts";

const picture = "/public/img/user_profile.png";

/** Users of the organization. */
export function userRoutes(users: Users, teams: Teams): Routes {
  const since = new Date().toISOString();
  const find = (c: Context): User | undefined => users.get(Number(c.req.param("id")));
  return (app) => {
    app.post("/api/admin/users", async (c) => {
      const body = await readObject(c);
      const [sentLogin, sentEmail] = [text(body["login"]), text(body["email"])];
      const [login, email] = [sentLogin || sentEmail, sentEmail || sentLogin];
      if (login === "") {
        const message = "Need to specify either username or email";
        throw new ApiError(400, { statusCode: 400, messageId: "user.empty-username-and-email", message }, message);
      }
      const taken = [...users.all(), { login: administrator.login, email: "admin@localhost" }].some(
        (one) => one.login === login || one.email === email,
      );
      if (taken) throw legacyError(412, `User with email '${email}' or username '${login}' already exists`);
      const user = await users.create({ login, email, name: text(body["name"]) }, text(body["password"]));
      return reply(200, { id: user.id, uid: user.uid, message: "User created" });
    });
    app.delete("/api/admin/users/:id{[0-9]+}", async (c) => {
      const user = find(c);
      if (user === undefined) throw legacyError(404, "user not found");
      await teams.forgetUser(user.id);
      await users.remove(user.id);
      return reply(200, { message: "User deleted" });
    });
    app.get("/api/org/users", () => {
      const { id, uid, login } = administrator;
      const admin = { id, uid, login, email: "admin@localhost", name: "", role: "Admin", created: since };
      const all = [admin, ...users.all()].toSorted((a, b) => (a.login < b.login ? -1 : 1));
      return reply(
        200,
        all.map((user) => form(user, user === admin)),
      );
    });
    app.patch("/api/org/users/:id{[0-9]+}", async (c) => {
      const user = find(c);
      const role = roleOf((await readObject(c))["role"]);
      if (role === undefined) throw legacyError(400, "bad request data");
      if (user === undefined) throw legacyError(500, "Failed update org user");
      await users.store({ ...user, role });
      return reply(200, { message: "Organization user updated" });
    });
  };
}

function form(
  { id, uid, login, email, name, role, created }: Omit<User, "salt" | "hash" | "role"> & { readonly role: string },
  isHere: boolean,
): JsonObject {
  return {
    orgId: 1,
    userId: id,
    uid,
    email,
    name,
    avatarUrl: picture,
    login,
    role,
    lastSeenAt: created,
    created,
    lastSeenAtAge: isHere ? "< 1 minute" : "10 years",
    isDisabled: false,
    authLabels: null,
    isExternallySynced: false,
    isProvisioned: false,
  };
}
