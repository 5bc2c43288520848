import type { RollbackFacet } from "../../engine/facets.ts";
import { parseObject } from "../../grafana/kubernetes-object.ts";
import { restoredMetadata, withMessage } from "../../ownership/annotations.ts";
import { toJson, type JsonObject } from "../../util/json.ts";
import { liveDashboard, type LiveDashboard } from "./live-dashboard.ts";

export const rollback: RollbackFacet<LiveDashboard> = {
  snapshot: ({ object: { status: _, ...object } }) => toJson(object) as JsonObject,
  restoreSnapshot: (context, snapshot) => liveDashboard(parseObject(snapshot), context),
  content: (observed, { object: { stored } }) => (stored ? { ...observed, stored: toJson(stored) } : observed),
  limits: ({ live }) => ({
    losses: live ? [] : ["its version history and the permissions that were set on it are not restored"],
  }),
  async restore(context, { before, live }) {
    const { grafana } = context;
    // A change made in Grafana before the run is one again afterwards.
    const version = before.touched ? 0 : 1 + (live?.object.metadata.generation ?? 0);
    const metadata = withMessage(restoredMetadata(before.object, live?.object, version), context);
    const object = { metadata, spec: before.object.spec ?? {}, ...before.object.stored };
    if (live) await grafana.dashboards.update(object, live.object);
    else await grafana.dashboards.create(object);
  },
};
