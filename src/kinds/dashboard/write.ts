import type { KindContext, Write } from "../../engine/kind-context.ts";
import { markAnnotation, objectUidOf, tagOf } from "../../ownership/annotations.ts";
import { FORM, type MarkHashes } from "../../ownership/marker.ts";
import { repositoryOf } from "../../ownership/repository.ts";
import type { JsonObject } from "../../util/json.ts";
import type { AnyDashboard } from "./builder.ts";
import { asStored } from "./comparison.ts";
import type { LiveDashboard } from "./live-dashboard.ts";
import { bodyToSend, objectToWrite, SCHEMA_VERSION } from "./model-to-send.ts";
import { legacyType } from "./model/legacy-panels.ts";
import { allPanels } from "./model/panels.ts";
import { writeDashboardV2 } from "./v2/write.ts";

export async function writeDashboard(
  context: KindContext,
  { desired, ...rest }: Write<AnyDashboard, LiveDashboard>,
): Promise<void> {
  // A copy whose compressed spec is decompressed only once.
  const resource = { ...desired.resource };
  const write = { ...rest, desired: { ...desired, resource } };
  if (resource.schema === "v2") return writeDashboardV2(context, write);
  // Grafana migrates older schemas and panel types when it stores them, which would look like a change made in Grafana.
  const body = bodyToSend(resource, write.live, tagOf(context.owner));
  const content = isMigrated(body) ? await asStored(context, write) : undefined;
  const { dashboards } = context.grafana;
  const object = objectToWrite(context, write, body, content);
  if (write.live) await dashboards.update(object, write.live.object);
  else await dashboards.create(object);
}

function isMigrated(model: JsonObject): boolean {
  return model["schemaVersion"] !== SCHEMA_VERSION || allPanels(model).some((panel) => legacyType(panel) !== undefined);
}

/** Writes only the mark. */
export async function renewMark(context: KindContext, live: LiveDashboard, hashes: MarkHashes): Promise<void> {
  const { id, version, object, schema } = live;
  const { metadata, stored } = object;
  // With schema v2, a write that changes only annotations does not increase the generation.
  const generation = metadata.generation + (stored ? 0 : 1);
  const marker = {
    form: FORM,
    ...hashes,
    version: generation,
    uid: id,
    ...objectUidOf(object),
    ...repositoryOf(context),
    ...(schema === "v2" ? { schema } : {}),
  };
  await context.grafana.dashboards.annotate?.(id, markAnnotation(marker), version, stored?.apiVersion);
}
