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
import { toggles } from "../sandbox/mode.ts";
import { startSandbox, type Sandbox } from "../sandbox/server.ts";
import { CONFIG_NAMES, environmentOf } from "../code/config.ts";
import { createExisting } from "./existing-objects.ts";
import type { CommonOptions } from "./options.ts";
import type { CheckedCode } from "./code.ts";
import { clientOf, placeholder, sessionOn, type Session } from "./session.ts";

/** The request to the process that applies a revision's code to a sandbox. */
export interface BaseTask {
  /** The directory that contains the configuration in the checkout of the revision. */
  readonly directory: string;
  /** The file name of the configuration, if `--config` was given. */
  readonly config?: string;
  /** The environment to evaluate the code for. */
  readonly environment?: string;
  readonly owner: string;
  readonly sandbox: Pick<Sandbox, "url" | "user" | "password" | "dataDirectory">;
}

/** The response of that process. */
export type BaseAnswer =
  | { readonly type: "done"; readonly notes: readonly string[] }
  | { readonly type: "failed"; readonly message: string; readonly faults?: readonly Fault[] };

/** A session on a sandbox to which the code of a revision was applied. */
export interface BaseSession extends Session {
  /** Lines for the review: what could not be applied, and why. */
  readonly notes: readonly string[];
}

/**
 * Applies the code of a git revision to a new sandbox and connects to it. Needs neither a Grafana nor credentials. Throws
 * (exit 1) if that code can't be checked out or is invalid.
 */
export async function openBase(
  name: string,
  code: CheckedCode,
  options: CommonOptions,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<BaseSession> {
  if (options.url !== undefined || options.sandbox === true) {
    throw new UsageError(
      "--base can't be combined with --url or --sandbox",
      "Use only one of them.",
      "option-conflict",
    );
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
    sandbox = await startSandbox({ dataDirectory: join(checkout.scratch, "sandbox"), toggles });
    const named = options.config === undefined ? undefined : basename(loadedConfig.file);
    const task: BaseTask = {
      directory: checkout.directory,
      owner,
      sandbox,
      ...(named === undefined ? {} : { config: named }),
      ...(options.env === undefined ? {} : { environment: options.env }),
    };
    const names = named === undefined ? CONFIG_NAMES : [named];
    const hasConfig = names.some((one) => existsSync(join(checkout.directory, one)));
    const notes = hasConfig
      ? await inAnotherProcess(task, revision.text, signal)
      : [`${revision.text} has no ${names[0]}: all resources are shown as new.`];
    session = await sandboxSession(code, { owner, sandbox, emit });
    await createExisting(session.context.grafana, code, kinds);
    return { ...session, notes, description: `the code at ${revision.text}`, close };
  } catch (error) {
    await close();
    throw signal.aborted ? signal.reason : error;
  }
}

/** A session on that sandbox, for the code of either revision. */
export async function sandboxSession(
  code: CheckedCode,
  { owner, sandbox, emit }: { readonly owner: string; readonly sandbox: BaseTask["sandbox"]; readonly emit: Emit },
): Promise<Session> {
  return sessionOn({
    loadedConfig: code.loadedConfig,
    target: { type: "sandbox", dataDirectory: sandbox.dataDirectory, owner, drift: "overwrite" },
    client: clientOf(sandbox, {}),
    secrets: placeholders(code),
    emit,
  });
}

/** The value of each secret is derived from its variable's name, so that only a changed name is a difference. */
function placeholders({ desired }: CheckedCode): SecretValues {
  const uses = desired.flatMap((one) => kinds.get(one.kind)?.secrets?.uses(one.resource) ?? []);
  const variables = Object.fromEntries(uses.map(({ variable }) => [variable, placeholder(variable)]));
  // These values contain the variable's name: redacting them would hide that name in messages.
  const redactor = { add: () => {}, redacted: (text: string) => text };
  return secretValues({ variables: { ...variables, GRAFANA_PROVISION_KEY: "the same for both" }, redactor });
}

/** A separate process, because modules of both revisions can have the same URL or global state. */
async function inAnotherProcess(task: BaseTask, revision: string, signal: AbortSignal): Promise<readonly string[]> {
  // From `src/cli`, and from the directory of the bundle's chunks.
  const file = new URL(`../cli/base-process${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);
  const cwd = task.directory;
  const child = fork(file, { cwd, signal, execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const { promise, resolve, reject } = Promise.withResolvers<BaseAnswer>();
  let output = "";
  child.stderr?.on("data", (chunk: Buffer) => (output = (output + chunk.toString()).slice(-2000)));
  child.once("message", (answer) => resolve(answer as BaseAnswer));
  child.once("error", reject);
  child.once("exit", (exitCode, by) => {
    const how = exitCode === null ? `was killed by ${by}` : `exited with code ${exitCode}`;
    resolve({ type: "failed", message: `the process that loads it ${how}: ${output.trim()}` });
  });
  child.send(task);
  const answer = await promise;
  if (answer.type === "done") return answer.notes;
  throw new BaseError(`Can't compare with the code at ${revision}: ${answer.message}`, answer.faults);
}
