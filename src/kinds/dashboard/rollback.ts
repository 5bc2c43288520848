import { z } from "zod";
import type { RollbackFacet } from "../../engine/facets.ts";
import { parseObject } from "../../grafana/kubernetes-object.ts";
import { markIn, restoredMetadata, withMessage } from "../../ownership/annotations.ts";
import { toJson, type JsonObject } from "../../util/json.ts";
import { liveDashboard, type LiveDashboard } from "./live-dashboard.ts";
import { dashboardsV2, UNSERVED_HINT, unservedText } from "./v2/api.ts";
import { inSameSchema } from "./v2/same-schema.ts";

/** What a snapshot has in addition to the object. Absent in runs of older versions. */
const Converted = z.object({ converted: z.record(z.string(), z.json()).optional() });

/** Whether a dashboard was written after its mark. A backup also has dashboards of other projects, whose marks are not `applied`. */
function isTouched({ touched, object }: LiveDashboard, fromBackup = false): boolean {
  return fromBackup ? markIn(object)?.version !== object.metadata.generation : touched;
}

export const rollback: RollbackFacet<LiveDashboard> = {
  snapshot: ({ object: { status: _, ...object }, converted }) =>
    toJson({ ...object, ...(converted ? { converted } : {}) }) as JsonObject,
  restoreSnapshot(context, snapshot) {
    const { converted } = Converted.parse(snapshot);
    const object = parseObject(snapshot);
    // A backup has only the schema in which Grafana stores it.
    const only = object.stored && !object.spec ? ({ schema: "v2" } as const) : {};
    return liveDashboard(object, context, { converted, ...only });
  },
  content: (observed, { object: { stored } }) => (stored ? { ...observed, stored: toJson(stored) } : observed),
  comparable: inSameSchema,
  asStored: (live) => (live.object.stored && !live.applied ? { ...live, schema: "v2" } : undefined),
  async unsupported({ grafana }, { object: { stored } }) {
    if (!stored || (await dashboardsV2(grafana))) return undefined;
    return `was stored in schema v2, and ${unservedText(grafana)}; ${UNSERVED_HINT}`;
  },
  limits: ({ live, fromBackup }) => ({
    losses: live || fromBackup ? [] : ["its version history and the permissions that were set on it are not restored"],
  }),
  async restore(context, { before, live, fromBackup }) {
    const { grafana } = context;
    // A change made in Grafana before the run is one again afterwards.
    const version = isTouched(before, fromBackup) ? 0 : 1 + (live?.object.metadata.generation ?? 0);
    const metadata = withMessage(restoredMetadata(before.object, live?.object, { version }), context);
    const object = { metadata, spec: before.object.spec ?? {}, ...before.object.stored };
    if (live) await grafana.dashboards.update(object, live.object);
    else await grafana.dashboards.create(object);
  },
};
