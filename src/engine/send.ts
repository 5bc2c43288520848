import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../util/errors.ts";
import { Conflict, durationText, GrafanaError, Unavailable } from "../grafana/errors.ts";
import { changedSincePlan } from "./conflicts.ts";
import type { Emit } from "./events.ts";
import { address, type LiveObject } from "./model.ts";
import type { KindContext } from "./kind-context.ts";
import type { ResourceKind } from "./resource.ts";
import type { Upsert } from "./upsert.ts";
import { commandHere } from "../util/command-line.ts";

/** Options for sending the requests of a change. */
export interface SendOptions {
  /** Aborted: requests in flight finish, nothing new is started. */
  readonly signal?: AbortSignal;
  readonly emit: Emit;
  /** Milliseconds before a write with an unknown outcome is sent again, four times as long for each further attempt. Default: 25. */
  readonly lookUpDelay?: number;
}

/** The maximum number of attempts for a write with an unknown outcome. */
const LOOK_UPS = 4;
/** Milliseconds after which a write is not sent again, even if its `Retry-After` is longer. */
const PATIENCE = 120_000;

/**
 * Writes an object. If the outcome is unknown, reads the object before sending the write again, so that nothing is created
 * twice and success is never assumed. Conflicts are checked too: with SQLite, Grafana retries a write whose database was
 * locked, and then reports that the object it just wrote already exists.
 */
export async function writeOnce(context: KindContext, upsert: Upsert, options: SendOptions): Promise<void> {
  const { kind, id, live } = upsert;
  const start = performance.now();
  for (let look = 0; ; look++) {
    try {
      await sent(context, kind, upsert.send(context, look > 0));
      return;
    } catch (error) {
      const unknown = error instanceof GrafanaError && error.outcomeUnknown;
      if (!unknown && !(error instanceof Conflict)) throw error;
      const now = await lookUp(context, kind, id, error);
      if (now && (await upsert.landed(context, now))) {
        const note = await upsert.settle(context, now);
        if (note !== undefined) options.emit({ type: "note", message: `${address({ kind: kind.name, id })} ${note}` });
        return;
      }
      const untouched = now?.version === live?.version;
      const partly = unknown && now !== undefined && upsert.partly(now);
      // Grafana reported a conflict with an object that does not exist: another write was in progress.
      const again = partly || (untouched && (unknown || !live));
      if (!again) throw conflictOf(upsert, error);
      if (await waited(error, { look, start }, options)) continue;
      throw untouched && unknown ? notWritten(error) : error;
    }
  }
}

/** Deletes an object. Retries only while the object exists, because `remove` checks its version. */
export async function removeOnce(
  context: KindContext,
  kind: ResourceKind,
  object: LiveObject,
  options: SendOptions,
): Promise<void> {
  const start = performance.now();
  for (let look = 0; ; look++) {
    try {
      await sent(context, kind, kind.remove(context, object));
      return;
    } catch (error) {
      if (!(error instanceof GrafanaError && error.outcomeUnknown)) throw error;
      const now = await lookUp(context, kind, object.id, error);
      if (!now || kind.deletion?.isDone?.(now) === true) return;
      if (!(await waited(error, { look, start }, options))) throw notWritten(error);
    }
  }
}

/** Waits for a write. Lists from before it are read again afterwards, even if it fails. */
async function sent({ lookUps }: KindContext, { name }: ResourceKind, write: Promise<void>): Promise<void> {
  try {
    await write;
  } finally {
    lookUps?.forget(name);
  }
}

/** Reads the current object. If that fails too, the error contains both reasons. */
async function lookUp(
  context: KindContext,
  kind: ResourceKind,
  id: string,
  error: GrafanaError,
): Promise<LiveObject | undefined> {
  try {
    return await kind.find(context, id);
  } catch (problem) {
    if (!(problem instanceof GrafanaError)) throw problem;
    throw new Unavailable(
      `${error.message}. The outcome is unknown, because the object can't be read: ${problem.message}`,
      {
        exitCode: problem.exitCode,
        outcomeUnknown: true,
        hint: problem.hint ?? "Run the command again to continue.",
      },
    );
  }
}

/** Waits before a write is sent again; false if it must not be. */
async function waited(
  { retryAfter, request = "the write" }: GrafanaError,
  { look, start }: { look: number; start: number },
  { signal, emit, lookUpDelay = 25 }: SendOptions,
): Promise<boolean> {
  const wait = Math.max(lookUpDelay * 4 ** look, retryAfter);
  if (look >= LOOK_UPS || signal?.aborted || performance.now() - start + wait > PATIENCE) return false;
  if (wait > 2000)
    emit({
      type: "note",
      message: `Waiting ${durationText(wait)} before sending ${request} again, as Grafana requests.`,
    });
  try {
    await sleep(wait, undefined, signal ? { signal } : {});
    return true;
  } catch {
    // The run was interrupted, and no request is in flight.
    return false;
  }
}

/** The same error with a known outcome: nothing was changed. */
function notWritten(error: GrafanaError): GrafanaError {
  const { exitCode, code, hint, status, request, message } = error;
  const about = {
    ...(hint === undefined ? {} : { hint }),
    ...(status === undefined ? {} : { status }),
    ...(request === undefined ? {} : { request }),
  };
  return new Unavailable(message, { exitCode, code, ...about });
}

function conflictOf({ kind, id, live }: Upsert, error: GrafanaError): Conflict {
  const object = { kind: kind.name, id };
  const { exitCode, hint } = {
    exitCode: EXIT.conflict,
    hint: `Run \`${commandHere("plan")}\` again to see the current state.`,
  };
  if (live) {
    return error instanceof Conflict ? error : changedSincePlan(object, hint);
  }
  return new Conflict(
    `${address(object)} already exists in Grafana: it was created since the plan, or the credentials can't read it`,
    {
      exitCode,
      hint: `Run \`${commandHere("plan")}\` again. If the object is not in the plan, grant the credentials permission to read it.`,
    },
  );
}
