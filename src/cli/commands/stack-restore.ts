import { join, relative } from "node:path";
import { notHealthyText } from "../../report/stack-up.ts";
import { restoredText, restorePlanText } from "../../report/stack-backup.ts";
import { stackProgressOn } from "../../report/stack-progress.ts";
import { environment } from "../../secrets/environment.ts";
import { decryptionWith } from "../../stack/backup/age.ts";
import { checkKey, planRestore, restoreStack } from "../../stack/backup/restore.ts";
import { findEngine } from "../../stack/engine.ts";
import { ADMIN_PASSWORD } from "../../stack/services/grafana.ts";
import { NotHealthy } from "../../stack/up.ts";
import { isCi } from "../../util/ci.ts";
import { commandLine } from "../../util/command-line.ts";
import { Cancelled, EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { listed } from "../../util/plural.ts";
import { agrees } from "../consent.ts";
import { ioOf } from "../io.ts";
import { loadStack, stackDirectory } from "../stack-config.ts";
import { writeStackAccess } from "../stack-access.ts";
import { stoppable } from "../stoppable.ts";
import type { StackEngineOptions } from "./stack-up.ts";

/** Replaces the data of the stack with a backup, after all of its files were checked, and starts the stack. */
export async function stackRestore(
  from: string,
  options: StackEngineOptions & { readonly identity?: string; readonly timeout: number; readonly yes: boolean },
): Promise<ExitCode> {
  const { result, errors } = ioOf(options);
  const { stack, directory } = await loadStack(options.config, process.cwd());
  const plan = await planRestore(stack, from);
  const decrypt = options.identity === undefined ? undefined : await decryptionWith(options.identity);
  await checkKey(plan, decrypt);
  if (plan.volumes.length === 0)
    throw new UsageError(
      "The backup contains no volume of this stack. Nothing was restored",
      "Enable the services whose data the backup contains.",
      "option-invalid",
    );
  const engine = await findEngine(options.engine);
  errors.stream.write(restorePlanText(plan, errors));
  if (!options.yes) {
    const names = plan.volumes.map(({ volume }) => volume);
    const question = `Stop the services, and replace the ${names.length === 1 ? "volume" : "volumes"} ${listed(names)}? Their current data is deleted.`;
    if (!(await agrees(question, "Replacing data", {}))) throw new Cancelled();
  }
  const progress = stackProgressOn(process.stderr, { quiet: isCi() });
  try {
    const { grafana } = await stoppable((signal) =>
      restoreStack(stack, plan, {
        directory,
        out: stackDirectory(directory),
        engine,
        timeout: options.timeout * 1000,
        variables: environment(),
        emit: progress.say,
        warn: (text) => errors.stream.write(`${text}\n`),
        signal,
        decrypt,
      }),
    );
    progress.stop();
    if (grafana) await writeStackAccess(directory, { ...grafana, passwordFile: `stack/secrets/${ADMIN_PASSWORD}` });
    const content = plan.manifest.files.some((file) => file.content === "grafana") && !plan.manifest.encrypted;
    const again = content
      ? commandLine("restore", join(relative(process.cwd(), from), "grafana"), "--env", "stack")
      : undefined;
    result.stream.write(restoredText(plan, again, result));
    return EXIT.done;
  } catch (error) {
    progress.stop();
    if (error instanceof NotHealthy) errors.stream.write(notHealthyText(error.failing, errors));
    if (!(error instanceof Cancelled)) throw error;
    const command = commandLine(
      "stack:restore",
      from,
      ...(options.identity === undefined ? [] : ["--identity", options.identity]),
    );
    errors.stream.write(`Cancelled. The restore can be incomplete. To complete it, run: ${command}\n`);
    return EXIT.cancelled;
  } finally {
    progress.stop();
  }
}
