import pLimit, { type LimitFunction } from "p-limit";
import type { Consent, Executed, Execution } from "../engine/pipeline.ts";
import { codeHashes, type ExecutablePlan } from "../engine/executable-plan.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { writesAnything } from "../ownership/acquire-lock.ts";
import type { AppliedEnvironment } from "../report/environments-applied.ts";
import {
  Cancelled,
  EXIT,
  InvalidCodeError,
  ProvisionError,
  type ExitCode,
  type Fault,
  exitCodeOfError,
} from "../util/errors.ts";
import { agreementOf, type Agreement } from "./agreement.ts";
import { exitCodeAfter, isRecorded, runWork } from "./carry-out.ts";
import type { ApplyOptions } from "./commands/apply-options.ts";
import { driftSelection } from "./consent.ts";
import type { Io } from "./io.ts";
import { mustHaveSecrets } from "./needed-secrets.ts";
import { nextCommands, undoCommand, type CommandWith } from "./next.ts";
import { openSession, sessionOf, type Session } from "./session.ts";
import { CONCURRENCY, emitFor, optionsFor, type Member } from "./several.ts";
import { NotStarted, waveOrder, type WaveOrder } from "./waves.ts";

/** What to execute in one environment. */
export interface Step extends Pick<Execution, "goal" | "consent"> {
  /** Throws for a plan that must not be shown. */
  readonly beforeReview?: (prepared: ExecutablePlan, context: KindContext) => void;
  /** The command that the report suggests next. Default: the current one. */
  readonly again?: CommandWith;
}

export interface ApplyAll {
  readonly members: readonly Member[];
  /** The number of the wave by name. */
  readonly waves: ReadonlyMap<string, number>;
  stepOf(member: Member, session: Session): Step;
  /** Whether the plans were approved before, when they were saved. */
  readonly approved: boolean;
  readonly options: ApplyOptions;
  readonly io: Io;
  readonly signal: AbortSignal;
}

/**
 * Plans for all environments, shows the plans, asks once, and applies them wave by wave. An error in one environment does not
 * stop the others of its wave.
 *
 * Throws, without any change, if the plans are not confirmed, if an environment lacks something that the code needs, or if a
 * secret has no value.
 */
export async function applyMembers(all: ApplyAll): Promise<readonly AppliedEnvironment[]> {
  const { members, waves } = all;
  const agreement = agreementOf(
    members.map(({ name }) => name),
    all,
  );
  const common = { agreement, order: waveOrder(waves), runs: pLimit(CONCURRENCY) };
  const results = await Promise.all(
    members.map(async (member): Promise<AppliedEnvironment> => {
      const { name } = member;
      const base = { name, wave: waves.get(name) ?? 1 };
      let result: AppliedEnvironment;
      try {
        result = { ...base, ...(await applyOne(member, all, common)) };
      } catch (thrown) {
        const error = thrown instanceof Cancelled ? new NotStarted("the command was interrupted") : thrown;
        agreement.fail(name, error);
        result = { ...base, exitCode: exitCodeOfError(error), error };
      }
      common.order.end(name, result.exitCode);
      return result;
    }),
  );
  agreement.mustHold();
  return results;
}

interface Common {
  readonly agreement: Agreement;
  readonly order: WaveOrder;
  readonly runs: LimitFunction;
}

type Applied = Omit<Extract<AppliedEnvironment, { plan: unknown }>, "name" | "wave">;

async function applyOne(member: Member, all: ApplyAll, { agreement, order, runs }: Common): Promise<Applied> {
  const { name, code, target } = member;
  const options = optionsFor(all.options, name);
  const emit = emitFor(name, all.io.progress.emit);
  const slot = slotOf(runs);
  let session: Session | undefined;
  try {
    await slot.acquire();
    session = await openSession(code.loadedConfig, options, emit, code.desired, target);
    const { description } = session;
    const drift = (consent: Consent) => ({
      ...consent,
      overwriteDrift: driftSelection(consent.overwriteDrift, { target }),
    });
    const { goal, consent: asked, beforeReview, again: suggested } = all.stepOf(member, session);
    const consent = drift(asked);
    const secrets = mustHaveSecrets(session, all.io, name);
    let started = false;
    let hashes: ReadonlyMap<string, string> | undefined;
    const work = {
      command: "apply",
      goal,
      consent,
      approval: {
        async review(plan, again) {
          if (again) {
            // Another run of this project can have made these changes.
            if (plan.changes.some(({ left }) => !left)) throw new PlanChanged();
            return consent;
          }
          slot.release();
          const changed = await agreement.review(name, {
            plan,
            description,
            consent: asked,
            ...(hashes ? { hashes } : {}),
          });
          return changed === asked ? consent : drift(changed);
        },
        confirm: (plan, owned) => (started ? Promise.resolve() : agreement.confirm(name, { plan, owned })),
      } satisfies Execution["approval"],
      checks: {
        beforeReview(prepared: ExecutablePlan, context: KindContext) {
          hashes = codeHashes(prepared);
          beforeReview?.(prepared, context);
        },
        async beforeExecution(prepared: ExecutablePlan, context: KindContext) {
          if (started) return;
          await agreement.ready(name, await faultsOf(() => secrets(prepared, context)));
          if (writesAnything(prepared)) await order.waitForWave(name);
          await slot.acquire();
          started = true;
        },
      },
    } as const;
    const executed = await runWork(work, session, options, { emit, signal: all.signal });
    return appliedIn(executed, session, options, suggested);
  } finally {
    slot.release();
    await session?.close();
  }
}

/** A slot that a run can release while it waits for others, more than once, and acquire again. */
function slotOf(runs: LimitFunction) {
  let held: PromiseWithResolvers<void> | undefined;
  return {
    acquire: () =>
      new Promise<void>((resolve) => {
        void runs(() => {
          held = Promise.withResolvers();
          resolve();
          return held.promise;
        });
      }),
    release: () => held?.resolve(),
  };
}

async function faultsOf(check: () => Promise<void>): Promise<readonly Fault[]> {
  try {
    await check();
    return [];
  } catch (error) {
    if (error instanceof InvalidCodeError) return error.faults;
    throw error;
  }
}

function appliedIn(
  executed: Executed,
  session: Session,
  options: ApplyOptions,
  again: CommandWith | undefined,
): Applied {
  const { prepared, outcomes, run, milliseconds } = executed;
  const { plan } = prepared;
  const exitCode: ExitCode = exitCodeAfter(executed);
  return {
    exitCode,
    description: session.description,
    ...sessionOf(session),
    plan,
    hashes: codeHashes(prepared),
    outcomes,
    milliseconds,
    next: nextCommands(plan, outcomes, again),
    ...(run ? { run: { id: run.id, directory: run.directory } } : {}),
    ...(run && isRecorded(executed) ? { undo: undoCommand(run.id, options) } : {}),
  };
}

/** The plan that was shown is not the one that would be applied. */
class PlanChanged extends ProvisionError {
  override name = "PlanChanged";

  constructor() {
    super("Grafana has changed since the plan was shown; nothing was changed", {
      exitCode: EXIT.conflict,
      code: "plan-stale",
      hint: "Run the command again.",
    });
  }
}
