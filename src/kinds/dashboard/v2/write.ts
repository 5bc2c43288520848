import type { KindContext, Write } from "../../../engine/kind-context.ts";
import { markAnnotation, tagOf } from "../../../ownership/annotations.ts";
import { folderIn } from "../../reference.ts";
import type { AnyDashboard } from "../builder.ts";
import { surroundingsOf, withoutTag, type LiveDashboard } from "../live-dashboard.ts";
import { formIn, markerOf, objectToWrite } from "../model-to-send.ts";
import { requestOf, writableV2 } from "./api.ts";

/**
 * Writes a dashboard in schema v2. Only the response shows its mark completely: the uid of a new object, the content if
 * Grafana dropped properties that it doesn't know, and the generation, which equal content does not increase. If the mark
 * that was sent differs, it is written again; that does not change the generation.
 */
export async function writeDashboardV2(context: KindContext, write: Write<AnyDashboard, LiveDashboard>): Promise<void> {
  const { grafana, owner } = context;
  const { desired, live } = write;
  const dashboards = await writableV2(grafana);
  const object = objectToWrite(context, write);
  const request = requestOf(dashboards, object);
  const answer = live ? await dashboards.update(request, live.object) : await dashboards.create(request);
  if (!grafana.marks || !answer?.spec) return;
  const { generation, resourceVersion, uid } = answer.metadata;
  const spec = withoutTag(answer.spec, tagOf(owner));
  const content = formIn(desired.resource, folderIn(desired, live), spec, surroundingsOf(context));
  const sent = markerOf(context, { desired, live }, content);
  const marker = { ...sent, version: generation, ...(uid === undefined ? {} : { objectUid: uid }) };
  const annotation = markAnnotation(marker);
  const isSent = Object.entries(annotation).every(([name, value]) => object.metadata.annotations[name] === value);
  if (!isSent) await dashboards.annotate?.(desired.id, annotation, resourceVersion);
}
