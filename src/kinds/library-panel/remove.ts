import type { KindContext } from "../../engine/kind-context.ts";
import { changedSincePlan } from "../../engine/conflicts.ts";
import { ask, Confirmation } from "../../grafana/ask.ts";
import { Rejected, unlessNotFound } from "../../grafana/errors.ts";
import { commandHere } from "../../util/command-line.ts";
import { EXIT } from "../../util/errors.ts";
import { libraryPanelReferences } from "../dashboard/library-panels.ts";
import type { LiveLibraryPanel } from "./live.ts";
import { connectionsOf, findElement, PATH } from "./requests.ts";

/** Deletes this version. Succeeds if the panel does not exist. */
export async function removeLibraryPanel(
  context: KindContext,
  { id, version }: Pick<LiveLibraryPanel, "id" | "version">,
): Promise<void> {
  const { client } = context.grafana;
  // The DELETE request has no version, so the panel is read again just before.
  const now = await findElement(client, id);
  if (!now) return;
  if (String(now.version) !== version) throw changedSincePlan({ kind: "library-panel", id });
  await mustBeUnused(context, id);
  await unlessNotFound(ask(client, { method: "DELETE", path: `${PATH}/${id}` }, Confirmation));
}

/** Grafana also deletes a library panel that dashboards show. The planned changes of dashboards are already done. */
async function mustBeUnused({ grafana: { client, dashboards } }: KindContext, id: string): Promise<void> {
  for (const uid of await connectionsOf(client, id)) {
    // Grafana updates its connections with a delay.
    const spec = (await dashboards.find(uid))?.spec ?? {};
    if (!libraryPanelReferences(spec, true).some((shown) => shown.id === id)) continue;
    throw new Rejected(`library-panel/${id} is not deleted: dashboard/${uid} has shown it since the plan`, {
      exitCode: EXIT.failure,
      hint: `Run \`${commandHere("plan")}\` again to see its users.`,
    });
  }
}
