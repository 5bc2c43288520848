import { relative } from "node:path";
import { runsOf, secretsOf, type LoadedConfig } from "../code/config.ts";
import type { Emit } from "../engine/events.ts";
import { EMPTY_LEDGER } from "../ownership/ledger.ts";
import { namedIn } from "../secrets/named-in-code.ts";
import type { Workspace } from "../engine/pipeline.ts";
import type { Desired } from "../engine/model.ts";
import { secretValues, type SecretValues } from "../secrets/values.ts";
import { credentialTexts, environment } from "../secrets/environment.ts";
import { createClient, type ClientOptions } from "../grafana/client.ts";
import { inOrganization, organizationMissing } from "../grafana/organizations.ts";
import { connect } from "../grafana/connection.ts";
import { commandLine } from "../util/command-line.ts";
import { UsageError } from "../util/errors.ts";
import { listed } from "../util/plural.ts";
import { createUsers } from "./existing-objects.ts";
import { durationText } from "../grafana/errors.ts";
import { kinds } from "../kinds/index.ts";
import { outgoing } from "../secrets/outgoing.ts";
import type { ReportInput } from "../report/json.ts";
import type { RunsConfig } from "../rollback/record-run.ts";
import { versionMessage } from "../rollback/who.ts";
import { targetWords } from "./next.ts";
import { ownVariables } from "./own-credentials.ts";
import { targetOf, type Target } from "./target.ts";
import { notConnected } from "./not-connected.ts";
import type { CommonOptions } from "./options.ts";

/** A connection to a Grafana, with what a command needs to work on it. Must be closed. */
export interface Session extends Workspace {
  readonly target: Target;
  readonly runs: RunsConfig;
  /** `Grafana 12.4.0 at https://…`, or the data directory of the sandbox. */
  readonly description: string;
  close(): Promise<void>;
}

/** The session as it appears in a JSON report. */
export function sessionOf({ context: { grafana, owner }, target }: Session): Pick<ReportInput, "target" | "owner"> {
  const { client, version, namespace } = grafana;
  return {
    owner,
    target: { type: target.type, url: client.url, version, ...(namespace === undefined ? {} : { namespace }) },
  };
}

const MIN_KEY_LENGTH = 16;

/** For commands that send no secrets of the code and so read no variables. */
export const NO_CODE: readonly Desired[] = [];

/**
 * Connects to the Grafana that the options, the configuration or the environment name, or starts the sandbox if they name
 * none. Reads only the variables of secrets that `code` uses. `given`: the target, if it is known.
 * `create`: asks whether to create a missing organization; without it, a missing organization is an error.
 */
export async function openSession(
  loadedConfig: LoadedConfig,
  options: CommonOptions,
  emit: Emit,
  code: readonly Desired[],
  given?: Target,
  create: CreateOrganization = mustExist(options),
): Promise<Session> {
  const target = given ?? (await targetFor(loadedConfig, options));
  checkKey(environment()["GRAFANA_PROVISION_KEY"]);
  const sandbox = target.type === "sandbox" ? await startSandbox(target.dataDirectory) : undefined;
  try {
    if (target.type === "grafana" && target.notice) emit({ type: "note", message: target.notice });
    // The sandbox and the stack are for trials: placeholders let them run without real secrets.
    const replaced = sandbox ? "all" : target.type === "grafana" && target.stack ? "missing" : undefined;
    const sources = secretsOf(loadedConfig, options.env);
    const secrets = secretValues({
      variables: sources.variables,
      sources,
      named: namedIn(code, kinds),
      redactor: outgoing,
      credentials: credentialTexts(),
      refresh: options.refreshSecrets === true,
      ...(replaced ? { standIn: { for: replaced, value: placeholder } } : {}),
    });
    const client = sandbox ? clientOf(sandbox, options) : await clientIn(target, create);
    const { id: repository } = loadedConfig.config;
    const session = await sessionOn({ loadedConfig, target, repository, client, secrets, emit });
    if (!sandbox) return session;
    const users = await createUsers(session.context.grafana, code, kinds);
    if (users.length > 0)
      emit({ type: "note", message: `The sandbox gets the users that the code names: ${listed(users)}.` });
    return {
      ...session,
      description: sandboxLine(sandbox.dataDirectory, options.sandbox === true),
      async close() {
        await session.close();
        await sandbox.close();
      },
    };
  } catch (error) {
    await sandbox?.close();
    throw error;
  }
}

/** Asks for consent to create the organization of an environment. Throws if it is not given. */
export type CreateOrganization = (name: string, url: string) => Promise<void>;

