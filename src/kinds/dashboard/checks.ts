import type { ChecksFacet } from "../../engine/facets.ts";
import type { Desired } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import { toJson, type JsonObject } from "../../util/json.ts";
import type { Dashboard } from "./builder.ts";
import type { LiveDashboard } from "./live-dashboard.ts";
import { fillInputs } from "./model/inputs.ts";
import { sharedIdsIn } from "./model/shared-ids.ts";
import { misspelt } from "./model/misspelt.ts";
import { misplacedPanels } from "./model/rows.ts";

export const checks: ChecksFacet<Dashboard, LiveDashboard> = {
  code: (all) => all.flatMap(warningsOf),
  sideEffect: ({ resource: { uid, spec } }, live) =>
    live || uid || spec.uid
      ? undefined
      : "its uid is derived from project, folder and title; if the title changes, it becomes a different dashboard",
};

/** Documents were checked when they were read: each access to their `spec` would parse them again. */
function warningsOf({ resource, source }: Desired<Dashboard>): Fault[] {
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
    // Grafana keeps unknown properties.
    ...misspelt(spec).map(({ path, meant }) => warning(path, `unknown property; did you mean ${meant}?`)),
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
