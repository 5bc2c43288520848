import { setTimeout as sleep } from "node:timers/promises";
import pLimit, { type LimitFunction } from "p-limit";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { Conflict, durationText, Forbidden, GrafanaError, HalfDone, Unavailable } from "../grafana/errors.ts";
import { openLedgerSession, type LedgerSession } from "../ownership/ledger-session.ts";
import { orderOf, type Kinds } from "../code/desired.ts";
import type { Emit } from "./events.ts";
import { sameContent, sameOwner } from "../rollback/forms.ts";
import { equal } from "../util/json.ts";
import { changedSincePlan } from "./conflicts.ts";
import type { Change, ExecutablePlan } from "./plan.ts";
import { inWords, type FolderTree, type Need } from "./permissions.ts";
import { address, type KindContext, type LiveObject, type ResourceKind, type Restore, type Write } from "./resource.ts";

/** How one change of a plan ended. */
export interface Outcome {
  readonly change: Change;
  /** `skipped`: something it needs failed. `cancelled`: the run was interrupted before it. */
  readonly status: "done" | "failed" | "conflict" | "skipped" | "cancelled";
  readonly error?: Error;
  /** Why it was skipped, as a sentence. */
  readonly because?: string;
  readonly milliseconds: number;
}

export interface ApplyOptions {
  readonly kinds: Kinds;
  readonly concurrency: number;
  /** Aborted: requests in flight finish, nothing new is started. */
  readonly signal?: AbortSignal;
  readonly emit: Emit;
  /** Milliseconds before a write that nobody knows the outcome of is sent again; each further time four times as long. Default: 25. */
  readonly lookUpDelay?: number;
}

/**
 * Carries out a plan: what others need first, then deletions, the innermost first. One failure stops what depends on it
 * and all deletions, nothing else; running the command again goes on.
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

  const book = openLedgerSession(context, prepared, kinds);
  const upserts = await upsertAll(context, prepared, todo, { ...options, limits, finish, book });
  const failed = upserts.filter(({ status }) => status !== "done");
  const deletions = todo.filter(({ action }) => action === "delete");
  if (failed.length > 0) {
    const interrupted = failed.every(({ status }) => status === "cancelled");
    const how = interrupted
      ? ({ status: "cancelled" } as const)
      : ({ status: "skipped", because: "nothing is deleted after a failure" } as const);
    const rest = deletions.map((change) => finish({ change, ...how, milliseconds: 0 }));
    await settled(book, [...upserts, ...rest], emit);
    return [...upserts, ...rest];
  }
  // A folder that holds the ledger may be among them: from here on it is in its new place.
  if (deletions.some(({ kind }) => kinds.get(kind)?.ledger || kind === "folder")) await book.recordPending();
  const removed = await removeAll(context, prepared, deletions, { ...options, limits, finish, book });
  const outcomes = [...upserts, ...removed];
  await settled(book, outcomes, emit);
  return outcomes;
}

/** What was done stays done, whether or not the ledger can be brought up to date: the next run does that, too. */
async function settled(book: LedgerSession, outcomes: readonly Outcome[], emit: Emit): Promise<void> {
  try {
    await book.commit(outcomes);
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    emit({ type: "note", message: `The record of what this project owns is not up to date yet: ${error.message}` });
  }
}

interface Running extends ApplyOptions {
  readonly limits: (kind: string) => <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly finish: (outcome: Outcome) => Outcome;
  readonly book: LedgerSession;
}

function limitsOf(kinds: Kinds, concurrency: number): Running["limits"] {
  const all = pLimit(concurrency);
  const queues = new Map<string, LimitFunction>();
  for (const { writeQueue } of kinds.values()) if (writeQueue) queues.set(writeQueue, pLimit(1));
  return (kind) => {
    const queue = queues.get(kinds.get(kind)?.writeQueue ?? "");
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
    // Before its turn: the folder that it waits for may need the same turn.
    const problem = kind.ledger && !running.signal?.aborted ? await settledError(announced()) : undefined;
    return running.limits(change.kind)(() =>
      attempt(change, running, async () => {
        if (problem) throw problem;
        await namingPermission(writeLedgered(context, upsert, running), upsert.need);
      }),
    );
  };
  // The ledger stands in a folder that this very run may have to make first.
  let announcing: Promise<void> | undefined;
  const announced = () => (announcing ??= announce());
  const announce = async () => {
    // The one that held it until now, too: its annotation must not change while it is written.
    for (const holder of running.book.holders) {
      const folder = upserts.get(holder);
      const written = !folder || (await start(folder)).status === "done";
      if (!written && holder === running.book.folder) throw notAnnounced(folder);
    }
    await running.book.recordPending();
  };
  return inTurn([...upserts.values()], start);
}

