import { resolve } from "node:path";
import { EXIT, InvalidCodeError, ProvisionError, UsageError, type ExitCode, type Fault } from "../errors.ts";
import { apply as applyPlan, type Outcome } from "../engine/apply.ts";
import type { Lease } from "../engine/lease.ts";
import { countChanges, NOTHING, type Change, type Plan, type Prepared, type Selection } from "../engine/plan.ts";
import type { KindContext } from "../engine/resource.ts";
import { GrafanaError } from "../grafana/errors.ts";
import { kinds } from "../kinds/index.ts";
import { pathText } from "../engine/desired.ts";
import type { Emit } from "../engine/events.ts";
import { jsonReport } from "../report/json.ts";
import { runLine } from "../report/runs.ts";
import { outcomesText, planText } from "../report/text.ts";
import { entriesOf, movedSince, selectionIn, StalePlan } from "../saved-plan/compare.ts";
import { readPlanFile } from "../saved-plan/store.ts";
import { keepRun, type About, type Run } from "../runs/keep.ts";
import { whoRuns } from "../runs/who.ts";
import { madeWith, mustBeSame } from "./same-target.ts";
import { samePlan, takeTurn, type Agreed } from "./turn.ts";
import { confirm, ioOf, isInteractive, type Io } from "./io.ts";
import { nextCommands, undoCommand } from "./next.ts";
import { selectionOf, type CommonOptions } from "./options.ts";
import { compareWithLive, openSession, readCode, sessionOf, type Compared, type Session } from "./run.ts";

export interface ApplyOptions extends CommonOptions {
  readonly prune?: boolean;
  readonly yes?: boolean;
  readonly adopt?: readonly string[] | true;
  readonly overwriteDrift?: readonly string[] | true;
  readonly maxDeletes: number;
  /** Seconds to wait for another run of this project. */
  readonly lockTimeout?: number;
}

/**
 * Makes Grafana match the code, as far as there is consent; what is left is named. `planFile`: does exactly what
 * `plan --out` wrote there, or nothing.
 */
