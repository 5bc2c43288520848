import type { Outcome } from "./events.ts";
import pLimit, { type LimitFunction } from "p-limit";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { Conflict, Forbidden, GrafanaError, HalfDone, Unavailable } from "../grafana/errors.ts";
import type { Lock } from "../ownership/lock.ts";
import { openLedgerSession, type LedgerSession } from "../ownership/ledger-session.ts";
import { renewMarks } from "../ownership/taken-over.ts";
import { orderOf } from "../code/desired.ts";
import type { Kinds } from "./resource.ts";
import { containerAddress, containerOf } from "./container.ts";
import type { Change } from "./change.ts";
import type { ExecutablePlan } from "./executable-plan.ts";
import { inWords, type Need } from "./permissions.ts";
import { address, type LiveObject } from "./model.ts";
import type { KindContext } from "./kind-context.ts";
import { removeOnce, writeOnce, type SendOptions } from "./send.ts";
import { ANY_TREE, upsertOf, type Upsert } from "./upsert.ts";

export interface ApplyOptions extends SendOptions {
  readonly kinds: Kinds;
  readonly concurrency: number;
  /** Confirmed before each change. If it is lost, `signal` must be aborted too. */
  readonly lock?: Pick<Lock, "lost" | "confirm">;
}

/**
 * Executes a plan: creations and updates in the order of their dependencies, then deletions, innermost first. A failure
 * skips the changes that depend on it and all deletions. A second run continues where this one ended.
 */
export async function apply(context: KindContext, prepared: ExecutablePlan, options: ApplyOptions): Promise<Outcome[]> {
  const { kinds, emit } = options;
  const todo = prepared.plan.changes.filter(({ left }) => !left);
  const limits = limitsOf(kinds, options.concurrency);
  let done = 0;
  emit({ type: "applying", total: todo.length });
  const finish = (outcome: Outcome): Outcome => {
    emit({ type: "applied", outcome, done: ++done, total: todo.length });
    return outcome;
  };

  // First, because a renewal uses the folder's version in the plan, which a ledger write would change.
  await renewMarks(context, prepared.takenOver, { kinds, emit, limits, mayWrite: () => mayWrite(options) });
  const session = openLedgerSession(context, prepared, kinds);
  const upserts = await upsertAll(context, prepared, todo, { ...options, limits, finish, session });
  const failed = upserts.filter(({ status }) => status !== "done");
  const deletions = todo.filter(({ action }) => action === "delete");
  if (failed.length > 0) {
    const interrupted = failed.every(({ status }) => status === "cancelled");
    const how = interrupted
      ? ({ status: "cancelled" } as const)
      : ({ status: "skipped", because: "deletions are skipped after a failure" } as const);
    const rest = deletions.map((change) => finish({ change, ...how, milliseconds: 0 }));
    await settled([...upserts, ...rest], { ...options, session });
    return [...upserts, ...rest];
  }
  // The folder with the ledger may be among the deletions, so the ledger moves first.
  const inLedger = ({ kind }: Change) =>
    kinds.get(kind)?.marking === "ledger" || kinds.get(kind)?.container !== undefined;
  if (deletions.some(inLedger) && (await mayWrite(options))) {
    await session.recordPending();
  }
  const removed = await removeAll(context, prepared, deletions, { ...options, limits, finish, session });
  const outcomes = [...upserts, ...removed];
  await settled(outcomes, { ...options, session });
  return outcomes;
}

/** Whether the run may write: it is not interrupted and has not lost its lock. */
async function mayWrite({ lock, signal }: ApplyOptions): Promise<boolean> {
  await lock?.confirm();
  return signal?.aborted !== true;
}

/** Writes the ledger after the changes. A failure only postpones it to the next run. */
async function settled(
  outcomes: readonly Outcome[],
  { session, lock, emit }: ApplyOptions & Pick<Running, "session">,
): Promise<void> {
  await lock?.confirm();
  if (lock?.lost.aborted) return;
  try {
    await session.commit(outcomes);
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    emit({ type: "note", message: `The ledger was not updated; the next run updates it: ${error.message}` });
  }
}

interface Running extends ApplyOptions {
  readonly limits: (kind: string) => <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly finish: (outcome: Outcome) => Outcome;
  readonly session: LedgerSession;
}

function limitsOf(kinds: Kinds, concurrency: number): Running["limits"] {
  const all = pLimit(concurrency);
  const queues = new Map<string, LimitFunction>();
  for (const { writing } of kinds.values()) if (writing?.queue) queues.set(writing.queue, pLimit(1));
  return (kind) => {
    const queue = queues.get(kinds.get(kind)?.writing?.queue ?? "");
    return (work) => (queue ? queue(() => all(work)) : all(work));
  };
}

