import type { LoadedConfig } from "../code/config.ts";
import { environmentsLike } from "../code/environment-names.ts";
import { UsageError } from "../util/errors.ts";

/** Options that select environments. */
export interface EnvironmentOptions {
  /** Names and labels, separated by commas: `staging,production`, `region=eu-*`. */
  readonly env?: string;
  readonly envAll?: boolean;
}

/** Whether the options can select several environments. */
export function selectsSeveral({ env, envAll }: EnvironmentOptions): boolean {
  return envAll === true || /[,=*]/.test(env ?? "");
}

/** The names of the selected environments, in the order of the configuration. Throws (exit 64) if a part selects none. */
export function selectedEnvironments({ config, file }: LoadedConfig, options: EnvironmentOptions): string[] {
  const names = Object.keys(config.environments ?? {});
  if (names.length === 0)
    throw new UsageError(`${file} has no environments`, "Add them to `environments`.", "config-environment-missing");
  if (options.envAll) {
    if (options.env !== undefined)
      throw new UsageError("--env-all can't be combined with --env", "Use only one of them.", "option-conflict");
    return names;
  }
  const chosen = new Set<string>();
  for (const part of (options.env ?? "").split(",").map((one) => one.trim())) {
    const found = environmentsLike(part, config.environments ?? {});
    if (found.length === 0)
      throw new UsageError(
        `--env ${part}: ${file} has no such environment`,
        `Use names such as ${names.join(", ")}, or a label such as "region=eu".`,
        "config-environment-missing",
      );
    for (const name of found) chosen.add(name);
  }
  return names.filter((name) => chosen.has(name));
}
