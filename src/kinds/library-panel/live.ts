import type { KindContext } from "../../engine/kind-context.ts";
import { address, type LiveObject, type Ownership } from "../../engine/model.ts";
import { markerOf, unlistedOwnership } from "../../ownership/ledger.ts";
import type { AppliedMarker } from "../../ownership/marker.ts";
import { findElement, listElements, type Element } from "./requests.ts";

export interface LiveLibraryPanel extends LiveObject {
  readonly model: Readonly<Record<string, unknown>>;
}

export async function listLibraryPanels(context: KindContext): Promise<LiveLibraryPanel[]> {
  const all = await listElements(context.grafana.client);
  return all.map((element) => liveLibraryPanel(element, context));
}

export async function findLibraryPanel(context: KindContext, id: string): Promise<LiveLibraryPanel | undefined> {
  const element = await findElement(context.grafana.client, id);
  return element && liveLibraryPanel(element, context);
}

export function liveLibraryPanel(element: Element, context: KindContext): LiveLibraryPanel {
  const { uid, name, folderUid, version, model, meta } = element;
  const { updated, updatedBy } = meta ?? {};
  return {
    id: uid,
    title: name,
    // Panels at the root are in a folder that does not exist.
    parent: folderUid === "" || folderUid === "general" ? undefined : folderUid,
    version: String(version),
    ...ownershipOf(context, uid),
    touched: true,
    ...(updatedBy ? { updatedBy: updatedBy.name } : {}),
    ...(updated ? { updatedAt: updated } : {}),
    complete: true,
    model,
  };
}

function ownershipOf(
  context: KindContext,
  id: string,
): { readonly ownership: Ownership; readonly applied?: AppliedMarker } {
  const { grafana, ledger } = context;
  if (!grafana.marks) return { ownership: { state: "unknown", markable: false } };
  const name = address({ kind: "library-panel", id });
  const entry = ledger.entries.get(name);
  return entry
    ? { ownership: { state: "ours" }, applied: markerOf(entry, id) }
    : { ownership: unlistedOwnership(context, name) };
}
