import type { Route } from "../notification-policy/builder.ts";

/** Routes of one project in the organization's default policy tree. */
export interface NotificationRoutes {
  readonly kind: "notification-routes";
  /** Distinguishes several groups of routes of a project. Default: the project's name. */
  readonly name?: string;
  /**
   * The position in the tree. Routes with a lower order come first. New routes with a negative order come before the routes that
   * no project owns, and all other new routes come after these. Default: 0.
   */
  readonly order?: number;
  /** At least one. A route without matchers requires `continue: true`. */
  readonly routes: readonly Route[];
}

/**
 * Defines routes that this project owns in the organization's default policy tree. Other projects and users keep their own
 * routes in the same tree.
 *
 * @example
 * export default notificationRoutes({ order: 10, routes: [{ receiver: chat, object_matchers: [["team", "=", "payments"]] }] });
 */
export function notificationRoutes(routes: Omit<NotificationRoutes, "kind">): NotificationRoutes {
  return { kind: "notification-routes", ...routes };
}
