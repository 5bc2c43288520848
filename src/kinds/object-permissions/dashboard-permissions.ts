import { folderOf } from "../../ownership/annotations.ts";
import { idOf } from "../dashboard/references.ts";
import { reference } from "../reference.ts";
import { dashboardPermissions, type DashboardPermissions } from "./builder.ts";
import { permissionsKind } from "./kind.ts";
import { dashboardPath } from "./new-object.ts";
import { DashboardPermissionsSchema } from "./schema.ts";

export const dashboardPermissionsKind = permissionsKind<DashboardPermissions>({
  name: "dashboard-permissions",
  permitted: "dashboards",
  path: dashboardPath,
  of: "dashboard",
  schema: DashboardPermissionsSchema,
  target: ({ dashboard }, project) =>
    reference(dashboard, "dashboard", "existing" in dashboard ? dashboard.uid : idOf(dashboard, project)),
  title: ({ dashboard }) => ("existing" in dashboard ? dashboard.uid : (dashboard.spec.title ?? "").trim()),
  createNeed: { action: "dashboards:create" },
  creatorInFolder: true,
  collection: ({ grafana }) => grafana.dashboards,
  builder: ({ own }) => own("dashboardPermissions", dashboardPermissions),
  async isAtRoot({ grafana }, id) {
    const dashboard = await grafana.dashboards.find(id);
    return dashboard && !folderOf(dashboard);
  },
});
