import type { Dashboard, DashboardV2, ExistingDashboard } from "../dashboard/builder.ts";

/** A dashboard that everybody can see who has its link, without a login. */
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
  /** Other dashboards are not public. An empty list: no dashboard is. */
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
