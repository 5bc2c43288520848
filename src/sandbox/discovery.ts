import type { Routes } from "./context.ts";
import { reply } from "./http.ts";
import type { JsonObject } from "./json.ts";
import type { Mode } from "./mode.ts";

/** The API groups of a Grafana 12.4.0 with their versions, the preferred one first. */
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

/** What the groups that the sandbox serves hold. */
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
};

/** Whether Grafana serves the group at all: 11 has dashboards and folders under `/api` alone. */
export function isKnownGroup(name: string, mode: Mode): boolean {
  if (mode === "legacy-api" && Object.hasOwn(resources, name)) return false;
  return Object.hasOwn(groups, name);
}

/** How clients find out which APIs and versions there are. */
export function discoveryRoutes(mode: Mode): Routes {
  const served = Object.entries(groups).filter(([name]) => isKnownGroup(name, mode));
  return (app) => {
    app.get("/apis", (c) => {
      const serverAddress = new URL(c.req.url).host;
      const list = served.map(([name]) => ({
        ...groupOf(name),
        serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress }],
      }));
      return reply(200, { kind: "APIGroupList", groups: list });
    });
    for (const [name, versions] of served) {
      app.get(`/apis/${name}`, () => reply(200, { kind: "APIGroup", apiVersion: "v1", ...groupOf(name) }));
      for (const version of resources[name] === undefined ? [] : versions) {
        const groupVersion = `${name}/${version}`;
        app.get(`/apis/${groupVersion}`, () =>
          reply(200, { kind: "APIResourceList", apiVersion: "v1", groupVersion, resources: resources[name] }),
        );
      }
    }
  };
}

function groupOf(name: string): JsonObject {
  const versions = (groups[name] ?? []).map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions, preferredVersion: versions[0] ?? null };
}

function subresource(name: string, kind: string): JsonObject {
  return { name, singularName: "", namespaced: true, kind, verbs: ["get"] };
}
