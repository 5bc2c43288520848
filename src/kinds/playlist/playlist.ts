import type { ResourceKind } from "../../engine/resource.ts";
import { deriveUid } from "../../util/derived-uid.ts";
import type { Playlist } from "./builder.ts";
import { canonical, desiredForm, differencesOf, factsOf, referencesOf, usesOf } from "./canonical.ts";
import { findPlaylist, listPlaylists, type LivePlaylist } from "./live.ts";
import { PlaylistSchema } from "./schema.ts";
import { foreign } from "./foreign.ts";
import { source } from "./source.ts";
import { removePlaylist, renewMark, rollback, writePlaylist } from "./write.ts";

/** Playlists have no permissions: Grafana checks the role. */
const EDITOR = { role: "Editor" } as const;

export const playlistKind: ResourceKind<Playlist, LivePlaylist> = {
  name: "playlist",
  dependsOn: ["dashboard"],
  marking: "annotations",
  idIs: "uid",
  schema: PlaylistSchema,
  access: { read: { role: "Viewer" }, write: () => EDITOR, restore: () => EDITOR, remove: () => EDITOR },

  id: ({ uid, title }, project) => uid ?? deriveUid(title, [project, "playlist"]),
  title: ({ title }) => title.trim(),
  references: referencesOf,

  list: listPlaylists,
  find: findPlaylist,

  desired: desiredForm,
  observed: ({ object }) => canonical(object.spec),

  write: writePlaylist,
  remove: removePlaylist,
  rollback,

  comparison: { differences: differencesOf },
  deletion: { uses: usesOf },
  foreign,
  source,
  view: { section: { title: "Dashboards", rank: 120 }, facts: factsOf },
  writing: { renewMark },
};
