import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { EXIT, InvalidCodeError, ProvisionError, UsageError, type Fault } from "../util/errors.ts";
import { commandLine } from "../util/command-line.ts";
import { issuesOf, PARSING, pathText } from "../util/schema-issues.ts";
import type { LintSettings } from "../lint/settings.ts";
import type { MappingTarget } from "../engine/mapping-target.ts";
import { secretVariables, type SecretSource, type SecretVariables } from "../secrets/sources.ts";
import { childEnvironment, environment as variables } from "../secrets/environment.ts";
import { ConfigSchema } from "./config-schema.ts";
import { importModule } from "./import.ts";
import { configAbove, namedConfig } from "./find-config.ts";
import { importFault } from "./import-fault.ts";
import type { AnyValues, ValuesInput, ValuesSchema } from "./standard-schema.ts";
import { thrownText } from "./user-code.ts";

/** A Grafana that the code can be applied to, selected with `--env`. */
export interface Environment<Schema extends ValuesSchema = AnyValues> {
  /** The URL, including the sub-path. It must not contain credentials: see `token`. */
  readonly url?: string;
  /** The owner of the objects in this Grafana. Default: the project's name. */
  readonly owner?: string;
  readonly orgId?: number;
  /**
   * The organization of this Grafana, by name, or by id like `orgId`. If it is missing, `apply` creates it after confirmation.
   */
  readonly organization?: string | number;
  /** What an apply does with changes made in Grafana: `refuse` (the default) keeps and reports them, `overwrite` overwrites them. */
  readonly drift?: "refuse" | "overwrite";
  /** What differs between the environments: the code reads it with `environment().values`. Not for secrets: plans show it. */
  readonly values?: ValuesInput<Schema>;
  /** Groups environments: `{ region: "eu" }`. The code reads them with `environment().labels`. */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Maps datasources. Key: the uid in the code, or the name of an input of a JSON file. Value: the uid in this Grafana, or a
   * name and, optionally, a type.
   *
   * @example { prometheus: "mimir-staging", loki: { name: "Loki", type: "loki" } }
   */
  readonly datasources?: Readonly<Record<string, MappingTarget>>;
  /** Maps folders. Key: the uid in the code. Value: the uid in this Grafana, or the title as `{ name }`. */
  readonly folders?: Readonly<Record<string, MappingTarget>>;
  /** Maps contact points. Key: the name in the code. Value: the name in this Grafana. */
  readonly contactPoints?: Readonly<Record<string, MappingTarget>>;
  /**
   * Where the token for this Grafana comes from: `{ env }`, `{ file }`, or `{ command }` that prints it. Default: the variable
   * `GRAFANA_TOKEN_<ENV>`, such as `GRAFANA_TOKEN_EU_WEST` for `eu-west`. In a command on only this environment, `GRAFANA_TOKEN` is used if that
   * variable is not set.
   */
  readonly token?: Exclude<SecretSource, string>;
  /** Where the values of secrets come from in this environment, in the form of `secrets` of the configuration: `{ SLACK_URL: "SLACK_URL_STAGING" }`. */
  readonly secrets?: Readonly<Record<string, SecretSource>>;
}

/** The default export of `grafana.config.ts`. */
export interface Config<Schema extends ValuesSchema = AnyValues, Name extends string = string> {
  /** The owner of the objects: letters, digits, `.`, `_` and `-`, at most 63 characters. If you change it, the project no longer owns the objects that it applied before. */
  readonly project: string;
  /** Identifies this repository in marks, so that another repository with the same project name can't change or delete its objects: 8 to 64 letters, digits, `-` and `_`. `init` writes a random one. Keep it in all branches and clones, and change it in a copy that becomes a separate project. */
  readonly id?: string;
  /** Directories and files, relative to the configuration. Default: `./dashboards`, `./alerts` and `./datasources`. */
  readonly resources?: readonly string[];
  readonly environments?: Readonly<Record<Name, Environment<Schema>>>;
  /**
   * The order in which `apply` changes several environments: lists of names and labels, such as `eu-*` and `region=eu`. The
   * environments of a wave are changed at the same time. If one of them fails, or keeps changes made in Grafana, the next wave
   * doesn't start. An environment belongs to the first wave that names it. Default: all at the same time.
   *
   * @example [["canary"], ["eu-*", "us-*"]]
   */
  readonly waves?: readonly (readonly string[])[];
  /** Checks `values` of each environment, and gives them their types: `z.object({ replicas: z.number() })`, or another Standard Schema. */
  readonly valuesSchema?: Schema;
  /**
   * Where the values of secrets come from, by the name in `secret(source("NAME"))` or `secret(env("NAME"))`: another variable, a
   * file, or a command such as the CLI of a secret manager. Files are read and commands are run only for a write that
   * needs the value, and by `rollback` before its plan.
   *
   * @example { slack: { command: ["vault", "kv", "get", "-field=url", "secret/slack"] } }
   */
  readonly secrets?: Readonly<Record<string, SecretSource>>;
  readonly alerting?: {
    /**
     * `"api"`: rules, contact points, the default policy tree, notification templates and mute timings are read-only in
     * Grafana's UI. `"none"`: they can be edited. Default: `"api"` for new objects; existing objects keep their setting. Named
     * policy trees and `notificationRoutes` can always be edited.
     */
    readonly provenance?: "api" | "none";
  };
  /**
   * Where runs record the previous state of what they change, for `rollback`: a directory relative to the configuration, and
   * the number of runs to keep for each Grafana. Default: 50 in `.grafana-provision/runs`.
   */
  readonly runs?: string | { readonly directory?: string; readonly keep?: number };
  /** Settings of `lint`. They also apply to the findings that `validate` and `review` show. */
  readonly lint?: LintSettings;
  /** The uid of the folder whose annotation is the ledger: the list of owned objects that can't store a mark, such as alerting objects and teams. Default: the first root folder in the code. */
  readonly ledgerFolder?: string;
}

