import pLimit from "p-limit";
import { codeOfAll } from "./code-of-all.ts";
import { readConfig, report, type CheckedCode } from "./code.ts";
import { mustAllowEmpty } from "./consent.ts";
import type { Io } from "./io.ts";
import type { CommonOptions } from "./options.ts";
import { selectedEnvironments } from "./select-environments.ts";
import { openSession, targetFor, type Session } from "./session.ts";
import type { Target } from "./target.ts";
import type { LoadedConfig } from "../code/config.ts";
import type { Emit } from "../engine/events.ts";
import { exitCodeOfError, UsageError, type ExitCode } from "../util/errors.ts";

/** Environments that are read or written at once. */
export const CONCURRENCY = 4;

export type SeveralOptions = CommonOptions & {
  readonly envAll?: boolean;
  readonly prune?: boolean;
  readonly allowEmpty?: boolean;
};

/** One of several environments that a command works on. */
export interface Member {
  readonly name: string;
  readonly code: CheckedCode;
  readonly target: Target;
}

/** Checks the code and the settings of the selected environments. Throws before the first request. `select`: default, by the options. */
export async function membersOf(
  options: SeveralOptions,
  io: Io,
  select: (loadedConfig: LoadedConfig) => readonly string[] = (config) => selectedEnvironments(config, options),
): Promise<{ readonly loadedConfig: LoadedConfig; readonly members: readonly Member[] }> {
  rejectWithSeveral({ "--url": options.url, "--sandbox": options.sandbox });
  const loadedConfig = await readConfig(options);
  const names = select(loadedConfig);
  const { codes, faults } = await codeOfAll(loadedConfig, names);
  report(faults, loadedConfig, io.errors);
  for (const code of codes) mustAllowEmpty(code, options);
  const members: Member[] = [];
  for (const [index, code] of codes.entries()) {
    const name = names[index] ?? "";
    const target = await targetFor(loadedConfig, { ...options, env: name }, { several: true });
    members.push({ name, code, target });
  }
  return { loadedConfig, members };
}

/** Throws if one of these options is set: they have a meaning only for a single environment. */
export function rejectWithSeveral(values: Readonly<Record<string, unknown>>): void {
  const [option] = Object.keys(values).filter((name) => values[name] !== undefined && values[name] !== false);
  if (option !== undefined)
    throw new UsageError(
      `${option} can't be used with several environments`,
      `Remove ${option}, or select one environment.`,
      "option-conflict",
    );
}

/** An environment that could not be read. */
export interface Unread {
  readonly name: string;
  readonly exitCode: ExitCode;
  readonly error: unknown;
}

/** Reads all environments, some at once, each with a session of its own. An error in one does not stop the others. */
export async function readMembers<Options extends SeveralOptions, Result>(
  members: readonly Member[],
  given: Options,
  { progress }: Io,
  read: (
    member: Member,
    session: Session,
    options: ReturnType<typeof optionsFor<Options>>,
    emit: Emit,
  ) => Promise<Result>,
): Promise<(Result | Unread)[]> {
  const few = pLimit(CONCURRENCY);
  const one = async (member: Member): Promise<Result | Unread> => {
    const { name, code, target } = member;
    const options = optionsFor(given, name);
    const emit = emitFor(name, progress.emit);
    try {
      const common: CommonOptions = optionsFor<SeveralOptions>(given, name);
      const session = await openSession(code.loadedConfig, common, emit, code.desired, target);
      try {
        return await read(member, session, options, emit);
      } finally {
        await session.close();
      }
    } catch (error) {
      return { name, exitCode: exitCodeOfError(error), error };
    }
  };
  const results = await Promise.all(members.map((member) => few(() => one(member))));
  progress.stop();
  return results;
}

/** The options of the same command on one environment. */
export function optionsFor<Options extends SeveralOptions>(
  { envAll: _envAll, ...options }: Options,
  name: string,
): Omit<Options, "envAll"> & { readonly env: string } {
  return { ...options, env: name };
}

/** Passes on only notes, with the name of the environment: steps of several environments at once are not readable. */
export function emitFor(name: string, emit: Emit): Emit {
  return (event) => {
    if (event.type === "note") emit({ ...event, message: `${name}: ${event.message}` });
  };
}
