import { kinds } from "../kinds/index.ts";
import { sourcesIn } from "../secrets/secret.ts";
import type { Fault } from "../util/errors.ts";
import { sourcesOf, type LoadedConfig } from "./config.ts";
import { selectEnvironment, type EnvironmentUse } from "./current-environment.ts";
import { desire, type Code, type Loaded } from "./desired.ts";
import { mappingOf } from "./environment-mapping.ts";
import { factsOf } from "./environment-values.ts";
import { load } from "./load.ts";
import { newRevision } from "./revision.ts";

/** The code, evaluated for an environment. `faults` has those of the environment's values, of the files and of the resources. */
export interface Evaluated extends Code {
  /** Absent: no environment is selected. */
  readonly environment?: string;
  readonly use: EnvironmentUse;
  /** Also the resources with faults. */
  readonly loaded: readonly Loaded[];
  readonly files: number;
}

/**
 * Loads and checks the code for an environment of the configuration, which stays selected. `again`: imports all modules of the
 * project another time, because Node keeps what they exported for another environment. `keep`: leaves the objects of the code
 * as they are, because the next evaluation gets those of packages again.
 */
export async function evaluate(
  loadedConfig: LoadedConfig,
  environment: string | undefined,
  { again = false, keep = false }: { readonly again?: boolean; readonly keep?: boolean } = {},
): Promise<Evaluated> {
  const { facts, faults } = await factsOf(loadedConfig, environment);
  const use = selectEnvironment(facts);
  const mapping = mappingOf(loadedConfig, environment);
  const revision = again ? newRevision(new Map()) : undefined;
  try {
    const {
      loaded,
      faults: ofFiles,
      files,
    } = await load(loadedConfig, {
      ...(revision ? { revision } : {}),
      ...(mapping ? { answered: mapping.names } : {}),
    });
    const given = keep ? loaded.map((one) => ({ ...one, disposable: false })) : loaded;
    const code = desire(given, kinds, loadedConfig.config.project, mapping);
    return {
      ...code,
      faults: [...faults, ...ofFiles, ...code.faults, ...undeclared(code.desired, loadedConfig, environment)],
      ...(environment === undefined ? {} : { environment }),
      use,
      loaded,
      files,
    };
  } finally {
    revision?.end();
  }
}

/** Faults of secrets for which neither the configuration nor the environment says where their values come from. */
function undeclared(desired: Code["desired"], loadedConfig: LoadedConfig, environment: string | undefined): Fault[] {
  const declared = sourcesOf(loadedConfig, environment);
  const where = environment === undefined ? "the configuration" : `the environment "${environment}"`;
  return desired.flatMap(({ kind, resource, source }) => {
    if ((kinds.get(kind)?.secrets?.uses(resource) ?? []).length === 0) return [];
    const names = new Set(sourcesIn(resource).filter((name) => !Object.hasOwn(declared, name)));
    return [...names].map((name): Fault => ({
      level: "error",
      code: "config-secret-missing",
      ...source,
      message: `needs the secret "${name}", but ${where} has no such secret`,
      hint: `Add it to \`secrets\` of the configuration or of the environment: { ${JSON.stringify(name)}: { env: "NAME" } }.`,
    }));
  });
}
