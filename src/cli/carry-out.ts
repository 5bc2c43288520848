import type { Emit, Outcome } from "../engine/events.ts";
import { execute, type Executed, type Execution } from "../engine/pipeline.ts";
import { EXIT, type ExitCode } from "../util/errors.ts";
import { endProcess } from "./exit-guard.ts";
import { GrafanaError } from "../grafana/errors.ts";
import { jsonReport } from "../report/json.ts";
import { fenced } from "../report/drift.ts";
import { planMarkdown } from "../report/markdown.ts";
import { kinds } from "../kinds/index.ts";
import { runLine } from "../report/runs.ts";
import { outcomesText } from "../report/text.ts";
import type { RunDescription } from "../rollback/record-run.ts";
import { whoRuns } from "../rollback/who.ts";
import { exitCodeOf } from "./exit-code.ts";
import type { Io } from "./io.ts";
import { nextCommands, undoCommand, type CommandWith } from "./next.ts";
import type { CommonOptions } from "./options.ts";
import { targetRecord } from "./same-target.ts";
import { sessionOf, type Session } from "./session.ts";

/** What a command executes, and how the user approves its plan. */
export interface Work extends Pick<Execution, "goal" | "consent" | "approval" | "checks"> {
  readonly command: RunDescription["command"];
  /** The id of the run that is rolled back. */
  readonly undoes?: string;
  /** The command that the report suggests next. Default: the current one. */
  readonly again?: CommandWith;
}

type Options = CommonOptions & { readonly lockTimeout?: number };

/** Runs the pipeline, prints the report and returns the exit code. After Ctrl-C it waits for the requests in flight. */
export async function carryOut(work: Work, session: Session, options: Options, io: Io): Promise<ExitCode> {
  const { emit } = io.progress;
  const executed = await untilInterrupted(emit, (signal) => runWork(work, session, options, { emit, signal }));
  io.progress.stop();
  return report(work, executed, session, options, io);
}

/** Runs the pipeline without a report. */
export async function runWork(
  { command, undoes, again: _again, ...execution }: Work,
  session: Session,
  options: Options,
  { emit, signal }: { readonly emit: Emit; readonly signal: AbortSignal },
): Promise<Executed> {
  const description = { ...describe(command, session, options), ...(undoes === undefined ? {} : { undoes }) };
  const executed = await execute(session, {
    ...execution,
    ...lockOf(session, description, options),
    record: { config: session.runs, about: description },
    concurrency: options.concurrency ?? 8,
    signal,
    emit,
  });
  if (executed.lockLost) emit({ type: "note", message: LOST });
  return executed;
}

/** Aborts the signal at Ctrl-C. A second one ends the process. */
export async function untilInterrupted<Result>(
  emit: Emit,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const interrupt = new AbortController();
  const onInterrupt = () => {
    if (interrupt.signal.aborted) endProcess(EXIT.cancelled);
    emit({
      type: "note",
      message: "Interrupted: waiting for the requests in flight. Press Ctrl-C again to exit immediately.",
    });
    interrupt.abort();
  };
  // `on`, not `once`: exit handlers of dependencies end the process if no other listener is left.
  for (const name of SIGNALS) process.on(name, onInterrupt);
  try {
    return await run(interrupt.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, onInterrupt);
  }
}

/** CI systems send SIGTERM to end a job. */
const SIGNALS = ["SIGINT", "SIGTERM"] as const;

const LOST =
  "The lock of this run expired because its heartbeat stopped. Another run of this project may be writing now. Changes that had not started were skipped.";

/** No lock is needed for the embedded sandbox: no other run can reach it. */
function lockOf(
  { target, context: { secrets } }: Session,
  { command, who: { user, host, job } }: RunDescription,
  { lockTimeout }: Options,
): Pick<Execution, "lock"> {
  if (target.type === "sandbox") return {};
  const who = secrets.redacted(`${user}@${host}${job === undefined ? "" : ` (${job})`}`);
  return { lock: { command, who, ...(lockTimeout === undefined ? {} : { timeout: lockTimeout }) } };
}

/** The exit code of a run. */
export function exitCodeAfter({ prepared: { plan }, outcomes, lockLost }: Executed): ExitCode {
  return lockLost ? EXIT.conflict : exitCodeOf(outcomes, plan);
}

/** Whether the run can have changed Grafana, so that it can be rolled back. */
export function isRecorded({ run, outcomes }: Executed): boolean {
  return run !== undefined && outcomes.some(mayHaveWritten);
}

function report(
  { command, again }: Work,
  executed: Executed,
  session: Session,
  options: Options,
  { result }: Io,
): ExitCode {
  const { outcomes, run, milliseconds, prepared } = executed;
  const { plan } = prepared;
  const exitCode = exitCodeAfter(executed);
  const next = nextCommands(plan, outcomes, again);
  if (options.output === "json") {
    const recorded = run ? { run: { id: run.id, directory: run.directory } } : {};
    result.stream.write(jsonReport({ command, exitCode, ...sessionOf(session), ...recorded, plan, outcomes, next }));
    return exitCode;
  }
  const verbose = options.verbose === true;
  if (options.output === "markdown") {
    const text = outcomesText(outcomes, plan, { stream: result.stream, color: false, verbose, next });
    const report = planMarkdown(plan, kinds, { target: session.description });
    result.stream.write(`${report.trimEnd()}\n\n## Result\n\n${fenced(text.trimEnd())}\n`);
    return exitCode;
  }
  result.stream.write(`\n${outcomesText(outcomes, plan, { ...result, verbose, milliseconds, next })}`);
  if (run && isRecorded(executed)) result.stream.write(runLine(run, undoCommand(run.id, options)));
  // Without `--sandbox`, the user may not have intended to use the sandbox.
  if (command === "apply" && session.target.type === "sandbox" && !options.sandbox && outcomes.some(isDone)) {
    result.stream.write(`\n${AFTER_SANDBOX}\n`);
  }
  return exitCode;
}

/** Describes this command in the record of the run. */
function describe(command: RunDescription["command"], session: Session, options: CommonOptions): RunDescription {
  const { color: _color, output: _output, verbose: _verbose, url: _url, ...recorded } = options;
  const credentials = session.target.type === "grafana" ? session.target.client.credentials : undefined;
  const login = credentials?.type === "basic" ? credentials.user : undefined;
  return { command, options: recorded, ...targetRecord(session), who: whoRuns(process.env, login) };
}

/** Printed after an apply to the sandbox that no option asked for. */
const AFTER_SANDBOX = `These objects are only in the sandbox. No Grafana was changed.
Next: change the code and run this command again, or set GRAFANA_URL and GRAFANA_TOKEN to work on your Grafana.`;

function isDone({ status }: Outcome): boolean {
  return status === "done";
}

function mayHaveWritten({ status, error }: Outcome): boolean {
  return status === "done" || (error instanceof GrafanaError && error.outcomeUnknown);
}