/** Nothing can be read in a missing organization, so only a command on a single environment may create it before its plan. */
function mustExist(options: CommonOptions): CreateOrganization {
  return async (name, url) => {
    throw organizationMissing(
      `The organization "${name}" does not exist in ${url}; nothing was changed`,
      `Create it in Grafana, or run \`${commandLine("apply", ...targetWords(options))}\`, which creates it after confirmation.`,
    );
  };
}

async function clientIn(target: Target, create: CreateOrganization): Promise<ClientOptions> {
  if (target.type === "sandbox") throw new Error("the sandbox has its own client");
  const { client, organization } = target;
  if (organization === undefined) return client;
  try {
    return await inOrganization(client, organization, (name) => create(name, client.url));
  } catch (error) {
    throw notConnected(error, target, client.url);
  }
}

/** The target of the options, with the credentials of the environment if it has its own. `several`: no others are used. */
export async function targetFor(
  loadedConfig: LoadedConfig,
  options: CommonOptions,
  how: { readonly several?: boolean } = {},
): Promise<Target> {
  if (options.sandbox) return targetOf(loadedConfig, options, environment());
  const own = await ownVariables(loadedConfig, options.env, environment(), how);
  return targetOf(loadedConfig, options, own.variables, own.from);
}

/** A key that can be guessed would let readers of Grafana's annotations find short secrets by trying. */
function checkKey(key: string | undefined): void {
  if (!key || key.length >= MIN_KEY_LENGTH) return;
  throw new UsageError(
    `GRAFANA_PROVISION_KEY has ${key.length} characters; it needs at least ${MIN_KEY_LENGTH}`,
    "Set it to a random text, for example from: openssl rand -hex 32",
    "key-too-short",
  );
}

/** The value of a secret on the sandbox, and on the stack if its variable is not set. */
export function placeholder(variable: string): string {
  return `https://sandbox.invalid/${variable}`;
}

/** The options of a client for a sandbox. */
export function clientOf(
  { url, user, password }: { readonly url: string; readonly user: string; readonly password: string },
  { concurrency = 8 }: { readonly concurrency?: number },
): ClientOptions {
  return { url, credentials: { type: "basic", user, password }, concurrency };
}

/** Connects to the Grafana of `client`. */
export async function sessionOn({
  loadedConfig,
  target,
  repository,
  client: options,
  secrets,
  emit,
}: {
  readonly loadedConfig: LoadedConfig;
  readonly target: Target;
  /** Absent in a review, whose two revisions may have different ids. */
  readonly repository?: string | undefined;
  readonly client: ClientOptions;
  readonly secrets: SecretValues;
  readonly emit: Emit;
}): Promise<Session> {
  const message = versionMessage(process.env);
  const client = await createClient({
    ...options,
    redactor: secrets.redactor,
    onWait: ({ milliseconds, why, atMost }) =>
      emit({ type: "note", message: `Waiting ${atMost ? "up to " : ""}${durationText(milliseconds)}: ${why}.` }),
  });
  const grafana = await connect(client, target.owner).catch((error: unknown) => {
    throw notConnected(error, target, client.url);
  });
  emit({ type: "connected", url: client.url, version: grafana.version });
  for (const message of grafana.notes) emit({ type: "note", message });
  return {
    context: {
      grafana,
      owner: target.owner,
      repository,
      ledger: EMPTY_LEDGER,
      settings: loadedConfig.config.alerting ?? {},
      ...(message === undefined ? {} : { message: secrets.redacted(message) }),
      secrets,
    },
    kinds,
    target,
    project: loadedConfig.config.project,
    runs: runsOf(loadedConfig),
    description: `Grafana ${grafana.version} at ${client.url}${organizationText(target)}`,
    async close() {
      client.close();
    },
  };
}

function organizationText(target: Target): string {
  const name = target.type === "grafana" ? target.organization : undefined;
  return name === undefined ? "" : ` (organization ${name})`;
}

async function startSandbox(dataDirectory: string) {
  const [{ startSandbox: start }, { toggles }] = await Promise.all([
    import("../sandbox/server.ts"),
    import("../sandbox/mode.ts"),
  ]);
  return start({ dataDirectory, toggles });
}

function sandboxLine(dataDirectory: string, named: boolean): string {
  const where = relative(process.cwd(), dataDirectory);
  const data = where.startsWith("..") ? dataDirectory : where;
  return named
    ? `Sandbox: data in ${data}`
    : `Sandbox: GRAFANA_URL is not set, so this runs on the embedded sandbox (data in ${data})`;
}
