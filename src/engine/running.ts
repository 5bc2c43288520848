import { ProvisionError } from "../util/errors.ts";
import { Conflict, Forbidden } from "../grafana/errors.ts";
import type { LedgerSession } from "../ownership/ledger-session.ts";
import type { Lock } from "../ownership/lock.ts";
import type { Change } from "./change.ts";
import type { Outcome } from "./events.ts";
import { address } from "./model.ts";
import { inWords, type Need } from "./permissions.ts";
import type { Kinds } from "./resource.ts";
import type { SendOptions } from "./send.ts";

export interface ApplyOptions extends SendOptions {
  readonly kinds: Kinds;
  readonly concurrency: number;
  /** Confirmed before each change. If it is lost, `signal` must be aborted too. */
  readonly lock?: Pick<Lock, "lost" | "confirm">;
}

export interface Running extends ApplyOptions {
  readonly limits: (kind: string) => <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly finish: (outcome: Outcome) => Outcome;
  readonly session: LedgerSession;
}

/** Whether the run may write: it is not interrupted and has not lost its lock. */
export async function mayWrite({ lock, signal }: ApplyOptions): Promise<boolean> {
  await lock?.confirm();
  return signal?.aborted !== true;
}

/** Adds the missing permission, which Grafana does not name for folders and dashboards. */
export async function namingPermission(work: Promise<void>, need: () => Need): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Forbidden) || error.message.includes("ermissions needed")) throw error;
    const { exitCode, status, request } = error;
    throw new Forbidden(`${error.message}; the required permission is ${inWords(need())}`, {
      exitCode,
      hint: "Give the service account this permission, or a role that has it.",
      ...(status === undefined ? {} : { status }),
      ...(request === undefined ? {} : { request }),
    });
  }
}

/** Runs each change once and returns the same outcome to all callers. */
export function onceEach(run: (change: Change) => Promise<Outcome>): (change: Change) => Promise<Outcome> {
  const started = new Map<string, Promise<Outcome>>();
  return (change) => {
    const name = address(change);
    let outcome = started.get(name);
    if (!outcome) started.set(name, (outcome = run(change)));
    return outcome;
  };
}

export async function attempt(change: Change, running: Running, work: () => Promise<void>): Promise<Outcome> {
  const { finish } = running;
  if (!(await mayWrite(running))) return finish({ change, status: "cancelled", milliseconds: 0 });
  const start = performance.now();
  running.emit({ type: "sending", change });
  try {
    await work();
    return finish({ change, status: "done", milliseconds: performance.now() - start });
  } catch (error) {
    // An unexpected error is a bug: it ends the run and is shown with its stack trace.
    if (!(error instanceof ProvisionError)) throw error;
    const status = error instanceof Conflict ? "conflict" : "failed";
    return finish({ change, status, error, milliseconds: performance.now() - start });
  }
}
