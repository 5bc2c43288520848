import pLimit from "p-limit";
import { EXIT, ProvisionError, UsageError, type ExitCode } from "../../util/errors.ts";
import { propose } from "../../engine/pipeline.ts";
import type { Plan } from "../../engine/change.ts";
import { kinds } from "../../kinds/index.ts";
import { environmentsMarkdown, environmentsText, type EnvironmentPlan } from "../../report/environments.ts";
import { failureText } from "../../report/failure.ts";
import { jsonReports } from "../../report/json.ts";
import { planMarkdown } from "../../report/markdown.ts";
import { codeOfAll } from "../code-of-all.ts";
import { goalOf, readConfig, report, type CheckedCode } from "../code.ts";
import { driftSelection, mustAllowEmpty } from "../consent.ts";
import { worstOf } from "../exit-code.ts";
import { ioOf, type Io } from "../io.ts";
import { selectionOf } from "../options.ts";
import { selectedEnvironments } from "../select-environments.ts";
import { openSession, sessionOf, targetFor } from "../session.ts";
import type { Target } from "../target.ts";
import { detailedExitCode, type PlanOptions } from "./plan.ts";

/** Environments that are read at once. */
const CONCURRENCY = 4;

interface Planned {
  readonly name: string;
  readonly exitCode: ExitCode;
  readonly description: string;
  readonly plan: Plan;
  readonly session: ReturnType<typeof sessionOf>;
}

interface Failed {
  readonly name: string;
  readonly exitCode: ExitCode;
  readonly error: unknown;
}

/** Shows what an apply to each of several environments would do. Writes nothing to Grafana. */
export async function planAll(options: PlanOptions): Promise<ExitCode> {
  rejectSingle(options);
  const io = ioOf(options);
  const loadedConfig = await readConfig(options);
  const names = selectedEnvironments(loadedConfig, options);
  const { codes, faults } = await codeOfAll(loadedConfig, names);
  report(faults, loadedConfig, io.errors);
  for (const code of codes) mustAllowEmpty(code, options);
  // Before the first request, so that a wrong setting of one environment is found at once.
  const targets: Target[] = [];
  for (const env of names) targets.push(await targetFor(loadedConfig, { ...options, env }, { several: true }));
  const few = pLimit(CONCURRENCY);
  const results = await Promise.all(
    codes.map((code, index) => few(() => planOne(code, names[index] ?? "", targets[index], options, io))),
  );
  io.progress.stop();
  const exitCode = worstOf(results.map((one) => one.exitCode));
  io.result.stream.write(shownAs(results, exitCode, options, io));
  return exitCode;
}

function rejectSingle({ url, sandbox, out, output }: PlanOptions): void {
  const [option] = Object.entries({ "--url": url, "--sandbox": sandbox, "--out": out, "-o html": output === "html" })
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name]) => name);
  if (option !== undefined)
    throw new UsageError(
      `${option} can't be used with several environments`,
      `Remove ${option}, or select one environment.`,
      "option-conflict",
    );
}

async function planOne(
  code: CheckedCode,
  env: string,
  target: Target | undefined,
  given: PlanOptions,
  { progress }: Io,
): Promise<Planned | Failed> {
  const options = { ...given, env };
  const emit: Parameters<typeof openSession>[2] = (event) => {
    if (event.type === "note") progress.emit({ ...event, message: `${env}: ${event.message}` });
  };
  try {
    const session = await openSession(code.loadedConfig, options, emit, code.desired, target);
    try {
      const adopt = selectionOf(options.adopt, "--adopt");
      const overwriteDrift = driftSelection(selectionOf(options.overwriteDrift, "--overwrite-drift"), session);
      const goal = goalOf(code, options, { prune: options.prune === true });
      const proposal = await propose(session, goal, { adopt, overwriteDrift }, emit);
      const { plan } = await proposal.plan({ adopt, overwriteDrift });
      const exitCode = options.detailedExitcode ? detailedExitCode(plan) : EXIT.done;
      return { name: env, exitCode, description: session.description, plan, session: sessionOf(session) };
    } finally {
      await session.close();
    }
  } catch (error) {
    return { name: env, exitCode: error instanceof ProvisionError ? error.exitCode : EXIT.failure, error };
  }
}

function shownAs(
  results: readonly (Planned | Failed)[],
  exitCode: ExitCode,
  { output }: PlanOptions,
  { result }: Io,
): string {
  if (output === "json")
    return jsonReports(
      "plan",
      exitCode,
      results.map((one) => ("error" in one ? one : { ...one, ...one.session })),
    );
  const plain = { stream: process.stdout, color: false };
  const plans = results.map((one): EnvironmentPlan =>
    "error" in one ? { name: one.name, problem: failureText(one.error, plain).trim() } : one,
  );
  return output === "markdown"
    ? environmentsMarkdown(plans, (plan, target) => planMarkdown(plan, kinds, { target }))
    : environmentsText(plans, result);
}
