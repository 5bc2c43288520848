import { ProvisionError } from "../util/errors.ts";
import { type RunDescription, type Run, type RunsConfig, recordRun } from "../rollback/record-run.ts";
import { apply } from "./apply.ts";
import type { Outcome, Emit } from "./events.ts";
import { authorsOf } from "./authors.ts";
import type { Kinds, ResourceKind } from "./resource.ts";
import { equal, toJson } from "../util/json.ts";
import { readLedger } from "../ownership/ledger.ts";
import { readLive, sameVersions } from "./live.ts";
import { unservedIn, type Unserved } from "./unserved.ts";
import type { Comparison, Live } from "./comparison.ts";
import { acquireLock, type LockRequest } from "../ownership/acquire-lock.ts";
import type { Plan } from "./change.ts";
import type { ExecutablePlan } from "./executable-plan.ts";
import type { Selection } from "./selection.ts";
import { parseAddress, type Desired } from "./model.ts";
import type { KindContext } from "./kind-context.ts";
import { createLookUps } from "./look-ups.ts";

// The only orchestration: read, compare, plan, consent, lock, check again, record, execute. All commands and all tests of the
// engine use it with a `Goal`, the wanted state of Grafana.

/** A Grafana and the kinds to manage in it. */
export interface Workspace {
  readonly context: KindContext;
  readonly kinds: Kinds;
  readonly project: string;
}

/** What a run may do in addition to creating missing objects and updating owned ones. */
export interface Consent {
  readonly adopt: Selection;
  readonly overwriteDrift: Selection;
}

/** The state that a command wants: the code's, no owned objects, or the state before a run. */
export interface Goal {
  /** Throws `UsageError` before any request if a consent names an object that can't exist. */
  check?(consent: Consent): void;
  /** The resources of the code, for kinds that list only what is named. */
  readonly code?: readonly Desired[];
  /** The kinds whose lists it needs. */
  reads(kinds: Kinds): readonly ResourceKind[];
  /** Whether to read a kind only because the ledger lists objects of it. Default: no. */
  readsOwned?(kind: ResourceKind): boolean;
  /** Whether an object may be deleted. Its body is read even if lists have only metadata. */
  mayDelete(object: { readonly kind: string; readonly id: string }): boolean;
  /**
   * Compares the wanted state with the live objects. The result makes a plan for each consent, without any I/O.
   *
   * Throws `InvalidCodeError` for faults that only the live Grafana reveals.
   */
  compare(state: LiveState, consent: Consent): Promise<Compared>;
}

/** The objects that were read for a goal. */
interface LiveState extends Workspace {
  readonly live: Live;
  /** Kinds that the credentials can't read, with the missing permission. */
  readonly unreadable: ReadonlyMap<string, string>;
  readonly unserved: Unserved;
  readonly emit: Emit;
}

interface Compared {
  /** Replaces the context of the read if the goal has other secrets. */
  readonly context?: KindContext;
  /** Empty if the goal is not the code. */
  readonly comparisons: readonly Comparison[];
  /** The number of objects that the project owns, if missing code could delete them. Default: 0. */
  readonly owned?: number;
  plan(consent: Consent): ExecutablePlan;
}

/** The result of reading and comparing, which makes plans. */
export interface Proposal {
  /** The workspace's, with the ledger. */
  readonly context: KindContext;
  readonly comparisons: readonly Comparison[];
  /** As `Compared.owned`. */
  readonly owned: number;
  plan(consent: Consent): Promise<ExecutablePlan>;
  /** Reads the lists and the ledger again and checks that neither has changed. */
  isCurrent(): Promise<boolean>;
}

/** Reads and compares. Writes nothing. */
export async function propose(workspace: Workspace, goal: Goal, consent: Consent, emit: Emit): Promise<Proposal> {
  const { kinds } = workspace;
  goal.check?.(consent);
  const wanted = goal.reads(kinds);
  const own = { ...workspace.context, ...(goal.code ? { code: goal.code } : {}) };
  const context = await withLedger({ ...own, lookUps: createLookUps() }, wanted);
  const owned = new Set([...context.ledger.entries.keys()].map((name) => parseAddress(name).kind));
  const lists = [...kinds.values()].filter(
    (kind) => wanted.includes(kind) || (owned.has(kind.name) && goal.readsOwned?.(kind)),
  );
  const unreadable = new Map<string, string>();
  const read = (from: KindContext, unseen: Map<string, string>, tell: Emit) =>
    readLive(from, lists, tell, { unseen, doomed: (object) => goal.mayDelete(object) });
  const live = await read(context, unreadable, emit);
  const unserved = await unservedIn(context, kinds, live);
  const compared = await goal.compare({ ...workspace, context, live, unreadable, unserved, emit }, consent);
  const named = authorsOf(context.grafana);
  return {
    context: compared.context ?? context,
    comparisons: compared.comparisons,
    owned: compared.owned ?? 0,
    plan: (given) => named(compared.plan(given)),
    async isCurrent() {
      // The ledger is read before the lists, so another run may have changed it between the two.
      const { ledger } = await withLedger(own, wanted);
      if (ledger.folder !== context.ledger.folder || ledger.serial !== context.ledger.serial) return false;
      const again = { ...context, lookUps: createLookUps() };
      return sameVersions(kinds, live, await read(again, new Map(), () => {}));
    },
  };
}

