import type { KindContext } from "../../../engine/kind-context.ts";
import type { Collection } from "../../../grafana/collection.ts";
import type { ObjectVersion } from "../../../grafana/history.ts";
import type { KubernetesObject } from "../../../grafana/kubernetes-object.ts";
import { markIn } from "../../../ownership/annotations.ts";
import { toJson, type JsonObject } from "../../../util/json.ts";
import { liveDashboard, schemaOfMark, type LiveDashboard } from "../live-dashboard.ts";
import { lossesText, schemaV2Losses } from "../model/schema-v2-losses.ts";
import { dashboardsV2 } from "./api.ts";
import type { DashboardSchemaName } from "./form.ts";

/**
 * A dashboard that was read in the classic schema, with its body in schema v2 if Grafana stores it in v2, or if this project
 * applied it in v2.
 */
export async function withSchemas(object: KubernetesObject, context: KindContext): Promise<LiveDashboard> {
  const live = liveDashboard(object, context);
  const v2 = live.schema === "v2" ? await dashboardsV2(context.grafana) : undefined;
  if (!live.touched) return v2 ? liveDashboard(await withOwnV2(v2, object), context) : { ...live, schema: "classic" };
  const hasLosses = (spec: object) => lossesText(schemaV2Losses(toJson(spec) as JsonObject)) !== undefined;
  const stored = await context.grafana.dashboards.storedForm?.(object, hasLosses);
  const found = stored ? liveDashboard({ ...object, stored }, context) : live;
  if (live.schema === "classic") return stored ? withLeft(found, context) : found;
  return v2 ? inSchema(context, found, "v2") : { ...found, schema: "classic" };
}

/**
 * Adds what the last apply left, in both schemas. Absent if it was not applied by this project, if Grafana's history no longer
 * has it, or if Grafana can't convert it.
 */
async function withLeft(live: LiveDashboard, context: KindContext): Promise<LiveDashboard> {
  if (!live.applied || live.ownership.state !== "ours") return live;
  const [versions, converted] = await Promise.all([
    versionsOf(context, live),
    dashboardsV2(context.grafana).then((v2) => v2?.history?.(live.id, live.applied?.version)),
  ]);
  const applied = versions.find(({ live: then }) => then.ownership.state === "ours" && !then.touched);
  const same = converted?.find(({ generation }) => generation === applied?.version.generation);
  if (!applied || !same || Object.keys(same.spec).length === 0) return live;
  const [classic, v2] = [applied.version.spec, same.spec].map((spec) => toJson(spec) as JsonObject);
  return classic && v2 ? liveDashboard(live.object, context, { schema: "classic", left: { classic, v2 } }) : live;
}

/** Adds the body of a dashboard that has not been written since this project applied it in schema v2. */
async function withOwnV2(v2: Collection, object: KubernetesObject): Promise<KubernetesObject> {
  const found = await v2.find(object.metadata.name);
  return found ? storedIn(v2, found) : object;
}

/** Reads dashboards that have not been written since this project applied them in schema v2. Omits the others. */
export async function readOwnV2(context: KindContext, names: readonly string[]): Promise<LiveDashboard[]> {
  const v2 = names.length > 0 ? await dashboardsV2(context.grafana) : undefined;
  const found = (await v2?.read(names)) ?? [];
  return found
    .map((object) => liveDashboard(v2 ? storedIn(v2, object) : object, context))
    .filter(({ touched, schema }) => !touched && schema === "v2");
}

/** An object that was read in schema v2 and is stored in it. */
function storedIn({ apiVersion = "" }: Collection, { metadata, spec = {} }: KubernetesObject): KubernetesObject {
  return { metadata, stored: { apiVersion, spec } };
}

/** A complete dashboard with its body in the schema in which it is compared. Grafana converts it if it stores the other one. */
export async function inSchema(
  context: KindContext,
  live: LiveDashboard,
  schema: DashboardSchemaName,
): Promise<LiveDashboard> {
  const { id, object } = live;
  if (schema === "classic") {
    if (object.spec) return { ...live, schema };
    const classic = await context.grafana.dashboards.find(id);
    return { ...live, schema, object: { ...object, spec: classic?.spec ?? {} } };
  }
  if (object.stored ?? live.converted) return { ...live, schema };
  const found = await (await dashboardsV2(context.grafana))?.find(id);
  return { ...live, schema, converted: toJson(found?.spec ?? {}) as JsonObject };
}

/** Grafana's history of a dashboard in the schema in which it is compared, newest first. */
export async function versionsOf(
  context: KindContext,
  { id, applied, schema }: LiveDashboard,
): Promise<{ readonly version: ObjectVersion; readonly live: LiveDashboard }[]> {
  const dashboards = schema === "v2" ? await dashboardsV2(context.grafana) : context.grafana.dashboards;
  const versions = (await dashboards?.history?.(id, applied?.version)) ?? [];
  return versions.map((version) => {
    const { spec, uid, generation, annotations, managedFields } = version;
    const metadata = { name: id, resourceVersion: "", uid, generation, annotations, managedFields };
    if (schema === "classic") return { version, live: liveDashboard({ metadata, spec }, context, { schema }) };
    // Grafana converts versions that are stored in the classic schema.
    const isStored = schemaOfMark(markIn({ metadata })) === "v2";
    const stored = isStored ? { stored: { apiVersion: dashboards?.apiVersion ?? "", spec } } : {};
    const converted = isStored ? undefined : (toJson(spec) as JsonObject);
    return { version, live: liveDashboard({ metadata, ...stored }, context, { schema, converted }) };
  });
}