export async function apply(planFile: string | undefined, options: ApplyOptions): Promise<ExitCode> {
  if (planFile !== undefined) return applySaved(planFile, options);
  const io = ioOf(options);
  const code = await readCode(options, io.errors);
  const session = await openSession(code.loadedConfig, options, io.progress.emit);
  try {
    const adopt = selectionOf(options.adopt, "--adopt");
    const overwriteDrift = selectionOf(options.overwriteDrift, "--overwrite-drift");
    const prune = options.prune === true;
    const { emit } = io.progress;
    const agree = async (before?: Consent): Promise<Agreed> => {
      const compared = await compareWithLive({ code, session, options, adopt, overwriteDrift, prune, emit });
      io.progress.stop();
      const consent = await consentTo(compared, { adopt, overwriteDrift }, session, options, io, before);
      const prepared = compared.plan(consent);
      mustHaveSecrets(compared.context, prepared, io);
      return { ...compared, prepared, again: () => agree(consent) };
    };
    return await carryOut("apply", await agree(), session, options, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
}

/** Who names the file of a plan wants what is in it: nobody is asked again but for deletions, by a terminal. */
async function applySaved(path: string, given: ApplyOptions): Promise<ExitCode> {
  mustLeaveToPlan(given);
  const io = ioOf(given);
  const saved = await readPlanFile(resolve(path));
  const { prune, only, refreshSecrets } = saved.options;
  const options: ApplyOptions = { ...given, prune, refreshSecrets, ...(only ? { only } : {}) };
  const code = await readCode(options, io.errors);
  const session = await openSession(code.loadedConfig, options, io.progress.emit);
  try {
    mustBeSame(`The plan ${path}`, saved, session);
    const adopt = selectionIn(saved.options.adopt);
    const overwriteDrift = selectionIn(saved.options.overwriteDrift);
    const { emit } = io.progress;
    const agree = async (agreed: boolean): Promise<Agreed> => {
      const compared = await compareWithLive({ code, session, options, adopt, overwriteDrift, prune, emit });
      io.progress.stop();
      const prepared = compared.plan({ adopt, overwriteDrift });
      const { changes } = prepared.plan;
      const moved = movedSince(saved.entries, entriesOf(prepared, session.context.secrets), changes);
      if (moved.length > 0) throw new StalePlan(path, moved);
      mustHaveSecrets(compared.context, prepared, io);
      if (!agreed) {
        showPlan(prepared.plan, session, options, io);
        await consentToDeletions(prepared.plan, isInteractive(options) ? options : { ...options, yes: true });
      }
      return { ...compared, prepared, again: () => agree(true) };
    };
    return await carryOut("apply", await agree(false), session, options, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
}

/** What is done was decided when the plan was made. */
function mustLeaveToPlan({ prune, adopt, overwriteDrift, only, refreshSecrets }: ApplyOptions): void {
  const given = { prune, adopt, overwriteDrift, only, refreshSecrets };
  const [name] = Object.entries(given).find(([, value]) => value !== undefined && value !== false) ?? [];
  if (name === undefined) return;
  const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new UsageError(
    `${option} and the file of a plan say two things`,
    `Give ${option} to the \`plan\` that makes the file.`,
  );
}

/** What somebody agreed to, having seen a plan. */
interface Consent {
  readonly shown: Plan;
  readonly adopt: Selection;
  readonly overwriteDrift: Selection;
}

/**
 * Prints the plan, and asks what has to be asked. `before`: what was agreed to before holds where the plan is the same;
 * otherwise it is shown and asked again.
 */
async function consentTo(
  compared: Compared,
  { adopt, overwriteDrift: asked }: { adopt: Selection; overwriteDrift: Selection },
  session: Session,
  options: ApplyOptions,
  io: Io,
  before?: Consent,
): Promise<Consent> {
  const overwriteDrift = session.target.drift === "overwrite" ? { ...asked, all: true } : asked;
  const consent = { adopt, overwriteDrift };
  const shown = compared.plan(consent).plan;
  if (before && samePlan(before.shown, shown)) return before;
  showPlan(shown, session, options, io, before !== undefined);

  if (adopt.all && options.yes !== true) {
    const foreign = shown.changes.filter(({ action, left }) => action === "adopt" && !left);
    const question = `Take over ${counted(foreign)} that this project doesn't own?`;
    if (foreign.length > 0 && !(await agrees(question, "--adopt without names", options))) consent.adopt = NOTHING;
  }
  if (await driftConsent(compared.plan(consent).plan, options))
    consent.overwriteDrift = { ...overwriteDrift, all: true };
  await consentToDeletions(compared.plan(consent).plan, options);
  return { shown, ...consent };
}

/** In a report for machines it stands at the end. */
export function showPlan(
  plan: Plan,
  { description }: Pick<Session, "description">,
  options: CommonOptions,
  io: Io,
  again = false,
): void {
  if (options.output === "json") return;
  const head = again ? "\nGrafana has changed since this plan was made. Now it is:" : description;
  io.result.stream.write(`${head}\n\n${planText(plan, io.result)}`);
}

/** Asks, where somebody is there, whether changes made in Grafana are to be overwritten. */
export async function driftConsent(plan: Plan, options: Pick<ApplyOptions, "yes" | "output">): Promise<boolean> {
  const drifted = plan.changes.filter(({ left }) => left?.reason === "drift");
  if (drifted.length === 0 || options.yes === true || !isInteractive(options)) return false;
  return confirm(`Overwrite the changes made in Grafana to ${counted(drifted)}?`);
}

/** Throws before the first write: more than `--max-deletes`, or nobody there to say yes. */
export async function consentToDeletions(
  plan: Plan,
  options: Pick<ApplyOptions, "yes" | "maxDeletes" | "output">,
): Promise<void> {
  const { destroy } = countChanges(plan);
  if (destroy === 0) return;
  if (destroy > options.maxDeletes) {
    throw new UsageError(
      `This would delete ${destroy} objects, and --max-deletes allows ${options.maxDeletes}; nothing was changed`,
      `Is the code complete? If so, allow it with --max-deletes ${destroy}.`,
    );
  }
  const deleted = plan.changes.filter(({ action, left }) => action === "delete" && !left);
  if (options.yes === true || (await agrees(`Delete ${counted(deleted)}?`, "A deletion", options))) return;
  throw new Cancelled();
}

/** Somebody said no: exit 5, and nothing was changed. */
export class Cancelled extends Error {}

async function agrees(question: string, what: string, options: Pick<ApplyOptions, "output">): Promise<boolean> {
  if (isInteractive(options)) return confirm(question);
  throw new UsageError(`${what} needs consent, and nobody is there to ask; nothing was changed`, "Add --yes.");
}

function counted(changes: readonly Change[]): string {
  return changes.length === 1 ? `${changes[0]?.kind}/${changes[0]?.id}` : `${changes.length} objects`;
}

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
    if (interrupt.signal.aborted) process.exit(EXIT.cancelled);
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
  const left = new Set(plan.changes.map((change) => change.left?.reason));
  if (left.has("forbidden") || plan.unseen.length > 0) {
    const others = [...left].some((reason) => reason !== undefined && reason !== "forbidden");
    return outcomes.length > 0 || others ? EXIT.partlyApplied : EXIT.notAuthorised;
  }
  if (["foreign", "locked", "obstacle", "dependency", "not-empty"].some((reason) => left.has(reason as never)))
    return EXIT.partlyApplied;
  return left.has("drift") ? EXIT.driftLeft : EXIT.done;
}

function has(value: unknown, [head, ...rest]: readonly (string | number)[]): boolean {
  if (head === undefined) return value !== undefined;
  return typeof value === "object" && value !== null && has(Reflect.get(value, head), rest);
}

/** Throws before the first write, naming every variable that a write of this plan needs and that isn't set. */
function mustHaveSecrets(context: KindContext, { writes }: Prepared, { errors }: Io): void {
  const needed = [...writes.values()].flatMap(({ desired, live }) => {
    const secrets = kinds.get(desired.kind)?.secrets?.(desired.resource);
    if (!secrets) return [];
    const all = secrets.always || !live || context.secrets.refresh;
    const there = live && kinds.get(desired.kind)?.observed(live);
    return secrets.uses.flatMap((use) => (all || !has(there, use.path) ? [{ desired, ...use }] : []));
  });
  const faults = needed
    .filter(({ variable }) => context.secrets.read(variable) === undefined)
    .map(({ desired, path, variable }): Fault => {
      const message = `needs the secret of the variable ${variable}, which is not set`;
      return { level: "error", ...desired.source, path: pathText(path), message };
    });
  if (faults.length > 0) throw new InvalidCodeError(faults);
  const variables = new Set(needed.map(({ variable }) => variable));
  const stoodIn = [...variables].filter((variable) => !process.env[variable]).toSorted();
  if (stoodIn.length > 0) {
    errors.stream.write(
      `The sandbox takes a stand-in for ${stoodIn.join(", ")}, which ${stoodIn.length === 1 ? "is" : "are"} not set.\n`,
    );
  }
}
