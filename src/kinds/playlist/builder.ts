import type { Dashboard, ExistingDashboard } from "../dashboard/builder.ts";

/** One dashboard, or all that have a tag. */
export type PlaylistItem = Dashboard | ExistingDashboard | { readonly tag: string };

/** Dashboards that a screen shows in turn. */
export interface Playlist {
  readonly kind: "playlist";
  readonly title: string;
  /** Letters, digits, `-` and `_`, 40 at most. Default: derived from the project and the title. */
  readonly uid?: string;
  /** How long each dashboard is shown: `30s`, `5m`, `1h`. */
  readonly interval: string;
  readonly items: readonly PlaylistItem[];
}

/**
 * Declares a playlist.
 *
 * @example export default playlist({ title: "Wall", interval: "1m", items: [overview, { tag: "production" }] });
 */
export function playlist(playlist: Omit<Playlist, "kind">): Playlist {
  return { kind: "playlist", ...playlist };
}
