import { stat } from "node:fs/promises";
import packageJson from "../../../package.json" with { type: "json" };
import { commandLine } from "../../util/command-line.ts";
import { EXIT, type ExitCode } from "../../util/errors.ts";
import { propose } from "../../engine/pipeline.ts";
import { isInSync } from "../../engine/plan-summary.ts";
import type { Selection } from "../../engine/selection.ts";
import type { Plan } from "../../engine/change.ts";
import type { ExecutablePlan } from "../../engine/executable-plan.ts";
import { placeOf, planAnnotations } from "../../report/github.ts";
import { jsonReport } from "../../report/json.ts";
import { planMarkdown } from "../../report/markdown.ts";
import type { Output } from "../../report/output.ts";
import { reviewOf, type Review } from "../../report/review.ts";
import { planText } from "../../report/text.ts";
import { PLAN_VERSION, type PlanFile } from "../../saved-plan/record.ts";
import { entriesOf, storedSelection } from "../../saved-plan/compare.ts";
import { writePlanFile } from "../../saved-plan/store.ts";
import { kinds } from "../../kinds/index.ts";
import { writeCommands } from "../../secrets/outgoing.ts";
import { goalOf, readCode } from "../code.ts";
import { driftSelection, mustAllowEmpty } from "../consent.ts";
import { ioOf } from "../io.ts";
import { targetWords } from "../next.ts";
import { selectionOf, type CommonOptions } from "../options.ts";
import { targetRecord } from "../same-target.ts";
import { selectsSeveral } from "../select-environments.ts";
import { openSession, sessionOf, type Session } from "../session.ts";

export interface PlanOptions extends CommonOptions {
  /** All environments of the configuration. */
  readonly envAll?: boolean;
  readonly detailedExitcode?: boolean;
  readonly prune?: boolean;
  /** Allows `prune` if the code has no resources. */
  readonly allowEmpty?: boolean;
  readonly adopt?: readonly string[] | true;
  readonly overwriteDrift?: readonly string[] | true;
  /** The file to write the plan to. */
  readonly out?: string;
}

/** Shows what an apply with the same options would do. Writes nothing to Grafana. */
export async function plan(options: PlanOptions): Promise<ExitCode> {
  if (selectsSeveral(options) || (await savesOneOfSeveral(options)))
    return (await import("./plan-all.ts")).planAll(options);
  const { result, errors, progress } = ioOf(options);
  const code = await readCode(options, errors);
  mustAllowEmpty(code, options);
  const session = await openSession(code.loadedConfig, options, progress.emit, code.desired);
  try {
    const adopt = selectionOf(options.adopt, "--adopt");
    const overwriteDrift = driftSelection(selectionOf(options.overwriteDrift, "--overwrite-drift"), session);
    const prune = options.prune === true;
    const goal = goalOf(code, options, { prune, keepForms: options.output === "html" });
    const proposal = await propose(session, goal, { adopt, overwriteDrift }, progress.emit);
    const prepared = await proposal.plan({ adopt, overwriteDrift });
    progress.stop();
    const exitCode = options.detailedExitcode ? detailedExitCode(prepared.plan) : EXIT.done;
    const shown =
      options.output === "html"
        ? await htmlOf(reviewOf(prepared, proposal.comparisons, kinds, session.description))
        : shownAs(options.output, prepared.plan, session, exitCode, result);
    result.stream.write(shown);
    if (options.out !== undefined) {
      await writePlanFile(options.out, planRecord(prepared, session, { ...options, adopt, overwriteDrift, prune }));
      errors.stream.write(
        `Saved the plan. To apply exactly this plan, run: ${commandLine("apply", options.out, ...targetWords(options))}\n`,
      );
    }
    const place = placeOf(code.loadedConfig.directory, process.env);
    if (place) writeCommands(errors.stream, planAnnotations(prepared.plan, kinds, place));
    return exitCode;
  } finally {
    progress.stop();
    await session.close();
  }
}

/** Whether to save the plan of one environment in a directory, as with several. */
async function savesOneOfSeveral({ env, url, sandbox, out }: PlanOptions): Promise<boolean> {
  if (env === undefined || url !== undefined || sandbox || out === undefined) return false;
  return (await stat(out).catch(() => undefined))?.isDirectory() === true;
}

/** Imported only when needed. */
async function htmlOf(review: Review): Promise<string> {
  return (await import("../../report/html.ts")).reviewHtml(review, kinds);
}

function shownAs(
  format: CommonOptions["output"],
  plan: Plan,
  session: Session,
  exitCode: ExitCode,
  output: Output,
): string {
  const { description } = session;
  if (format === "json") return jsonReport({ command: "plan", exitCode, ...sessionOf(session), plan });
  if (format === "markdown") return planMarkdown(plan, kinds, { target: description });
  return `${description}\n\n${planText(plan, output)}`;
}

/** 2 if there are differences; 3 if none were found, but some kinds could not be read. */
export function detailedExitCode(plan: Plan): ExitCode {
  if (isInSync(plan)) return EXIT.done;
  return plan.changes.length + plan.orphans.length > 0 ? EXIT.differences : EXIT.notAuthorised;
}

type SavedOptions = Omit<PlanOptions, "adopt" | "overwriteDrift"> & {
  readonly adopt: Selection;
  readonly overwriteDrift: Selection;
};

/** What `apply` needs to execute exactly this plan. */
export function planRecord(
  prepared: ExecutablePlan,
  session: Session,
  { adopt, overwriteDrift, prune, allowEmpty, only, refreshSecrets }: SavedOptions,
): Omit<PlanFile, "digest"> {
  const { secrets } = session.context;
  const text = planText(prepared.plan, { stream: process.stdout, color: false });
  return {
    $kind: "grafana-provision plan",
    version: PLAN_VERSION,
    tool: packageJson.version,
    createdAt: new Date().toISOString(),
    ...targetRecord(session),
    options: {
      adopt: storedSelection(adopt),
      overwriteDrift: storedSelection(overwriteDrift),
      prune: prune === true,
      ...(allowEmpty === true ? { allowEmpty } : {}),
      only: only ? [...only] : null,
      refreshSecrets: refreshSecrets === true,
    },
    entries: entriesOf(prepared, secrets),
    text: secrets.redacted(text).split("\n"),
  };
}
