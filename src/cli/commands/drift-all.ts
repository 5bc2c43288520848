import type { ExitCode } from "../../util/errors.ts";
import { kinds } from "../../kinds/index.ts";
import { driftsMarkdown, environmentsDrift, type EnvironmentDrift } from "../../report/environments-drift.ts";
import { jsonDrifts } from "../../report/json.ts";
import type { Output } from "../../report/output.ts";
import { driftNow } from "../drift-now.ts";
import { worstOf } from "../exit-code.ts";
import { ioOf } from "../io.ts";
import { sessionOf } from "../session.ts";
import { membersOf, readMembers, rejectWithSeveral } from "../several.ts";
import { driftExitCode, type DriftOptions } from "./drift.ts";

/** Shows what was changed in several Grafana instances since the last apply. Writes nothing to Grafana. */
export async function driftAll(options: DriftOptions): Promise<ExitCode> {
  rejectWithSeveral({ "--issue": options.issue, "--write": options.write });
  const io = ioOf(options);
  const { loadedConfig, members } = await membersOf(options, io);
  const results = await readMembers(
    members,
    options,
    io,
    async ({ name, code }, session, own, emit): Promise<EnvironmentDrift> => {
      const { report } = await driftNow(session, code, own, emit);
      return { name, exitCode: driftExitCode(report), description: session.description, ...sessionOf(session), report };
    },
  );
  const exitCode = worstOf(results.map((one) => one.exitCode));
  io.result.stream.write(
    options.output === "json"
      ? jsonDrifts(exitCode, results)
      : await shownDrift(loadedConfig.config.project, results, options.output, io.result),
  );
  return exitCode;
}

/** The drift of one or several environments as text, Markdown or a page. */
export async function shownDrift(
  project: string,
  results: readonly EnvironmentDrift[],
  format: DriftOptions["output"],
  output: Output,
): Promise<string> {
  if (format === "html") return (await import("../../report/html-drift.ts")).driftHtml(project, results, kinds);
  return format === "markdown" ? driftsMarkdown(results) : environmentsDrift(results, output);
}