/** Changes that wait for their turn at once: each costs some kilobytes, and there may be thousands. */
const WAITING = 256;

/** Starts all of them in their order, a part at a time; what one of them needs it starts itself. */
async function inTurn(changes: readonly Change[], start: (change: Change) => Promise<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const rest = changes.entries();
  const next = async () => {
    for (const [index, change] of rest) outcomes[index] = await start(change);
  };
  await Promise.all(Array.from({ length: WAITING }, next));
  return outcomes;
}

/** A create or an update: what the code asks for, or what was there before. */
interface Upsert {
  readonly kind: ResourceKind;
  readonly id: string;
  readonly live: LiveObject | undefined;
  readonly need: () => Need;
  /** `resumed`: a former attempt may have been carried out in part. */
  send(context: KindContext, resumed: boolean): Promise<void>;
  /** Whether the object is what this very write makes of it. */
  landed(context: KindContext, now: LiveObject): Promise<boolean>;
  partly(now: LiveObject): boolean;
}

function upsertOf(change: Change, { writes, restores }: ExecutablePlan, kinds: Kinds): Upsert {
  const name = address(change);
  const kind = kinds.get(change.kind);
  const [write, restore] = [writes.get(name), restores.get(name)];
  if (kind && write) return upsertOfWrite(kind, write);
  if (kind && restore) return upsertOfRestore(kind, restore);
  throw new Error(`nothing to write for ${name}`);
}

function upsertOfWrite(kind: ResourceKind, write: Write): Upsert {
  const { desired, live } = write;
  return {
    kind,
    id: desired.id,
    live,
    need: () => kind.access.write(desired, live, ANY_TREE),
    send: (context, resumed) => kind.write(context, resumed ? { ...write, resumed } : write),
    landed: (context, now) => landed(context, kind, write, now),
    partly: (now) => kind.partly?.(write, now) === true,
  };
}

function upsertOfRestore(kind: ResourceKind, restore: Restore): Upsert {
  const { before, live } = restore;
  return {
    kind,
    id: before.id,
    live,
    need: () => kind.access.restore(before, live, ANY_TREE),
    send: (context) => kind.restore(context, restore),
    landed: (_context, now) =>
      Promise.resolve(
        now.version !== restore.live?.version && sameOwner(kind, before, now) && sameContent(kind, before, now),
      ),
    partly: () => false,
  };
}

/** Only a need's own scopes are named, whatever is above them. */
const ANY_TREE: FolderTree = { parentOf: () => undefined };

/** Grafana's refusals of folders and dashboards name no permission. */
async function namingPermission(work: Promise<void>, need: () => Need): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof Forbidden) || error.message.includes("ermissions needed")) throw error;
    const { exitCode, status, request } = error;
    throw new Forbidden(`${error.message}; it needs ${inWords(need())}`, {
      exitCode,
      hint: "Give the service account this permission, or a role that has it.",
      ...(status === undefined ? {} : { status }),
      ...(request === undefined ? {} : { request }),
    });
  }
}

/** Runs a change when it is first asked for, and hands the same outcome to everybody who waits for it. */
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

/** Writes, with the ledger as it stands now; a write that changed nothing is no longer announced as one. */
async function writeLedgered(context: KindContext, upsert: Upsert, running: Running): Promise<void> {
  const { kind, id, live } = upsert;
  if (!kind.ledger) return writeOnce(context, upsert, running);
  const { book } = running;
  const now = { ...context, ledger: book.ledger };
  try {
    await writeOnce(now, upsert, running);
  } catch (error) {
    const partly = error instanceof HalfDone || error instanceof Conflict;
    const refused = error instanceof GrafanaError && !error.outcomeUnknown && !partly;
    // Of several requests some may have been carried out.
    if (refused && (await found(now, upsert))?.version === live?.version) {
      book.discard(address({ kind: kind.name, id }));
    }
    throw error;
  }
}

