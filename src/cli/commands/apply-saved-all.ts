import { environmentOf, type LoadedConfig } from "../../code/config.ts";
import type { Plan } from "../../engine/change.ts";
import { goalOfSaved } from "../../saved-plan/applied.ts";
import { entriesOf, movedSince, selectionIn, StalePlan } from "../../saved-plan/compare.ts";
import { readPlanDirectory } from "../../saved-plan/directory.ts";
import { commandLine } from "../../util/command-line.ts";
import { UsageError, type ExitCode } from "../../util/errors.ts";
import type { Step } from "../apply-members.ts";
import { goalOf } from "../code.ts";
import { ioOf } from "../io.ts";
import { consentWords, planAgain, targetWords } from "../next.ts";
import { mustBeSameTarget } from "../same-target.ts";
import { selectedEnvironments } from "../select-environments.ts";
import { membersOf, type Member } from "../several.ts";
import type { Session } from "../session.ts";
import { wavesOf } from "../waves.ts";
import { applyInWaves } from "./apply-all.ts";
import type { ApplyOptions } from "./apply-options.ts";
import { rejectPlanOptions } from "./apply-saved.ts";

/** Applies the plans that `plan --out DIR` saved for several environments, each exactly or not at all. Continues an interrupted run. */
export async function applySavedAll(directory: string, given: ApplyOptions): Promise<ExitCode> {
  rejectPlanOptions(given);
  const io = ioOf(given);
  const plans = await readPlanDirectory(directory, (environments) =>
    commandLine(
      "plan",
      ...(environments ? ["--env", environments.join(",")] : ["--env-all"]),
      "--out",
      directory,
      ...targetWords({ color: false, ...(given.config === undefined ? {} : { config: given.config }) }),
    ),
  );
  const [first] = plans.values();
  const { prune = false, only = null, refreshSecrets = false, allowEmpty = false } = first?.plan.options ?? {};
  const options: ApplyOptions = { ...given, prune, refreshSecrets, allowEmpty, ...(only ? { only } : {}) };
  const all = [...plans.keys()];
  const { loadedConfig, members } = await membersOf(options, io, (config) => selectedOf(all, directory, config, given));
  const names = members.map(({ name }) => name);
  const again = planAgain(
    directory,
    { prune, only, refreshSecrets, ...(allowEmpty ? { allowEmpty } : {}) },
    { ...given, env: all.join(",") },
  );
  const stepOf = ({ name, code }: Member, session: Session): Step => {
    const saved = plans.get(name);
    if (!saved) throw missing(name, directory);
    const { path, plan } = saved;
    mustBeSameTarget(`The plan ${path}`, plan, session);
    const ofSaved = goalOfSaved(goalOf(code, options, { prune }));
    return {
      goal: ofSaved.goal,
      consent: { adopt: selectionIn(plan.options.adopt), overwriteDrift: selectionIn(plan.options.overwriteDrift) },
      again,
      beforeReview(prepared, context) {
        const changes: Plan["changes"] = prepared.plan.changes;
        const moved = movedSince(plan.entries, entriesOf(prepared, context.secrets), changes, (entry) =>
          ofSaved.isApplied(entry),
        );
        if (moved.length > 0) throw new StalePlan(path, moved, again(consentWords(plan.options)));
      },
    };
  };
  return applyInWaves({ members, waves: wavesOf(loadedConfig, names), stepOf, approved: true, options, io });
}

/** The environments of the plans, limited by `--env`. */
function selectedOf(
  all: readonly string[],
  directory: string,
  loadedConfig: LoadedConfig,
  options: ApplyOptions,
): readonly string[] {
  if (options.env === undefined && options.envAll !== true) {
    // Throws for an environment that the configuration no longer has.
    for (const name of all) environmentOf(loadedConfig, name);
    return all;
  }
  const names = selectedEnvironments(loadedConfig, options);
  const other = names.find((name) => !all.includes(name));
  if (other !== undefined) throw missing(other, directory);
  return names;
}

function missing(name: string, directory: string): UsageError {
  return new UsageError(
    `The directory ${directory} has no plan of the environment "${name}"`,
    "Select another environment, or create new plans.",
    "plan-missing",
  );
}
