import { changedSincePlan } from "../../engine/conflicts.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { Collection } from "../../grafana/collection.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";
import { equal, toJson, type JsonObject } from "../../util/json.ts";
import { quotedMatchers } from "../alerting/matchers.ts";
import { canonicalRoute } from "../alerting/route.ts";
import { DEFAULT_TREE, provenanceIn, routeOf, ROUTING_TREES, specOfRoute } from "../alerting/routing-tree.ts";
import { jsonObject, objectsOf } from "../alerting/rule.ts";
import { policiesApi } from "../notification-policy/live.ts";
import type { TreeRoute } from "./recognition.ts";

/** The default policy tree, which several projects write. */
export interface SharedTree {
  /** Empty if the tree can be edited in Grafana's UI. */
  readonly provenance: string;
  readonly routes: readonly TreeRoute[];
  /** A route of the code in the notation of this API. */
  toRaw(route: JsonObject): JsonObject;
  /** Replaces the top-level routes of the version that was read. Throws `Conflict` if the tree has changed since. */
  save(routes: readonly JsonObject[]): Promise<void>;
}

/** Reads the tree through the API with versions, if Grafana serves it. */
export async function readSharedTree(context: KindContext): Promise<SharedTree> {
  const all = await context.grafana.collection(ROUTING_TREES);
  const object = await all?.find(DEFAULT_TREE);
  return all && object ? versionedTree(all, object) : provisionedTree(context);
}

function versionedTree(all: Collection, object: KubernetesObject): SharedTree {
  const { routes, ...spec } = jsonObject(object.spec);
  return {
    provenance: provenanceIn(object),
    routes: objectsOf(routes).map((raw) => ({ raw, route: canonicalRoute(routeOf(raw)) })),
    toRaw: specOfRoute,
    async save(changed) {
      const metadata = { name: DEFAULT_TREE, annotations: {} };
      await all.update({ metadata, spec: { ...spec, routes: changed } }, object);
    },
  };
}

/** The provisioning API has no versions, so the tree is read again just before the write. */
async function provisionedTree({ grafana: { client } }: KindContext): Promise<SharedTree> {
  const { provenance, ...tree } = await policiesApi.read(client);
  return {
    provenance,
    routes: objectsOf(toJson(tree["routes"])).map((raw) => ({ raw, route: canonicalRoute(raw) })),
    toRaw: (route) => route,
    async save(routes) {
      const { provenance: same, ...now } = await policiesApi.read(client);
      if (same !== provenance || !equal(toJson(now), toJson(tree)))
        throw changedSincePlan({ kind: "notification-policy", id: "default" });
      await policiesApi.replace(client, { body: { ...tree, routes }, headers: { "X-Disable-Provenance": "true" } });
    },
  };
}

/** A route of others that Grafana would change when the tree is written. */
export function unwritable(routes: readonly TreeRoute[]): string | undefined {
  return routes.map(({ route }) => quotedMatchers(route)[0]?.value).find((value) => value !== undefined);
}
