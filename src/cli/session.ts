import { relative } from "node:path";
import { runsOf, type LoadedConfig } from "../code/config.ts";
import type { Emit } from "../engine/events.ts";
import { EMPTY_LEDGER } from "../ownership/ledger.ts";
import { namedIn } from "../secrets/named-in-code.ts";
import type { Workspace } from "../engine/pipeline.ts";
import type { Desired } from "../engine/model.ts";
import { secretValues, type SecretValues } from "../secrets/values.ts";
import { environment } from "../secrets/environment.ts";
import { createClient, type ClientOptions } from "../grafana/client.ts";
import { connect } from "../grafana/connection.ts";
import { UsageError } from "../util/errors.ts";
import { durationText } from "../grafana/errors.ts";
import { kinds } from "../kinds/index.ts";
import { outgoing } from "../secrets/outgoing.ts";
import type { ReportInput } from "../report/json.ts";
import type { RunsConfig } from "../rollback/record-run.ts";
import { targetOf, type Target } from "./target.ts";
import { notConnected } from "./not-connected.ts";
import type { CommonOptions } from "./options.ts";

/** A Grafana that answered, and what has to be closed at the end. */
export interface Session extends Workspace {
  readonly target: Target;
  readonly runs: RunsConfig;
  /** `Grafana 12.4.0 at https://…`, or where the sandbox's data are. */
  readonly description: string;
  close(): Promise<void>;
}

/** What a report says of it. */
export function sessionOf({ context: { grafana, owner }, target }: Session): Pick<ReportInput, "target" | "owner"> {
  const { client, version, namespace } = grafana;
  return {
    owner,
    target: { type: target.type, url: client.url, version, ...(namespace === undefined ? {} : { namespace }) },
  };
}

const SHORTEST_KEY = 16;

/** For a command that loads no resources: their secrets are not read from variables. */
export const NO_CODE: readonly Desired[] = [];

/**
 * Connects to the Grafana that options, configuration and variables name, or starts the sandbox if they name none. Reads
 * only the variables of secrets that `code` names.
 */
export async function openSession(
  loadedConfig: LoadedConfig,
  options: CommonOptions,
  emit: Emit,
  code: readonly Desired[],
): Promise<Session> {
  const target = targetOf(loadedConfig, options, environment());
  checkKey(environment()["GRAFANA_PROVISION_KEY"]);
  const sandbox = target.type === "sandbox" ? await startSandbox(target.dataDirectory) : undefined;
  try {
    if (target.type === "grafana" && target.notice) emit({ type: "note", message: target.notice });
    const secrets = secretValues({
      variables: environment(),
      named: namedIn(code, kinds),
      redactor: outgoing,
      refresh: options.refreshSecrets === true,
      // The sandbox sends nothing and a stack is for trials: any URL will do.
      ...(sandbox || (target.type === "grafana" && target.stack) ? { standIn } : {}),
    });
    const client = sandbox ? clientOf(sandbox, options) : (target as Extract<Target, { type: "grafana" }>).client;
    const session = await sessionOn({ loadedConfig, target, client, secrets, emit });
    if (!sandbox) return session;
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

/** A key that can be guessed would let readers of Grafana's annotations find short secrets by trying. */
function checkKey(key: string | undefined): void {
  if (!key || key.length >= SHORTEST_KEY) return;
  throw new UsageError(
    `GRAFANA_PROVISION_KEY has ${key.length} characters; it needs at least ${SHORTEST_KEY}`,
    "Set it to a random text, for example from: openssl rand -hex 32",
  );
}

/** The stand-in for a secret on a sandbox if its variable is not set. */
export function standIn(variable: string): string {
  return `https://sandbox.invalid/${variable}`;
}

/** How a sandbox is reached. */
export function clientOf(
  { url, user, password }: { readonly url: string; readonly user: string; readonly password: string },
  { concurrency = 8 }: { readonly concurrency?: number },
): ClientOptions {
  return { url, credentials: { type: "basic", user, password }, concurrency };
}

/** Connects to one Grafana, whatever options and variables say. */
export async function sessionOn({
  loadedConfig,
  target,
  client: options,
  secrets,
  emit,
}: {
  readonly loadedConfig: LoadedConfig;
  readonly target: Target;
  readonly client: ClientOptions;
  readonly secrets: SecretValues;
  readonly emit: Emit;
}): Promise<Session> {
  const client = await createClient({
    ...options,
    redactor: secrets.redactor,
    onWait: ({ milliseconds, why }) =>
      emit({ type: "note", message: `Waiting ${durationText(milliseconds)}, as ${why}.` }),
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
      ledger: EMPTY_LEDGER,
      settings: loadedConfig.config.alerting ?? {},
      secrets,
    },
    kinds,
    target,
    project: loadedConfig.config.project,
    runs: runsOf(loadedConfig),
    description: `Grafana ${grafana.version} at ${client.url}`,
    async close() {
      client.close();
    },
  };
}

async function startSandbox(dataDirectory: string) {
  const { startSandbox: start } = await import("../sandbox/server.ts");
  return start({ dataDirectory });
}

function sandboxLine(dataDirectory: string, named: boolean): string {
  const where = relative(process.cwd(), dataDirectory);
  const data = where.startsWith("..") ? dataDirectory : where;
  return named
    ? `Sandbox: its data are in ${data}`
    : `Sandbox: GRAFANA_URL is not set, so this is the embedded Grafana with its data in ${data}`;
}
