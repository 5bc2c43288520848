import type { ChecksFacet } from "../../engine/facets.ts";
import type { Desired } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import type { Dashboard } from "./builder.ts";
import type { LiveDashboard } from "./live-dashboard.ts";
import { misspelt } from "./model/misspelt.ts";

export const checks: ChecksFacet<Dashboard, LiveDashboard> = {
  code: (all) => all.flatMap(misspellings),
  sideEffect: ({ resource: { uid, spec } }, live) =>
    live || uid || spec.uid
      ? undefined
      : "its uid is derived from project, folder and title; if the title changes, it becomes a different dashboard",
};

/** Warnings, because Grafana keeps unknown properties. Exported dashboards are not checked. */
function misspellings({ resource, source }: Desired<Dashboard>): Fault[] {
  // Each access to the spec of a document parses it.
  if (resource.plain) return [];
  return misspelt(resource.spec).map(({ path, meant }) => ({
    level: "warning",
    ...source,
    path: `spec.${path}`,
    message: `unknown property; did you mean ${meant}?`,
  }));
}
