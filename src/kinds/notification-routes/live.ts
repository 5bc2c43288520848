import { z } from "zod";
import { parseAddress, type Desired, type LiveObject, type Ownership } from "../../engine/model.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { markerOf } from "../../ownership/ledger.ts";
import { hash, type JsonObject } from "../../util/json.ts";
import { readOr } from "../alerting/alertmanager.ts";
import { canonicalRoute } from "../alerting/route.ts";
import { misplacedBy } from "./arrangement.ts";
import type { NotificationRoutes } from "./builder.ts";
import { addressOf, claimOf, claimsOfOthers, KIND, ownClaims, wholeTreeOwner } from "./claims.ts";
import { partOf, recognized, type OwnedRoute } from "./recognition.ts";
import { wantedRoutes } from "./routes.ts";
import { readSharedTree, unwritable, type SharedTree } from "./shared-tree.ts";

export interface LiveRoutes extends LiveObject {
  readonly order: number;
  /** Canonical forms, in the order of the tree. */
  readonly routes: readonly JsonObject[];
  /** Where the routes are, if a project with a lower order has routes after them. */
  readonly position?: string;
  /** Why this project must not write the tree: a sentence with the fix. */
  readonly refusal?: string;
}

/** The objects in this project's ledger whose routes, or some of them, are in the tree. */
export async function listRoutes(context: KindContext): Promise<LiveRoutes[]> {
  const ids = [...context.ledger.entries.keys()]
    .map(parseAddress)
    .flatMap(({ kind, id }) => (kind === KIND ? [id] : []));
  if (ids.length === 0) return [];
  const tree = await treeOf(context);
  return tree ? ids.flatMap((id) => liveRoutes(context, id, tree) ?? []) : [];
}

export async function findRoutes(context: KindContext, id: string): Promise<LiveRoutes | undefined> {
  return (await listRoutes(context)).find((one) => one.id === id);
}

/** Routes of the code that are in the tree, but in no ledger; or why this project can't have routes in the tree. */
export async function candidateRoutes(
  context: KindContext,
  desired: Desired<NotificationRoutes>,
): Promise<LiveRoutes | undefined> {
  if (!context.grafana.marks) return undefined;
  const tree = await treeOf(context);
  if (!tree) return undefined;
  const wanted = new Set(wantedRoutes(desired.resource).map(partOf));
  const free = ownedRoutes(context, tree).filter(({ claim, route }) => !claim && wanted.has(partOf(route)));
  const refusal = refusalOf(context, tree);
  if (refusal === undefined && free.length === 0) return undefined;
  const ownership: Ownership =
    refusal === undefined
      ? { state: "foreign", note: "not recorded by any project" }
      : { state: "locked", manager: "another owner of the tree", why: refusal };
  const { order = 0 } = desired.resource;
  return liveOf(desired.id, { order, routes: free.map(({ route }) => route), ownership });
}

async function treeOf(context: KindContext): Promise<SharedTree | undefined> {
  return readOr(context.grafana.client, undefined, () => readSharedTree(context));
}

/** The owner of each route, according to all ledgers. */
export function ownedRoutes(context: KindContext, { routes }: SharedTree): OwnedRoute[] {
  return recognized(routes, [...ownClaims(context), ...claimsOfOthers(context.ledger)]);
}

function liveRoutes(context: KindContext, id: string, tree: SharedTree): LiveRoutes | undefined {
  const entry = context.ledger.entries.get(addressOf(id));
  if (!entry?.share) return undefined;
  const own = claimOf(context, addressOf(id), entry);
  const all = ownedRoutes(context, tree);
  const routes = all.filter(({ claim }) => claim?.key === own.key).map(({ route }) => route);
  if (routes.length === 0) return undefined;
  const other = misplacedBy(all, own);
  const refusal = refusalOf(context, tree);
  return {
    ...liveOf(id, { order: entry.share.order, routes, ownership: { state: "ours" } }),
    ...(other ? { position: `before routes of ${other.owner}, which have a lower order` } : {}),
    ...(refusal === undefined ? {} : { refusal }),
    applied: markerOf(entry, id),
  };
}

function liveOf(
  id: string,
  { order, routes, ownership }: Pick<LiveRoutes, "order" | "routes" | "ownership">,
): LiveRoutes {
  const version = hash({ order, routes: [...routes] });
  return { id, title: id, version, ownership, touched: true, complete: true, order, routes };
}

/** Why a project must not add routes to this tree. */
export function refusalOf(context: KindContext, { provenance, routes }: SharedTree): string | undefined {
  const whole = wholeTreeOwner(context);
  if (whole !== undefined)
    return `the project "${whole}" manages the whole policy tree with notificationPolicy; replace that with notificationRoutes in its code, and apply it with --prune`;
  if (provenance !== "")
    return `another tool, such as Terraform, manages the whole policy tree (provenance "${provenance}") and would delete these routes; add the routes there, or remove the tree from that tool`;
  const value = unwritable(routes);
  if (value === undefined) return undefined;
  return `Grafana would change an existing route with the matcher value ${value}, which begins or ends with a quote; change that route first`;
}

const Snapshot = z.strictObject({ name: z.string(), order: z.number(), routes: z.array(z.looseObject({})) });

export function snapshotOf({ id, order, routes }: LiveRoutes): object {
  return { name: id, order, routes: [...routes] };
}

/** The state of a snapshot, with the ownership in the ledger of that time. */
export function fromSnapshot(context: KindContext, snapshot: unknown): LiveRoutes {
  const { name, order, routes } = Snapshot.parse(snapshot);
  const entry = context.ledger.entries.get(addressOf(name));
  const live = liveOf(name, {
    order,
    routes: routes.map((route) => canonicalRoute(route as JsonObject)),
    ownership: { state: entry ? "ours" : "foreign" },
  });
  return entry ? { ...live, applied: markerOf(entry, name) } : live;
}
