import { ProvisionError } from "../util/errors.ts";
import type { RunDescription, Run, RunsConfig } from "../rollback/record-run.ts";
import { recordRun } from "../rollback/record-run.ts";
import { apply, type Outcome } from "./apply.ts";
import { authorsOf } from "./authors.ts";
import type { Kinds } from "../code/desired.ts";
import type { Emit } from "./events.ts";
import { equal, toJson } from "../util/json.ts";
import { readLedger } from "../ownership/ledger.ts";
import { readLive, sameVersions, type Comparison, type Live } from "./live.ts";
import { acquireLock, type LockRequest } from "../ownership/acquire-lock.ts";
import type { Plan, ExecutablePlan, Selection } from "./plan.ts";
import type { KindContext, ResourceKind } from "./resource.ts";

// The only orchestration: read, compare, plan, consent, lock, re-check, execute, record. Every command and every test of
// the engine goes through it; what they want of Grafana is a `Goal`.

/** A Grafana to work on, and the kinds that are known of it. */
export interface Workspace {
  readonly context: KindContext;
  readonly kinds: Kinds;
  readonly project: string;
}

/** What a run may do beyond creating what is missing and updating what is owned. */
export interface Consent {
  readonly adopt: Selection;
  readonly overwriteDrift: Selection;
}

/** What a command wants of Grafana: the code's state, nothing that is owned, or the state before a run. */
export interface Goal {
  /** Throws `UsageError` for a consent that names what can't be there. Before any request. */
  check?(consent: Consent): void;
  /** The kinds whose lists it needs. */
  reads(kinds: Kinds): readonly ResourceKind[];
  /** Whether an object may be deleted: it is read whole where a list gives metadata only. */
  mayDelete(object: { readonly kind: string; readonly id: string }): boolean;
  /**
   * Compares with what was read. The result makes plans, without any I/O, as often as the consent changes.
   *
   * Throws `InvalidCodeError` for what only the live Grafana shows to be wrong.
   */
  compare(state: LiveState, consent: Consent): Promise<Compared>;
}

/** What was read for a goal. */
interface LiveState extends Workspace {
  readonly live: Live;
  /** Kinds that these credentials may not read, with the permission that is missing. */
  readonly unreadable: ReadonlyMap<string, string>;
  readonly emit: Emit;
}

interface Compared {
  /** The one that was read with, where the goal knows of other secrets. */
  readonly context?: KindContext;
  /** Empty where the goal is not the code. */
  readonly comparisons: readonly Comparison[];
  /** How many objects the project owns, where code that lost its resources by mistake could delete them. Default: 0. */
  readonly owned?: number;
  plan(consent: Consent): ExecutablePlan;
}

/** What was read and compared, from which plans are made. */
export interface Proposal {
  /** The workspace's, with what the owner owns. */
  readonly context: KindContext;
  readonly comparisons: readonly Comparison[];
  /** How many objects the project owns, where code that lost its resources by mistake could delete them. */
  readonly owned: number;
  plan(consent: Consent): Promise<ExecutablePlan>;
  /** Reads the lists again: whether everything in them is as it was. */
  isCurrent(): Promise<boolean>;
}

/** Reads and compares. Writes nothing. */
export async function propose(workspace: Workspace, goal: Goal, consent: Consent, emit: Emit): Promise<Proposal> {
  const { kinds } = workspace;
  goal.check?.(consent);
  const wanted = goal.reads(kinds);
  const context = await withLedger(workspace.context, wanted);
  const unreadable = new Map<string, string>();
  const read = (unseen: Map<string, string>, tell: Emit) =>
    readLive(context, wanted, tell, { unseen, doomed: (object) => goal.mayDelete(object) });
  const live = await read(unreadable, emit);
  const compared = await goal.compare({ ...workspace, context, live, unreadable, emit }, consent);
  const named = authorsOf(context.grafana);
  return {
    context: compared.context ?? context,
    comparisons: compared.comparisons,
    owned: compared.owned ?? 0,
    plan: (given) => named(compared.plan(given)),
    isCurrent: async () => sameVersions(kinds, live, await read(new Map(), () => {})),
  };
}

