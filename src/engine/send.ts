import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../util/errors.ts";
import { Conflict, durationText, GrafanaError, Unavailable } from "../grafana/errors.ts";
import { changedSincePlan } from "./conflicts.ts";
import type { Emit } from "./events.ts";
import { address, type LiveObject } from "./model.ts";
import type { KindContext } from "./kind-context.ts";
import type { ResourceKind } from "./resource.ts";
import type { Upsert } from "./upsert.ts";

/** How the requests of a change are sent. */
export interface SendOptions {
  /** Aborted: requests in flight finish, nothing new is started. */
  readonly signal?: AbortSignal;
  readonly emit: Emit;
  /** Milliseconds before a write that nobody knows the outcome of is sent again; each further time four times as long. Default: 25. */
  readonly lookUpDelay?: number;
}

/** How often a write is looked up and sent again when nobody knows whether it arrived. */
const LOOK_UPS = 4;
/** Milliseconds after which it is not sent again, whatever a `Retry-After` asks. */
const PATIENCE = 120_000;

/**
 * Writes, and where it isn't known whether the write arrived, looks before sending it again: never a duplicate, never a
 * success that was none. A conflict is looked up too: Grafana on SQLite repeats a write by itself when its database was
 * locked, and then says that what it just wrote is there already.
 */
export async function writeOnce(context: KindContext, upsert: Upsert, options: SendOptions): Promise<void> {
  const { kind, id, live } = upsert;
  const start = performance.now();
  for (let look = 0; ; look++) {
    try {
      await upsert.send(context, look > 0);
      return;
    } catch (error) {
      const unknown = error instanceof GrafanaError && error.outcomeUnknown;
      if (!unknown && !(error instanceof Conflict)) throw error;
      const now = await lookUp(context, kind, id, error);
      if (now && (await upsert.landed(context, now))) return;
      const untouched = now?.version === live?.version;
      const partly = unknown && now !== undefined && upsert.partly(now);
      // "Exists already", and nothing is there: Grafana was in the middle of somebody's write.
      const again = partly || (untouched && (unknown || !live));
      if (!again) throw conflictOf(upsert, error);
      if (await waited(error, { look, start }, options)) continue;
      throw untouched && unknown ? notWritten(error) : error;
    }
  }
}

/** Deletes. The request is sent again only as long as a look says that the object is there: `remove` itself checks what is. */
export async function removeOnce(
  context: KindContext,
  kind: ResourceKind,
  object: LiveObject,
  options: SendOptions,
): Promise<void> {
  const start = performance.now();
  for (let look = 0; ; look++) {
    try {
      await kind.remove(context, object);
      return;
    } catch (error) {
      if (!(error instanceof GrafanaError && error.outcomeUnknown)) throw error;
      if (!(await lookUp(context, kind, object.id, error))) return;
      if (!(await waited(error, { look, start }, options))) throw notWritten(error);
    }
  }
}

/** What is there now. Where that can't be told either, both reasons are. */
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
    throw new Unavailable(`${error.message}. Whether it was carried out can't be looked up: ${problem.message}`, {
      exitCode: problem.exitCode,
      outcomeUnknown: true,
      hint: problem.hint ?? "Run the command again: it goes on where it stopped.",
    });
  }
}

/** Waits before a write is sent again; false where it is not to be. */
async function waited(
  { retryAfter, request = "the write" }: GrafanaError,
  { look, start }: { look: number; start: number },
  { signal, emit, lookUpDelay = 25 }: SendOptions,
): Promise<boolean> {
  const wait = Math.max(lookUpDelay * 4 ** look, retryAfter);
  if (look >= LOOK_UPS || signal?.aborted || performance.now() - start + wait > PATIENCE) return false;
  if (wait > 2000)
    emit({ type: "note", message: `Waiting ${durationText(wait)} before ${request} is sent again, as Grafana asks.` });
  try {
    await sleep(wait, undefined, signal ? { signal } : {});
    return true;
  } catch {
    // Interrupted: nothing is in flight.
    return false;
  }
}

/** The same error, now that it is known: nothing was changed. */
function notWritten(error: GrafanaError): GrafanaError {
  const { exitCode, hint, status, request, message } = error;
  const about = {
    ...(hint === undefined ? {} : { hint }),
    ...(status === undefined ? {} : { status }),
    ...(request === undefined ? {} : { request }),
  };
  return new Unavailable(message, { exitCode, ...about });
}

function conflictOf({ kind, id, live }: Upsert, error: GrafanaError): Conflict {
  const object = { kind: kind.name, id };
  const { exitCode, hint } = { exitCode: EXIT.conflict, hint: "Run `plan` again to see how it looks now." };
  if (live) {
    return error instanceof Conflict ? error : changedSincePlan(object, hint);
  }
  return new Conflict(
    `${address(object)} exists in Grafana already: created since the plan, or not visible to these credentials`,
    {
      exitCode,
      hint: "Run `plan` again; if it isn't shown there, give the credentials the right to read it.",
    },
  );
}
