import type { NotificationPolicy as SdkPolicy } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { z } from "zod";
import { parseDuration } from "../../util/duration.ts";
import { quotedMatchers } from "../alerting/matchers.ts";
import { canonicalRoute, namesIn } from "../alerting/route.ts";
import { jsonObject } from "../alerting/rule.ts";
import { NOTIFICATION_POLICY } from "../alerting/shapes.ts";
import type { Fault } from "../../util/errors.ts";
import { diff } from "../../engine/diff.ts";
import { equal, hash, isObject, type JsonObject, textOf } from "../../util/json.ts";
import { changedSincePlan } from "../../engine/conflicts.ts";
import { address, type LiveObject, type Reference } from "../../engine/model.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { ask, Confirmation } from "../../grafana/ask.ts";
import type { ContactPoint, ExistingContactPoint } from "../contact-point/contact-point.ts";
import type { ExistingMuteTiming, MuteTiming } from "../mute-timing.ts";
import {
  ledgerOwnership,
  NOTIFICATION_ACCESS,
  NOTIFICATIONS,
  onlyRenamed,
  provenanceHeaders,
  provenanceLimits,
  provenanceObstacle,
  provenanceOf,
  removalHeaders,
  restoreHeaders,
  withoutProvenance,
  withProvenance,
  withReceivers,
  type Provisioned,
} from "../alerting/provisioned.ts";
import { NamedReference } from "../reference.ts";

/** What a label of an alert has to be: `["severity", "=", "critical"]`. */
export type Matcher = readonly [label: string, operator: "=" | "!=" | "=~" | "!~", value: string];

/** A nested policy: which alerts, to whom, how often. Fields are spelled as in Grafana's provisioning API. */
export interface Route {
  /** Left out: the surrounding policy's. */
  readonly receiver?: ContactPoint | ExistingContactPoint;
  /** All have to match. */
  readonly object_matchers?: readonly Matcher[];
  /** Go on with the next policy beside this one. */
  readonly continue?: boolean;
  readonly group_by?: readonly string[];
  /** Durations: `30s`, `5m`, `4h`. */
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly mute_time_intervals?: readonly (MuteTiming | ExistingMuteTiming)[];
  readonly active_time_intervals?: readonly (MuteTiming | ExistingMuteTiming)[];
  readonly routes?: readonly Route[];
}

/** The notification policies of an organisation: one tree, written as a whole. */
export interface NotificationPolicy extends Omit<
  Route,
  "object_matchers" | "continue" | "mute_time_intervals" | "active_time_intervals" | "receiver"
> {
  readonly kind: "notification-policy";
  /** Gets what no nested policy takes. */
  readonly receiver: ContactPoint | ExistingContactPoint;
}

/**
 * Declares the organisation's notification policies, from a plain typed object or the SDK's builder.
 *
 * @example
 * export default notificationPolicy({
 *   receiver: webhook,
 *   group_by: ["grafana_folder", "alertname"],
 *   routes: [{ receiver: email, object_matchers: [["severity", "=", "critical"]], repeat_interval: "1h" }],
 * });
 */
export function notificationPolicy(policy: Omit<NotificationPolicy, "kind"> | Builder<SdkPolicy>): NotificationPolicy {
  const tree = "build" in policy ? policy.build() : policy;
  return { kind: "notification-policy", ...tree } as NotificationPolicy;
}

const Duration = (what: string, zero: boolean) =>
  z.string().refine(
    (text) => {
      const milliseconds = parseDuration(text);
      return milliseconds !== undefined && (zero || milliseconds > 0);
    },
    `${what} is no duration${zero ? "" : " above zero"}: it is written like 30s, 5m, 4h`,
  );

const common = {
  group_by: z.array(z.string().min(1)).exactOptional(),
  group_wait: Duration("group_wait", true).exactOptional(),
  group_interval: Duration("group_interval", false).exactOptional(),
  repeat_interval: Duration("repeat_interval", false).exactOptional(),
  provenance: z.string().exactOptional(),
};

