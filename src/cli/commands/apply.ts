import { stat } from "node:fs/promises";
import type { ExitCode } from "../../util/errors.ts";
import type { ApplyOptions } from "./apply-options.ts";
import { applySaved } from "./apply-saved.ts";
import { carryOut } from "../carry-out.ts";
import { goalOf, readCode } from "../code.ts";
import { approvalOf, driftSelection, mustAllowEmpty, organizationConsent } from "../consent.ts";
import { ioOf } from "../io.ts";
import { mustHaveSecrets } from "../needed-secrets.ts";
import { selectionOf } from "../options.ts";
import { selectsSeveral } from "../select-environments.ts";
import { openSession } from "../session.ts";

/**
 * Makes Grafana match the code. Changes that need a consent that was not given are skipped and reported. With `planFile`,
 * applies exactly the plan that `plan --out` saved, or nothing; with a directory, the plans of several environments.
 */
export async function apply(planFile: string | undefined, options: ApplyOptions): Promise<ExitCode> {
  if (planFile !== undefined && (await isDirectory(planFile)))
    return (await import("./apply-saved-all.ts")).applySavedAll(planFile, options);
  if (planFile !== undefined) return applySaved(planFile, options);
  if (selectsSeveral(options)) return (await import("./apply-all.ts")).applyAll(options);
  const io = ioOf(options);
  const code = await readCode(options, io.errors);
  mustAllowEmpty(code, options);
  const { emit } = io.progress;
  const create = organizationConsent(options);
  const session = await openSession(code.loadedConfig, options, emit, code.desired, undefined, create);
  try {
    const consent = {
      adopt: selectionOf(options.adopt, "--adopt"),
      overwriteDrift: driftSelection(selectionOf(options.overwriteDrift, "--overwrite-drift"), session),
    };
    const work = {
      command: "apply",
      goal: goalOf(code, options, { prune: options.prune === true }),
      consent,
      approval: approvalOf(consent, session, options, io),
      checks: { beforeExecution: mustHaveSecrets(session, io) },
    } as const;
    return await carryOut(work, session, options, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
}

async function isDirectory(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
