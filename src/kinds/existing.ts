import { EXISTING } from "./dashboard/model/datasource-uses.ts";
import type { ExistingDashboard } from "./dashboard/builder.ts";
import type { ExistingDatasource } from "./datasource/builder.ts";
import type { ExistingContactPoint } from "./contact-point/builder.ts";
import type { ExistingFolder } from "./folder/builder.ts";
import type { ExistingLibraryPanel } from "./library-panel/builder.ts";
import type { ExistingMessageTemplate } from "./message-template.ts";
import type { ExistingMuteTiming } from "./mute-timing.ts";
import type { ExistingServiceAccount } from "./service-account/builder.ts";
import type { ExistingTeam } from "./team/builder.ts";
import type { ExistingNotificationPolicy } from "./notification-policy/builder.ts";

/**
 * Refers to objects that the code doesn't define, or that a module can't import, such as a dashboard in a JSON file. Before the
 * first write, the tool checks that each of them exists in Grafana or is defined in the code. If one is missing, the command
 * exits 65.
 */
export const existing = {
  /** @example dashboard({ folder: existing.folder("platform"), spec }) */
  folder(uid: string): ExistingFolder {
    return { kind: "folder", uid, existing: true };
  },
  /** @example playlist({ title: "Wall", interval: "1m", items: [existing.dashboard("fastapi")] }) */
  dashboard(uid: string): ExistingDashboard {
    return { kind: "dashboard", uid, existing: true };
  },
  /** @example new PanelBuilder().datasource(existing.datasource("mimir", "prometheus").ref) */
  datasource(uid: string, type?: string): ExistingDatasource {
    const ref = { ...(type === undefined ? {} : { type }), uid, [EXISTING]: true };
    const refV2 = { name: uid, [EXISTING]: true };
    return { kind: "datasource", uid, existing: true, ref, refV2 };
  },
  /**
   * `name`: the name of the library panel. Grafana's UI writes this name into each dashboard that shows the panel. Pass it,
   * so that the plan has no difference after a dashboard was saved in the UI.
   *
   * @example { libraryPanel: existing.libraryPanel("requests", "Requests"), gridPos: { x: 0, y: 0, w: 12, h: 8 } }
   */
  libraryPanel(uid: string, name = ""): ExistingLibraryPanel {
    return { kind: "library-panel", uid, name, existing: true };
  },
  /** @example notificationPolicy({ receiver: existing.contactPoint("on-call"), routes: [] }) */
  contactPoint(name: string): ExistingContactPoint {
    return { kind: "contact-point", name, existing: true };
  },
  /** A named policy tree. @example alertRule({ title: "Errors", query, when, notificationPolicy: existing.notificationPolicy("payments") }) */
  notificationPolicy(name: string): ExistingNotificationPolicy {
    return { kind: "notification-policy", name, existing: true };
  },
  /** @example { receiver: ops, mute_time_intervals: [existing.muteTiming("holidays")] } */
  muteTiming(name: string): ExistingMuteTiming {
    return { kind: "mute-timing", name, existing: true };
  },
  /** @example contactPoint({ name: "ops", integrations: [slack], templates: [existing.messageTemplate("company")] }) */
  messageTemplate(name: string): ExistingMessageTemplate {
    return { kind: "message-template", name, existing: true };
  },
  /** @example folderPermissions({ folder, permissions: [{ team: existing.team("SRE"), permission: "Edit" }] }) */
  team(name: string): ExistingTeam {
    return { kind: "team", name, existing: true };
  },
  /** @example folderPermissions({ folder, permissions: [{ serviceAccount: existing.serviceAccount("deploy"), permission: "Edit" }] }) */
  serviceAccount(name: string): ExistingServiceAccount {
    return { kind: "service-account", name, existing: true };
  },
};
