import { EXIT, type ExitCode } from "../errors.ts";
import { isInSync, NOTHING } from "../engine/plan.ts";
import { planText } from "../report/text.ts";
import { ioOf } from "./io.ts";
import { selectionOf, type CommonOptions } from "./options.ts";
import { compareWithLive, openSession, readCode } from "./run.ts";

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
    result.stream.write(`${session.description}\n\n${planText(prepared.plan, result)}`);
    if (session.target.type === "sandbox") result.stream.write(`\n${session.description}\n`);
    if (!options.detailedExitcode || isInSync(prepared.plan)) return EXIT.done;
    const { changes, orphans } = prepared.plan;
    return changes.length + orphans.length > 0 ? EXIT.differences : EXIT.notAuthorised;
  } finally {
    progress.stop();
    await session.close();
  }
}
