import type { ComparisonFacet } from "../../engine/facets.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import { Forbidden, Rejected } from "../../grafana/errors.ts";
import { tagOf } from "../../ownership/annotations.ts";
import type { JsonObject } from "../../util/json.ts";
import type { Dashboard } from "./builder.ts";
import {
  canonical,
  observedForm,
  otherFormOf,
  surroundingsOf,
  withoutTag,
  type LiveDashboard,
} from "./live-dashboard.ts";
import { modelToSend, objectToWrite } from "./model-to-send.ts";
import { DASHBOARD_FORM } from "./model/canonical.ts";
import { dashboardDifferences, lastingContent } from "./model/differences.ts";
import { withFormer } from "./read.ts";
import { folderIn } from "../reference.ts";

export const comparison: ComparisonFacet<Dashboard, LiveDashboard> = {
  since: DASHBOARD_FORM,
  otherForm: otherFormOf,
  content: lastingContent,
  differences: dashboardDifferences,

  prepared: withFormer,
  async verify(context, write) {
    const { live } = write;
    const after = live && (await asStored(context, write, live.surroundings));
    return live && after && { before: observedForm(live), after };
  },
  stored: async (context, write) =>
    (await asStored(context, write)) ??
    canonical(
      folderIn(write.desired, write.live),
      modelToSend(write.desired.resource, write.live, tagOf(context.owner)),
    ),
};

/** The canonical form that Grafana would store for this write; undefined if it is unknown. */
export async function asStored(
  context: KindContext,
  write: Write<Dashboard, LiveDashboard>,
  surroundings = surroundingsOf(context),
): Promise<JsonObject | undefined> {
  const { dashboards } = context.grafana;
  try {
    const answer = await dashboards.dryRun?.(objectToWrite(context, write), write.live?.object);
    const model = answer && withoutTag(answer.spec, tagOf(context.owner));
    return model && canonical(folderIn(write.desired, write.live), model, surroundings);
  } catch (error) {
    // A Viewer lacks the permission. The write itself will report any other rejection.
    if (error instanceof Forbidden || error instanceof Rejected) return undefined;
    throw error;
  }
}
