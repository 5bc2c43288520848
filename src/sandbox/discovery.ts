import type { Role } from "./access/basic-roles.ts";
import { callerOf } from "./access/caller.ts";
import type { ServiceAccounts } from "./access/service-accounts.ts";
import type { Routes } from "./context.ts";
import type { ApiError } from "./errors.ts";
import { reply } from "./http.ts";
import type { JsonObject } from "./json.ts";
import { failure } from "./k8s/status.ts";
import type { Mode } from "./mode.ts";
import { exampleNames, playlistNames } from "./names.ts";

/** The API groups of Grafana 12.4.0 with their versions, the preferred version first. */
const groups: Record<string, string[]> = {
  "collections.grafana.app": ["v1alpha1"],
  "dashboard.grafana.app": ["v1beta1", "v0alpha1", "v2beta1", "v2alpha1"],
  "example.grafana.app": ["v1alpha1", "v0alpha1"],
  "features.grafana.app": ["v0alpha1"],
  "folder.grafana.app": ["v1beta1"],
  "iam.grafana.app": ["v0alpha1"],
  "notifications.alerting.grafana.app": ["v0alpha1"],
  "playlist.grafana.app": ["v1", "v0alpha1"],
  "plugins.grafana.app": ["v0alpha1"],
  "preferences.grafana.app": ["v1alpha1"],
  "userstorage.grafana.app": ["v0alpha1"],
};

const verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update"];

/** Resources of the groups that the sandbox serves. */
const resources: Record<string, JsonObject[]> = {
  "dashboard.grafana.app": [
    { name: "dashboards", singularName: "dashboard", namespaced: true, kind: "Dashboard", verbs },
    subresource("dashboards/dto", "DashboardWithAccessInfo"),
  ],
  "folder.grafana.app": [
    { name: "folders", singularName: "folder", namespaced: true, kind: "Folder", verbs },
    subresource("folders/access", "FolderAccessInfo"),
    subresource("folders/children", "FolderList"),
    subresource("folders/counts", "DescendantCounts"),
    subresource("folders/parents", "FolderInfoList"),
  ],
  "example.grafana.app": [
    { name: "examples", singularName: "example", namespaced: true, kind: "Example", verbs: [...verbs, "watch"] },
    { ...subresource("examples/status", "Example"), verbs: ["get", "patch", "update"] },
  ],
  // Grafana serves objects here that the sandbox lacks.
  "iam.grafana.app": [],
  "playlist.grafana.app": [
    { name: "playlists", singularName: "playlist", namespaced: true, kind: "Playlist", verbs },
    { ...subresource("playlists/status", "Playlist"), verbs: ["get", "patch", "update"] },
  ],
};

/** Groups that Grafana 11 lacks: it serves dashboards and folders only under `/api`. */
const newGroups = ["dashboard.grafana.app", "folder.grafana.app"];

/** Whether Grafana serves the group. */
export function isKnownGroup(name: string, mode: Mode): boolean {
  if (mode === "legacy-api" && newGroups.includes(name)) return false;
  return Object.hasOwn(groups, name);
}

/** Groups that check permissions instead of the role. */
const authorizedByObject = [
  "dashboard.grafana.app",
  "folder.grafana.app",
  "iam.grafana.app",
  "notifications.alerting.grafana.app",
];

/** Groups that authorize only by role. A caller without a role can read, like a Viewer. */
const authorizedByRole = ["playlist.grafana.app"];

const readVerbs = ["get", "list"];
const editorVerbs = [...readVerbs, "create", "update", "patch", "delete"];

/**
 * Authorizes requests to the newer API by role. A caller without a role can only access objects of groups that check the
 * permissions of each object, and cannot use discovery.
 */
export function roleGuards(mode: Mode, accounts: ServiceAccounts): Routes {
  return (app) => {
    app.use("/apis/*", async (c, next) => {
      const { role, uid, login } = callerOf(c);
      const request = requestOf(c.req.method, c.req.path);
      const { group, version, resource } = request;
      const served =
        resource !== "" &&
        authorizedByObject.includes(group) &&
        isKnownGroup(group, mode) &&
        versionsOf(group, mode).includes(version);
      const allowed = authorizedByRole.includes(group) ? mayByRole(role, request.verb) : role !== "None" || served;
      if (!allowed) throw forbiddenByRole(request, role, accounts.nameOf(uid) || login);
      await next();
    });
  };
}

