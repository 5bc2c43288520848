/** Which Grafana the sandbox answers as, by where dashboards and folders are kept and by what API they are reached. */
export const modes = ["unified", "legacy-storage", "legacy-api"] as const;

/**
 * - `unified`: Grafana 12.4.0 with unified storage, which keeps annotations and labels.
 * - `legacy-storage`: Grafana 12.4.0 on SQL tables, as after an upgrade: the same API, which drops most metadata.
 * - `legacy-api`: Grafana 11.6.0, which has dashboards and folders under `/api` alone.
 *
 * The first two were compared with a real Grafana 12.4.0. The third is made of the older API of a 12.4.0 on SQL tables,
 * and was not compared with a real 11.6.0. What differs there is known from its documentation and from the code that
 * 12.4.0 still has of it: the `status` of a 412 for a folder, one version for a move, a new version for every save, an
 * empty title that leaves a folder's title as it is.
 */
export type Mode = (typeof modes)[number];

const versions: Record<Mode, string> = { unified: "12.4.0", "legacy-storage": "12.4.0", "legacy-api": "11.6.0" };

/** The version that a Grafana in this mode says it has. */
export function versionOf(mode: Mode): string {
  return versions[mode];
}
