import type { KindContext } from "../../engine/kind-context.ts";
import type { LiveObject } from "../../engine/model.ts";
import type { KubernetesApi } from "../../grafana/connection.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";
import { lastWrite, ownershipOf } from "../../ownership/annotations.ts";
import { textOf } from "../../util/json.ts";

/** Both versions have the same form; Grafana 11 has only the older one. */
export const PLAYLISTS: KubernetesApi = {
  group: "playlist.grafana.app",
  resource: "playlists",
  kind: "Playlist",
  versions: ["v1", "v0alpha1"],
};

export interface LivePlaylist extends LiveObject {
  readonly object: KubernetesObject;
}

/** Empty if Grafana serves no playlists. */
export async function listPlaylists(context: KindContext): Promise<LivePlaylist[]> {
  const all = await context.grafana.collection(PLAYLISTS);
  const objects = (await all?.list({ metadataOnly: false })) ?? [];
  return objects.map((object) => livePlaylist(object, context));
}

export async function findPlaylist(context: KindContext, id: string): Promise<LivePlaylist | undefined> {
  const all = await context.grafana.collection(PLAYLISTS);
  const object = await all?.find(id);
  return object && livePlaylist(object, context);
}

export function livePlaylist(object: KubernetesObject, context: KindContext): LivePlaylist {
  const { name, resourceVersion } = object.metadata;
  const unmarked = isInTables(object) ? ({ state: "unknown", markable: false } as const) : undefined;
  const { ownership, applied } = ownershipOf(object, context, unmarked);
  return {
    id: name,
    title: textOf(object.spec?.["title"]) || name,
    version: resourceVersion,
    ownership,
    ...(applied ? { applied } : {}),
    // Lists contain complete playlists, so their content is compared.
    touched: true,
    ...lastWrite(object),
    complete: true,
    object,
  };
}

/** Whether it is stored in SQL tables, which keep no annotations. Only unified storage has generations. */
export function isInTables({ metadata }: KubernetesObject): boolean {
  return metadata.generation === 0;
}