/**
 * Returns the configuration unchanged, so that TypeScript checks it. A plain object as the default export also works.
 *
 * @example export default defineConfig({ project: "toolboxai", resources: ["./dashboards"] });
 */
export function defineConfig<Schema extends ValuesSchema = AnyValues, const Name extends string = string>(
  config: Config<Schema, Name>,
): Config<Schema, Name> {
  return config;
}

/** A configuration that was read and validated. */
export interface LoadedConfig {
  readonly config: Config;
  /** Absolute path. */
  readonly file: string;
  /** The directory that all paths in the configuration are relative to. */
  readonly directory: string;
}

/** The file names of a configuration, in the order of the search. @internal */
export const CONFIG_NAMES = ["grafana.config.ts", "grafana.config.mts", "grafana.config.js", "grafana.config.mjs"];

/** Reads `grafana.config.ts` of this directory or of one above it, or the file of `--config`. Throws exit 64 if it does not exist, 65 if it is invalid. */
export async function loadConfig(given: string | undefined, directory: string): Promise<LoadedConfig> {
  const file = given === undefined ? configAbove(directory, CONFIG_NAMES) : namedConfig(given, directory, CONFIG_NAMES);
  if (file === undefined) {
    throw new UsageError(
      `Neither ${directory} nor a directory above it has a grafana.config.ts`,
      `Change to the directory that contains it, pass --config FILE, or create a new repository: ${commandLine("init")}`,
      "config-missing",
    );
  }

  const about = { level: "error", file } as const;
  let exported: unknown;
  try {
    const module = await importModule(pathToFileURL(file).href);
    exported = module["default"];
  } catch (error) {
    throw new InvalidCodeError([{ ...about, ...importFault(error, file) }]);
  }
  if (exported === undefined) {
    const hint = 'Add: export default defineConfig({ project: "my-team", resources: ["./dashboards"] });';
    throw new InvalidCodeError([
      { ...about, code: "config-invalid", message: "the configuration has no default export", hint },
    ]);
  }
  const parsed = parseConfig(exported);
  if (parsed instanceof Error)
    throw new InvalidCodeError([{ ...about, code: "config-invalid", message: parsed.message }]);
  if (!parsed.success) {
    const faults = issuesOf(parsed.error.issues).map(({ path, message }): Fault => {
      const hint =
        "Settings: project, id, resources, environments, waves, valuesSchema, secrets, alerting, runs, ledgerFolder, lint. Settings of an environment: url, owner, orgId, organization, drift, values, labels, datasources, folders, contactPoints, secrets, token.";
      return { ...about, code: "config-invalid", path: pathText(path), message, hint };
    });
    throw new InvalidCodeError(faults);
  }
  return { config: parsed.data, file, directory: dirname(file) };
}

/** An error if the exported value can't be read. */
function parseConfig(exported: unknown) {
  try {
    return ConfigSchema.safeParse(exported, PARSING);
  } catch (error) {
    return new Error(`the configuration throws an error when it is read: ${thrownText(error)}`);
  }
}

/** The directory of recorded runs, and the number of runs to keep. */
export function runsOf({ config: { runs }, directory }: LoadedConfig): { directory: string; keep: number } {
  const { directory: path = ".grafana-provision/runs", keep = 50 } =
    typeof runs === "string" ? { directory: runs } : (runs ?? {});
  return { directory: resolve(directory, path), keep };
}

/** Where the secrets of an environment come from, by the name in the code. */
export function sourcesOf({ config }: LoadedConfig, name: string | undefined): Readonly<Record<string, SecretSource>> {
  return { ...config.secrets, ...(name === undefined ? {} : config.environments?.[name]?.secrets) };
}

/** The values of secrets for an environment, by the name in the code. */
export function secretsOf(loadedConfig: LoadedConfig, name: string | undefined): SecretVariables {
  const { directory } = loadedConfig;
  const around = { environment: variables(), directory, forCommands: childEnvironment() };
  return secretVariables(sourcesOf(loadedConfig, name), around);
}

/** The environment of the Grafana that `stack:up` starts. It needs no entry in the configuration. */
export const STACK = "stack";

/** Whether `--env` can select this name. An older revision of the configuration may lack it. */
export function isEnvironment({ config }: LoadedConfig, name: string): boolean {
  return name === STACK || config.environments?.[name] !== undefined;
}

/** The environment selected with `--env`. */
export function environmentOf({ config, file }: LoadedConfig, name: string | undefined): Environment {
  if (name === undefined) return {};
  const environment = config.environments?.[name];
  if (environment) return environment;
  if (name === STACK) return {};
  const known = Object.keys(config.environments ?? {});
  throw new ProvisionError(`${file} has no environment "${name}"`, {
    code: "config-environment-missing",
    exitCode: EXIT.usage,
    hint: known.length > 0 ? `Use one of: ${known.join(", ")}.` : "Add it to `environments`.",
  });
}
