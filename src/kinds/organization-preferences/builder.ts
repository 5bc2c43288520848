import type { Dashboard, DashboardV2, ExistingDashboard } from "../dashboard/builder.ts";

/** What users without preferences of their own see. A property that the code omits has Grafana's default. */
export interface OrganizationPreferences {
  readonly kind: "organization-preferences";
  readonly theme?: "light" | "dark" | "system";
  /** `utc`, `browser`, or a name such as `Europe/Berlin`. */
  readonly timezone?: string;
  readonly weekStart?: "monday" | "saturday" | "sunday" | "browser";
  /** The first page after the login. */
  readonly homeDashboard?: Dashboard | DashboardV2 | ExistingDashboard;
  /** The language of Grafana's UI, such as `de-DE`. */
  readonly language?: string;
}

/**
 * Defines the preferences of the organization.
 *
 * @example export default organizationPreferences({ theme: "dark", timezone: "utc", homeDashboard: overview });
 */
export function organizationPreferences(preferences: Omit<OrganizationPreferences, "kind">): OrganizationPreferences {
  return { kind: "organization-preferences", ...preferences };
}
