import type { Datasource, ExistingDatasource } from "../datasource/builder.ts";
import type { ExistingFolder, Folder } from "../folder/builder.ts";

/** Dashboards that are files of JSON or YAML: made by `dashboards(...)`. */
export interface DashboardFiles {
  readonly kind: "dashboard-files";
  /** Globs, relative to the file that exports this: `./json/*.json`. */
  readonly files: string | readonly string[];
  /** Where they go. Default: what a file's own manifest says, else the root. */
  readonly folder?: Folder | ExistingFolder;
  /** A file's uid, from its name without the ending and the model in it. Default: the model's own uid, else the file's name. */
  readonly uid?: (name: string, model: Readonly<Record<string, unknown>>) => string;
  /** What the `__inputs` of exported dashboards stand for: `{ DS_PROMETHEUS: prometheus, VAR_LIMIT: "5" }`. */
  readonly inputs?: Readonly<Record<string, Datasource | ExistingDatasource | string>>;
}

/**
 * Declares dashboards that are files of JSON or YAML, with the folder that they go to and answers to their `__inputs`.
 *
 * @example export default dashboards({ files: "./json/*.json", folder: platform, inputs: { DS_PROMETHEUS: prometheus } });
 */
export function dashboards(files: Omit<DashboardFiles, "kind">): DashboardFiles {
  return { kind: "dashboard-files", ...files };
}