function mayByRole(role: Role, verb: string): boolean {
  if (role === "None" || role === "Viewer") return readVerbs.includes(verb);
  return role !== "Editor" || editorVerbs.includes(verb);
}

interface ApiRequest {
  readonly path: string;
  readonly verb: string;
  readonly group: string;
  readonly version: string;
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
}

function requestOf(method: string, path: string): ApiRequest {
  const [, , group = "", version = "", ...rest] = path.split("/");
  const [namespace, inside] = rest[0] === "namespaces" && rest.length > 2 ? [rest[1] ?? "", rest.slice(2)] : ["", rest];
  const [resource = "", name = ""] = inside;
  if (resource === "") return { path, verb: method.toLowerCase(), group: "", version: "", namespace, resource, name };
  const verbOf: Record<string, string> = { POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };
  if (method === "DELETE" && name === "")
    return { path, verb: "deletecollection", group, version, namespace, resource, name };
  return { path, verb: verbOf[method] ?? (name === "" ? "list" : "get"), group, version, namespace, resource, name };
}

function forbiddenByRole(request: ApiRequest, role: Role, user: string): ApiError {
  const { path, verb, group, namespace, resource, name } = request;
  const why = `Grafana org role (${role}) didn't allow ${verb} access on requested resource=${resource}, path=${path}`;
  if (resource === "") {
    return failure(403, `forbidden: User "${user}" cannot ${verb} path "${path}": ${why}`, "Forbidden", {});
  }
  const where = namespace === "" ? "at the cluster scope" : `in the namespace "${namespace}"`;
  const what = `User "${user}" cannot ${verb} resource "${resource}" in API group "${group}" ${where}`;
  const subject = `${resource}.${group}${name === "" ? "" : ` "${name}"`}`;
  const details = { ...(name === "" ? {} : { name }), group, kind: resource };
  return failure(403, `${subject} is forbidden: ${what}: ${why}`, "Forbidden", details);
}

/** Discovery of APIs and versions. */
export function discoveryRoutes(mode: Mode): Routes {
  const served = Object.keys(groups).filter((name) => isKnownGroup(name, mode));
  return (app) => {
    app.get("/apis", (c) => {
      const serverAddress = new URL(c.req.url).host;
      const list = served.map((name) => ({
        ...groupOf(name, mode),
        serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
      }));
      return reply(200, { kind: "APIGroupList", groups: list });
    });
    for (const name of served) {
      app.get(`/apis/${name}`, () => reply(200, { kind: "APIGroup", apiVersion: "v1", ...groupOf(name, mode) }));
      const own = resourcesOf(name, mode);
      for (const version of own === undefined ? [] : versionsOf(name, mode)) {
        const groupVersion = `${name}/${version}`;
        app.get(`/apis/${groupVersion}`, () =>
          reply(200, { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: own }),
        );
      }
    }
  };
}

/** Grafana 11 serves playlists only in the older version. */
function versionsOf(name: string, mode: Mode): string[] {
  const versions = groups[name] ?? [];
  return mode === "legacy-api" && name === playlistNames.group ? versions.filter((one) => one !== "v1") : versions;
}

/** Playlists in SQL tables can't be watched. */
function resourcesOf(name: string, mode: Mode): JsonObject[] | undefined {
  if (name === exampleNames.group && mode !== "unified") return undefined;
  if (name !== playlistNames.group || mode !== "unified") return resources[name];
  return resources[name]?.map((one) => (one["name"] === "playlists" ? { ...one, verbs: [...verbs, "watch"] } : one));
}

function groupOf(name: string, mode: Mode): JsonObject {
  const versions = versionsOf(name, mode).map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] ?? null };
}

function subresource(name: string, kind: string): JsonObject {
  return { name, singularName: "", namespaced: true, kind, verbs: ["get"] };
}
