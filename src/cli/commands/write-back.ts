import { join } from "node:path";
import { address } from "../../engine/model.ts";
import type { DriftReport } from "../../engine/drift.ts";
import { propose } from "../../engine/pipeline.ts";
import { NOTHING } from "../../engine/selection.ts";
import { existing } from "../../index.ts";
import { kinds } from "../../kinds/index.ts";
import { jsonUpdate } from "../../report/import-json.ts";
import { jsonDrift } from "../../report/json.ts";
import { writeBackText } from "../../report/write-back.ts";
import { cleanCheckout, mustBeCommitted, type Checkout } from "../../review/code-host/checkout.ts";
import { environment } from "../../secrets/environment.ts";
import { proposeUpdate, writeUpdate, type ProposedUpdate } from "../../update/update.ts";
import { Cancelled, EXIT, type ExitCode } from "../../util/errors.ts";
import { countOf } from "../../util/plural.ts";
import { goalOf, readCode, type CheckedCode } from "../code.ts";
import { driftNow } from "../drift-now.ts";
import { keepPullRequest } from "../drift-pull-request.ts";
import { confirm, ioOf, isInteractive } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { openSession, sessionOf, type Session } from "../session.ts";

export interface WriteBackOptions extends CommonOptions {
  readonly yes?: boolean;
  /** Whether to write to a pull request instead of the working tree. */
  readonly pullRequest?: boolean;
  readonly author?: string;
  /** The command that runs. Default: `drift`. */
  readonly command?: "import";
}

/** Writes what was edited in Grafana into the code. Writes nothing to Grafana. */
export async function writeBack(options: WriteBackOptions): Promise<ExitCode> {
  const { result, errors, progress } = ioOf(options);
  const code = await readCode(options, errors);
  const checkout = options.pullRequest === true ? await committedCode(code) : undefined;
  const session = await openSession(code.loadedConfig, options, progress.emit, code.desired);
  try {
    const { report, proposal } = await driftNow(session, code, options, progress.emit);
    const proposed = await proposeUpdate({
      loadedConfig: code.loadedConfig,
      kinds,
      environment: code.environment,
      mapping: code.mapping,
      report,
      comparisons: proposal.comparisons,
      desired: code.desired,
      context: proposal.context,
      existing,
      redacted: (text) => session.context.secrets.redacted(text),
      emit: progress.emit,
    });
    const remaining = await remainingOf(session, code, proposed, options);
    progress.stop();
    const question = `Change ${countOf(proposed.files.size, "file")}${checkout ? " in a pull request" : ""}?`;
    await confirmed(proposed, options, question, () =>
      result.stream.write(
        `${session.description}\n\n${writeBackText({ ...proposed, remaining, isDone: false }, result)}`,
      ),
    );
    const { env, author } = options;
    const about = { owner: session.context.owner, env, target: session.description, ...(author ? { author } : {}) };
    const kept = checkout
      ? await keepPullRequest(report, { ...proposed, remaining, isDone: true }, checkout, about, environment())
      : undefined;
    const done = kept
      ? { ...proposed, remaining, isDone: true, ...(kept.pullRequest ? { where: `the ${kept.what}` } : {}) }
      : { ...(await writeUpdate(proposed, code.loadedConfig.directory)), remaining, isDone: true };
    for (const line of kept?.lines ?? []) errors.stream.write(`${line}\n`);
    const exitCode = exitCodeOf(done, report);
    const pullRequest = kept?.pullRequest;
    if (options.output === "json" && options.command === "import")
      result.stream.write(jsonUpdate(done, { exitCode, unseen: report.unseen, notes: report.notes }));
    else if (options.output === "json")
      result.stream.write(
        jsonDrift({
          exitCode,
          ...sessionOf(session),
          report,
          writeBack: done,
          ...(pullRequest ? { pullRequest } : {}),
        }),
      );
    else
      result.stream.write(
        `${isInteractive(options) && options.yes !== true && done.files.size > 0 ? "" : `${session.description}\n\n`}${writeBackText(done, result)}`,
      );
    return exitCode;
  } finally {
    progress.stop();
    await session.close();
  }
}

/** The commit that is checked out. Throws if the code that was loaded differs from it. */
async function committedCode({ loadedConfig, desired }: CheckedCode): Promise<Checkout> {
  const { directory, file } = loadedConfig;
  const checkout = await cleanCheckout(directory);
  const files = new Set([file, ...desired.map(({ source }) => join(directory, source.file))]);
  await mustBeCommitted(checkout, [...files]);
  return checkout;
}

/** Asks on a terminal before files are changed. Throws if the user declines. */
async function confirmed(
  { files }: ProposedUpdate,
  options: WriteBackOptions,
  question: string,
  show: () => void,
): Promise<void> {
  if (files.size === 0 || options.yes === true || !isInteractive(options)) return;
  show();
  if (!(await confirm(question))) throw new Cancelled();
}

/** The changed objects for which the next plan would still have a change. */
async function remainingOf(
  session: Session,
  code: CheckedCode,
  { code: changed, written }: ProposedUpdate,
  options: WriteBackOptions,
): Promise<string[]> {
  if (!changed) return [];
  const goal = goalOf({ ...code, ...changed }, options, { prune: false });
  const proposal = await propose(session, goal, { adopt: NOTHING, overwriteDrift: NOTHING }, () => {});
  const { plan } = await proposal.plan({ adopt: NOTHING, overwriteDrift: NOTHING });
  const own = new Set(written.map((edit) => edit.address));
  return plan.changes.map(address).filter((name) => own.has(name));
}

/** 4 if some edits were left or an object still differs; 3 if all were written, but some kinds could not be read. */
function exitCodeOf(
  { left, remaining }: Pick<ProposedUpdate, "left"> & { readonly remaining: readonly string[] },
  { unseen }: DriftReport,
): ExitCode {
  if (left.length > 0 || remaining.length > 0) return EXIT.partlyApplied;
  return unseen.length > 0 ? EXIT.notAuthorised : EXIT.done;
}
