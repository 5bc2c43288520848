import type { Route } from "../notification-policy/builder.ts";

/** Routes of one project in the organization's default policy tree. */
export interface NotificationRoutes {
  readonly kind: "notification-routes";
  /** Distinguishes several groups of routes of a project. Default: the project's name. */
  readonly name?: string;
  /**
   * The position in the tree. Routes with a lower order come first. If routes that no project owns are between the
   * routes with a lower order and the routes with a higher order, new routes with a negative order are inserted before the
   * unowned routes, and all other new routes after them. Default: 0.
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
