import { NOTHING, withNames, type Plan, type Selection } from "../engine/plan.ts";
import type { ExitCode } from "../errors.ts";
import { applySaved } from "./apply-saved.ts";
import { carryOut } from "./carry-out.ts";
import { agrees, consentToDeletions, counted, driftConsent, lossConsent, mustAllowEmpty, showPlan } from "./consent.ts";
import { ioOf, type Io } from "./io.ts";
import { mustHaveSecrets } from "./needed-secrets.ts";
import { selectionOf, type CommonOptions } from "./options.ts";
import { compareWithLive, openSession, readCode, type Compared, type Session } from "./run.ts";
import { samePlan, type Agreed } from "./turn.ts";

export interface ApplyOptions extends CommonOptions {
  readonly prune?: boolean;
  /** Allows `prune` if the code has no resources. */
  readonly allowEmpty?: boolean;
  readonly yes?: boolean;
  readonly adopt?: readonly string[] | true;
  readonly overwriteDrift?: readonly string[] | true;
  readonly maxDeletes?: number;
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
  mustAllowEmpty(code, options);
  const session = await openSession(code.loadedConfig, options, io.progress.emit, code.desired);
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
      mustHaveSecrets({ ...session, context: compared.context }, prepared, io);
      return { ...compared, prepared, again: () => agree(consent) };
    };
    return await carryOut("apply", await agree(), session, options, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
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
  if (consent.adopt.all) {
    const lossy = shown.changes.filter(({ left, loss }) => left?.reason === "foreign" && loss !== undefined);
    consent.adopt = withNames(consent.adopt, await lossConsent(lossy, options));
  }
  consent.overwriteDrift = await driftConsent(compared.plan(consent).plan, overwriteDrift, options);
  await consentToDeletions(compared.plan(consent).plan, options, compared.owned);
  return { shown, ...consent };
}
