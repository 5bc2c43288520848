import { folderScope } from "./access/evaluator.ts";
import { defaultGrants } from "./access/levels.ts";
import { resourceAccess } from "./access/resource-access.ts";
import type { Routes, SandboxContext } from "./context.ts";
import { normalizeDashboard } from "./dashboard-defaults.ts";
import { keepsInternalId, takeOutServerFields, validateDashboard, validateManager } from "./dashboard-rules.ts";
import { isSchemaV2 } from "./dashboard-views.ts";
import { annotation, folderOf } from "./k8s/metadata.ts";
import type { StoredObject } from "./k8s/objects.ts";
import type { Convert } from "./k8s/representation.ts";
import type { KindRules, Written } from "./k8s/kind-rules.ts";
import type { Resource } from "./k8s/resource.ts";
import { addResourceRoutes } from "./k8s/routes.ts";
import { namesMissingPanel } from "./library-panels/connections.ts";
import type { LibraryPanels } from "./library-panels/store.ts";
import { failure, forbidden, notFound } from "./k8s/status.ts";
import { unifiedStorage } from "./k8s/storage.ts";
import type { Mode } from "./mode.ts";
import { dashboardNames, folderNames } from "./names.ts";
import { decodeV2 } from "./schema-v2/shapes/dashboard.ts";
import { sqlDashboards } from "./sql/dashboard-storage.ts";

/** Loads the dashboards. */
export async function openDashboards(
  context: SandboxContext,
  { folders, libraryPanels, convert }: { folders: Resource; libraryPanels: LibraryPanels; convert: Convert },
): Promise<Resource> {
  const storage = context.mode === "unified" ? unifiedStorage(context.clock) : sqlDashboards(context.rowIds);
  const rules: KindRules = {
    names: dashboardNames,
    normalize(draft) {
      // Schema v2 gets no defaults.
      if (isSchemaV2(draft.version)) return;
      takeOutServerFields(draft);
      if (context.mode !== "unified") delete draft.spec["id"];
      if (draft.version === "v1beta1") normalizeDashboard(draft.spec);
    },
    validate(draft, previous, { dryRun, caller }) {
      validateManager(draft, context.mode);
      if (previous !== undefined) keepsInternalId(draft, previous);
      validateDashboard(draft);
      // SQL tables have a row for each library panel of a dashboard, so the panel must exist.
      if (context.mode !== "unified" && !dryRun && namesMissingPanel(draft.spec, libraryPanels)) {
        throw failure(500, "library element could not be found");
      }
      const folder = folderOf(draft);
      const stays = previous !== undefined && folderOf(previous.metadata) === folder;
      if (dryRun || stays || folder === "") return;
      const exists = folders.objects.get(folder) !== undefined;
      if (previous === undefined) {
        if (!exists) throw notFound(folderNames, folder);
        const mayLook = context.mode === "unified" || context.access.can(caller, "folders:read", folderScope(folder));
        if (!mayLook) throw forbidden("Access denied");
      } else if (!exists || !context.access.can(caller, "folders:write", folderScope(folder))) {
        throw failure(500, "access denied to folder");
      }
    },
    access: resourceAccess(context.access, "dashboards"),
    grants(draft, caller) {
      if (draft.annotations[annotation.grantPermissions] !== "default") return [];
      return folderOf(draft) === "" ? defaultGrants(caller.id) : [{ userId: caller.id, level: 4 }];
    },
    // Grafana loses the record with the first write of a whole dashboard in schema v2.
    keepsManagers: (version) => !isSchemaV2(version),
    generations: (written, previous) => (isUnchanged(written, previous, { mode: context.mode, convert }) ? 0 : 1),
    guard: async (task) => context.tree.shared(task),
  };
  const dashboards = await context.openResource(rules, storage);
  context.access.watch("dashboards", dashboards.objects);
  const inFolder = (folder: string): StoredObject[] =>
    [...dashboards.objects.all()].filter((dashboard) => folderOf(dashboard.metadata) === folder);
  context.folderContents.push({
    counts: "dashboard",
    count: (folder) => inFolder(folder).length,
    clear: async (folder, caller) => {
      for (const dashboard of inFolder(folder)) await dashboards.discard(dashboard, caller);
    },
  });
  return dashboards;
}

/** The dashboard API: classic JSON as sent and normalized, and schema v2. */
export function dashboardRoutes(dashboards: Resource, convert: Convert): Routes {
  return (app) =>
    addResourceRoutes(app, {
      resource: dashboards,
      versions: ["v1beta1", "v0alpha1", "v2beta1"],
      missingVersions: ["v2alpha1"],
      decode: (spec, version) => (isSchemaV2(version) ? decodeV2(spec) : spec),
      convert,
    });
}

/**
 * Whether Grafana treats a write as unchanged. It compares the stored with the newly normalized dashboard, which always
 * differ, except for versions that are stored as sent.
 */
function isUnchanged(
  written: Written,
  previous: StoredObject,
  { mode, convert }: { mode: Mode; convert: Convert },
): boolean {
  if (mode === "legacy-api" || folderOf(written) !== folderOf(previous.metadata)) return false;
  // A write in the other schema changes only the stored version and counts as unchanged.
  if (isSchemaV2(written.version)) return written.spec === convert(previous, written.version).spec;
  if (written.version === previous.version) return written.version === "v0alpha1" && written.spec === previous.spec;
  return mode === "legacy-storage" && written.spec === convert(previous, written.version).spec;
}
