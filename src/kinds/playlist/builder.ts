import type { Dashboard, ExistingDashboard } from "../dashboard/builder.ts";

/** One dashboard, or all dashboards with a tag. */
export type PlaylistItem = Dashboard | ExistingDashboard | { readonly tag: string };

/** Dashboards that a screen shows one after the other. */
export interface Playlist {
  readonly kind: "playlist";
  readonly title: string;
  /** Letters, digits, `-` and `_`, at most 40. Default: derived from the project and the title. */
  readonly uid?: string;
  /** How long each dashboard is shown: `30s`, `5m`, `1h`. */
  readonly interval: string;
  readonly items: readonly PlaylistItem[];
}

/**
 * Defines a playlist.
 *
 * @example export default playlist({ title: "Wall", interval: "1m", items: [overview, { tag: "production" }] });
 */
export function playlist(playlist: Omit<Playlist, "kind">): Playlist {
  return { kind: "playlist", ...playlist };
}
