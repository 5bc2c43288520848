import { changedSincePlan } from "../../engine/conflicts.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { Client } from "../../grafana/client.ts";
import type { Collection } from "../../grafana/collection.ts";
import { UnsupportedGrafana } from "../../grafana/errors.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";
import { EXIT, type Fault } from "../../util/errors.ts";
import type { JsonObject } from "../../util/json.ts";
import { untilConfigured } from "../alerting/alertmanager.ts";
import { onlyRenamed } from "../alerting/renamed-receivers.ts";
import { canonicalRoute } from "../alerting/route.ts";
import { NAMED_TREES, namedTreesOf, ROUTING_TREES, specOf, treeIn } from "../alerting/routing-tree.ts";
import type { LivePolicy } from "./live.ts";

/** Creates a named tree, or replaces the version that was read. */
export async function saveNamed(
  context: KindContext,
  name: string,
  tree: JsonObject,
  live: LivePolicy | undefined,
): Promise<void> {
  await untilConfigured(context.grafana.client);
  const all = await treesOf(context);
  const object = { metadata: { name, annotations: {} }, spec: specOf(tree) };
  if (!live) {
    await all.create(object);
    return;
  }
  const now = await unchanged(context, all, live);
  if (!now) throw changedSincePlan({ kind: "notification-policy", id: live.id });
  await all.update(object, now);
}

/** Creates an unowned tree in a sandbox. */
export async function createNamed(client: Client, name: string): Promise<void> {
  const { group, versions, resource } = ROUTING_TREES;
  const path = `/apis/${group}/${versions[0]}/namespaces/default/${resource}`;
  await client.send({ method: "POST", path, body: { metadata: { name }, spec: specOf({ receiver: "empty" }) } });
}

export async function removeNamed(context: KindContext, live: LivePolicy): Promise<void> {
  const all = await treesOf(context);
  const now = await unchanged(context, all, live);
  if (now) await all.remove(now);
}

/**
 * The current object, whose version the write sends; undefined if it does not exist. Its version may differ from the one that was
 * read, because Grafana updates references to a renamed contact point.
 */
async function unchanged(
  context: KindContext,
  all: Collection,
  { id, name = id, tree }: LivePolicy,
): Promise<KubernetesObject | undefined> {
  const now = await all.find(name);
  if (now && !(await onlyRenamed(context, canonicalRoute(tree), canonicalRoute(treeIn(now)))))
    throw changedSincePlan({ kind: "notification-policy", id });
  return now;
}

async function treesOf({ grafana }: KindContext): Promise<Collection> {
  const all = await namedTreesOf(grafana);
  if (all) return all;
  const { message, hint } = unsupported(grafana.version);
  throw new UnsupportedGrafana(message, { exitCode: EXIT.unsupportedGrafana, hint });
}

/** Why this Grafana can't have named trees. */
export function unsupported(version: string): Pick<Fault, "message"> & { readonly hint: string } {
  return {
    message: `Grafana ${version} has only one policy tree for each organization, so it doesn't support trees with a name`,
    hint: `Turn on the feature toggle ${NAMED_TREES} in Grafana (12.4 or later), or remove \`name\` to manage the default tree.`,
  };
}
