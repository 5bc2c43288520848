import { basename, resolve } from "node:path";
import { loadConfig, runsOf } from "../../code/config.ts";
import { NOTHING } from "../../engine/selection.ts";
import { EXIT, ProvisionError, UsageError, type ExitCode } from "../../util/errors.ts";
import { jsonRuns } from "../../report/json.ts";
import { runsText, summariesOf } from "../../report/runs.ts";
import { rollbackGoal } from "../../rollback/goal.ts";
import { listRuns, readRun, type BrokenRun, type StoredRun } from "../../rollback/store.ts";
import { carryOut } from "../carry-out.ts";
import { codeSecrets } from "../code-secrets.ts";
import { approvalOf, driftSelection, type ConsentOptions } from "../consent.ts";
import { ioOf } from "../io.ts";
import { selectionOf, selectorOf } from "../options.ts";
import { isSameTarget, mustBeSameTarget } from "../same-target.ts";
import { NO_CODE, openSession, type Session } from "../session.ts";
import { commandHere } from "../../util/command-line.ts";

export interface RollbackOptions extends ConsentOptions {
  readonly overwriteDrift?: readonly string[] | true;
  /** Seconds to wait for another run of this project to finish. */
  readonly lockTimeout?: number;
}

/** Lists the recorded runs of this project, or restores the state before one of them. */
export async function rollback(name: string | undefined, options: RollbackOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const loadedConfig = await loadConfig(options.config, process.cwd());
  const { project } = loadedConfig.config;
  const all = await listRuns(runsOf(loadedConfig).directory);
  const runs = all.filter((run) => !("record" in run) || run.record.project === project);
  if (name === undefined) {
    const summaries = summariesOf(runs);
    io.result.stream.write(options.output === "json" ? jsonRuns(summaries) : runsText(summaries, io.result));
    return EXIT.done;
  }

  const { variables } = await codeSecrets(loadedConfig, options.env, io.progress.emit);
  const session = await openSession(loadedConfig, options, io.progress.emit, NO_CODE);
  try {
    for (const variable of variables) session.context.secrets.hide(variable);
    const run = await findRun(name, runs, session);
    // A rollback sends them, and its plan says which it can restore.
    const isTrial = session.target.type === "sandbox" || session.target.stack === true;
    const failures = isTrial ? new Map<string, string>() : await session.context.secrets.fetch(variables);
    for (const [variable, why] of failures)
      io.progress.emit({ type: "note", message: `The secret ${variable} can't be restored: ${why}.` });
    mustBeSameTarget(`The run ${run.id}`, run.record, session);
    const consent = {
      adopt: NOTHING,
      overwriteDrift: driftSelection(selectionOf(options.overwriteDrift, "--overwrite-drift"), session),
    };
    const { command, startedAt } = run.record;
    const description = `${session.description}\nRolling back run ${run.id} (${command} at ${startedAt})`;
    const { only } = options;
    const work = {
      command: "rollback",
      goal: rollbackGoal({ run, runs, only, selected: selectorOf(only) }),
      consent,
      approval: approvalOf(consent, { ...session, description }, options, io),
      undoes: run.id,
    } as const;
    return await carryOut(work, session, options, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
}

/** Finds a run by its id, by the path of its directory, or as the latest one on this Grafana. */
async function findRun(name: string, runs: readonly (StoredRun | BrokenRun)[], session: Session): Promise<StoredRun> {
  const readable = runs.filter((run) => "record" in run);
  const found =
    name === "latest"
      ? readable.find(({ record }) => isSameTarget(record, session))
      : (runs.find(({ id }) => id === name) ??
        (/[/\\]/.test(name) ? await readRun(resolve(name), basename(resolve(name))) : undefined));
  if (found && "record" in found) return found;
  if (found)
    throw new ProvisionError(`Can't roll back run ${found.id}: ${found.problem}`, {
      code: "run-invalid",
      exitCode: EXIT.failure,
    });
  const known = readable.slice(0, 3).map(({ id }) => id);
  throw new UsageError(
    name === "latest"
      ? `${session.runs.directory} has no run on this Grafana`
      : `${session.runs.directory} has no run ${name}`,
    known.length > 0
      ? `The latest runs are ${known.join(", ")}. To list all, run: ${commandHere("rollback")}`
      : "Pass the path of the run's directory if it is stored elsewhere.",
    "run-missing",
  );
}
