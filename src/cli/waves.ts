import type { LoadedConfig } from "../code/config.ts";
import { environmentsLike } from "../code/environment-names.ts";
import { EXIT, InvalidCodeError, ProvisionError, type ExitCode } from "../util/errors.ts";

/**
 * The number of the wave of each environment, from 1, by name. Throws (exit 65) if a part of `waves` selects none, or if an
 * environment is in no wave.
 */
export function wavesOf({ config, file }: LoadedConfig, names: readonly string[]): ReadonlyMap<string, number> {
  const { waves, environments = {} } = config;
  if (!waves) return new Map(names.map((name) => [name, 1]));
  const faults: { readonly path: string; readonly message: string; readonly hint: string }[] = [];
  const numbers = new Map<string, number>();
  for (const [index, wave] of waves.entries())
    for (const [place, pattern] of wave.entries()) {
      const found = environmentsLike(pattern, environments);
      if (found.length === 0)
        faults.push({
          path: `waves[${index}][${place}]`,
          message: `"${pattern}" selects no environment`,
          hint: `Use names such as ${Object.keys(environments).join(", ")}, or a label such as "region=eu".`,
        });
      for (const name of found) if (!numbers.has(name)) numbers.set(name, index + 1);
    }
  for (const name of names.filter((one) => !numbers.has(one)))
    faults.push({
      path: "waves",
      message: `the environment "${name}" is in no wave`,
      hint: 'Add it to a wave, or add a last wave for all others: ["*"].',
    });
  if (faults.length > 0)
    throw new InvalidCodeError(
      faults.map((fault) => ({ level: "error", code: "config-invalid", file, ...fault }) as const),
    );
  return new Map(names.map((name) => [name, numbers.get(name) ?? 1]));
}

/** An environment that was not changed, because the command ended before its wave started. */
export class NotStarted extends ProvisionError {
  override name = "NotStarted";

  constructor(because: string) {
    super(`Not started: ${because}`, {
      exitCode: EXIT.cancelled,
      code: "environment-not-started",
      hint: "Fix what ended the command, and run it again.",
    });
  }
}

/** Starts each environment when the earlier waves have ended. */
export interface WaveOrder {
  /** Waits for the earlier waves. Throws if an environment of them did not end with exit code 0. */
  waitForWave(name: string): Promise<void>;
  /** An environment has ended. */
  end(name: string, exitCode: ExitCode): void;
}

/** Lets each wave start when the one before has ended. */
export function waveOrder(waves: ReadonlyMap<string, number>): WaveOrder {
  const ended = new Map<string, ExitCode>();
  const waiting: { readonly name: string; readonly settle: () => void }[] = [];
  const earlier = (name: string) =>
    [...waves].filter(([, wave]) => wave < (waves.get(name) ?? 1)).map(([other]) => other);
  const isFree = (name: string) => earlier(name).every((other) => ended.has(other));
  return {
    async waitForWave(name) {
      if (!isFree(name)) await new Promise<void>((settle) => waiting.push({ name, settle }));
      const failed = earlier(name).filter((other) => ended.get(other) !== EXIT.done);
      const first = Math.min(...failed.map((other) => waves.get(other) ?? 1));
      if (failed.length === 0) return;
      const names = failed.filter((other) => waves.get(other) === first).map((other) => `"${other}"`);
      throw new NotStarted(`wave ${first} did not complete in ${names.join(", ")}`);
    },
    end(name, exitCode) {
      ended.set(name, exitCode);
      for (const one of waiting.filter((other) => isFree(other.name))) {
        waiting.splice(waiting.indexOf(one), 1);
        one.settle();
      }
    },
  };
}
