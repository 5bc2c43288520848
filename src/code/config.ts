import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { EXIT, InvalidCodeError, ProvisionError, UsageError, type Fault } from "../util/errors.ts";
import { issuesOf, PARSING, pathText } from "../util/schema-issues.ts";
import { importModule } from "./import.ts";
import { importFault } from "./import-fault.ts";

/** One Grafana that the code can be applied to, by the name that `--env` gives. */
export interface Environment {
  /** With its sub-path, if it has one. Credentials come from the environment's variables, never from here. */
  readonly url?: string;
  /** Who the objects belong to there. Default: the project's name. */
  readonly owner?: string;
  readonly orgId?: number;
  /** What happens to a change made in Grafana: it is left and named (`refuse`, the default), or overwritten. */
  readonly drift?: "refuse" | "overwrite";
}

/** What `grafana.config.ts` exports by default. */
export interface Config {
  /** Who the objects belong to: letters, digits, `.`, `_` and `-`, 63 at most. Changing it disowns what was applied. */
  readonly project: string;
  /** Folders and files, relative to the configuration. Default: `./dashboards`, `./alerts` and `./datasources`. */
  readonly resources?: readonly string[];
  readonly environments?: Readonly<Record<string, Environment>>;
  readonly alerting?: {
    /**
     * `"api"`: rules, contact points, policies, templates and mute timings can't be edited in Grafana's UI; `"none"`: they
     * can. Left out, new ones get `"api"`, and existing ones keep what they have.
     */
    readonly provenance?: "api" | "none";
  };
  /**
   * Where what a command replaces or deletes is kept, for `rollback`: a folder, relative to the configuration, and how many
   * runs stay in it. Default: 50 in `.grafana-provision/runs`.
   */
  readonly runs?: string | { readonly directory?: string; readonly keep?: number };
  /** The uid of the folder that holds the record of owned alerting objects. Default: the first root folder of the code. */
  readonly ledgerFolder?: string;
}

/**
 * Types a configuration, and returns it as it is: a plain object as default export does as well.
 *
 * @example export default defineConfig({ project: "toolboxai", resources: ["./dashboards"] });
 */
export function defineConfig(config: Config): Config {
  return config;
}

/** A configuration that was read and checked. */
export interface LoadedConfig {
  readonly config: Config;
  /** Absolute. */
  readonly file: string;
  /** What every path in it is relative to. */
  readonly directory: string;
}

// A Kubernetes label value, which is what it becomes.
const Owner = z
  .string()
  .max(63, "63 characters at most")
  .regex(/^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/, "letters, digits, and . _ - in between");

const ConfigSchema = z.strictObject({
  project: Owner,
  resources: z.array(z.string().min(1)).min(1).exactOptional(),
  alerting: z.strictObject({ provenance: z.enum(["api", "none"]).exactOptional() }).exactOptional(),
  ledgerFolder: z.string().min(1).exactOptional(),
  runs: z
    .union([
      z.string().min(1),
      z.strictObject({
        directory: z.string().min(1).exactOptional(),
        keep: z.number().int().positive().exactOptional(),
      }),
    ])
    .exactOptional(),
  environments: z
    .record(
      z.string(),
      z.strictObject({
        url: z.url({ protocol: /^https?$/ }).exactOptional(),
        owner: Owner.exactOptional(),
        orgId: z.number().int().positive().exactOptional(),
        drift: z.enum(["refuse", "overwrite"]).exactOptional(),
      }),
    )
    .exactOptional(),
});

/** What a configuration is looked for by, in this order. @internal */
export const CONFIG_NAMES = ["grafana.config.ts", "grafana.config.mts", "grafana.config.js", "grafana.config.mjs"];

/** Reads `grafana.config.ts`, or the file that `--config` names. Throws exit 64 where there is none, 65 where it is wrong. */
export async function loadConfig(given: string | undefined, directory: string): Promise<LoadedConfig> {
  const file =
    given === undefined
      ? CONFIG_NAMES.map((name) => resolve(directory, name)).find(existsSync)
      : resolve(directory, given);
  if (file === undefined) {
    throw new UsageError(
      `There is no grafana.config.ts in ${directory}`,
      "Run the command where one is, name it with --config FILE, or write a new repository with: grafana-provision init",
    );
  }
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}`, "--config names the configuration's file.");

  const about = { level: "error", file } as const;
  let exported: unknown;
  try {
    const module = await importModule(pathToFileURL(file).href);
    exported = module["default"];
  } catch (error) {
    throw new InvalidCodeError([{ ...about, ...importFault(error, file) }]);
  }
  if (exported === undefined) {
    const hint = 'Write: export default defineConfig({ project: "my-team", resources: ["./dashboards"] });';
    throw new InvalidCodeError([{ ...about, message: "the configuration has no default export", hint }]);
  }
  const parsed = ConfigSchema.safeParse(exported, PARSING);
  if (!parsed.success) {
    const faults = issuesOf(parsed.error.issues).map(({ path, message }): Fault => {
      const hint =
        "The settings are project, resources, environments, alerting, runs and ledgerFolder; those of an environment url, owner, orgId and drift.";
      return { ...about, path: pathText(path), message, hint };
    });
    throw new InvalidCodeError(faults);
  }
  return { config: parsed.data, file, directory: dirname(file) };
}

/** Where runs are kept, and how many. */
export function runsOf({ config: { runs }, directory }: LoadedConfig): { directory: string; keep: number } {
  const { directory: folder = ".grafana-provision/runs", keep = 50 } =
    typeof runs === "string" ? { directory: runs } : (runs ?? {});
  return { directory: resolve(directory, folder), keep };
}

/** The Grafana that `stack:up` starts: an environment that needs no entry. */
export const STACK = "stack";

/** The environment that `--env` names. */
export function environmentOf({ config, file }: LoadedConfig, name: string | undefined): Environment {
  if (name === undefined) return {};
  const environment = config.environments?.[name];
  if (environment) return environment;
  if (name === STACK) return {};
  const known = Object.keys(config.environments ?? {});
  throw new ProvisionError(`There is no environment "${name}" in ${file}`, {
    exitCode: EXIT.usage,
    hint: known.length > 0 ? `It has: ${known.join(", ")}.` : "It has none: add `environments`.",
  });
}
