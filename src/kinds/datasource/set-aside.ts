import { changedSincePlan } from "../../engine/conflicts.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { hash } from "../../util/json.ts";
import { contentOf, observedForm } from "./canonical.ts";
import { findDatasource, type LiveDatasource } from "./live.ts";
import { markOf } from "./mark.ts";
import { saveBody } from "./save.ts";

// Grafana rejects a name that another datasource has. So a run that exchanges names gives the former holder of a name a
// temporary one, before it renames or deletes it.

function temporaryName(uid: string): string {
  return `grafana-provision: temporary name of ${uid}`;
}

/** Whether a datasource has its temporary name. */
export function isSetAside({ id, title }: Pick<LiveDatasource, "id" | "title">): boolean {
  return title === temporaryName(id);
}

/** Whether a run has given a datasource its temporary name since it read it, and nothing else has changed. */
export function isSetAsideSince(planned: LiveDatasource, now: LiveDatasource): boolean {
  return isSetAside(now) && now.body.version === planned.body.version + 1;
}

/** The datasource to rename to `name`: the planned one, or the current one if this run has given it its temporary name since. */
export async function toRename<Planned extends LiveDatasource | undefined>(
  context: KindContext,
  planned: Planned,
  name: string,
): Promise<Planned | LiveDatasource> {
  if (!planned || planned.title === name) return planned;
  const now = await findDatasource(context, planned.id);
  return now && isSetAsideSince(planned, now) ? now : planned;
}

/** Gives a datasource its temporary name, unless it has already lost this name. Throws `Conflict` if its version differs. */
export async function setAside(context: KindContext, holder: LiveDatasource): Promise<void> {
  const now = await findDatasource(context, holder.id);
  if (now?.title !== holder.title) return;
  if (now.version !== holder.version) throw changedSincePlan({ kind: "datasource", id: holder.id });
  const body = { ...now.body, name: temporaryName(holder.id) };
  const { applied } = now;
  const contentHash = hash(contentOf(observedForm({ body })));
  await saveBody(context, now, body, (version) =>
    applied ? markOf(context.owner, { ...applied, contentHash, version }) : undefined,
  );
}
