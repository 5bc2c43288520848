import type { Compared } from "../../../engine/facets.ts";
import type { KindContext } from "../../../engine/kind-context.ts";
import { toJson, type JsonObject } from "../../../util/json.ts";
import type { LiveDashboard } from "../live-dashboard.ts";
import { dashboardsV2 } from "./api.ts";
import { inSchema } from "./read.ts";

/**
 * A former state and the current one in the same schema: in v2 if Grafana stores or stored one of them in v2 and can convert
 * the other one, else in the classic schema.
 */
export async function inSameSchema(
  context: KindContext,
  before: LiveDashboard,
  now: LiveDashboard,
): Promise<Compared<LiveDashboard>> {
  if (before.object.stored ?? now.object.stored) {
    const [was, is] = await Promise.all([formerInV2(context, before), inSchema(context, now, "v2")]);
    if (was && hasBody(is)) return { before: was, now: is };
    // Grafana can't convert one of them.
    if (!before.object.spec) return { before, now };
  }
  return { before: { ...before, schema: "classic" }, now: await inSchema(context, now, "classic") };
}

function hasBody({ object, converted }: LiveDashboard): boolean {
  return object.stored !== undefined || Object.keys(converted ?? {}).length > 0;
}

/** A former state in schema v2: as it was stored, as it was converted then, or as Grafana's history has it. */
async function formerInV2(context: KindContext, before: LiveDashboard): Promise<LiveDashboard | undefined> {
  if (hasBody(before)) return { ...before, schema: "v2" };
  const { name, uid, generation } = before.object.metadata;
  const versions = await (await dashboardsV2(context.grafana))?.history?.(name, generation);
  const same = versions?.find((version) => version.uid === uid && version.generation === generation);
  if (!same || Object.keys(same.spec).length === 0) return undefined;
  return { ...before, schema: "v2", converted: toJson(same.spec) as JsonObject };
}
