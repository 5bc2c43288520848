import { EXIT, type ExitCode } from "../errors.ts";
import { isInSync, NOTHING, type Plan } from "../engine/plan.ts";
import { jsonReport } from "../report/json.ts";
import { planText } from "../report/text.ts";
import { ioOf } from "./io.ts";
import { selectionOf, type CommonOptions } from "./options.ts";
import { compareWithLive, openSession, readCode, sessionOf } from "./run.ts";

export interface PlanOptions extends CommonOptions {
  readonly detailedExitcode?: boolean;
  readonly prune?: boolean;
  readonly adopt?: readonly string[] | true;
}

/** Shows what an apply with the same options would do. Writes nothing. */
export async function plan(options: PlanOptions): Promise<ExitCode> {
  const { result, errors, progress } = ioOf(options);
  const code = await readCode(options, errors);
  const session = await openSession(code.loadedConfig, options, progress.emit);
  try {
    const adopt = selectionOf(options.adopt, "--adopt");
    const compared = await compareWithLive({
      code,
      session,
      options,
      adopt,
      prune: options.prune === true,
      emit: progress.emit,
    });
    const overwriteDrift = { ...NOTHING, all: session.target.drift === "overwrite" };
    const prepared = compared.plan({ adopt, overwriteDrift });
    progress.stop();
    const exitCode = options.detailedExitcode ? detailed(prepared.plan) : EXIT.done;
    if (options.output === "json") {
      const { plan } = prepared;
      result.stream.write(jsonReport({ command: "plan", exitCode, ...sessionOf(session), plan }));
      return exitCode;
    }
    result.stream.write(`${session.description}\n\n${planText(prepared.plan, result)}`);
    if (session.target.type === "sandbox") result.stream.write(`\n${session.description}\n`);
    return exitCode;
  } finally {
    progress.stop();
    await session.close();
  }
}

/** 2 where something differs; 3 where nothing is seen to differ, and not everything could be seen. */
function detailed(plan: Plan): ExitCode {
  if (isInSync(plan)) return EXIT.done;
  return plan.changes.length + plan.orphans.length > 0 ? EXIT.differences : EXIT.notAuthorised;
}
