import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { commandHere } from "../util/command-line.ts";
import { codeOf, EXIT, ProvisionError, UsageError } from "../util/errors.ts";
import type { PlanFile } from "./record.ts";
import { readPlanFile, writePlanFile } from "./store.ts";

/** A plan of several that were made together. */
export interface PlanOfSet {
  readonly path: string;
  readonly plan: PlanFile;
}

/** Writes the plans of several environments, and removes older plans from the directory. */
export async function writePlanDirectory(
  directory: string,
  plans: ReadonlyMap<string, Omit<PlanFile, "digest">>,
): Promise<void> {
  const environments = [...plans.keys()];
  const id = randomUUID();
  try {
    await mkdir(directory, { recursive: true });
    for (const name of await plansIn(directory)) await rm(join(directory, name));
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    throw new UsageError(
      `--out: can't write to the directory ${directory} (${codeOf(error)})`,
      "With several environments, pass the path of a directory.",
      "file-not-writable",
    );
  }
  for (const [environment, plan] of plans)
    await writePlanFile(join(directory, `${encodeURIComponent(environment)}.json`), {
      ...plan,
      set: { id, environment, environments },
    });
}

/** The names of the files that `plan --out` wrote. Other files stay as they are. */
async function plansIn(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".json")).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(directory, name), "utf8")));
  return names.filter((_, index) => texts[index]?.includes('"grafana-provision plan"'));
}

/** Reads the plans of a directory, by environment. Throws unless it has all plans that were made together, and no others. */
export async function readPlanDirectory(directory: string): Promise<ReadonlyMap<string, PlanOfSet>> {
  const names = await plansIn(directory).catch((error: unknown) => {
    if (codeOf(error) === undefined) throw error;
    return [];
  });
  const plans = new Map<string, PlanOfSet>();
  const sets = new Set<string>();
  const expected = new Set<string>();
  for (const name of names) {
    const path = join(directory, name);
    const plan = await readPlanFile(path);
    if (!plan.set) throw invalid(directory, `${name} is a plan of one environment`);
    sets.add(plan.set.id);
    for (const environment of plan.set.environments) expected.add(environment);
    plans.set(plan.set.environment, { path, plan });
  }
  if (plans.size === 0)
    throw new UsageError(
      `The directory ${directory} has no plans`,
      `Create them: ${commandHere("plan", "--env-all", "--out", directory)}`,
      "plan-missing",
    );
  const missing = [...expected].filter((environment) => !plans.has(environment));
  if (missing.length > 0) throw invalid(directory, `the plan of ${missing.join(", ")} is missing`);
  if (sets.size > 1) throw invalid(directory, "its plans were not made together");
  return plans;
}

function invalid(directory: string, why: string): ProvisionError {
  return new ProvisionError(`The plans in ${directory} can't be applied: ${why}`, {
    code: "plan-invalid",
    exitCode: EXIT.conflict,
    hint: `Create new plans: ${commandHere("plan", "--env-all", "--out", directory)}`,
  });
}
