import type { Routes, SandboxContext } from "./context.ts";
import { dashboardRoutes, openDashboards } from "./dashboards.ts";
import { legacyDashboardRoutes } from "./dashboards-legacy.ts";
import { datasourceRoutes, openDatasources } from "./datasources.ts";
import { discoveryRoutes } from "./discovery.ts";
import { folderRoutes, openFolders } from "./folders.ts";
import { legacyFolderRoutes } from "./folders-legacy.ts";
import { organizationRoutes } from "./organization.ts";
import { searchRoutes } from "./search.ts";

/** Loads every kind that the sandbox serves; a further kind is one file and one line here. */
export async function openKinds(context: SandboxContext): Promise<Routes[]> {
  const folders = await openFolders(context);
  const dashboards = await openDashboards(context, folders);
  const datasources = await openDatasources(context);
  return [
    discoveryRoutes(),
    organizationRoutes(datasources),
    folderRoutes(folders),
    legacyFolderRoutes(context, folders),
    dashboardRoutes(dashboards),
    legacyDashboardRoutes(dashboards, folders),
    searchRoutes(dashboards, folders),
    datasourceRoutes(datasources),
  ];
}
