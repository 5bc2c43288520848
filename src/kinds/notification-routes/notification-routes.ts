import { z } from "zod";
import { diff } from "../../engine/diff.ts";
import { address, type Desired } from "../../engine/model.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { NOTIFICATIONS } from "../alerting/notifications.ts";
import { withReceivers } from "../alerting/renamed-receivers.ts";
import { namesIn } from "../alerting/route.ts";
import { TREE_READ, TREE_WRITE } from "../alerting/routing-tree.ts";
import { objectsOf } from "../alerting/rule.ts";
import { NOTIFICATION_POLICY } from "../alerting/shapes.ts";
import { quotedLimit } from "../notification-policy/rollback.ts";
import { routeFacts } from "../notification-policy/facts.ts";
import { mapping } from "../notification-policy/mapping.ts";
import { RouteSchema } from "../notification-policy/schema.ts";
import { policyReferences } from "../notification-policy/tree.ts";
import type { JsonObject } from "../../util/json.ts";
import type { NotificationRoutes } from "./builder.ts";
import { checks } from "./checks.ts";
import { candidateRoutes, findRoutes, fromSnapshot, listRoutes, snapshotOf, type LiveRoutes } from "./live.ts";
import { partOf } from "./recognition.ts";
import { wantedRoutes } from "./routes.ts";
import { saveRoutes } from "./write.ts";

const NotificationRoutesSchema = z.strictObject({
  kind: z.literal("notification-routes"),
  name: z.string().trim().min(1, "must not be empty").exactOptional(),
  order: z.number().int("must be a whole number").exactOptional(),
  routes: z.array(RouteSchema).min(1, "must contain at least one route"),
});

export const notificationRoutesKind: ResourceKind<NotificationRoutes, LiveRoutes> = {
  name: "notification-routes",
  dependsOn: ["contact-point", "mute-timing"],
  marking: "ledger",
  idIs: "name",
  schema: NotificationRoutesSchema,
  access: { read: TREE_READ, write: () => TREE_WRITE, restore: () => TREE_WRITE, remove: () => TREE_WRITE },

  id: ({ name }, project) => name ?? project,
  title: ({ name }) => name ?? "Notification routes",
  references: policyReferences,

  list: listRoutes,
  find: findRoutes,

  desired: desiredForm,
  observed: ({ order, routes, position }) => ({ order, routes: [...routes], ...(position ? { position } : {}) }),

  write: (context, { desired, live }) =>
    saveRoutes(context, {
      id: desired.id,
      order: desired.resource.order ?? 0,
      routes: wantedRoutes(desired.resource),
      live,
    }),
  remove: (context, live) => saveRoutes(context, { id: live.id, order: live.order, routes: [], live }),
  mapping,
  rollback: {
    snapshot: snapshotOf,
    restoreSnapshot: fromSnapshot,
    limits: ({ before, live }) => {
      const obstacle = live?.refusal ?? quotedLimit({ routes: [...before.routes] });
      return { losses: [], ...(obstacle === undefined ? {} : { obstacle }) };
    },
    restore: (context, { before, live }) =>
      saveRoutes(context, { id: before.id, order: before.order, routes: before.routes, live }),
  },

  checks,
  comparison: {
    // The order is recorded, but not stored in Grafana.
    content: ({ order: _, ...form }) => form,
    differences: (before, after) => diff(before, after, NOTIFICATION_POLICY),
    renamed: withReceivers,
  },
  deletion: {
    obstacle: ({ refusal }) => refusal,
    uses: ({ routes }) => namesIn({ routes: [...routes] }).map(({ kind, name }) => address({ kind, id: name })),
  },
  reading: { candidate: candidateRoutes },
  sharing: {
    share: ({ order, routes }) => ({ order: Number(order), parts: objectsOf(routes).map(partOf) }),
  },
  view: {
    section: { title: "Who is notified", rank: 305 },
    risks: {
      deletion: "is deleted: other policies get its alerts",
      update: "changes notification routing",
    },
    facts: ({ routes }) => routeFacts(objectsOf(routes)),
  },
  writing: { queue: NOTIFICATIONS },
};

function desiredForm({ resource }: Pick<Desired<NotificationRoutes>, "resource">): JsonObject {
  return { order: resource.order ?? 0, routes: wantedRoutes(resource) };
}
