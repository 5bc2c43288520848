import { EXIT, type ExitCode } from "../../util/errors.ts";
import { propose } from "../../engine/pipeline.ts";
import type { Plan } from "../../engine/change.ts";
import type { Emit } from "../../engine/events.ts";
import { codeHashes } from "../../engine/executable-plan.ts";
import { kinds } from "../../kinds/index.ts";
import { environmentsMarkdown, environmentsText, type EnvironmentPlan } from "../../report/environments.ts";
import { failureText } from "../../report/failure.ts";
import { jsonReports } from "../../report/json.ts";
import type { EnvironmentReview } from "../../report/html-environments.ts";
import { reviewOf, type Review } from "../../report/review.ts";
import type { PlanFile } from "../../saved-plan/record.ts";
import { writePlanDirectory } from "../../saved-plan/directory.ts";
import { commandLine } from "../../util/command-line.ts";
import { goalOf } from "../code.ts";
import { driftSelection } from "../consent.ts";
import { targetWords } from "../next.ts";
import { worstOf } from "../exit-code.ts";
import { ioOf, type Io } from "../io.ts";
import { selectionOf } from "../options.ts";
import { sessionOf, type Session } from "../session.ts";
import { membersOf, readMembers, type Member, type Unread } from "../several.ts";
import { detailedExitCode, planRecord, type PlanOptions } from "./plan.ts";
import { listed } from "../../util/plural.ts";

interface Planned {
  readonly name: string;
  readonly exitCode: ExitCode;
  readonly description: string;
  readonly plan: Plan;
  readonly hashes: ReadonlyMap<string, string>;
  /** With `-o html`. */
  readonly review?: Review;
  readonly record: Omit<PlanFile, "digest">;
  readonly session: ReturnType<typeof sessionOf>;
}

/** Shows what an apply to each of several environments would do. Writes nothing to Grafana. */
export async function planAll(options: PlanOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const { members } = await membersOf(options, io);
  const results = await readMembers(members, options, io, planOne);
  const exitCode = worstOf(results.map((one) => one.exitCode));
  io.result.stream.write(await shownAs(results, exitCode, options, io));
  if (options.out !== undefined) await save(options.out, results, options, io);
  return exitCode;
}

/** Saves all plans, or none: the environments belong together. */
async function save(
  directory: string,
  results: readonly (Planned | Unread)[],
  { config }: PlanOptions,
  { errors }: Io,
): Promise<void> {
  const failed = results.filter((one) => "error" in one).map(({ name }) => name);
  if (failed.length > 0) {
    errors.stream.write(
      `No plan was saved, because there is none for ${listed(failed)}. Existing files in ${directory} are unchanged.\n`,
    );
    return;
  }
  const plans = results.flatMap((one) => ("error" in one ? [] : [[one.name, one.record] as const]));
  await writePlanDirectory(directory, new Map(plans));
  const command = commandLine("apply", directory, ...targetWords({ color: false, ...(config ? { config } : {}) }));
  errors.stream.write(`Saved the plans. To apply exactly these plans, run: ${command}\n`);
}

async function planOne({ name, code }: Member, session: Session, options: PlanOptions, emit: Emit): Promise<Planned> {
  const adopt = selectionOf(options.adopt, "--adopt");
  const overwriteDrift = driftSelection(selectionOf(options.overwriteDrift, "--overwrite-drift"), session);
  const goal = goalOf(code, options, { prune: options.prune === true, keepForms: options.output === "html" });
  const proposal = await propose(session, goal, { adopt, overwriteDrift }, emit);
  const prepared = await proposal.plan({ adopt, overwriteDrift });
  const { plan } = prepared;
  const exitCode = options.detailedExitcode ? detailedExitCode(plan) : EXIT.done;
  const record = planRecord(prepared, session, { ...options, adopt, overwriteDrift });
  const { description } = session;
  const review =
    options.output === "html" ? { review: reviewOf(prepared, proposal.comparisons, kinds, description) } : {};
  const hashes = codeHashes(prepared);
  return { name, exitCode, description, plan, hashes, ...review, record, session: sessionOf(session) };
}

async function shownAs(
  results: readonly (Planned | Unread)[],
  exitCode: ExitCode,
  { output }: PlanOptions,
  { result }: Io,
): Promise<string> {
  if (output === "json")
    return jsonReports(
      "plan",
      exitCode,
      results.map((one) => ("error" in one ? one : { ...one, ...one.session })),
    );
  const plain = { stream: process.stdout, color: false };
  const failed = ({ name, error }: Unread) => ({ name, problem: failureText(error, plain).trim() });
  if (output === "html") {
    const reviews = results.flatMap((one): EnvironmentReview[] => {
      if ("error" in one) return [failed(one)];
      return one.review ? [{ name: one.name, review: one.review }] : [];
    });
    return (await import("../../report/html-environments.ts")).reviewsHtml(reviews, kinds);
  }
  const plans = results.map((one): EnvironmentPlan => ("error" in one ? failed(one) : one));
  return output === "markdown" ? environmentsMarkdown(plans, kinds) : environmentsText(plans, result);
}
