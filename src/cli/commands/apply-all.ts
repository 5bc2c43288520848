import { kinds } from "../../kinds/index.ts";
import { appliedMarkdown, appliedText } from "../../report/environments-applied.ts";
import { jsonReports } from "../../report/json.ts";
import type { ExitCode } from "../../util/errors.ts";
import { applyMembers, type ApplyAll } from "../apply-members.ts";
import { untilInterrupted } from "../carry-out.ts";
import { goalOf } from "../code.ts";
import { worstOf } from "../exit-code.ts";
import { ioOf } from "../io.ts";
import { selectionOf } from "../options.ts";
import { membersOf } from "../several.ts";
import { wavesOf } from "../waves.ts";
import type { ApplyOptions } from "./apply-options.ts";

/** Makes several Grafana instances match the code, wave by wave, after all plans were shown and confirmed. */
export async function applyAll(options: ApplyOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const { loadedConfig, members } = await membersOf(options, io);
  const waves = wavesOf(
    loadedConfig,
    members.map(({ name }) => name),
  );
  const consent = {
    adopt: selectionOf(options.adopt, "--adopt"),
    overwriteDrift: selectionOf(options.overwriteDrift, "--overwrite-drift"),
  };
  return applyInWaves({
    members,
    waves,
    stepOf: ({ code }) => ({ goal: goalOf(code, options, { prune: options.prune === true }), consent }),
    approved: false,
    options,
    io,
  });
}

/** Applies the plans of several environments, and prints one report. */
export async function applyInWaves(all: Omit<ApplyAll, "signal">): Promise<ExitCode> {
  const { io, options } = all;
  const results = await untilInterrupted(io.progress.emit, (signal) => applyMembers({ ...all, signal }));
  io.progress.stop();
  const exitCode = worstOf(results.map((one) => one.exitCode));
  const { output, verbose } = options;
  io.result.stream.write(
    output === "json"
      ? jsonReports("apply", exitCode, results)
      : output === "markdown"
        ? appliedMarkdown(results, kinds)
        : appliedText(results, { ...io.result, verbose: verbose === true }),
  );
  return exitCode;
}
