import { createHash } from "node:crypto";
import type { Routes } from "../context.ts";
import { reply } from "../http.ts";
import type { JsonObject } from "../json.ts";
import type { Users } from "./users.ts";
import { administrator, type ServiceAccounts } from "./service-accounts.ts";

/** Types whose key is looked up, by uid or id and regardless of the type. */
const lookedUp = new Set(["user", "service-account", "access-policy", "render-service", "unauthenticated"]);

interface Known {
  readonly id: number;
  readonly uid: string;
  readonly type: "user" | "service-account";
  readonly name: string;
  readonly email: string;
}

/** Display names of the users and service accounts in annotations. Needs no permission and ignores the namespace. */
export function displayRoutes(accounts: ServiceAccounts, users: Users): Routes {
  return (app) => {
    app.get("/apis/iam.grafana.app/v0alpha1/namespaces/:namespace/display", (c) => {
      const keys = c.req.queries("key") ?? [];
      const invalid: string[] = [];
      const constant: JsonObject[] = [];
      const wanted = new Set<string>();
      for (const key of keys) {
        const at = key.indexOf(":");
        const [type, id] = at > 0 ? [key.slice(0, at), key.slice(at + 1)] : ["user", key];
        if (type === "anonymous") constant.push(identity(type, "", "Anonymous", avatar(type)));
        else if (type === "api-key") constant.push(identity(type, id, "API Key", avatar(type)));
        else if (!lookedUp.has(type)) invalid.push(key);
        else if (/^[+-]?0+$/.test(id)) constant.push(identity("user", id, "System admin"));
        else wanted.add(id);
      }
      const found = allAccounts(accounts, users).filter(({ id, uid }) => wanted.has(uid) || wanted.has(String(id)));
      const named = found.map(({ id, uid, type, name, email }) => ({
        ...identity(type, uid, name, avatar(email)),
        internalId: id,
      }));
      return reply(200, {
        metadata: {},
        keys: keys.length === 0 ? null : keys,
        ...(invalid.length === 0 ? {} : { invalidKeys: invalid }),
        display: [...named, ...constant],
      });
    });
  };
}

/** In order of creation. */
function allAccounts(accounts: ServiceAccounts, users: Users): Known[] {
  const { id, uid, login } = administrator;
  const admin: Known = { id, uid, type: "user", name: login, email: "admin@localhost" };
  const others = accounts.all().map((one): Known => ({ ...one, type: "service-account", email: one.login }));
  const people = users.all().map((one): Known => ({ ...one, type: "user", name: one.name || one.login }));
  return [admin, ...[...others, ...people].toSorted((a, b) => a.id - b.id)];
}

function identity(type: string, name: string, displayName: string, avatarURL?: string): JsonObject {
  return { identity: { type, name }, displayName, ...(avatarURL === undefined ? {} : { avatarURL }) };
}

function avatar(email: string): string {
  return `/avatar/${createHash("md5").update(email).digest("hex")}`;
}
