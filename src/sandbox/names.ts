import type { KindNames } from "./k8s/status.ts";

export const folderNames: KindNames = { group: "folder.grafana.app", kind: "Folder", plural: "folders" };

export const dashboardNames: KindNames = { group: "dashboard.grafana.app", kind: "Dashboard", plural: "dashboards" };

export const playlistNames: KindNames = { group: "playlist.grafana.app", kind: "Playlist", plural: "playlists" };

export const exampleNames: KindNames = { group: "example.grafana.app", kind: "Example", plural: "examples" };