// The SDK's builders name receivers and mute timings, and spell matchers in four ways.
const RouteSchema: z.ZodType = z.strictObject({
  ...common,
  receiver: NamedReference("contact-point").exactOptional(),
  object_matchers: z.array(z.tuple([z.string().min(1), z.enum(["=", "!=", "=~", "!~"]), z.string()])).exactOptional(),
  matchers: z.array(z.looseObject({})).exactOptional(),
  match: z.record(z.string(), z.string()).exactOptional(),
  match_re: z.record(z.string(), z.string()).exactOptional(),
  continue: z.boolean().exactOptional(),
  mute_time_intervals: z.array(NamedReference("mute-timing")).exactOptional(),
  active_time_intervals: z.array(NamedReference("mute-timing")).exactOptional(),
  routes: z.lazy(() => z.array(RouteSchema)).exactOptional(),
});

const PolicySchema = z.strictObject({
  ...common,
  kind: z.literal("notification-policy"),
  receiver: NamedReference("contact-point"),
  routes: z.array(RouteSchema).exactOptional(),
});

const Answer = z.looseObject({ receiver: z.string(), provenance: z.string().default("") });

interface LivePolicy extends LiveObject, Provisioned {
  readonly tree: JsonObject;
}

const PATH = "/api/v1/provisioning/policies";
/** There is one tree to an organisation. */
const ID = "default";
const DEFAULT_RECEIVERS = ["empty", "grafana-default-email"];

/** @internal */
export const notificationPolicyKind: ResourceKind<NotificationPolicy, LivePolicy> = {
  name: "notification-policy",
  dependsOn: ["contact-point", "mute-timing"],
  marking: "ledger",
  idIs: "name",
  schema: PolicySchema,
  access: NOTIFICATION_ACCESS,

  id: () => ID,
  title: () => "Notification policies",
  references: (policy) => policyReferences(policy),

  async list(context) {
    const live = await readTree(context);
    return live && !isDefault(live.tree) ? [live] : [];
  },
  find: async (context) => (await notificationPolicyKind.list(context))[0],

  desired: ({ resource }, live) => withProvenance(canonicalRoute(namedTree(resource)), live, live?.wantedProvenance),
  observed: (live) => withProvenance(canonicalRoute(live.tree), live, live.provenance),

  write: (context, { desired, live }) =>
    save(context, canonicalRoute(namedTree(desired.resource)), live, provenanceHeaders(context, live)),
  async remove(context, live) {
    const now = await readTree(context);
    if (now && isDefault(now.tree)) return;
    if (now && !(await onlyRenamed(context, live.tree, now.tree)))
      throw changedSincePlan({ kind: "notification-policy", id: ID });
    // It is answered with the default tree.
    await ask(context.grafana.client, { method: "DELETE", path: PATH, headers: removalHeaders(live) }, Answer);
  },

  rollback: {
    snapshot: ({ tree, provenance }) => ({ ...tree, provenance }),
    restoreSnapshot: (context, snapshot) => livePolicy(Answer.parse(snapshot), context),
    content: withoutProvenance,
    limits(restore) {
      const [lost] = quotedMatchers(restore.before.tree).filter(({ path }) => path.includes("object_matchers"));
      if (!lost) return provenanceLimits("the policy tree", restore);
      const obstacle = `Grafana would store the value of ${lost.path} without its quotes, and the route would match other alerts`;
      return { losses: [], obstacle: `${obstacle}: define the tree in the code, with ${lost.instead}` };
    },
    restore: (context, { before, live }) => save(context, before.tree, live, restoreHeaders(before, live)),
  },

  checks: {
    code: (all) =>
      all.flatMap(({ resource, source }) => {
        const tree = namedTree(resource);
        return [...groupFaults(tree), ...matcherFaults(tree)].map((fault) => ({ ...fault, ...source }));
      }),
    obstacle: (_desired, live) => provenanceObstacle("the policy tree", live),
  },
  comparison: {
    content: withoutProvenance,
    differences: (before, after) => diff(before, after, NOTIFICATION_POLICY),
    renamed: withReceivers,
  },
  deletion: { uses: (live) => namesIn(live.tree).map(({ kind, name }) => address({ kind, id: name })) },
  view: {
    section: { title: "Who is notified", rank: 300 },
    risks: {
      deletion: "is reset: Grafana's default receiver gets everything",
      update: "changes notification routing",
    },
    html: () => import("./view/html.ts"),
  },
  writing: { queue: NOTIFICATIONS },
};

