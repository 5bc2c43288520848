import { resolve } from "node:path";
import { UsageError, type ExitCode } from "../errors.ts";
import { entriesOf, movedSince, selectionIn, StalePlan } from "../saved-plan/compare.ts";
import { readPlanFile } from "../saved-plan/store.ts";
import type { ApplyOptions } from "./apply.ts";
import { carryOut } from "./carry-out.ts";
import { consentToDeletions, mustAllowEmpty, showPlan } from "./consent.ts";
import { ioOf, isInteractive } from "./io.ts";
import { mustHaveSecrets } from "./needed-secrets.ts";
import { compareWithLive, openSession, readCode } from "./run.ts";
import { mustBeSame } from "./same-target.ts";
import type { Agreed } from "./turn.ts";

/** Who names the file of a plan wants what is in it: nobody is asked again but for deletions, by a terminal. */
export async function applySaved(path: string, given: ApplyOptions): Promise<ExitCode> {
  mustLeaveToPlan(given);
  const io = ioOf(given);
  const saved = await readPlanFile(resolve(path));
  const { prune, only, refreshSecrets, allowEmpty } = saved.options;
  const options: ApplyOptions = { ...given, prune, refreshSecrets, ...(only ? { only } : {}) };
  const code = await readCode(options, io.errors);
  mustAllowEmpty(code, { prune, allowEmpty: allowEmpty === true });
  const session = await openSession(code.loadedConfig, options, io.progress.emit, code.desired);
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
      mustHaveSecrets({ ...session, context: compared.context }, prepared, io);
      if (!agreed) {
        showPlan(prepared.plan, session, options, io);
        const consenting = isInteractive(options) ? options : { ...options, yes: true };
        await consentToDeletions(prepared.plan, consenting, compared.owned);
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
function mustLeaveToPlan({ prune, allowEmpty, adopt, overwriteDrift, only, refreshSecrets }: ApplyOptions): void {
  const given = { prune, allowEmpty, adopt, overwriteDrift, only, refreshSecrets };
  const [name] = Object.entries(given).find(([, value]) => value !== undefined && value !== false) ?? [];
  if (name === undefined) return;
  const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new UsageError(
    `${option} and the file of a plan say two things`,
    `Give ${option} to the \`plan\` that makes the file.`,
  );
}
