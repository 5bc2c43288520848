import type { ForeignFacet, ForeignResult } from "../../engine/foreign.ts";
import { textOf, type JsonObject } from "../../util/json.ts";
import { objectsOf } from "../alerting/rule.ts";
import type { Playlist, PlaylistItem } from "./builder.ts";

export const foreign: ForeignFacet = {
  manifests: [{ group: "playlist.grafana.app", kind: "Playlist", read: ({ name, spec }) => playlistOf(name, spec) }],
  terraform: {
    grafana_playlist: (attribute) => attribute("uid"),
    grafana_apps_playlist_playlist: (attribute) => attribute("metadata.uid"),
  },
};

function playlistOf(uid: string, spec: JsonObject): ForeignResult {
  const items: PlaylistItem[] = [];
  for (const { type, value } of objectsOf(spec["items"])) {
    if (type === "dashboard_by_uid") items.push({ kind: "dashboard", uid: textOf(value), existing: true });
    else if (type === "dashboard_by_tag") items.push({ tag: textOf(value) });
    else return { left: `it has an item of the type "${textOf(type)}", which is not supported` };
  }
  const title = textOf(spec["title"]);
  const value: Playlist = { kind: "playlist", uid, title, interval: textOf(spec["interval"]), items };
  return { value };
}
