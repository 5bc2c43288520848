import type { LoadedConfig } from "../code/config.ts";
import { childEnvironment } from "../secrets/environment.ts";
import { outgoing } from "../secrets/outgoing.ts";
import { secretVariables } from "../secrets/sources.ts";
import { secretsOfAuth } from "../grafana/credentials.ts";
import { InvalidCodeError, UsageError } from "../util/errors.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Credentials, and what selects a Grafana, for a command on one environment. They must not reach another one. */
const SHARED = [
  "GRAFANA_URL",
  "GRAFANA_SERVER",
  "GRAFANA_TOKEN",
  "GRAFANA_AUTH",
  "GRAFANA_USER",
  "GRAFANA_PASSWORD",
  "GRAFANA_ORG_ID",
  "GRAFANA_HTTP_HEADERS",
];

/** The variables for a target, and where its credentials come from, if they are its own. */
export interface OwnVariables {
  readonly variables: Variables;
  readonly from?: string;
}

/** `GRAFANA_TOKEN_EU_WEST` for `eu-west`. */
function tokenVariable(environment: string): string {
  return `GRAFANA_TOKEN_${environment.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
}

/**
 * The variables with the credentials of one environment in place of those for any Grafana. `several`: the command works on
 * several environments, so each needs credentials of its own.
 */
export async function ownVariables(
  { config, directory, file }: LoadedConfig,
  environment: string | undefined,
  variables: Variables,
  { several = false }: { readonly several?: boolean } = {},
): Promise<OwnVariables> {
  if (environment === undefined) return { variables };
  const name = tokenVariable(environment);
  const source = config.environments?.[environment]?.token;
  const given = variables[name]?.trim() || undefined;
  const other = Object.keys(config.environments ?? {}).find(
    (one) => one !== environment && tokenVariable(one) === name,
  );
  if (given !== undefined && other !== undefined) throw ambiguous(name, environment, other, file);
  const token = given ?? (source && (await tokenFrom(source, environment, { directory, variables })));
  if (token === undefined) {
    if (!several) return { variables };
    throw new UsageError(
      `The environment "${environment}" has no credentials of its own`,
      `Set ${name}, or \`token\` of the environment in the configuration. With several environments, other credentials are not used.`,
      "credentials-incomplete",
    );
  }
  for (const secret of secretsOfAuth(token)) outgoing.add(secret, { credential: true });
  const dropped = several
    ? SHARED
    : SHARED.filter((one) => !["GRAFANA_URL", "GRAFANA_SERVER", "GRAFANA_ORG_ID"].includes(one));
  const rest = Object.fromEntries(Object.entries(variables).filter(([key]) => !dropped.includes(key)));
  return { variables: { ...rest, GRAFANA_AUTH: token }, from: given === undefined ? "`token`" : name };
}

/** A token for one environment must not reach the host of another. */
function ambiguous(variable: string, environment: string, other: string, file: string): InvalidCodeError {
  return new InvalidCodeError([
    {
      level: "error",
      code: "config-invalid",
      file,
      path: `environments.${environment}`,
      message: `the environments "${environment}" and "${other}" both read their token from ${variable}`,
      hint: `Rename one of them, or unset ${variable} and use \`token\` of each environment.`,
    },
  ]);
}

async function tokenFrom(
  source: NonNullable<NonNullable<LoadedConfig["config"]["environments"]>[string]["token"]>,
  environment: string,
  { directory, variables }: { readonly directory: string; readonly variables: Variables },
): Promise<string> {
  const read = secretVariables(
    { token: source },
    { environment: variables, directory, forCommands: childEnvironment() },
  );
  const failure = (await read.fetch(["token"])).get("token");
  const token = read.variables["token"]?.trim();
  if (token) return token;
  throw new UsageError(
    `The token of the environment "${environment}" can't be read: ${failure ?? "its variable is not set"}`,
    "Check `token` of the environment in the configuration.",
    "credentials-incomplete",
  );
}
