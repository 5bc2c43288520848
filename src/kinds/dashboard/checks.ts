import type { ChecksFacet } from "../../engine/facets.ts";
import type { Source } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import { toJson, type JsonObject } from "../../util/json.ts";
import type { AnyDashboard, Dashboard, DashboardV2 } from "./builder.ts";
import type { LiveDashboard } from "./live-dashboard.ts";
import { fillInputs } from "./model/inputs.ts";
import { sharedIdsIn } from "./model/shared-ids.ts";
import { unknownFaults } from "./model/unknown-properties.ts";
import { misplacedPanels } from "./model/rows.ts";
import { uidIn } from "./references.ts";
import { dashboardsV2, servesFinalV2, unservedText, UNSERVED_HINT } from "./v2/api.ts";
import { elementFaults, unservedParts } from "./v2/checks.ts";

export const checks: ChecksFacet<AnyDashboard, LiveDashboard> = {
  code: (all) =>
    all.flatMap(({ resource, source }) =>
      resource.schema === "v2" ? faultsV2(resource, source) : warningsOf(resource, source),
    ),
  async supported(all, context) {
    const inV2 = all.filter(({ resource }) => resource.schema === "v2");
    const dashboards = inV2.length > 0 && context ? await dashboardsV2(context.grafana) : undefined;
    if (dashboards && servesFinalV2(dashboards)) return [];
    // Without a connection, the Grafana may serve it.
    const level = context ? "error" : "warning";
    return inV2.flatMap(({ resource: { spec }, source }) =>
      unservedParts(spec).map(({ path, ...fault }) => ({ ...fault, level, ...source, path: `spec.${path}` })),
    );
  },
  async unsupported({ grafana }, { resource }) {
    if (resource.schema !== "v2" || (await dashboardsV2(grafana))) return undefined;
    return { message: unservedText(grafana), hint: UNSERVED_HINT };
  },
  sideEffect: ({ resource: { uid, spec } }, live) =>
    live || uid || uidIn(spec)
      ? undefined
      : "its uid is derived from project, folder and title; if the title changes, it becomes a different dashboard",
};

function faultsV2({ plain, spec }: DashboardV2, source: Source): Fault[] {
  if (plain) return [];
  const faults = [...elementFaults(spec, false), ...unknownFaults(spec, "v2")];
  return faults.map(({ path, ...fault }) => ({ ...fault, ...source, path: `spec.${path}` }));
}

/** Documents were checked when they were read: each access to their `spec` would parse them again. */
function warningsOf(resource: Dashboard, source: Source): Fault[] {
  if (resource.plain) return [];
  const warning = (path: string, message: string, hint?: string): Fault => ({
    level: "warning",
    ...source,
    path: `spec.${path}`,
    message,
    ...(hint === undefined ? {} : { hint }),
  });
  const { spec } = resource;
  return [
    ...unknownFaults(spec, "classic").map(({ path, ...fault }) => ({ ...fault, ...source, path: `spec.${path}` })),
    ...fillInputs({ __inputs: toJson(Reflect.get(spec, "__inputs")) }, {}).missing.map(({ name }) =>
      warning(
        "__inputs",
        `has no value for the input ${name}`,
        "Load the exported file with dashboards({ files, inputs }).",
      ),
    ),
    ...[...misplacedPanels(spec), ...sharedIdsIn(spec as JsonObject)].map(({ path, message, hint }) =>
      warning(path, message, hint),
    ),
  ];
}
