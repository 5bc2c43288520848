import type { JsonObject } from "../../../src/util/json.ts";
import { unlessNotFound } from "../../../src/grafana/errors.ts";
import type { TestGrafana } from "../../helpers/grafana.ts";

export const LIBRARY_PANELS = "/api/library-elements";

/** A library panel as Grafana stores it. */
export interface StoredLibraryPanel {
  readonly uid: string;
  readonly name: string;
  readonly folderUid: string;
  readonly version: number;
  readonly model: JsonObject;
}

export async function findLibraryPanel({ other }: TestGrafana, uid: string): Promise<StoredLibraryPanel | undefined> {
  const answer = await unlessNotFound(other.send({ method: "GET", path: `${LIBRARY_PANELS}/${uid}` }));
  return (answer as { result: StoredLibraryPanel } | undefined)?.result;
}

export async function everyLibraryPanel({ other }: TestGrafana): Promise<StoredLibraryPanel[]> {
  const answer = await other.send({ method: "GET", path: `${LIBRARY_PANELS}?perPage=10000` });
  return (answer as { result: { elements: StoredLibraryPanel[] } }).result.elements;
}

/** Saves a library panel like Grafana's pages, with these properties of its model changed. */
export async function editLibraryPanel(grafana: TestGrafana, uid: string, model: JsonObject): Promise<void> {
  const now = await findLibraryPanel(grafana, uid);
  const body = { kind: 1, version: now?.version, name: now?.name, model: { ...now?.model, ...model } };
  await grafana.other.send({ method: "PATCH", path: `${LIBRARY_PANELS}/${uid}`, body });
}

/** Another user's library panel. */
export async function makeLibraryPanel({ other }: TestGrafana, uid: string, folderUid = ""): Promise<void> {
  const body = { uid, name: uid, kind: 1, folderUid, model: { type: "text", title: "theirs" } };
  await other.send({ method: "POST", path: LIBRARY_PANELS, body });
}

export async function removeLibraryPanel({ other }: TestGrafana, uid: string): Promise<void> {
  await other.send({ method: "DELETE", path: `${LIBRARY_PANELS}/${uid}` });
}
