import { openAlerting } from "./alerting/alerting.ts";
import { alertmanagerConfigRoutes } from "./alerting/alertmanager-config.ts";
import { contactPointRoutes } from "./alerting/contact-points.ts";
import { muteTimingRoutes } from "./alerting/mute-timings.ts";
import { policyRoutes } from "./alerting/policies.ts";
import { routingTreeRoutes } from "./alerting/routing-trees.ts";
import { receiverRoutes } from "./alerting/receivers.ts";
import { rulerRoutes } from "./alerting/ruler.ts";
import { ruleRoutes } from "./alerting/rules.ts";
import { openSilences, silenceRoutes } from "./alerting/silences.ts";
import { templateRoutes } from "./alerting/templates.ts";
import { displayRoutes } from "./access/display-routes.ts";
import { permissionRoutes } from "./access/permission-routes.ts";
import { accessGuards } from "./access/route-guards.ts";
import { teamRoutes } from "./access/team-routes.ts";
import { userRoutes } from "./access/user-routes.ts";
import { serviceAccountRoutes } from "./access/service-account-routes.ts";
import type { Routes, SandboxContext } from "./context.ts";
import { correlationRoutes, openCorrelations } from "./correlations.ts";
import { dashboardViews } from "./dashboard-views.ts";
import { dashboardRoutes, openDashboards } from "./dashboards.ts";
import { legacyDashboardRoutes } from "./dashboards-legacy.ts";
import { datasourceRoutes, openDatasources } from "./datasources.ts";
import { discoveryRoutes, roleGuards } from "./discovery.ts";
import { exampleRoutes, openExamples } from "./examples.ts";
import { folderRoutes, openFolders } from "./folders.ts";
import { legacyFolderRoutes } from "./folders-legacy.ts";
import { keepUsedPanels, openLibraryPanels } from "./library-panels/library-panels.ts";
import { libraryPanelRoutes } from "./library-panels/routes.ts";
import { organizationRoutes } from "./organization.ts";
import { openPreferences, preferenceRoutes } from "./preferences.ts";
import { openPublicDashboards, publicDashboardRoutes } from "./public-dashboards.ts";
import { openPlaylists, playlistRoutes } from "./playlists.ts";
import { queryRoutes } from "./queries/routes.ts";
import { searchRoutes } from "./search.ts";

/** Loads all kinds that the sandbox serves. */
export async function openKinds(context: SandboxContext): Promise<Routes[]> {
  const folders = await openFolders(context);
  const libraryPanels = await openLibraryPanels(context);
  const datasources = await openDatasources(context);
  const convert = dashboardViews(datasources, libraryPanels);
  const dashboards = await openDashboards(context, { folders, libraryPanels, convert });
  keepUsedPanels(context, libraryPanels, dashboards);
  const correlations = await openCorrelations(context);
  const alerting = await openAlerting(context, folders);
  const silences = await openSilences(context);
  const playlists = await openPlaylists(context);
  const publicDashboards = await openPublicDashboards(context);
  const preferences = await openPreferences(context);
  const { mode, accounts, teams, users } = context;
  const examples = mode === "unified" ? await openExamples(context) : undefined;
  return [
    roleGuards(mode, accounts),
    discoveryRoutes(mode),
    accessGuards(context.access, dashboards),
    serviceAccountRoutes(accounts),
    userRoutes(users, teams),
    teamRoutes(teams, users),
    publicDashboardRoutes(publicDashboards, dashboards),
    preferenceRoutes(preferences, dashboards),
    ...(mode === "legacy-api" ? [] : [displayRoutes(accounts, users)]),
    permissionRoutes(context, folders, dashboards),
    organizationRoutes(context, datasources),
    ...(mode === "legacy-api" ? [] : [folderRoutes(folders), dashboardRoutes(dashboards, convert)]),
    playlistRoutes(playlists, mode),
    ...(examples ? [exampleRoutes(examples)] : []),
    libraryPanelRoutes(context, libraryPanels, { dashboards, folders }),
    legacyFolderRoutes(context, folders),
    legacyDashboardRoutes(context, { dashboards, folders, convert }),
    searchRoutes(context, dashboards, folders),
    correlationRoutes(correlations, datasources),
    datasourceRoutes(datasources, context.access),
    queryRoutes(datasources, context.access),
    ruleRoutes(alerting),
    rulerRoutes(alerting),
    contactPointRoutes(alerting),
    muteTimingRoutes(alerting),
    templateRoutes(alerting),
    policyRoutes(alerting),
    ...(mode === "legacy-api" ? [] : [routingTreeRoutes(alerting, context), receiverRoutes(alerting)]),
    alertmanagerConfigRoutes(alerting),
    silenceRoutes(silences),
  ];
}
