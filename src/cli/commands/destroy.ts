import { loadConfig } from "../../code/config.ts";
import { destroyGoal } from "../../engine/destroy-goal.ts";
import { NOTHING } from "../../engine/selection.ts";
import type { ExitCode } from "../../util/errors.ts";
import { carryOut } from "../carry-out.ts";
import { codeSecrets } from "../code-secrets.ts";
import { approvalOf, driftSelection, type ConsentOptions } from "../consent.ts";
import { ioOf } from "../io.ts";
import { selectionOf, selectorOf } from "../options.ts";
import { openSession } from "../session.ts";

export interface DestroyOptions extends ConsentOptions {
  readonly overwriteDrift?: readonly string[];
  /** Seconds to wait for another run of this project to finish. */
  readonly lockTimeout?: number;
}

/**
 * Deletes all objects that the project owns in Grafana, even if the code has them, except objects that were changed in
 * Grafana since the last apply.
 */
export async function destroy(options: DestroyOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const loadedConfig = await loadConfig(options.config, process.cwd());
  // Objects in Grafana can contain values of the code's secrets.
  const { desired, variables } = await codeSecrets(loadedConfig, options.env, io.progress.emit);
  const session = await openSession(loadedConfig, options, io.progress.emit, desired);
  try {
    for (const variable of variables) session.context.secrets.hide(variable);
    const consent = {
      adopt: NOTHING,
      overwriteDrift: driftSelection(selectionOf(options.overwriteDrift, "--overwrite-drift"), session),
    };
    const work = {
      command: "destroy",
      goal: destroyGoal(selectorOf(options.only)),
      consent,
      approval: approvalOf(consent, session, options, io),
    } as const;
    return await carryOut(work, session, options, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
}
