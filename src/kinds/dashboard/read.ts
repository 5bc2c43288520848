import type { ReadingFacet } from "../../engine/facets.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import type { Save } from "../../engine/model.ts";
import { dashboardTitles, searchDashboards } from "../../grafana/search.ts";
import { isTemporary, tagOf } from "../../ownership/annotations.ts";
import { isAsMarked, isUnmarked, liveDashboard, observedForm, specOf, type LiveDashboard } from "./live-dashboard.ts";
import type { AnyDashboard } from "./builder.ts";
import { modelOf } from "./model-to-send.ts";
import { hasOtherPanels } from "./model/panel-ids.ts";
import { inSchema, readOwnV2, versionsOf, withSchemas } from "./v2/read.ts";

export async function listDashboards(context: KindContext): Promise<LiveDashboard[]> {
  const { grafana, owner } = context;
  const all = await grafana.dashboards.list({ metadataOnly: true });
  const objects = all.filter((object) => !isTemporary(object));
  // Tags are in the bodies, which are not read here.
  const hits = objects.some(isUnmarked) ? await searchDashboards(grafana.client, tagOf(owner)) : [];
  const tagged = new Set(hits.map(({ uid }) => uid));
  return objects.map((object) => liveDashboard(object, context, { tagged }));
}

export async function findDashboard(context: KindContext, id: string): Promise<LiveDashboard | undefined> {
  const object = await context.grafana.dashboards.find(id);
  return object && withSchemas(object, context);
}

export const reading: ReadingFacet<LiveDashboard> = {
  async bodies(context, objects) {
    const own = objects.filter(({ schema, touched }) => schema === "v2" && !touched).map(({ id }) => id);
    const inV2 = await readOwnV2(context, own);
    const read = new Set(inV2.map(({ id }) => id));
    const others = objects.map(({ id }) => id).filter((id) => !read.has(id));
    const found = others.length > 0 ? await context.grafana.dashboards.read(others) : [];
    return [...inV2, ...(await Promise.all(found.map((object) => withSchemas(object, context))))];
  },
  titles: ({ grafana: { client } }, objects) =>
    dashboardTitles(
      client,
      objects.map(({ id }) => id),
    ),
  isAsMarked,
  async past(context, live) {
    const past = await readPast(context, live);
    return past && { ...past, applied: observedForm(past.applied) };
  },
};

async function readPast(
  context: KindContext,
  live: LiveDashboard,
): Promise<{ applied: LiveDashboard; saves: Save[]; message?: string } | undefined> {
  const versions = await versionsOf(context, live);
  // A save in the UI keeps the mark, which describes the version that it was written with.
  const at = versions.findIndex(({ live: then }) => then.ownership.state === "ours" && !then.touched);
  const last = versions[at];
  if (!last) return undefined;
  const said = last.version.message;
  const saves = versions.slice(0, at).map(({ version: { by, at: when, message } }) => ({
    ...(by === undefined ? {} : { by }),
    ...(when === undefined ? {} : { at: when }),
    // A save may keep the message of the apply before it.
    ...(message === undefined || message === said ? {} : { message }),
  }));
  return { applied: last.live, saves, ...(said === undefined ? {} : { message: said }) };
}

/**
 * The body in the schema of the code. In the classic schema, with the version of the last apply if a panel of the code has no
 * match in Grafana: a user may have changed it there.
 */
export async function prepared(
  context: KindContext,
  { desired, live: found }: Required<Pick<Write<AnyDashboard, LiveDashboard>, "desired" | "live">>,
): Promise<LiveDashboard> {
  const live = await inSchema(context, found, desired.resource.schema ?? "classic");
  if (live.schema === "v2") return live;
  if (!live.touched || !live.applied || live.ownership.state !== "ours") return live;
  if (!hasOtherPanels(modelOf(desired.resource, live.tag), specOf(live))) return live;
  const past = await readPast(context, live);
  return past ? { ...live, former: specOf(past.applied) } : live;
}
