import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { UsageError, type Fault } from "../util/errors.ts";
import type { Emit } from "../engine/events.ts";
import { secretValues, type SecretValues } from "../secrets/values.ts";
import { BaseError } from "../review/base-revision/errors.ts";
import { checkOut } from "../review/base-revision/checkout.ts";
import { revisionOf } from "../review/base-revision/git.ts";
import { kinds } from "../kinds/index.ts";
import { startSandbox, type Sandbox } from "../sandbox/server.ts";
import { CONFIG_NAMES, environmentOf } from "../code/config.ts";
import { makeExisting } from "./existing-objects.ts";
import type { CommonOptions } from "./options.ts";
import type { CheckedCode } from "./code.ts";
import { clientOf, sessionOn, standIn, type Session } from "./session.ts";

/** What the process that puts a revision's code into a sandbox is told. */
export interface BaseTask {
  /** The folder of that revision's configuration, and the configuration, if it was named. */
  readonly directory: string;
  readonly config?: string;
  readonly owner: string;
  readonly sandbox: Pick<Sandbox, "url" | "user" | "password" | "dataDirectory">;
}

/** What it answers. */
export type BaseAnswer =
  | { readonly type: "done"; readonly notes: readonly string[] }
  | { readonly type: "failed"; readonly message: string; readonly faults?: readonly Fault[] };

/** A sandbox that holds the code of a revision, and what has to be closed at the end. */
export interface BaseSession extends Session {
  /** What could not be put there, for the person who reads the review. */
  readonly notes: readonly string[];
}

/**
 * Puts the code of a git revision into a sandbox of its own, and connects to it. Neither the live Grafana nor its
 * credentials are needed. Throws exit 1 where that code can't be had or is invalid.
 */
export async function openBase(
  name: string,
  code: CheckedCode,
  options: CommonOptions,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<BaseSession> {
  if (options.url !== undefined || options.sandbox === true) {
    throw new UsageError("--base compares with code, and --url and --sandbox name a Grafana", "Give one of them.");
  }
  const { loadedConfig } = code;
  const { directory, config } = loadedConfig;
  const owner = environmentOf(loadedConfig, options.env).owner ?? config.project;
  const revision = await revisionOf(name, directory, signal);
  const note = (message: string) => emit({ type: "note", message });
  const checkout = await checkOut(revision, directory, { signal, note });
  let sandbox: Sandbox | undefined;
  let session: Session | undefined;
  const close = async () => {
    await session?.close();
    await sandbox?.close();
    await checkout.remove();
  };
  try {
    sandbox = await startSandbox({ dataDirectory: join(checkout.scratch, "sandbox") });
    const named = options.config === undefined ? undefined : basename(loadedConfig.file);
    const task: BaseTask = {
      directory: checkout.directory,
      owner,
      sandbox,
      ...(named === undefined ? {} : { config: named }),
    };
    const names = named === undefined ? CONFIG_NAMES : [named];
    const hasConfig = names.some((one) => existsSync(join(checkout.directory, one)));
    const notes = hasConfig
      ? await inAnotherProcess(task, revision.text, signal)
      : [`There was no ${names[0]} then: everything is new.`];
    session = await sandboxSession(code, { owner, sandbox, emit });
    await makeExisting(session.context.grafana, code.expected, kinds);
    return { ...session, notes, description: `the code at ${revision.text}`, close };
  } catch (error) {
    await close();
    throw signal.aborted ? signal.reason : error;
  }
}

/** A session on such a sandbox, for one code or the other. */
export async function sandboxSession(
  code: CheckedCode,
  { owner, sandbox, emit }: { readonly owner: string; readonly sandbox: BaseTask["sandbox"]; readonly emit: Emit },
): Promise<Session> {
  return sessionOn({
    loadedConfig: code.loadedConfig,
    target: { type: "sandbox", dataDirectory: sandbox.dataDirectory, owner, drift: "overwrite" },
    client: clientOf(sandbox, {}),
    secrets: standIns(code),
    emit,
  });
}

/** Each secret stands for the name of its variable: what differs is which one is meant, whatever is set here. */
function standIns({ desired }: CheckedCode): SecretValues {
  const uses = desired.flatMap((one) => kinds.get(one.kind)?.secrets?.uses(one.resource) ?? []);
  const variables = Object.fromEntries(uses.map(({ variable }) => [variable, standIn(variable)]));
  // These values contain the variable's name: redacting them would hide that name in messages.
  const redactor = { add: () => {}, redacted: (text: string) => text };
  return secretValues({ variables: { ...variables, GRAFANA_PROVISION_KEY: "the same for both" }, redactor });
}

/** Its modules are of another revision, and may have the names of ours. */
async function inAnotherProcess(task: BaseTask, revision: string, signal: AbortSignal): Promise<readonly string[]> {
  const file = new URL(`./base-process${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const cwd = task.directory;
  const child = fork(file, { cwd, signal, execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const { promise, resolve, reject } = Promise.withResolvers<BaseAnswer>();
  let said = "";
  child.stderr?.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
  child.once("message", (answer) => resolve(answer as BaseAnswer));
  child.once("error", reject);
  child.once("exit", (exitCode, by) => {
    const how = exitCode === null ? `was ended by ${by}` : `ended with ${exitCode}`;
    resolve({ type: "failed", message: `its process ${how}: ${said.trim()}` });
  });
  child.send(task);
  const answer = await promise;
  if (answer.type === "done") return answer.notes;
  throw new BaseError(`The code at ${revision}, which this is to be compared with: ${answer.message}`, answer.faults);
}