async function save(
  context: KindContext,
  body: JsonObject,
  live: LivePolicy | undefined,
  headers: Record<string, string>,
): Promise<void> {
  // There is no version to send along: the window for a lost update is narrowed, not closed.
  const now = await readTree(context);
  const free = live ? now && (await onlyRenamed(context, live.tree, now.tree)) : now && isDefault(now.tree);
  if (!free) throw changedSincePlan({ kind: "notification-policy", id: ID });
  await ask(context.grafana.client, { method: "PUT", path: PATH, body, headers }, Confirmation);
}

async function readTree(context: KindContext): Promise<LivePolicy | undefined> {
  return livePolicy(await ask(context.grafana.client, { method: "GET", path: PATH }, Answer), context);
}

function livePolicy({ provenance, ...tree }: z.infer<typeof Answer>, context: KindContext): LivePolicy {
  const json = jsonObject(tree);
  return {
    id: ID,
    title: "Notification policies",
    version: hash(json),
    ...ledgerOwnership(context, address({ kind: "notification-policy", id: ID }), ID, provenance),
    ...provenanceOf(context, provenance),
    complete: true,
    tree: json,
  };
}

/** Grafana's own tree, which nobody has touched: it counts as absent. */
function isDefault(tree: JsonObject): boolean {
  const { receiver, group_by: groupBy, ...rest } = canonicalRoute(tree);
  const grouped = groupBy === undefined || equal(groupBy, ["grafana_folder", "alertname"]);
  return DEFAULT_RECEIVERS.includes(textOf(receiver)) && grouped && Object.keys(rest).length === 0;
}

/** The tree with names in the place of objects, as Grafana takes it. */
function namedTree(policy: NotificationPolicy | Route): JsonObject {
  const {
    kind: _,
    receiver,
    mute_time_intervals: mute,
    active_time_intervals: active,
    routes,
    ...rest
  } = policy as Route & { kind?: string };
  return {
    ...jsonObject(rest),
    ...(receiver ? { receiver: nameOf(receiver) } : {}),
    ...(mute ? { mute_time_intervals: mute.map(nameOf) } : {}),
    ...(active ? { active_time_intervals: active.map(nameOf) } : {}),
    ...(routes ? { routes: routes.map(namedTree) } : {}),
  };
}

function nameOf(target: { readonly name: string } | string): string {
  return typeof target === "string" ? target : target.name;
}

function policyReferences(policy: NotificationPolicy): Reference[] {
  const existing = existingNames(policy);
  return namesIn(namedTree(policy)).map(({ kind, name, path }) => ({
    kind,
    id: name,
    path,
    existing: existing.has(`${kind}/${name}`),
  }));
}

/** What `existing.*` named, anywhere in the tree. */
function existingNames(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) existingNames(item, found);
  else if (typeof value === "object" && value !== null) {
    if ("existing" in value && "kind" in value && "name" in value)
      found.add(`${textOf(value.kind)}/${textOf(value.name)}`);
    else for (const item of Object.values(value)) existingNames(item, found);
  }
  return found;
}

function matcherFaults(tree: JsonObject): Fault[] {
  return quotedMatchers(tree).map(({ path, value, instead }) => ({
    level: "error",
    path,
    message: `the value ${value} begins or ends with a quote, which Grafana removes: the route would match other alerts`,
    hint: `Write the quote as a character class: ${instead}`,
  }));
}

/** `...` groups by every label: together with names it means nothing, and Grafana refuses it as "bad request data". */
function groupFaults(tree: JsonObject, path = ""): (Fault & { path: string })[] {
  const groupBy = Array.isArray(tree["group_by"]) ? tree["group_by"] : [];
  const at = path ? `${path}.group_by` : "group_by";
  const own: (Fault & { path: string })[] = [];
  if (groupBy.includes("...") && groupBy.length > 1)
    own.push({ level: "error", path: at, message: "... groups by every label: it can't stand beside others" });
  if (new Set(groupBy).size < groupBy.length)
    own.push({ level: "error", path: at, message: "it has the same label twice" });
  const routes = Array.isArray(tree["routes"]) ? tree["routes"].filter(isObject) : [];
  return [...own, ...routes.flatMap((route, index) => groupFaults(route, `${path ? `${path}.` : ""}routes[${index}]`))];
}