/** Decides what a run may do: a person at a terminal, or options. */
export interface Approval {
  /** Shows a plan and asks for what it needs. `again`: Grafana has changed since the last one. */
  review(plan: Plan, again: boolean): Promise<Consent>;
  /** Throws if the changes are not confirmed. `owned`: as in `Proposal`. */
  confirm(plan: Plan, owned: number): Promise<void>;
}

export interface Execution {
  readonly goal: Goal;
  /** The consent that is given before any plan is shown. */
  readonly consent: Consent;
  /** Absent: `consent` applies without questions, and all changes are confirmed. */
  readonly approval?: Approval;
  /** Throw for a plan that must not be executed: before it is shown, and after it is approved. */
  readonly checks?: {
    beforeReview?(prepared: ExecutablePlan, context: KindContext): void | Promise<void>;
    beforeExecution?(prepared: ExecutablePlan, context: KindContext): void | Promise<void>;
  };
  /** Absent: no other run can reach this Grafana. */
  readonly lock?: LockRequest;
  /** Where the former state of all changed objects is recorded before the first write. Absent: it is not recorded. */
  readonly record?: { readonly config: RunsConfig; readonly about: RunDescription };
  readonly concurrency: number;
  /** Aborted: requests in flight finish, nothing new is started. */
  readonly signal?: AbortSignal;
  readonly emit: Emit;
  /** Milliseconds before a write with an unknown outcome is looked up; tests shorten it. */
  readonly lookUpDelay?: number;
}

/** How a run ended. */
export interface Executed {
  readonly prepared: ExecutablePlan;
  readonly outcomes: readonly Outcome[];
  /** Absent if nothing was replaced or deleted. */
  readonly run?: Run;
  /** The lock was lost, so changes that had not started were skipped. */
  readonly lockLost: boolean;
  readonly milliseconds: number;
}

/** Executes the plan for a goal, within the consent. */
export async function execute(workspace: Workspace, execution: Execution): Promise<Executed> {
  const { kinds } = workspace;
  const { lock: request, record, emit, concurrency, signal, lookUpDelay } = execution;
  const first = await agree(workspace, execution);
  const lock = request && (await acquireLock(first.proposal.context, first.prepared, request, signal, emit));
  try {
    const stale = lock !== undefined && !(await first.proposal.isCurrent());
    const { proposal, prepared } = stale ? await agree(workspace, execution, first) : first;
    const run = record && (await recordRun(proposal.context, prepared, { kinds, ...record }));
    const start = performance.now();
    const outcomes = await apply(proposal.context, prepared, {
      kinds,
      concurrency,
      emit(event) {
        run?.emit(event);
        emit(event);
      },
      ...(lock ? { lock } : {}),
      ...signalOf(signal, lock?.lost),
      ...(lookUpDelay === undefined ? {} : { lookUpDelay }),
    });
    const milliseconds = performance.now() - start;
    if (run) await end(run, outcomes, emit);
    return {
      prepared,
      outcomes,
      ...(run ? { run } : {}),
      lockLost: lock?.lost.aborted === true && signal?.aborted !== true,
      milliseconds,
    };
  } finally {
    await lock?.release();
  }
}

/** The run is complete, even if its result can't be recorded. */
async function end(run: Run, outcomes: readonly Outcome[], emit: Emit): Promise<void> {
  try {
    await run.end(outcomes);
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    emit({ type: "note", message: `The result of run ${run.id} was not recorded: ${error.message}` });
  }
}

function signalOf(...signals: readonly (AbortSignal | undefined)[]): { signal?: AbortSignal } {
  const given = signals.filter((one) => one !== undefined);
  return given.length === 0 ? {} : { signal: AbortSignal.any(given) };
}

/** A plan that may be executed, and the consent that it was made with. */
interface Agreed {
  readonly proposal: Proposal;
  readonly shown: Plan;
  readonly consent: Consent;
  readonly prepared: ExecutablePlan;
}

/** Plans and asks for approval. An equal plan keeps the approval of `before`. */
async function agree(workspace: Workspace, execution: Execution, before?: Agreed): Promise<Agreed> {
  const { goal, consent: given, approval, checks, emit } = execution;
  const proposal = await propose(workspace, goal, given, emit);
  const planned = await proposal.plan(given);
  await checks?.beforeReview?.(planned, proposal.context);
  const same = before !== undefined && samePlan(before.shown, planned.plan);
  const consent = same ? before.consent : ((await approval?.review(planned.plan, before !== undefined)) ?? given);
  const prepared = consent === given ? planned : await proposal.plan(consent);
  if (!same) await approval?.confirm(prepared.plan, proposal.owned);
  await checks?.beforeExecution?.(prepared, proposal.context);
  return { proposal, shown: planned.plan, consent, prepared };
}

/** Whether two plans are equal for a reader. */
function samePlan(a: Plan, b: Plan): boolean {
  return equal(toJson(a), toJson(b));
}

/** Reads the ledger if one of the wanted kinds is in it. */
async function withLedger(context: KindContext, wanted: readonly ResourceKind[]): Promise<KindContext> {
  if (!context.grafana.marks || !wanted.some(({ marking }) => marking === "ledger")) return context;
  return { ...context, ledger: await readLedger(context.grafana, context) };
}
