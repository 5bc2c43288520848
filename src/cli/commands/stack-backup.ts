import { existsSync } from "node:fs";
import { relative, resolve } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import { stackProgressOn } from "../../report/stack-progress.ts";
import { stackBackupText } from "../../report/stack-backup.ts";
import { encryptionFor } from "../../stack/backup/age.ts";
import { backupStack, stoppedServices } from "../../stack/backup/create.ts";
import type { Stack } from "../../stack/definition.ts";
import { findEngine } from "../../stack/engine.ts";
import { isCi } from "../../util/ci.ts";
import { commandLine } from "../../util/command-line.ts";
import { Cancelled, EXIT, ProvisionError, type ExitCode } from "../../util/errors.ts";
import { listed } from "../../util/plural.ts";
import { agrees } from "../consent.ts";
import { ioOf } from "../io.ts";
import { loadStack, stackDirectory } from "../stack-config.ts";
import { stoppable } from "../stoppable.ts";
import { writeBackup } from "./backup.ts";
import type { StackEngineOptions } from "./stack-up.ts";

/** Writes the data of the stack and the content of its Grafana to a directory. */
export async function stackBackup(
  options: StackEngineOptions & {
    readonly out: string;
    readonly recipient?: readonly string[];
    /** Seconds. */
    readonly timeout: number;
    readonly yes: boolean;
  },
): Promise<ExitCode> {
  const { result, errors } = ioOf(options);
  const { stack, directory } = await loadStack(options.config, process.cwd());
  const encrypt = options.recipient === undefined ? undefined : await encryptionFor(options.recipient);
  const engine = await findEngine(options.engine);
  const stopped = stoppedServices(stack);
  if (stopped.length > 0 && !options.yes) await confirmStop(stopped.map(({ type }) => type.title));
  const target = resolve(options.out);
  const progress = stackProgressOn(process.stderr, { quiet: isCi() });
  try {
    const manifest = await stoppable((signal) =>
      backupStack(stack, {
        directory,
        out: stackDirectory(directory),
        engine,
        target,
        encrypt,
        tool: packageJson.version,
        grafana: (out) => grafanaContent(stack, directory, out),
        emit: progress.say,
        signal,
        timeout: options.timeout * 1000,
      }),
    );
    progress.stop();
    result.stream.write(stackBackupText(manifest, relative(process.cwd(), options.out) || options.out, result));
    return EXIT.done;
  } catch (error) {
    progress.stop();
    if (!(error instanceof Cancelled)) throw error;
    const state = existsSync(target)
      ? "The backup is complete, but the services were not checked."
      : "No backup was written.";
    errors.stream.write(`Cancelled. ${state} To check the services, run: ${commandLine("stack:status")}\n`);
    return EXIT.cancelled;
  } finally {
    progress.stop();
  }
}

async function confirmStop(titles: readonly string[]): Promise<void> {
  const what = titles.length === 1 ? listed(titles) : `${listed(titles)}, one after the other,`;
  if (!(await agrees(`Stop ${what} while the data is copied?`, "Stopping services", {}))) throw new Cancelled();
}

/** Writes the content of the stack's Grafana. Returns why it can't. */
async function grafanaContent(stack: Stack, directory: string, out: string): Promise<string | undefined> {
  if (stack.services.get("grafana")?.ports["http"] === undefined) return "its port is not published";
  try {
    const { manifest } = await writeBackup({ out, env: "stack", output: "text", color: false }, () => {}, directory);
    return manifest.unreadable.length === 0 ? undefined : "some objects could not be read";
  } catch (error) {
    if (error instanceof ProvisionError) return error.message;
    throw error;
  }
}
