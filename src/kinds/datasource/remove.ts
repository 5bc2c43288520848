import { changedSincePlan } from "../../engine/conflicts.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { ask, Confirmation } from "../../grafana/ask.ts";
import { unlessNotFound } from "../../grafana/errors.ts";
import { findDatasource, type LiveDatasource } from "./live.ts";
import { isSetAsideSince } from "./set-aside.ts";
import { commandHere } from "../../util/command-line.ts";

export async function removeDatasource(context: KindContext, live: LiveDatasource): Promise<void> {
  const { client } = context.grafana;
  // The DELETE request has no version, so the datasource is read again just before.
  const now = await findDatasource(context, live.id);
  const isPlanned = now?.version === live.version || (now && isSetAsideSince(live, now));
  if (now && (!isPlanned || now.ownership.state !== "ours")) {
    throw changedSincePlan(
      { kind: "datasource", id: live.id },
      `Run \`${commandHere("plan")}\` again to see the current state.`,
    );
  }
  const path = `/api/datasources/uid/${live.id}`;
  await unlessNotFound(ask(client, { method: "DELETE", path }, Confirmation));
}
