import type { ResourceKind } from "../../engine/resource.ts";
import type { AnyDashboard } from "./builder.ts";
import { backup } from "./backup.ts";
import { checks } from "./checks.ts";
import { comparison } from "./comparison.ts";
import { DASHBOARD_DOCUMENTS } from "./documents.ts";
import { observedForm, type LiveDashboard } from "./live-dashboard.ts";
import { desiredForm } from "./model-to-send.ts";
import { access } from "./permissions.ts";
import { findDashboard, listDashboards, reading } from "./read.ts";
import { deletion, idOf, referencesOf } from "./references.ts";
import { rollback } from "./rollback.ts";
import { DashboardSchema } from "./schema.ts";
import { upgrade } from "./upgrade/upgrade.ts";
import { dashboardFacts } from "./view/facts.ts";
import { foreign } from "./foreign.ts";
import { lint } from "./lint/lint.ts";
import { source } from "./source/source.ts";
import { renewMark, writeDashboard } from "./write.ts";
import { mapping } from "./mapping.ts";
import { completePermissions, dashboardPath } from "../object-permissions/new-object.ts";

export const dashboardKind: ResourceKind<AnyDashboard, LiveDashboard> = {
  name: "dashboard",
  dependsOn: ["folder", "datasource", "library-panel"],
  marking: "annotations",
  idIs: "uid",
  schema: DashboardSchema,
  access,

  id: idOf,
  title: ({ spec }) => spec.title ?? "",
  references: referencesOf,

  list: listDashboards,
  find: findDashboard,

  desired: desiredForm,
  observed: observedForm,

  write: writeDashboard,
  remove: ({ grafana }, live) => grafana.dashboards.remove(live.object),
  rollback,

  backup,
  bulk: { property: "spec", identity: ["uid", "title"] },
  checks,
  comparison,
  deletion,
  documents: DASHBOARD_DOCUMENTS,
  mapping,
  placement: { property: "folder" },
  existing: {
    async create(client, uid) {
      const body = { dashboard: { uid, title: `${uid} (existing)` } };
      await client.send({ method: "POST", path: "/api/dashboards/db", body });
    },
  },
  reading,
  upgrade,
  foreign,
  lint,
  source,
  view: {
    section: { title: "Dashboards", rank: 100 },
    risks: { deletion: "is deleted, with its history and permissions" },
    facts: dashboardFacts,
    html: () => import("./view/html.ts"),
    screenshots: () => import("./view/screenshots.ts"),
  },
  writing: {
    renewMark,
    complete: (context, { id, parent }) => completePermissions(context, { path: dashboardPath(id), parent }),
  },
};
