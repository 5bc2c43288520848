import { commandLine } from "../../util/command-line.ts";
import { isCi } from "../../util/ci.ts";
import { Cancelled, EXIT, type ExitCode } from "../../util/errors.ts";
import { stackProgressOn } from "../../report/stack-progress.ts";
import { removeStackAccess } from "../stack-access.ts";
import { volumesOf } from "../../stack/containers.ts";
import { stopStack } from "../../stack/down.ts";
import { findEngine } from "../../stack/engine.ts";
import { projectOf } from "../../stack/render.ts";
import { agrees } from "../consent.ts";
import { ioOf } from "../io.ts";
import { loadStack, stackDirectory } from "../stack-config.ts";
import { stoppable } from "../stoppable.ts";
import type { StackEngineOptions } from "./stack-up.ts";

/** Stops the stack. With `--volumes`, also deletes its data, after confirmation. */
export async function stackDown(
  options: StackEngineOptions & { readonly volumes?: boolean; readonly yes: boolean },
): Promise<ExitCode> {
  const { result, errors } = ioOf(options);
  const { stack, directory } = await loadStack(options.config, process.cwd());
  const engine = await findEngine(options.engine);
  const deleting = options.volumes === true;
  if (deleting && !options.yes) await confirmVolumeDeletion(await volumesOf(engine, projectOf(stack)));
  const progress = stackProgressOn(process.stderr, { quiet: isCi() });
  try {
    const out = stackDirectory(directory);
    const { containers, volumes } = await stoppable((signal) =>
      stopStack(stack, { directory, out, engine, volumes: deleting, emit: progress.say, signal }),
    );
    await removeStackAccess(directory);
    progress.stop();
    const removed = containers.length === 0 ? "No containers were running" : `Removed: ${containers.join(", ")}`;
    const data =
      volumes.length === 0
        ? ""
        : deleting
          ? `Deleted the volumes ${volumes.join(", ")}.\n`
          : `Kept the volumes ${volumes.join(", ")}. Pass --volumes to delete them.\n`;
    result.stream.write(`${removed}.\n${data}`);
    return EXIT.done;
  } catch (error) {
    progress.stop();
    if (!(error instanceof Cancelled)) throw error;
    const again = commandLine("stack:down", ...(deleting ? ["--volumes"] : []));
    errors.stream.write(`Cancelled. Containers that are left keep running. To remove them, run: ${again}\n`);
    return EXIT.cancelled;
  } finally {
    progress.stop();
  }
}

async function confirmVolumeDeletion(volumes: readonly string[]): Promise<void> {
  if (volumes.length === 0) return;
  const question = `Delete the ${volumes.length === 1 ? "volume" : "volumes"} ${volumes.join(", ")} and all data in ${volumes.length === 1 ? "it" : "them"}?`;
  if (!(await agrees(question, "Deleting volumes", {}))) throw new Cancelled();
}
