import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { apiObjectKind } from "./api-object/api-object.ts";
import { contactPointKind } from "./contact-point/contact-point.ts";
import { dashboardKind } from "./dashboard/dashboard.ts";
import { datasourceKind } from "./datasource/datasource.ts";
import { folderKind } from "./folder/folder.ts";
import { libraryPanelKind } from "./library-panel/library-panel.ts";
import { messageTemplateKind } from "./message-template.ts";
import { muteTimingKind } from "./mute-timing.ts";
import { notificationPolicyKind } from "./notification-policy/notification-policy.ts";
import { notificationRoutesKind } from "./notification-routes/notification-routes.ts";
import { playlistKind } from "./playlist/playlist.ts";
import { dashboardPermissionsKind } from "./object-permissions/dashboard-permissions.ts";
import { folderPermissionsKind } from "./object-permissions/folder-permissions.ts";
import { serviceAccountKind } from "./service-account/service-account.ts";
import { organizationPreferencesKind } from "./organization-preferences/organization-preferences.ts";
import { publicDashboardsKind } from "./public-dashboards/public-dashboards.ts";
import { teamKind } from "./team/team.ts";
import { ruleGroupKind } from "./rule-group/rule-group.ts";

/** All kinds, one per line. Their order comes from their dependencies. */
const all: readonly ResourceKind[] = [
  folderKind,
  datasourceKind,
  libraryPanelKind,
  dashboardKind,
  playlistKind,
  messageTemplateKind,
  muteTimingKind,
  contactPointKind,
  notificationPolicyKind,
  notificationRoutesKind,
  ruleGroupKind,
  teamKind,
  serviceAccountKind,
  folderPermissionsKind,
  dashboardPermissionsKind,
  apiObjectKind,
  organizationPreferencesKind,
  publicDashboardsKind,
];

export const kinds: Kinds = new Map(all.map((kind) => [kind.name, kind]));