async function found(context: KindContext, { kind, id, live }: Upsert) {
  try {
    return await kind.find(context, id);
  } catch (error) {
    // Whoever can't look doesn't know.
    if (error instanceof GrafanaError) return live ? undefined : { version: "unknown" };
    throw error;
  }
}

function notAnnounced(folder: Change): GrafanaError {
  return new Unavailable(`${address(folder)}, which is to hold the record of what this project owns, was not written`, {
    exitCode: EXIT.failure,
  });
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
      const inside = [...own.values()].filter((other) => containerOf(kind, removals.get(address(other))) === name);
      const before = [
        ...(await Promise.all(inside.map(start))),
        ...outcomes.filter((one) => isIn(one, name, removals, running.kinds)),
      ];
      const broken = before.find(({ status }) => status !== "done");
      // Without its record, what could not be deleted would be nobody's.
      const recorded =
        address({ kind: "folder", id: running.book.ledger.folder ?? "" }) === name
          ? outcomes.find((one) => one.status !== "done" && running.kinds.get(one.change.kind)?.ledger)
          : undefined;
      if (broken ?? recorded) {
        if (running.signal?.aborted) return running.finish({ change, status: "cancelled", milliseconds: 0 });
        const because = broken
          ? `${address(broken.change)} is still in it`
          : `it holds the record of ${recorded ? address(recorded.change) : ""}`;
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

function containerOf(kind: ResourceKind, object: LiveObject | undefined): string | undefined {
  return object && kind.containedIn?.(object);
}

function isIn({ change }: Outcome, container: string, removals: ExecutablePlan["removals"], kinds: Kinds): boolean {
  const kind = kinds.get(change.kind);
  return kind !== undefined && containerOf(kind, removals.get(address(change))) === container;
}

async function attempt(change: Change, { signal, finish }: Running, work: () => Promise<void>): Promise<Outcome> {
  if (signal?.aborted) return finish({ change, status: "cancelled", milliseconds: 0 });
  const start = performance.now();
  try {
    await work();
    return finish({ change, status: "done", milliseconds: performance.now() - start });
  } catch (error) {
    // A defect of the tool is no failure of one resource: it stops the run, and is shown whole.
    if (!(error instanceof ProvisionError)) throw error;
    const status = error instanceof Conflict ? "conflict" : "failed";
    return finish({ change, status, error, milliseconds: performance.now() - start });
  }
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
async function writeOnce(context: KindContext, upsert: Upsert, running: Running): Promise<void> {
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
      if (await waited(error, { look, start }, running)) continue;
      throw untouched && unknown ? notWritten(error) : error;
    }
  }
}

/** Deletes. The request is sent again only as long as a look says that the object is there: `remove` itself checks what is. */
async function removeOnce(
  context: KindContext,
  kind: ResourceKind,
  object: LiveObject,
  running: Running,
): Promise<void> {
  const start = performance.now();
  for (let look = 0; ; look++) {
    try {
      await kind.remove(context, object);
      return;
    } catch (error) {
      if (!(error instanceof GrafanaError && error.outcomeUnknown)) throw error;
      if (!(await lookUp(context, kind, object.id, error))) return;
      if (!(await waited(error, { look, start }, running))) throw notWritten(error);
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
  { signal, emit, lookUpDelay = 25 }: Running,
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

/** Whether the object is what this very write makes of it. */
async function landed(
  context: KindContext,
  kind: ResourceKind,
  { desired, live }: Write,
  now: LiveObject,
): Promise<boolean> {
  const { applied, ownership, touched, version } = now;
  if (ownership.state === "foreign" || ownership.state === "locked") return false;
  // Some objects of older Grafanas have no version.
  if (version !== "" && version === live?.version) return false;
  if (applied && applied.codeHash !== desired.hash) return false;
  if (applied && !touched) return true;
  const observed = kind.observed(now);
  if (equal(kind.redactLike?.(observed, desired) ?? observed, kind.desired(desired, now))) return true;
  if (applied || !kind.verify) return false;
  // Without a mark the content alone tells, of which Grafana may have made something else.
  const answer = await kind.verify(context, { desired, live: now });
  return answer !== undefined && equal(answer.before, answer.after);
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
