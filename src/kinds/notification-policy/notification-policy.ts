import { diff } from "../../engine/diff.ts";
import { address } from "../../engine/model.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { NOTIFICATIONS } from "../alerting/notifications.ts";
import { provenanceHeaders, withoutProvenance, withProvenance } from "../alerting/provenance.ts";
import { routesOf } from "../alerting/lint.ts";
import { withReceivers } from "../alerting/renamed-receivers.ts";
import { canonicalRoute, namesIn } from "../alerting/route.ts";
import { NOTIFICATION_POLICY } from "../alerting/shapes.ts";
import type { NotificationPolicy } from "./builder.ts";
import { checks } from "./checks.ts";
import { policyFacts } from "./facts.ts";
import { findPolicy, ID, listPolicies, sharedObstacle, TITLE, type LivePolicy } from "./live.ts";
import { createNamed, saveNamed } from "./named.ts";
import { access } from "./permissions.ts";
import { rollback } from "./rollback.ts";
import { PolicySchema } from "./schema.ts";
import { foreign } from "./foreign.ts";
import { source } from "./source.ts";
import { namedTree, policyReferences } from "./tree.ts";
import { removePolicy, savePolicy } from "./write.ts";
import { mapping } from "./mapping.ts";

export const notificationPolicyKind: ResourceKind<NotificationPolicy, LivePolicy> = {
  name: "notification-policy",
  dependsOn: ["contact-point", "mute-timing"],
  marking: "ledger",
  idIs: "name",
  schema: PolicySchema,
  access,

  id: ({ name }) => name ?? ID,
  title: ({ name }) => name ?? TITLE,
  references: policyReferences,

  list: listPolicies,
  find: findPolicy,

  desired: ({ resource }, live) => withProvenance(canonicalRoute(namedTree(resource)), live, live?.wantedProvenance),
  observed: (live) => withProvenance(canonicalRoute(live.tree), live, live.provenance),

  write(context, { desired: { resource }, live }) {
    const tree = canonicalRoute(namedTree(resource));
    return resource.name === undefined
      ? savePolicy(context, tree, live, provenanceHeaders(context, live))
      : saveNamed(context, resource.name, tree, live);
  },
  remove: removePolicy,
  rollback,

  checks,
  comparison: {
    content: withoutProvenance,
    differences: (before, after) => diff(before, after, NOTIFICATION_POLICY),
    renamed: withReceivers,
  },
  existing: { create: createNamed },
  deletion: {
    obstacle: sharedObstacle,
    uses: ({ tree, ofOthers = tree }) => namesIn(ofOthers).map(({ kind, name }) => address({ kind, id: name })),
  },
  foreign,
  lint: {
    linted: ({ id, resource }) => ({
      tree: { ...(id === ID ? {} : { name: id }), routes: routesOf(namedTree(resource)) },
    }),
  },
  mapping,
  source,
  view: {
    section: { title: "Who is notified", rank: 300 },
    risks: {
      deletion: (id) =>
        id === ID
          ? "is reset: Grafana's default receiver gets all notifications"
          : "is deleted: the default tree routes its alerts",
      update: "changes notification routing",
    },
    facts: policyFacts,
    html: () => import("./view/html.ts"),
  },
  writing: { queue: NOTIFICATIONS },
};
