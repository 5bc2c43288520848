import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import { parseAddress, type LiveObject, type Ownership } from "../../engine/model.ts";
import { Confirmation } from "../../grafana/ask.ts";
import { Forbidden } from "../../grafana/errors.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";
import { equal, hash, textOf, type JsonObject } from "../../util/json.ts";
import { readOr } from "../alerting/alertmanager.ts";
import { provisionedObject, type Provisioned } from "../alerting/provisioned.ts";
import { provisioningApi } from "../alerting/provisioning-api.ts";
import { canonicalRoute } from "../alerting/route.ts";
import { DEFAULT_TREE, namedTreesOf, provenanceIn, treeIn } from "../alerting/routing-tree.ts";
import { jsonObject, objectsOf } from "../alerting/rule.ts";
import { claimsOfOthers, ownClaims } from "../notification-routes/claims.ts";
import { recognized } from "../notification-routes/recognition.ts";

const Tree = z.looseObject({ receiver: z.string(), provenance: z.string().default("") });

/** A snapshot has the name of the tree; absent for the default tree. */
export const Snapshot = Tree.extend({ name: z.string().optional() });

export interface LivePolicy extends LiveObject, Provisioned {
  /** Absent: the default tree. */
  readonly name?: string;
  readonly tree: JsonObject;
  /** The projects that own routes in the default tree. */
  readonly sharedWith?: readonly string[];
  /** The tree without the routes that this project owns. */
  readonly ofOthers?: JsonObject;
}

// The response to a deletion is the default tree.
export const policiesApi = provisioningApi("/api/v1/provisioning/policies", {
  object: Tree,
  replaced: Confirmation,
  removed: Tree,
});

/** The default tree in addresses. */
export const ID = "default";

const NAMED_LIKE_DEFAULT = `named:${ID}`;

export const TITLE = "Notification policies";

const DEFAULT_RECEIVERS = ["empty", "grafana-default-email"];

export async function listPolicies(context: KindContext): Promise<LivePolicy[]> {
  const [own, named] = await Promise.all([listDefault(context), listNamed(context)]);
  return [...own, ...named];
}

export async function findPolicy(context: KindContext, id: string): Promise<LivePolicy | undefined> {
  if (id === ID) return (await listDefault(context))[0];
  const found = await (await namedTreesOf(context.grafana))?.find(nameOf(id));
  return found && namedPolicy(found, context);
}

async function listDefault(context: KindContext): Promise<LivePolicy[]> {
  const live = await readOr(context.grafana.client, undefined, () => readTree(context));
  if (live === undefined || (isDefault(live.tree) && !isApplied(live, context))) return [];
  return [{ ...live, ...sharingIn(live.tree, context) }];
}

function sharingIn(tree: JsonObject, context: KindContext): Pick<LivePolicy, "sharedWith" | "ofOthers"> {
  const own = ownClaims(context);
  const claims = [...own, ...claimsOfOthers(context.ledger)];
  if (claims.length === 0) return {};
  const routes = recognized(
    objectsOf(tree["routes"]).map((raw) => ({ raw, route: canonicalRoute(raw) })),
    claims,
  );
  const isOwn = (key: string | undefined) => own.some((claim) => claim.key === key);
  return {
    sharedWith: [...new Set(routes.flatMap(({ claim }) => claim?.owner ?? []))],
    ofOthers: { ...tree, routes: routes.filter(({ claim }) => !isOwn(claim?.key)).map(({ raw }) => raw) },
  };
}

/** Why the whole default tree can't be written or reset: other routes in it would be lost. */
export function sharedObstacle(live: LivePolicy | undefined): string | undefined {
  const owners = live?.sharedWith ?? [];
  if (owners.length === 0) return undefined;
  const names = owners.map((owner) => `"${owner}"`).join(", ");
  return `the policy tree contains routes of ${names} (notificationRoutes), which this would delete; use notificationRoutes here too, or remove those first with --prune`;
}

async function listNamed(context: KindContext): Promise<LivePolicy[]> {
  const { client } = context.grafana;
  const trees = await namedTreesOf(context.grafana);
  try {
    const all = trees ? await readOr(client, [], () => trees.list({ metadataOnly: false })) : [];
    return all.filter(({ metadata }) => metadata.name !== DEFAULT_TREE).map((one) => namedPolicy(one, context));
  } catch (error) {
    // Credentials that may read only the default tree can manage that one.
    if (!(error instanceof Forbidden) || ownsNamed(context)) throw error;
    return [];
  }
}

function ownsNamed({ ledger }: KindContext): boolean {
  return [...ledger.entries.keys()].map(parseAddress).some(({ kind, id }) => kind === KIND && id !== ID);
}

/** Whether the code has Grafana's default tree, so that it does not count as absent. */
function isApplied({ tree, applied, provenance }: LivePolicy, { grafana }: KindContext): boolean {
  return grafana.marks ? applied?.contentHash === hash(canonicalRoute(tree)) : provenance === "api";
}

export async function readTree(context: KindContext): Promise<LivePolicy> {
  return livePolicy(await policiesApi.read(context.grafana.client), context);
}

const KIND = "notification-policy";

export function livePolicy({ provenance, name, ...rest }: z.infer<typeof Snapshot>, context: KindContext): LivePolicy {
  const tree = jsonObject(rest);
  const [id, title] = name === undefined ? [ID, TITLE] : [idOf(name), name];
  const common = provisionedObject(context, { kind: KIND, id, title, version: hash(tree), provenance });
  if (name === undefined) return { ...common, tree };
  // The API of named trees sets no provenance.
  return { ...common, wantedProvenance: undefined, name, tree };
}

function namedPolicy(object: KubernetesObject, context: KindContext): LivePolicy {
  const { name, resourceVersion: version } = object.metadata;
  const provenance = provenanceIn(object);
  const live = livePolicy(Snapshot.parse({ ...treeIn(object), provenance, name }), context);
  return { ...live, version, ...(provenance === "" ? {} : { ownership: lockedBy(provenance) }) };
}

/** Such as a tree that was imported from a Prometheus Alertmanager. */
function lockedBy(provenance: string): Ownership {
  return { state: "locked", manager: provenance, why: "Grafana's API for named policy trees can't change it" };
}

/** A tree that another client named like the default tree has an id of its own. */
function idOf(name: string): string {
  return name === ID ? NAMED_LIKE_DEFAULT : name;
}

function nameOf(id: string): string {
  return id === NAMED_LIKE_DEFAULT ? ID : id;
}

/** Grafana's unmodified default tree, which counts as absent. */
export function isDefault(tree: JsonObject): boolean {
  const { receiver, group_by: groupBy, ...rest } = canonicalRoute(tree);
  const grouped = groupBy === undefined || equal(groupBy, ["grafana_folder", "alertname"]);
  return DEFAULT_RECEIVERS.includes(textOf(receiver)) && grouped && Object.keys(rest).length === 0;
}
