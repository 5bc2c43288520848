import type { ReadingFacet } from "../../engine/facets.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import type { Save } from "../../engine/model.ts";
import { dashboardTitles, searchDashboards } from "../../grafana/search.ts";
import { isTemporary, tagOf } from "../../ownership/annotations.ts";
import {
  isAsMarked,
  isUnmarked,
  liveDashboard,
  observedForm,
  specOf,
  withStoredForm,
  type LiveDashboard,
} from "./live-dashboard.ts";
import type { Dashboard } from "./builder.ts";
import { modelOf } from "./model-to-send.ts";
import { hasOtherPanels } from "./model/panel-ids.ts";

export async function listDashboards(context: KindContext): Promise<LiveDashboard[]> {
  const { grafana, owner } = context;
  const all = await grafana.dashboards.list({ metadataOnly: true });
  const objects = all.filter((object) => !isTemporary(object));
  // Tags are in the bodies, which are not read here.
  const hits = objects.some(isUnmarked) ? await searchDashboards(grafana.client, tagOf(owner)) : [];
  const tagged = new Set(hits.map(({ uid }) => uid));
  return objects.map((object) => liveDashboard(object, context, tagged));
}

export async function findDashboard(context: KindContext, id: string): Promise<LiveDashboard | undefined> {
  const object = await context.grafana.dashboards.find(id);
  return object && withStoredForm(object, context);
}

export const reading: ReadingFacet<LiveDashboard> = {
  async bodies(context, objects) {
    const found = await context.grafana.dashboards.read(objects.map(({ id }) => id));
    return Promise.all(found.map((object) => withStoredForm(object, context)));
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
  const versions = await context.grafana.dashboards.history?.(live.id, live.applied?.version);
  const then = (versions ?? []).map(({ spec, uid, generation, annotations, managedFields }) => {
    const metadata = { name: live.id, resourceVersion: "", uid, generation, annotations, managedFields };
    return liveDashboard({ metadata, spec }, context);
  });
  // A save in the UI keeps the mark, which describes the version that it was written with.
  const at = then.findIndex(({ ownership, touched }) => ownership.state === "ours" && !touched);
  const applied = then[at];
  if (!versions || !applied) return undefined;
  const said = versions[at]?.message;
  const saves = versions.slice(0, at).map(({ by, at: when, message }) => ({
    ...(by === undefined ? {} : { by }),
    ...(when === undefined ? {} : { at: when }),
    // A save may keep the message of the apply before it.
    ...(message === undefined || message === said ? {} : { message }),
  }));
  return { applied, saves, ...(said === undefined ? {} : { message: said }) };
}

/** Adds the version of the last apply if a panel of the code has no match in Grafana: a user may have changed it there. */
export async function withFormer(
  context: KindContext,
  { desired, live }: Required<Pick<Write<Dashboard, LiveDashboard>, "desired" | "live">>,
): Promise<LiveDashboard> {
  if (!live.touched || !live.applied || live.ownership.state !== "ours") return live;
  if (!hasOtherPanels(modelOf(desired.resource, live.tag), specOf(live))) return live;
  const past = await readPast(context, live);
  return past ? { ...live, former: specOf(past.applied) } : live;
}
