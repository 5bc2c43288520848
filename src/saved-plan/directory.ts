import { randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { codeOf, EXIT, ProvisionError, UsageError } from "../util/errors.ts";
import { PlanFile } from "./record.ts";
import { parsed, readPlanFile, writePlanFile } from "./store.ts";

/** A plan of several that were made together. */
export interface PlanOfSet {
  readonly path: string;
  readonly plan: PlanFile;
}

/**
 * Writes the plans of several environments, and removes older ones from the directory. Throws (exit 64), without any change, if
 * another file has the name of a plan.
 */
export async function writePlanDirectory(
  directory: string,
  plans: ReadonlyMap<string, Omit<PlanFile, "digest">>,
): Promise<void> {
  const environments = [...plans.keys()];
  const id = randomUUID();
  try {
    await mkdir(directory, { recursive: true });
    const names = await readdir(directory);
    const older = await plansIn(directory, names);
    const taken = environments.map(fileNameOf).find((name) => names.includes(name) && !older.has(name));
    if (taken !== undefined) throw wouldOverwrite(directory, taken);
    for (const name of older.keys()) await rm(join(directory, name));
  } catch (error) {
    if (error instanceof UsageError || codeOf(error) === undefined) throw error;
    throw new UsageError(
      `--out: can't write to the directory ${directory} (${codeOf(error)})`,
      "With several environments, pass the path of a directory.",
      "file-not-writable",
    );
  }
  for (const [environment, plan] of plans)
    await writePlanFile(join(directory, fileNameOf(environment)), { ...plan, set: { id, environment, environments } });
}

function fileNameOf(environment: string): string {
  return `${encodeURIComponent(environment)}.json`;
}

function wouldOverwrite(directory: string, name: string): UsageError {
  return new UsageError(
    `--out: the plan would overwrite ${join(directory, name)}, which is not a plan of several environments`,
    "Choose another directory, or move the file.",
    "file-exists",
  );
}

const InSet = z.looseObject({ $kind: PlanFile.shape.$kind, set: PlanFile.shape.set.unwrap() });
type InSet = z.infer<typeof InSet>["set"];

/** The files that `plan --out DIR` wrote, by name. Any other file belongs to the user. */
async function plansIn(directory: string, names: readonly string[]): Promise<ReadonlyMap<string, InSet>> {
  const found = names.toSorted().map(async (name) => [name, await setOf(directory, name)] as const);
  return new Map((await Promise.all(found)).flatMap(([name, set]) => (set ? [[name, set] as const] : [])));
}

/** The set of a plan. Undefined if the file is not a plan, is the plan of a single environment, or has another name. */
async function setOf(directory: string, name: string): Promise<InSet | undefined> {
  if (!name.endsWith(".json")) return undefined;
  // A file that can't be read was not written by this user's `plan --out`.
  const text = await readFile(join(directory, name), "utf8").catch(() => "");
  const { data } = InSet.safeParse(parsed(text));
  return data && fileNameOf(data.set.environment) === name ? data.set : undefined;
}

/**
 * Reads the plans of a directory, by environment. Throws unless it has all plans that were made together, and no others.
 * `commandFor`: the command that saves new plans; without environments, of all.
 */
export async function readPlanDirectory(
  directory: string,
  commandFor: (environments?: readonly string[]) => string,
): Promise<ReadonlyMap<string, PlanOfSet>> {
  const names = await namesIn(directory);
  const sets = [...(await plansIn(directory, names)).values()];
  if (sets.length === 0)
    throw new UsageError(
      `The directory ${directory} has no plans of several environments`,
      `Create them: ${commandFor()}`,
      "plan-missing",
    );
  const expected = [...new Set(sets.flatMap(({ environments }) => environments))];
  const again = commandFor(expected);
  const invalid = (why: string) => notApplicable(directory, why, again);
  const missing = expected.filter((environment) => !names.includes(fileNameOf(environment)));
  if (missing.length > 0) throw invalid(`the plan of ${missing.join(", ")} is missing`);
  if (new Set(sets.map(({ id }) => id)).size > 1) throw invalid("its plans were not made together");
  const plans = new Map<string, PlanOfSet>();
  for (const environment of expected) {
    const path = join(directory, fileNameOf(environment));
    const plan = await readPlanFile(path, again);
    if (plan.set?.environment !== environment) throw invalid(`${path} is not the plan of ${environment}`);
    plans.set(environment, { path, plan });
  }
  return plans;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new UsageError(
      `Can't read the plans in ${directory} (${code})`,
      "Fix the permissions or the path.",
      "plan-missing",
    );
  }
}

function notApplicable(directory: string, why: string, again: string): ProvisionError {
  return new ProvisionError(`The plans in ${directory} can't be applied: ${why}`, {
    code: "plan-invalid",
    exitCode: EXIT.conflict,
    hint: `Create new plans: ${again}`,
  });
}
