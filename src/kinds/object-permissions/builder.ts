import type { Dashboard, DashboardV2, ExistingDashboard } from "../dashboard/builder.ts";
import type { ExistingFolder, Folder } from "../folder/builder.ts";
import type { ExistingServiceAccount, ServiceAccount } from "../service-account/builder.ts";
import type { ExistingTeam, Team } from "../team/builder.ts";

/** What a permission allows. Each level includes the previous ones; `Admin` also allows changing permissions. */
export type PermissionLevel = "View" | "Edit" | "Admin";

/** One permission. It applies to all users with a role, or to a team, a user or a service account. */
export type Permission = { readonly permission: PermissionLevel } & (
  | { readonly role: "Viewer" | "Editor" }
  /** The team, or the name of one that exists in Grafana. */
  | { readonly team: Team | ExistingTeam | string }
  /** The login or the email address. */
  | { readonly user: string }
  /** The service account, or the name of one that exists in Grafana. */
  | { readonly serviceAccount: ServiceAccount | ExistingServiceAccount | string }
);

/** All permissions on a folder, except those that it inherits from its parent. */
export interface FolderPermissions {
  readonly kind: "folder-permissions";
  readonly folder: Folder | ExistingFolder;
  /** The complete list: the tool removes all permissions that are not in it. */
  readonly permissions: readonly Permission[];
}

/** All permissions on a dashboard, except those that it inherits from its folder. */
export interface DashboardPermissions {
  readonly kind: "dashboard-permissions";
  readonly dashboard: Dashboard | DashboardV2 | ExistingDashboard;
  /** The complete list: the tool removes all permissions that are not in it. */
  readonly permissions: readonly Permission[];
}

/**
 * Defines the permissions on a folder and everything in it.
 *
 * @example export default folderPermissions({ folder: payments, permissions: [{ team: sre, permission: "Edit" }, { role: "Viewer", permission: "View" }] });
 */
export function folderPermissions(permissions: Omit<FolderPermissions, "kind">): FolderPermissions {
  return { kind: "folder-permissions", ...permissions };
}

/**
 * Defines the permissions on a dashboard, in addition to those of its folder.
 *
 * @example export default dashboardPermissions({ dashboard: costs, permissions: [{ user: "ada", permission: "Edit" }] });
 */
export function dashboardPermissions(permissions: Omit<DashboardPermissions, "kind">): DashboardPermissions {
  return { kind: "dashboard-permissions", ...permissions };
}