async function upsertAll(
  context: KindContext,
  prepared: ExecutablePlan,
  todo: readonly Change[],
  running: Running,
): Promise<Outcome[]> {
  const upserts = new Map(todo.filter(({ action }) => action !== "delete").map((change) => [address(change), change]));
  const start = onceEach((change) => run(change));
  const run = async (change: Change): Promise<Outcome> => {
    const needed = change.needs.map((name) => upserts.get(name)).filter((other) => other !== undefined);
    const before = await Promise.all(needed.map(start));
    const broken = before.find(({ status }) => status !== "done");
    if (broken) {
      const status = broken.status === "cancelled" ? "cancelled" : "skipped";
      return running.finish({ change, status, because: `${address(broken.change)} was not written`, milliseconds: 0 });
    }
    const upsert = upsertOf(change, prepared, running.kinds);
    const { kind } = upsert;
    // Outside the limit: the folder that it depends on may need a slot of the same limit.
    const problem = kind.marking === "ledger" && !running.signal?.aborted ? await settledError(announced()) : undefined;
    return running.limits(change.kind)(() =>
      attempt(change, running, async () => {
        if (problem) throw problem;
        await namingPermission(writeLedgered(context, upsert, running), upsert.need);
      }),
    );
  };
  // This run may create the folder that holds the ledger.
  let announcing: Promise<void> | undefined;
  const announced = () => (announcing ??= announce());
  const announce = async () => {
    // Also locks the folder that held the ledger before: its annotation must not change while it is written.
    for (const holder of running.session.holders) {
      const folder = upserts.get(holder);
      const written = !folder || (await start(folder)).status === "done";
      if (!written && holder === running.session.folder) throw notAnnounced(folder);
    }
    if (await mayWrite(running)) await running.session.recordPending();
  };
  return startInOrder([...upserts.values()], start);
}

/** The maximum number of waiting changes. Each needs some kilobytes, and there may be thousands. */
const WAITING = 256;

/** Starts all changes in order, in batches. A change starts its dependencies itself. */
async function startInOrder(
  changes: readonly Change[],
  start: (change: Change) => Promise<Outcome>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const rest = changes.entries();
  const next = async () => {
    for (const [index, change] of rest) outcomes[index] = await start(change);
  };
  await Promise.all(Array.from({ length: WAITING }, next));
  return outcomes;
}

/** Adds the missing permission, which Grafana does not name for folders and dashboards. */
async function namingPermission(work: Promise<void>, need: () => Need): Promise<void> {
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
function onceEach(run: (change: Change) => Promise<Outcome>): (change: Change) => Promise<Outcome> {
  const started = new Map<string, Promise<Outcome>>();
  return (change) => {
    const name = address(change);
    let outcome = started.get(name);
    if (!outcome) started.set(name, (outcome = run(change)));
    return outcome;
  };
}

async function settledError(work: Promise<void>): Promise<unknown> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Writes an object and its ledger entry. Removes the pending entry of a write that changed nothing. */
async function writeLedgered(context: KindContext, upsert: Upsert, running: Running): Promise<void> {
  const { kind, id, live } = upsert;
  if (kind.marking !== "ledger") return writeOnce(context, upsert, running);
  const { session } = running;
  const now = { ...context, ledger: session.ledger };
  try {
    await writeOnce(now, upsert, running);
  } catch (error) {
    const partly = error instanceof HalfDone || error instanceof Conflict;
    const refused = error instanceof GrafanaError && !error.outcomeUnknown && !partly;
    // Some of several requests may have succeeded.
    if (refused && (await found(now, upsert))?.version === live?.version) {
      session.discard(address({ kind: kind.name, id }));
    }
    throw error;
  }
}

async function found(context: KindContext, { kind, id, live }: Upsert) {
  try {
    return await kind.find(context, id);
  } catch (error) {
    // The state is unknown.
    if (error instanceof GrafanaError) return live ? undefined : { version: "unknown" };
    throw error;
  }
}

function notAnnounced(folder: Change): GrafanaError {
  return new Unavailable(
    `The ledger could not be written, because ${address(folder)}, which holds it, was not written`,
    {
      exitCode: EXIT.failure,
    },
  );
}

async function removeAll(
  context: KindContext,
  { removals }: ExecutablePlan,
  deletions: readonly Change[],
  running: Running,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const kind of orderOf(running.kinds).toReversed()) {
    const own = new Map(
      deletions.filter((change) => change.kind === kind.name).map((change) => [address(change), change]),
    );
    const start = onceEach((change) => run(change));
    const run = async (change: Change): Promise<Outcome> => {
      const name = address(change);
      const object = removals.get(name);
      if (!object) throw new Error(`nothing to delete for ${name}`);
      const inside = [...own.values()].filter((other) => isInside(removals.get(address(other)), name, running.kinds));
      const before = [
        ...(await Promise.all(inside.map(start))),
        ...outcomes.filter((one) => isInside(removals.get(address(one.change)), name, running.kinds)),
      ];
      const broken = before.find(({ status }) => status !== "done");
      // Keep the folder with the ledger if an object with an entry could not be deleted.
      const recorded =
        containerAddress(running.kinds, running.session.ledger.folder ?? "") === name
          ? outcomes.find((one) => one.status !== "done" && running.kinds.get(one.change.kind)?.marking === "ledger")
          : undefined;
      if (broken ?? recorded) {
        if (running.signal?.aborted) return running.finish({ change, status: "cancelled", milliseconds: 0 });
        const because = broken
          ? `${address(broken.change)} is still in the folder`
          : `it holds the ledger entry of ${recorded ? address(recorded.change) : ""}`;
        return running.finish({ change, status: "skipped", because, milliseconds: 0 });
      }
      return running.limits(kind.name)(() =>
        attempt(change, running, () =>
          namingPermission(removeOnce(context, kind, object, running), () => kind.access.remove(object, ANY_TREE)),
        ),
      );
    };
    outcomes.push(...(await Promise.all([...own.values()].map(start))));
  }
  return outcomes;
}

function isInside(object: LiveObject | undefined, container: string, kinds: Kinds): boolean {
  return object !== undefined && containerOf(kinds, object) === container;
}

async function attempt(change: Change, running: Running, work: () => Promise<void>): Promise<Outcome> {
  const { finish } = running;
  if (!(await mayWrite(running))) return finish({ change, status: "cancelled", milliseconds: 0 });
  const start = performance.now();
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
