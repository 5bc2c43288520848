import { EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { loadConfig, type LoadedConfig } from "../../code/config.ts";
import { diagnose, RECORDED } from "../../doctor/doctor.ts";
import { doctorText } from "../../report/doctor.ts";
import { doctorJson } from "../../report/doctor-json.ts";
import { whoText } from "../../rollback/who.ts";
import { confirmTemporaryFolder } from "../consent.ts";
import { ioOf } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { NO_CODE, openSession } from "../session.ts";
import { stoppable } from "../stoppable.ts";

export interface DoctorCommandOptions extends CommonOptions {
  readonly yes: boolean;
}

/** Compares the answers of a Grafana with recorded ones, in a temporary folder. Needs no project. */
export async function doctor(options: DoctorCommandOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const loadedConfig = await configOrNone(options.config);
  const session = await openSession(loadedConfig, options, io.progress.emit, NO_CODE);
  try {
    const { grafana, owner } = session.context;
    const { version, edition } = grafana;
    io.progress.stop();
    const contents = "dashboards and a paused alert rule";
    await confirmTemporaryFolder(session, { command: "doctor", contents }, options);
    const who = whoText(process.env);
    const { results, notes } = await stoppable((signal) => diagnose({ grafana, owner, who, signal }));
    const input = { results, notes, version, recorded: RECORDED, ...(edition ? { edition } : {}) };
    const exitCode = exitCodeOf(input);
    io.result.stream.write(options.output === "json" ? doctorJson(input, exitCode) : doctorText(input, io.result));
    return exitCode;
  } finally {
    await session.close();
  }
}

function exitCodeOf({ results, notes }: Pick<Parameters<typeof doctorText>[0], "results" | "notes">): ExitCode {
  if (results.some(({ state }) => state === "different")) return EXIT.differences;
  if (notes.length > 0) return EXIT.failure;
  return results.some(({ state }) => state === "unchecked") ? EXIT.notAuthorised : EXIT.done;
}

/** A Grafana can be checked before there is a project. */
async function configOrNone(given: string | undefined): Promise<LoadedConfig> {
  try {
    return await loadConfig(given, process.cwd());
  } catch (error) {
    if (given !== undefined || !(error instanceof UsageError) || error.code !== "config-missing") throw error;
    return { config: { project: "doctor", resources: [] }, file: "", directory: process.cwd() };
  }
}
