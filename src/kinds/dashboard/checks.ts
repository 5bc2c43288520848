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
      : "it has no uid of its own: this one is made of project, folder and title, and with another title it is another dashboard",
};

/** Warnings: Grafana keeps what it doesn't know. What it exported itself nobody misspelt. */
function misspellings({ resource, source }: Desired<Dashboard>): Fault[] {
  // Each access to the spec of a document parses it.
  if (resource.plain) return [];
  return misspelt(resource.spec).map(({ path, meant }) => ({
    level: "warning",
    ...source,
    path: `spec.${path}`,
    message: `Grafana knows no such property: is ${meant} meant?`,
  }));
}
