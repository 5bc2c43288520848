import type { Outcome } from "./events.ts";
import pLimit, { type LimitFunction } from "p-limit";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { Conflict, GrafanaError, HalfDone, Unavailable } from "../grafana/errors.ts";
import { openLedgerSession } from "../ownership/ledger-session.ts";
import { renewMarks } from "../ownership/taken-over.ts";
import type { Kinds } from "./resource.ts";
import type { Change } from "./change.ts";
import type { ExecutablePlan } from "./executable-plan.ts";
import { address } from "./model.ts";
import type { KindContext } from "./kind-context.ts";
import { createLookUps } from "./look-ups.ts";
import { removeAll } from "./removals.ts";
import { reportTemporaryTitles } from "./temporary-titles.ts";
import { attempt, mayWrite, namingPermission, onceEach, type ApplyOptions, type Running } from "./running.ts";
import { writeOnce } from "./send.ts";
import { upsertOf, type Upsert } from "./upsert.ts";

/**
 * Executes a plan: creations and updates in the order of their dependencies, then deletions, innermost first. A failure
 * skips the changes that depend on it and all deletions. A second run continues where this one ended.
 */
export async function apply(planned: KindContext, prepared: ExecutablePlan, options: ApplyOptions): Promise<Outcome[]> {
  // The plan may be from some minutes ago.
  const context = { ...planned, lookUps: createLookUps() };
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
    await reportTemporaryTitles(context, prepared, upserts, options);
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
