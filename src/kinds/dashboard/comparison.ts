import type { ComparisonFacet } from "../../engine/facets.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import { Forbidden, Rejected } from "../../grafana/errors.ts";
import { tagOf } from "../../ownership/annotations.ts";
import type { JsonObject } from "../../util/json.ts";
import type { AnyDashboard } from "./builder.ts";
import {
  changesSchema,
  observedForm,
  otherFormOf,
  surroundingsOf,
  withoutTag,
  type LiveDashboard,
} from "./live-dashboard.ts";
import { bodyToSend, formIn, objectToWrite } from "./model-to-send.ts";
import { DASHBOARD_FORM } from "./model/canonical.ts";
import { lastingContent } from "./model/differences.ts";
import { prepared } from "./read.ts";
import { dashboardsV2, requestOf } from "./v2/api.ts";
import { differencesOfForms } from "./v2/form.ts";
import { folderIn } from "../reference.ts";

export const comparison: ComparisonFacet<AnyDashboard, LiveDashboard> = {
  since: DASHBOARD_FORM,
  otherForm: otherFormOf,
  content: lastingContent,
  differences: differencesOfForms,

  prepared,
  async verify(context, write) {
    const { live } = write;
    const answer = live && (await asStored(context, write, live.surroundings));
    if (!live || !answer) return undefined;
    const after =
      write.desired.resource.schema !== "v2" && changesSchema(live) ? { ...answer, storedAs: "classic" } : answer;
    return { before: observedForm(live), after };
  },
  async stored(context, write) {
    const { desired, live } = write;
    const answer = await asStored(context, write);
    if (answer) return answer;
    const body = bodyToSend(desired.resource, live, tagOf(context.owner));
    return formIn(desired.resource, folderIn(desired, live), body);
  },
};

/** The canonical form that Grafana would store for this write; undefined if it is unknown. */
export async function asStored(
  context: KindContext,
  write: Write<AnyDashboard, LiveDashboard>,
  surroundings = surroundingsOf(context),
): Promise<JsonObject | undefined> {
  const { grafana, owner } = context;
  const { desired, live } = write;
  const { resource } = desired;
  const dashboards = resource.schema === "v2" ? await dashboardsV2(grafana) : grafana.dashboards;
  try {
    const answer = await dashboards?.dryRun?.(requestOf(dashboards, objectToWrite(context, write)), live?.object);
    return answer && formIn(resource, folderIn(desired, live), withoutTag(answer.spec, tagOf(owner)), surroundings);
  } catch (error) {
    // A Viewer lacks the permission. The write itself will report any other rejection.
    if (error instanceof Forbidden || error instanceof Rejected) return undefined;
    throw error;
  }
}
