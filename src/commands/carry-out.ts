import { apply as applyPlan, type Outcome } from "../engine/apply.ts";
import { causeOf } from "../engine/deletions.ts";
import type { Emit } from "../engine/events.ts";
import type { Lease } from "../engine/lease.ts";
import type { Plan } from "../engine/plan.ts";
import { EXIT, ProvisionError, type ExitCode } from "../errors.ts";
import { endProcess } from "../exit-guard.ts";
import { GrafanaError } from "../grafana/errors.ts";
import { kinds } from "../kinds/index.ts";
import { jsonReport } from "../report/json.ts";
import { runLine } from "../report/runs.ts";
import { outcomesText } from "../report/text.ts";
import { keepRun, type About, type Run } from "../runs/keep.ts";
import { whoRuns } from "../runs/who.ts";
import { Cancelled } from "./consent.ts";
import type { Io } from "./io.ts";
import { nextCommands, undoCommand } from "./next.ts";
import type { CommonOptions } from "./options.ts";
import { sessionOf, type Session } from "./run.ts";
import { madeWith } from "./same-target.ts";
import { takeTurn, type Agreed } from "./turn.ts";

/**
 * Takes its turn, applies, reports, and tells the exit code. Ctrl-C lets the requests in flight finish.
 */
export async function carryOut(
  command: "apply" | "destroy" | "rollback",
  first: Agreed,
  session: Session,
  options: CommonOptions & { readonly lockTimeout?: number },
  io: Io,
  undoes?: string,
): Promise<ExitCode> {
  const { result, progress } = io;
  const { emit } = progress;
  const about = { ...aboutOf(command, session, options), ...(undoes === undefined ? {} : { undoes }) };
  const interrupt = new AbortController();
  const onInterrupt = () => {
    // Who asks twice doesn't want to wait.
    if (interrupt.signal.aborted) endProcess(EXIT.cancelled);
    emit({ type: "note", message: "Interrupted: waiting for the requests in flight." });
    interrupt.abort();
  };
  // Not once: without a listener that stays, those that others set for their cleaning up end the process.
  for (const name of SIGNALS) process.on(name, onInterrupt);
  let lease: Lease | undefined;
  try {
    const patience = options.lockTimeout;
    const turn = await takeTurn(first, {
      session,
      command,
      who: about.who,
      ...(patience === undefined ? {} : { patience }),
      signal: interrupt.signal,
      emit,
    }).catch((error: unknown) => {
      throw interrupt.signal.aborted ? new Cancelled() : error;
    });
    lease = turn.lease;
    const { context, prepared } = turn.agreed;
    const run = await keepRun(context, prepared, { kinds, config: session.runs, about });
    const lost = lease?.lost;
    const start = performance.now();
    const outcomes = await applyPlan(context, prepared, {
      kinds,
      concurrency: options.concurrency ?? 8,
      signal: lost ? AbortSignal.any([interrupt.signal, lost]) : interrupt.signal,
      emit(event) {
        run?.emit(event);
        emit(event);
      },
    });
    progress.stop();
    if (run) await ended(run, outcomes, emit);
    await lease?.release();
    const { plan } = prepared;
    if (lost?.aborted) emit({ type: "note", message: LOST });
    const exitCode = lost?.aborted && !interrupt.signal.aborted ? EXIT.conflict : exitCodeOf(outcomes, plan);
    const next = nextCommands(plan, outcomes);
    if (options.output === "json") {
      const { id, directory } = run ?? {};
      const kept = id !== undefined && directory !== undefined ? { run: { id, directory } } : {};
      result.stream.write(jsonReport({ command, exitCode, ...sessionOf(session), ...kept, plan, outcomes, next }));
      return exitCode;
    }
    const milliseconds = performance.now() - start;
    const verbose = options.verbose === true;
    result.stream.write(`\n${outcomesText(outcomes, plan, { ...result, verbose, milliseconds, next })}`);
    if (run && outcomes.some(mayHaveWritten)) result.stream.write(runLine(run, undoCommand(run.id, options)));
    if (session.target.type === "sandbox") result.stream.write(`\n${session.description}\n`);
    return exitCode;
  } finally {
    for (const name of SIGNALS) process.off(name, onInterrupt);
    await lease?.release();
  }
}

/** CI systems end a job with the second. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const LOST =
  "This run gave no sign of life for too long, and another run of this project may write now: what was not begun was left.";

/** What a run's record says of this command. */
function aboutOf(command: About["command"], session: Session, options: CommonOptions): About {
  const { color: _color, output: _output, verbose: _verbose, url: _url, ...said } = options;
  const credentials = session.target.type === "grafana" ? session.target.client.credentials : undefined;
  const login = credentials?.type === "basic" ? credentials.user : undefined;
  return {
    command,
    options: said,
    ...madeWith(session),
    who: whoRuns(process.env, login),
  };
}

/** What was done is done, whether or not that can be written down. */
async function ended(run: Run, outcomes: readonly Outcome[], emit: Emit): Promise<void> {
  try {
    await run.end(outcomes);
  } catch (error) {
    if (!(error instanceof ProvisionError)) throw error;
    emit({ type: "note", message: `How the run ${run.id} ended is not written down: ${error.message}` });
  }
}

function mayHaveWritten({ status, error }: Outcome): boolean {
  return status === "done" || (error instanceof GrafanaError && error.outcomeUnknown);
}

/** The first that holds: cancelled, a conflict, a failure, something left. */
export function exitCodeOf(outcomes: readonly Outcome[], plan: Plan): ExitCode {
  const having = (status: Outcome["status"]) => outcomes.filter((outcome) => outcome.status === status);
  if (having("cancelled").length > 0) return EXIT.cancelled;
  if (having("conflict").length > 0) return EXIT.conflict;
  const failed = having("failed");
  if (failed.length > 0) {
    if (having("done").length > 0) return EXIT.partlyApplied;
    const codes = new Set(failed.map(({ error }) => (error && "exitCode" in error ? error.exitCode : EXIT.failure)));
    return codes.size === 1 && codes.has(EXIT.notAuthorised) ? EXIT.notAuthorised : EXIT.failure;
  }
  const left = new Set(plan.changes.map(({ left }) => left && causeOf(left)));
  if (left.has("forbidden") || plan.unseen.length > 0) {
    const others = [...left].some((reason) => reason !== undefined && reason !== "forbidden");
    return outcomes.length > 0 || others ? EXIT.partlyApplied : EXIT.notAuthorised;
  }
  if (["foreign", "locked", "obstacle", "dependency", "not-empty"].some((reason) => left.has(reason as never)))
    return EXIT.partlyApplied;
  return left.has("drift") ? EXIT.driftLeft : EXIT.done;
}
