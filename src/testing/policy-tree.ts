import { quotedFaults, routeFaults } from "../kinds/notification-policy/checks.ts";
import type { NotificationPolicy } from "../kinds/notification-policy/builder.ts";
import { namedTree } from "../kinds/notification-policy/tree.ts";
import type { NotificationRoutes } from "../kinds/notification-routes/builder.ts";
import { objectsOf } from "../kinds/alerting/rule.ts";
import type { JsonObject } from "../util/json.ts";
import { checkResource, reject } from "./invalid.ts";

/** A policy in Grafana's notation, and where the code defines it. */
export interface PlacedPolicy {
  readonly route: JsonObject;
  /** `routes[0].routes[1]`; empty for the root of a tree. */
  readonly path: string;
  readonly children: readonly PlacedPolicy[];
}

/** The default tree of a new Grafana. */
const NEW_GRAFANA: JsonObject = { receiver: "grafana-default-email", group_by: ["grafana_folder", "alertname"] };

/** The tree with a name, or the default tree with the routes of all projects. */
export function treeOf(
  policies: readonly (NotificationPolicy | NotificationRoutes)[],
  name: string | undefined,
): PlacedPolicy {
  const trees = policies.filter((one) => one.kind === "notification-policy").filter((one) => one.name === name);
  const [tree, other] = trees;
  if (other)
    reject("", `two policy trees have the ${name === undefined ? "place of the default tree" : `name ${name}`}`);
  if (name !== undefined) {
    if (!tree) reject("", `the alert belongs to the policy tree ${name}, which is missing`, "Pass it to routesOf.");
    return placed(checkedTree(tree), "");
  }
  const { routes, ...root } = tree ? checkedTree(tree) : NEW_GRAFANA;
  const own = objectsOf(routes).map((route, index) => placed(route, `routes[${index}]`));
  const shares = policies
    .filter((one) => one.kind === "notification-routes")
    .toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0));
  const shared = (isFirst: boolean) =>
    shares.filter(({ order = 0 }) => order < 0 === isFirst).flatMap((share) => routesIn(share));
  return { route: root, path: "", children: [...shared(true), ...own, ...shared(false)] };
}

function routesIn(share: NotificationRoutes): PlacedPolicy[] {
  const at = share.name === undefined ? "" : `${share.name}: `;
  return objectsOf(checkedTree(share)["routes"]).map((route, index) => placed(route, `${at}routes[${index}]`));
}

/** A policy and its children, with their paths. */
export function placed(route: JsonObject, path: string): PlacedPolicy {
  const below = path ? `${path}.` : "";
  const children = objectsOf(route["routes"]).map((child, index) => placed(child, `${below}routes[${index}]`));
  return { route, path, children };
}

function checkedTree(policy: NotificationPolicy | NotificationRoutes): JsonObject {
  checkResource(policy);
  const { order: _, ...tree } = namedTree(policy);
  const [fault] = [...routeFaults(tree), ...quotedFaults(tree)];
  if (fault) reject(fault.path ?? "", fault.message, fault.hint);
  return tree;
}
