import { existsSync } from "node:fs";
import { readBackup, type StoredBackup } from "../../backup/directory.ts";
import { restoreGoal, type RestoreGoalOptions } from "../../backup/goal.ts";
import { runsOf } from "../../code/config.ts";
import { mappingOf } from "../../code/environment-mapping.ts";
import { address } from "../../engine/model.ts";
import { propose } from "../../engine/pipeline.ts";
import { NOTHING } from "../../engine/selection.ts";
import { kinds } from "../../kinds/index.ts";
import { jsonReport } from "../../report/json.ts";
import { planMarkdown } from "../../report/markdown.ts";
import { planText } from "../../report/text.ts";
import type { ChangeRecord } from "../../rollback/record.ts";
import { listRuns } from "../../rollback/store.ts";
import { EXIT, type ExitCode } from "../../util/errors.ts";
import { carryOut } from "../carry-out.ts";
import { codeSecrets } from "../code-secrets.ts";
import { configOrNone } from "../config-or-none.ts";
import { approvalOf, driftSelection, type ConsentOptions } from "../consent.ts";
import { ioOf, type Io } from "../io.ts";
import { selectionOf, selectorOf } from "../options.ts";
import { isSameTarget, targetRecord } from "../same-target.ts";
import { NO_CODE, openSession, sessionOf, type Session } from "../session.ts";

export interface RestoreOptions extends ConsentOptions {
  readonly folder?: string;
  readonly dryRun?: boolean;
  readonly overwriteDrift?: readonly string[] | true;
  /** Seconds to wait for another run of this project to finish. */
  readonly lockTimeout?: number;
}

/** Restores the objects of a backup, after a plan. */
export async function restore(directory: string, options: RestoreOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const selected = selectorOf(options.only);
  const given = selectionOf(options.overwriteDrift, "--overwrite-drift");
  const backup = await readBackup(directory);
  const loadedConfig = await configOrNone(options.config, process.cwd());
  if (existsSync(loadedConfig.file)) await codeSecrets(loadedConfig, options.env, io.progress.emit);
  const session = await openSession(loadedConfig, options, io.progress.emit, NO_CODE);
  try {
    const goal = restoreGoal({
      backup,
      selected,
      folder: options.folder,
      mapping: mappingOf(loadedConfig, options.env),
      isSameGrafana: isSameGrafana(backup, session),
      ...(await interruptedBy(runsOf(loadedConfig).directory, backup, session)),
    });
    const consent = { adopt: NOTHING, overwriteDrift: driftSelection(given, session) };
    const { url, version } = backup.manifest.grafana;
    const description = `${session.description}\nRestoring the backup of Grafana ${version} at ${url} (${backup.manifest.startedAt})`;
    const described = { ...session, description };
    if (options.dryRun) {
      const proposal = await propose(session, goal, consent, io.progress.emit);
      const { plan } = await proposal.plan(consent);
      io.progress.stop();
      io.result.stream.write(shown(plan, described, options, io));
      return EXIT.done;
    }
    const work = { command: "restore", goal, consent, approval: approvalOf(consent, described, options, io) } as const;
    return await carryOut(work, session, { ...options, ...recordedAs(backup) }, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
}

type Interrupted = Pick<RestoreGoalOptions, "begun" | "unfinished">;

type Plan = Parameters<typeof planText>[0];

function shown(plan: Plan, session: Session, { output }: RestoreOptions, { result }: Io): string {
  if (output === "json") return jsonReport({ command: "restore", exitCode: EXIT.done, ...sessionOf(session), plan });
  if (output === "markdown") return planMarkdown(plan, kinds, { target: session.description });
  return `${session.description}\n\n${planText(plan, result)}`;
}

function isSameGrafana({ manifest: { grafana } }: StoredBackup, session: Session): boolean {
  const { url, namespace } = targetRecord(session).target;
  return url === grafana.url && namespace === grafana.organization;
}

/** Identifies a backup in the record of a run. */
function recordedAs({ manifest: { startedAt, grafana } }: StoredBackup): { readonly backup: string } {
  return { backup: `${startedAt} ${grafana.url}` };
}

/** The objects that the last restore of this backup was to create without completing them, and those that it began to create. */
async function interruptedBy(runs: string, backup: StoredBackup, session: Session): Promise<Interrupted> {
  const last = (await listRuns(runs)).find(
    (run) =>
      "record" in run &&
      run.record.command === "restore" &&
      run.record.options["backup"] === recordedAs(backup).backup &&
      isSameTarget(run.record, session),
  );
  const { changes, endedAt } = last && "record" in last ? last.record : { changes: [] };
  // After a conflict, another user has created the object. Changes with other outcomes were never sent.
  const isBegun = ({ status, started }: ChangeRecord) =>
    status === "failed" || (status === undefined && started === true);
  const unfinished = changes.filter(({ before, status }) => before === null && status !== "done");
  return {
    begun: new Map(unfinished.filter(isBegun).map((change) => [address(change), endedAt])),
    unfinished: new Set(unfinished.map(address)),
  };
}
