import { driftOf, isDrift, readPast, type DriftReport } from "../engine/drift.ts";
import { NOTHING } from "../engine/plan.ts";
import { EXIT, type ExitCode } from "../errors.ts";
import { kinds } from "../kinds/index.ts";
import { driftText } from "../report/drift.ts";
import { jsonDrift } from "../report/json.ts";
import { ioOf } from "./io.ts";
import type { CommonOptions } from "./options.ts";
import { compareWithLive, openSession, readCode, sessionOf } from "./run.ts";

/** Shows what was changed in Grafana since the last apply, and by whom. Writes nothing. */
export async function drift(options: CommonOptions): Promise<ExitCode> {
  const { result, errors, progress } = ioOf(options);
  const code = await readCode(options, errors);
  const session = await openSession(code.loadedConfig, options, progress.emit);
  try {
    const { emit } = progress;
    // What is owned and no longer in the code can have been changed in Grafana, too.
    const compared = await compareWithLive({ code, session, options, adopt: NOTHING, prune: true, emit });
    const { context, comparisons } = compared;
    const { plan } = compared.plan({ adopt: NOTHING, overwriteDrift: NOTHING });
    const { ledger, grafana } = context;
    const about = { plan, comparisons, ledger, marks: grafana.marks, kinds };
    const report = driftOf({ ...about, past: await readPast(context, about) });
    progress.stop();
    const exitCode = exitCodeOf(report);
    if (options.output === "json") {
      result.stream.write(jsonDrift({ exitCode, ...sessionOf(session), report }));
      return exitCode;
    }
    result.stream.write(`${session.description}\n\n${driftText(report, result)}`);
    if (session.target.type === "sandbox") result.stream.write(`\n${session.description}\n`);
    return exitCode;
  } finally {
    progress.stop();
    await session.close();
  }
}

/** 2 where somebody changed something in Grafana; 3 where nobody is seen to have, and not everything could be seen. */
function exitCodeOf({ drift: all, unseen }: DriftReport): ExitCode {
  if (all.some(isDrift)) return EXIT.differences;
  return unseen.length > 0 ? EXIT.notAuthorised : EXIT.done;
}
