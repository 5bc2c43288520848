/** The Grafana to emulate: its storage of dashboards and folders, and their API. */
export const modes = ["unified", "legacy-storage", "legacy-api"] as const;

/**
 * - `unified`: Grafana 12.4.0 with unified storage, which keeps annotations and labels.
 * - `legacy-storage`: Grafana 12.4.0 on SQL tables, as after an upgrade: the same API, which drops most metadata.
 * - `legacy-api`: Grafana 11.6.0, which serves dashboards and folders only under `/api`.
 *
 * The first two were compared with a real Grafana 12.4.0. The third is the older API of 12.4.0 on SQL tables and was not
 * compared with a real 11.6.0. Known differences come from its documentation and from its code in 12.4.0: the `status` of a
 * 412 for a folder, one version for a move, a new version for every save, an empty title that keeps a folder's title.
 */
export type Mode = (typeof modes)[number];

const versions: Record<Mode, string> = { unified: "12.4.0", "legacy-storage": "12.4.0", "legacy-api": "11.6.0" };

/** The version that the sandbox reports in this mode. */
export function versionOf(mode: Mode): string {
  return versions[mode];
}

/** Grafana's feature toggles that change what the sandbox serves. */
export const toggles = ["alertingMultiplePolicies"] as const;

export type Toggle = (typeof toggles)[number];