/** Who decides what a run may do. */
export interface Approval {
  /** Shows a plan and asks for what it needs. `again`: Grafana has changed since the last one. */
  review(plan: Plan, again: boolean): Promise<Consent>;
  /** Throws where deletions are not agreed to. `owned`: as a proposal has it. */
  confirmDeletions(plan: Plan, owned: number): Promise<void>;
}

export interface Execution {
  readonly goal: Goal;
  /** What is agreed to before any plan is seen. */
  readonly consent: Consent;
  /** Absent: the consent is all there is to ask, and deletions are agreed to. */
  readonly approval?: Approval;
  /** Throws for a plan that must not be carried out: before it is shown, and once everything is agreed to. */
  readonly checks?: {
    beforeReview?(prepared: ExecutablePlan, context: KindContext): void;
    beforeExecution?(prepared: ExecutablePlan, context: KindContext): void;
  };
  /** Absent: no other run can reach this Grafana. */
  readonly lock?: LockRequest;
  /** Where the former state of everything that changes is written first. Absent: nowhere. */
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
  /** Absent: nothing was replaced or deleted. */
  readonly run?: Run;
  /** The lock was lost to another run: what had not begun was skipped. */
  readonly lockLost: boolean;
  readonly milliseconds: number;
}

/** Carries a goal out, as far as there is consent. */
export async function execute(workspace: Workspace, execution: Execution): Promise<Executed> {
  const { kinds } = workspace;
  const { lock: request, record, emit, concurrency, signal, lookUpDelay } = execution;
  const first = await agree(workspace, execution);
  const lock = request && (await acquireLock(first.proposal.context, first.prepared.plan, request, signal, emit));
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

/** What was done is done, whether or not that can be written down. */
async function end(run: Run, outcomes: readonly Outcome[], emit: Emit): Promise<void> {
  try {
    await run.end(outcomes);
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    emit({ type: "note", message: `How the run ${run.id} ended is not written down: ${error.message}` });
  }
}

function signalOf(...signals: readonly (AbortSignal | undefined)[]): { signal?: AbortSignal } {
  const given = signals.filter((one) => one !== undefined);
  return given.length === 0 ? {} : { signal: AbortSignal.any(given) };
}

/** A plan that may be carried out, and what was agreed to to get there. */
interface Agreed {
  readonly proposal: Proposal;
  readonly shown: Plan;
  readonly consent: Consent;
  readonly prepared: ExecutablePlan;
}

/** Plans and asks. What was agreed to `before` holds for the same plan. */
async function agree(workspace: Workspace, execution: Execution, before?: Agreed): Promise<Agreed> {
  const { goal, consent: given, approval, checks, emit } = execution;
  const proposal = await propose(workspace, goal, given, emit);
  const planned = await proposal.plan(given);
  checks?.beforeReview?.(planned, proposal.context);
  const same = before !== undefined && samePlan(before.shown, planned.plan);
  const consent = same ? before.consent : ((await approval?.review(planned.plan, before !== undefined)) ?? given);
  const prepared = consent === given ? planned : await proposal.plan(consent);
  if (!same) await approval?.confirmDeletions(prepared.plan, proposal.owned);
  checks?.beforeExecution?.(prepared, proposal.context);
  return { proposal, shown: planned.plan, consent, prepared };
}

/** Whether two plans say the same to whoever reads them. */
function samePlan(a: Plan, b: Plan): boolean {
  return equal(toJson(a), toJson(b));
}

/** Reads what the owner owns of kinds that can't be marked, where any of them is in play. */
async function withLedger(context: KindContext, wanted: readonly ResourceKind[]): Promise<KindContext> {
  if (!context.grafana.marks || !wanted.some(({ ledger }) => ledger)) return context;
  return { ...context, ledger: await readLedger(context.grafana, context.owner) };
}
