import type { Datasource, ExistingDatasource } from "../datasource/builder.ts";
import type { ExistingFolder, Folder } from "../folder/builder.ts";

/** Dashboards in JSON or YAML files: the result of `dashboards(...)`. */
export interface DashboardFiles {
  readonly kind: "dashboard-files";
  /** Globs, relative to the file that exports this: `./json/*.json`. */
  readonly files: string | readonly string[];
  /**
   * The folder of the dashboards; `null`: the root. Default: the folder in the file's manifest. If the manifest names no
   * folder, a new dashboard is created at the root, and an existing dashboard stays where it is.
   */
  readonly folder?: Folder | ExistingFolder | null;
  /** Returns the uid of a dashboard. `name`: the file name without its extension; `model`: the dashboard in the file. Default: the uid in the file or, if there is none, `name`. */
  readonly uid?: (name: string, model: Readonly<Record<string, unknown>>) => string;
  /** The values of the `__inputs` of exported dashboards: `{ DS_PROMETHEUS: prometheus, VAR_LIMIT: "5" }`. */
  readonly inputs?: Readonly<Record<string, Datasource | ExistingDatasource | string>>;
}

/**
 * Defines dashboards in JSON or YAML files, with their folder and the values of their `__inputs`.
 *
 * @example export default dashboards({ files: "./json/*.json", folder: platform, inputs: { DS_PROMETHEUS: prometheus } });
 */
export function dashboards(files: Omit<DashboardFiles, "kind">): DashboardFiles {
  return { kind: "dashboard-files", ...files };
}
