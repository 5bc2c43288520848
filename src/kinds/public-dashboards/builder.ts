import type { Dashboard, DashboardV2, ExistingDashboard } from "../dashboard/builder.ts";

/** A dashboard that anyone with its link can see without a login. */
export interface PublicDashboard {
  readonly dashboard: Dashboard | DashboardV2 | ExistingDashboard;
  /** Whether viewers can change the time range. Default: `false`. */
  readonly timeSelection?: boolean;
  /** Whether annotations are shown. Default: `false`. */
  readonly annotations?: boolean;
}

/** All public dashboards of the organization. */
export interface PublicDashboards {
  readonly kind: "public-dashboards";
  /** The complete list: all other dashboards are not public. With an empty list, no dashboard is public. */
  readonly dashboards: readonly (PublicDashboard | PublicDashboard["dashboard"])[];
}

/**
 * Defines which dashboards are public.
 *
 * @example export default publicDashboards({ dashboards: [status] });
 */
export function publicDashboards(policy: Omit<PublicDashboards, "kind">): PublicDashboards {
  return { kind: "public-dashboards", ...policy };
}
