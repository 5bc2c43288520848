import { Cancelled } from "../util/errors.ts";
import { Forbidden } from "../grafana/errors.ts";
import type { Emit } from "../engine/events.ts";
import { LOCK_TIMES, waitForLock, whyNoLock, type Lock } from "./lock.ts";
import { updatesLedger } from "./ledger-session.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import type { KindContext } from "../engine/kind-context.ts";

/** The run that asks for the lock, and how long it waits for another run. */
export interface LockRequest {
  readonly command: string;
  /** `maria@laptop`, with the URL of a CI job if there is one. */
  readonly who: string;
  /** Seconds. Default: 600. */
  readonly timeout?: number;
}

/**
 * Acquires the lock, which keeps other runs of this project from writing. Undefined if the plan writes nothing, or if this
 * Grafana or these credentials don't support a lock, which a note reports.
 *
 * Throws (exit 7) if the other run does not end in time.
 */
export async function acquireLock(
  { grafana, owner }: KindContext,
  prepared: ExecutablePlan,
  { command, who, timeout }: LockRequest,
  signal: AbortSignal | undefined,
  emit: Emit,
): Promise<Lock | undefined> {
  if (!writesAnything(prepared)) return undefined;
  const note = (message: string) => emit({ type: "note", message });
  const noteUnlocked = (why: string) =>
    note(`This run is not locked: ${why}. Do not start another run of project ${owner} until it ends.`);
  const why = whyNoLock(grafana);
  if (why !== undefined) {
    // The plan already says that an older Grafana stores no annotations.
    if (grafana.marks) noteUnlocked(why);
    return undefined;
  }
  const times = { ...LOCK_TIMES, ...(timeout === undefined ? {} : { timeout: timeout * 1000 }) };
  try {
    return await waitForLock(grafana, { owner, holder: { command, who }, times, note, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (signal?.aborted) throw new Cancelled();
    if (!(error instanceof Forbidden)) throw error;
    noteUnlocked(error.message);
    return undefined;
  }
}

/** Whether executing a plan writes to Grafana: objects, marks or the ledger. */
export function writesAnything(prepared: ExecutablePlan): boolean {
  const { plan, takenOver } = prepared;
  return plan.changes.some(({ left }) => !left) || takenOver.size > 0 || updatesLedger(prepared);
}
