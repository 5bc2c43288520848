import { join } from "node:path";
import { loadConfig, type LoadedConfig } from "../code/config.ts";
import { ProvisionError } from "../util/errors.ts";
import { projectName } from "../util/project-name.ts";

/** The configuration, or that of a project without code, for commands that also work outside of a project. */
export async function configOrNone(given: string | undefined, directory: string): Promise<LoadedConfig> {
  try {
    return await loadConfig(given, directory);
  } catch (error) {
    if (given !== undefined || !(error instanceof ProvisionError) || error.code !== "config-missing") throw error;
    const project = projectName(directory.split(/[/\\]/).at(-1) ?? "");
    return { config: { project }, file: join(directory, "grafana.config.ts"), directory };
  }
}
