import pLimit from "p-limit";
import { UsageError, type ExitCode, exitCodeOfError } from "../../util/errors.ts";
import { driftText } from "../../report/drift.ts";
import { environmentsDrift, type EnvironmentDrift } from "../../report/environments-drift.ts";
import { jsonDrifts } from "../../report/json.ts";
import { driftNow } from "../drift-now.ts";
import { worstOf } from "../exit-code.ts";
import { ioOf, type Io } from "../io.ts";
import { openSession, sessionOf } from "../session.ts";
import { CONCURRENCY, emitFor, membersOf, optionsFor, type Member } from "../several.ts";
import { driftExitCode, type DriftOptions } from "./drift.ts";

/** Shows what was changed in several Grafana instances since the last apply. Writes nothing to Grafana. */
export async function driftAll(options: DriftOptions): Promise<ExitCode> {
  const { issue, write } = options;
  const [option] = Object.entries({ "--issue": issue, "--write": write }).flatMap(([name, on]) => (on ? [name] : []));
  if (option !== undefined)
    throw new UsageError(
      `${option} can't be used with several environments`,
      `Remove ${option}, or select one environment.`,
      "option-conflict",
    );
  const io = ioOf(options);
  const { members } = await membersOf(options, io);
  const few = pLimit(CONCURRENCY);
  const results = await Promise.all(members.map((member) => few(() => driftOne(member, options, io))));
  io.progress.stop();
  const exitCode = worstOf(results.map((one) => one.exitCode));
  io.result.stream.write(
    options.output === "json"
      ? jsonDrifts(exitCode, results)
      : environmentsDrift(results, io.result, (report) => driftText(report, io.result)),
  );
  return exitCode;
}

async function driftOne(
  { name, code, target }: Member,
  given: DriftOptions,
  { progress }: Io,
): Promise<EnvironmentDrift> {
  const options = optionsFor(given, name);
  const emit = emitFor(name, progress.emit);
  try {
    const session = await openSession(code.loadedConfig, options, emit, code.desired, target);
    try {
      const { report } = await driftNow(session, code, options, emit);
      return {
        name,
        exitCode: driftExitCode(report),
        description: session.description,
        ...sessionOf(session),
        report,
      };
    } finally {
      await session.close();
    }
  } catch (error) {
    return { name, exitCode: exitCodeOfError(error), error };
  }
}
