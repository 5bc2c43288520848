import { codeOfAll } from "./code-of-all.ts";
import { readConfig, report, type CheckedCode } from "./code.ts";
import { mustAllowEmpty } from "./consent.ts";
import type { Io } from "./io.ts";
import type { CommonOptions } from "./options.ts";
import { selectedEnvironments } from "./select-environments.ts";
import { targetFor } from "./session.ts";
import type { Target } from "./target.ts";
import type { LoadedConfig } from "../code/config.ts";
import type { Emit } from "../engine/events.ts";
import { UsageError } from "../util/errors.ts";

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
  rejectSingle(options);
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

function rejectSingle({ url, sandbox }: SeveralOptions): void {
  const [option] = Object.entries({ "--url": url, "--sandbox": sandbox })
    .filter(([, value]) => value !== undefined && value !== false)
    .map(([name]) => name);
  if (option !== undefined)
    throw new UsageError(
      `${option} can't be used with several environments`,
      `Remove ${option}, or select one environment.`,
      "option-conflict",
    );
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
