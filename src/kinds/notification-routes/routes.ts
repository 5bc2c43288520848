import type { JsonObject } from "../../util/json.ts";
import { canonicalRoute } from "../alerting/route.ts";
import { namedTree } from "../notification-policy/tree.ts";
import type { NotificationRoutes } from "./builder.ts";

/** The canonical forms of the code's routes. */
export function wantedRoutes({ routes }: NotificationRoutes): JsonObject[] {
  return routes.map((route) => canonicalRoute(namedTree(route)));
}
