import { isDrift, type DriftReport } from "../../engine/drift.ts";
import { environment } from "../../secrets/environment.ts";
import { EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { driftText } from "../../report/drift.ts";
import { jsonDrift } from "../../report/json.ts";
import { readCode } from "../code.ts";
import { driftNow } from "../drift-now.ts";
import { ioOf } from "../io.ts";
import { keepIssue } from "../drift-issue.ts";
import type { CommonOptions } from "../options.ts";
import { selectsSeveral } from "../select-environments.ts";
import { openSession, sessionOf } from "../session.ts";

export interface DriftOptions extends CommonOptions {
  /** All environments of the configuration. */
  readonly envAll?: boolean;
  /** Whether to keep an issue about the drift. */
  readonly issue?: boolean;
  readonly author?: string;
  /** Whether to write the changes to the code. */
  readonly write?: boolean;
  /** Whether to write them to a pull request instead of the working tree. */
  readonly pullRequest?: boolean;
  readonly yes?: boolean;
}

/** Shows what was changed in Grafana since the last apply, and by whom. Writes nothing to Grafana. */
export async function drift(options: DriftOptions): Promise<ExitCode> {
  if (options.pullRequest === true && options.write !== true)
    throw new UsageError(
      "--pull-request requires --write",
      "Pass both: drift --write --pull-request.",
      "option-invalid",
    );
  if (selectsSeveral(options)) return (await import("./drift-all.ts")).driftAll(options);
  if (options.write === true) {
    const { output } = options;
    if (output === "html" || output === "markdown")
      throw new UsageError(`--write and -o ${output} can't be used together`, "Remove one of them.", "option-conflict");
    if (options.issue === true)
      throw new UsageError(
        "--write and --issue can't be used together",
        "Remove one of them. With --pull-request, --write also opens an issue if no edit can be written.",
        "option-conflict",
      );
    return (await import("./write-back.ts")).writeBack(options);
  }
  const { result, errors, progress } = ioOf(options);
  const code = await readCode(options, errors);
  const session = await openSession(code.loadedConfig, options, progress.emit, code.desired);
  try {
    const { report, proposal } = await driftNow(session, code, options, progress.emit);
    progress.stop();
    if (options.issue === true) {
      const { author } = options;
      const { owner } = proposal.context;
      const about = { owner, target: session.description, ...(author === undefined ? {} : { author }) };
      errors.stream.write(`${await keepIssue(report, about, environment())}\n`);
    }
    const exitCode = driftExitCode(report);
    const head = sessionOf(session);
    if (options.output === "json") {
      result.stream.write(jsonDrift({ exitCode, ...head, report }));
      return exitCode;
    }
    if (options.output === "html" || options.output === "markdown") {
      const { description } = session;
      const one = { name: options.env ?? report.project, exitCode, description, ...head, report };
      const { shownDrift } = await import("./drift-all.ts");
      result.stream.write(await shownDrift(report.project, [one], options.output, result));
      return exitCode;
    }
    result.stream.write(`${session.description}\n\n${driftText(report, result)}`);
    return exitCode;
  } finally {
    progress.stop();
    await session.close();
  }
}

/** 2 if there is drift; 3 if none was found, but some kinds could not be read. */
export function driftExitCode({ drift: all, unseen }: DriftReport): ExitCode {
  if (all.some(isDrift)) return EXIT.differences;
  return unseen.length > 0 ? EXIT.notAuthorised : EXIT.done;
}
