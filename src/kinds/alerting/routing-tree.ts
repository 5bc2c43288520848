import type { Need } from "../../engine/permissions.ts";
import type { GrafanaConnection, KubernetesApi } from "../../grafana/connection.ts";
import type { Collection } from "../../grafana/collection.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";
import { isObject, textOf, toJson, type Json, type JsonObject } from "../../util/json.ts";
import { canonicalRoute } from "./route.ts";
import { jsonObject, objectsOf } from "./rule.ts";

/** Grafana's API for policy trees: the organization's default tree and, with a feature toggle, named ones. */
export const ROUTING_TREES: KubernetesApi = {
  group: "notifications.alerting.grafana.app",
  resource: "routingtrees",
  kind: "RoutingTree",
  versions: ["v0alpha1"],
};

/** The permissions to read trees (`pkg/registry/apps/alerting/notifications/routingtree/authorize.go`). */
export const TREE_READ: Need = {
  any: [{ action: "alert.notifications:read" }, { action: "alert.notifications.routes:read" }],
};

/** The permissions to write trees. */
export const TREE_WRITE: Need = {
  all: [TREE_READ, { any: [{ action: "alert.notifications:write" }, { action: "alert.notifications.routes:write" }] }],
};

/** The name of the organization's default tree in that API. */
export const DEFAULT_TREE = "user-defined";

/** The feature toggle for named trees. */
export const NAMED_TREES = "alertingMultiplePolicies";

/** The label of an alert that names its tree. Without it, the alert is routed by the default tree. */
export const TREE_LABEL = "__grafana_managed_route__";

/** The collection with named trees; undefined if this Grafana has only the default tree. */
export async function namedTreesOf(grafana: GrafanaConnection): Promise<Collection | undefined> {
  return grafana.toggles.has(NAMED_TREES) ? grafana.collection(ROUTING_TREES) : undefined;
}

/** The provenance of a tree, in the notation of the provisioning API. */
export function provenanceIn({ metadata }: KubernetesObject): string {
  const provenance = metadata.annotations?.["grafana.com/provenance"] ?? "";
  return provenance === "none" ? "" : provenance;
}

/** A tree in the notation of the provisioning API. */
export function treeIn({ spec }: KubernetesObject): JsonObject {
  const { defaults, routes } = jsonObject(spec);
  return { ...(isObject(defaults) ? defaults : {}), routes: objectsOf(routes).map(routeOf) };
}

/** The spec of a tree in the notation of the provisioning API. */
export function specOf(tree: JsonObject): JsonObject {
  const { routes, ...defaults } = canonicalRoute(tree);
  return { defaults, routes: objectsOf(routes).map(specOfRoute) };
}

/** A route of the provisioning API in the notation of the newer one. */
export function specOfRoute(route: JsonObject): JsonObject {
  const { object_matchers: matchers, routes, ...rest } = canonicalRoute(route);
  const triples = Array.isArray(matchers) ? matchers.filter((one): one is Json[] => Array.isArray(one)) : [];
  return {
    continue: false,
    ...rest,
    ...(triples.length > 0 ? { matchers: triples.map(([label, type, value]) => toJson({ label, type, value })) } : {}),
    ...(routes === undefined ? {} : { routes: objectsOf(routes).map(specOfRoute) }),
  };
}

/** A route of the newer API in the notation of the provisioning API. */
export function routeOf({ matchers, routes, ...rest }: JsonObject): JsonObject {
  const triples = objectsOf(matchers).map(({ label, type, value }) => [textOf(label), textOf(type), textOf(value)]);
  return {
    ...rest,
    ...(triples.length > 0 ? { object_matchers: triples } : {}),
    ...(routes === undefined ? {} : { routes: objectsOf(routes).map(routeOf) }),
  };
}
