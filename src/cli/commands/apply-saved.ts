import { resolve } from "node:path";
import type { Plan } from "../../engine/change.ts";
import type { ExecutablePlan } from "../../engine/executable-plan.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { UsageError, type ExitCode } from "../../util/errors.ts";
import { entriesOf, movedSince, selectionIn, StalePlan } from "../../saved-plan/compare.ts";
import { readPlanFile } from "../../saved-plan/store.ts";
import type { ApplyOptions } from "./apply-options.ts";
import { carryOut } from "../carry-out.ts";
import { goalOf, readCode } from "../code.ts";
import { confirmDeletions, mustAllowEmpty, mustBeWithinLimits, showPlan } from "../consent.ts";
import { ioOf, isInteractive } from "../io.ts";
import { mustHaveSecrets } from "../needed-secrets.ts";
import { consentWords, planAgain } from "../next.ts";
import { mustBeSameTarget } from "../same-target.ts";
import { openSession } from "../session.ts";

/** Applies a saved plan without asking for confirmation, except that it confirms deletions on a terminal. */
export async function applySaved(path: string, given: ApplyOptions): Promise<ExitCode> {
  rejectPlanOptions(given);
  const io = ioOf(given);
  const saved = await readPlanFile(resolve(path));
  const { prune, only, refreshSecrets, allowEmpty } = saved.options;
  const options: ApplyOptions = { ...given, prune, refreshSecrets, ...(only ? { only } : {}) };
  const code = await readCode(options, io.errors);
  mustAllowEmpty(code, { prune, allowEmpty: allowEmpty === true });
  const session = await openSession(code.loadedConfig, options, io.progress.emit, code.desired);
  try {
    mustBeSameTarget(`The plan ${path}`, saved, session);
    const consent = {
      adopt: selectionIn(saved.options.adopt),
      overwriteDrift: selectionIn(saved.options.overwriteDrift),
    };
    const haveSecrets = mustHaveSecrets(session, io);
    const again = planAgain(path, saved.options, given);
    const work = {
      command: "apply",
      goal: goalOf(code, options, { prune }),
      again,
      consent,
      approval: {
        review: async (plan: Plan) => {
          io.progress.stop();
          showPlan(plan, session, options, io);
          return consent;
        },
        async confirm(plan: Plan, owned: number) {
          mustBeWithinLimits(plan, options, owned);
          await confirmDeletions(plan, isInteractive(options) ? options : { ...options, yes: true });
        },
      },
      checks: {
        async beforeReview(prepared: ExecutablePlan, context: KindContext) {
          const moved = movedSince(saved.entries, entriesOf(prepared, context.secrets), prepared.plan.changes);
          if (moved.length > 0) throw new StalePlan(path, moved, again(consentWords(saved.options)));
          await haveSecrets(prepared, context);
        },
      },
    } as const;
    return await carryOut(work, session, options, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
}

/** Throws (exit 64) if an option was given that only `plan` can take into account. */
export function rejectPlanOptions({
  prune,
  allowEmpty,
  adopt,
  overwriteDrift,
  only,
  refreshSecrets,
}: ApplyOptions): void {
  const given = { prune, allowEmpty, adopt, overwriteDrift, only, refreshSecrets };
  const [name] = Object.entries(given).find(([, value]) => value !== undefined && value !== false) ?? [];
  if (name === undefined) return;
  const option = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new UsageError(
    `${option} can't be combined with a plan file`,
    `Pass ${option} to \`plan --out\` instead.`,
    "option-conflict",
  );
}
