import { callerOf, type Caller } from "./access/caller.ts";
import type { User } from "./access/users.ts";
import { datasourceScope } from "./access/evaluator.ts";
import type { Routes, SandboxContext } from "./context.ts";
import type { Datasource, Datasources } from "./datasources.ts";
import { typeLogo, typeName } from "./datasource-types.ts";
import { reply } from "./http.ts";
import type { JsonObject } from "./json.ts";
import { versionOf } from "./mode.ts";

const commit = "sandbox";

export const healthPath = "/api/health";

/** The only organization. */
const own = {
  id: 1,
  name: "Main Org.",
  address: { address1: "", address2: "", city: "", zipCode: "", state: "", country: "" },
};

/** Health, settings, the organization and the user. */
export function organizationRoutes({ access, mode, toggles, users }: SandboxContext, datasources: Datasources): Routes {
  const version = versionOf(mode);
  const since = new Date().toISOString();
  return (app) => {
    app.get(healthPath, () => reply(200, { database: "ok", version, commit }));
    app.get("/api/user/orgs", () => reply(200, [{ orgId: 1, name: "Main Org.", role: "Admin" }]));
    app.get("/api/org", () => reply(200, own));
    app.get("/api/orgs/name/:name", (c) => {
      if (callerOf(c).type !== "user") return reply(403, { message: "You'll need additional permissions: orgs:read" });
      return c.req.param("name") === own.name ? reply(200, own) : reply(404, { message: "Organization not found" });
    });
    app.get("/api/user", (c) => reply(200, profileOf(callerOf(c), users.get(callerOf(c).id), since)));
    app.get("/api/access-control/user/permissions", (c) => reply(200, access.permissionsOf(callerOf(c))));
    app.get("/api/frontend/settings", (c) => {
      const caller = callerOf(c);
      const visible = datasources
        .all()
        .filter(({ uid }) => access.can(caller, "datasources:query", datasourceScope(uid)));
      return reply(200, settings(visible, { version, toggles, origin: new URL(c.req.url).origin }));
    });
  };
}

function profileOf({ id, uid, login, type, role }: Caller, user: User | undefined, since: string): JsonObject {
  const isUser = type === "user";
  const time = isUser ? since : "0001-01-01T00:00:00Z";
  return {
    id: isUser ? id : 0,
    uid: isUser ? uid : `service-account:${id}`,
    email: user?.email ?? (isUser ? "admin@localhost" : login),
    name: isUser ? (user?.name ?? "") : login.replace("sa-1-", ""),
    login,
    theme: "",
    orgId: 1,
    isGrafanaAdmin: role === "ServerAdmin",
    isDisabled: false,
    isExternal: false,
    isExternallySynced: false,
    isGrafanaAdminExternallySynced: false,
    authLabels: isUser ? [] : null,
    updatedAt: time,
    createdAt: time,
    avatarUrl: isUser ? "/avatar/46d229b033af06a191ff2267bca9ae56" : "",
    isProvisioned: false,
  };
}

function settings(
  all: readonly Datasource[],
  { version, toggles, origin }: { version: string; toggles: ReadonlySet<string>; origin: string },
): JsonObject {
  const builtIn = ["-- Dashboard --", "-- Grafana --", "-- Mixed --"].map((name): [string, JsonObject] => [
    name,
    { name, type: "datasource", isDefault: false, readOnly: false, preload: false, jsonData: {}, ...builtInId(name) },
  ]);
  const own = all.map((datasource): [string, JsonObject] => [datasource.name, settingsOf(datasource)]);
  return {
    appUrl: `${origin}/`,
    appSubUrl: "",
    namespace: "default",
    rootFolderUID: "",
    sharedWithMeFolderUID: "sharedwithme",
    minRefreshInterval: "5s",
    unifiedAlertingEnabled: true,
    defaultDatasource: all.find((datasource) => datasource.isDefault)?.name ?? "-- Grafana --",
    datasources: Object.fromEntries([...builtIn, ...own]),
    featureToggles: Object.fromEntries([...toggles].map((name) => [name, true])),
    buildInfo: {
      hideVersion: false,
      version,
      versionString: `Grafana v${version} (${commit})`,
      commit,
      commitShort: commit,
      buildstamp: 0,
      edition: "Open Source",
      latestVersion: "",
      hasUpdate: false,
      env: "production",
    },
  };
}

function builtInId(name: string): JsonObject {
  return name === "-- Grafana --" ? { id: -1, uid: "grafana" } : {};
}

function settingsOf(datasource: Datasource): JsonObject {
  const { id, uid, name, type, access, url, isDefault, jsonData, apiVersion } = datasource;
  return {
    id,
    uid,
    type,
    name,
    isDefault,
    access,
    apiVersion,
    url: access === "proxy" ? `/api/datasources/proxy/uid/${uid}` : url,
    readOnly: false,
    preload: false,
    jsonData: type === "prometheus" ? { ...jsonData, directUrl: url } : jsonData,
    meta: { id: type, type: "datasource", name: typeName(type), info: { logos: { small: typeLogo(type) } } },
  };
}
