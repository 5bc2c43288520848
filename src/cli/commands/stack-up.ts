import { relative } from "node:path";
import { environment } from "../../secrets/environment.ts";
import { isCi } from "../../util/ci.ts";
import { commandLine } from "../../util/command-line.ts";
import { Cancelled, EXIT, type ExitCode } from "../../util/errors.ts";
import { notHealthyText, startedText } from "../../report/stack-up.ts";
import { stackProgressOn } from "../../report/stack-progress.ts";
import { removeStackAccess, writeStackAccess } from "../stack-access.ts";
import { findEngine, type Engine } from "../../stack/engine.ts";
import { secretFile } from "../../stack/secret-files.ts";
import { ADMIN_PASSWORD } from "../../stack/services/grafana.ts";
import { NotHealthy, startStack } from "../../stack/up.ts";
import { agrees } from "../consent.ts";
import { ioOf } from "../io.ts";
import { loadStack, stackDirectory } from "../stack-config.ts";
import { stoppable } from "../stoppable.ts";

export interface StackEngineOptions {
  readonly config?: string;
  readonly engine?: Engine["name"];
  readonly color: boolean;
}

/** Starts the stack, waits until it is healthy, and saves how to reach its Grafana for `--env stack`. */
export async function stackUp(
  options: StackEngineOptions & { readonly timeout: number; readonly yes: boolean },
): Promise<ExitCode> {
  const { result, errors } = ioOf(options);
  const { stack, directory } = await loadStack(options.config, process.cwd());
  const out = stackDirectory(directory);
  const engine = await findEngine(options.engine);
  const progress = stackProgressOn(process.stderr, { quiet: isCi() });
  try {
    const { services, grafana } = await stoppable((signal) =>
      startStack(stack, {
        directory,
        out,
        engine,
        timeout: options.timeout * 1000,
        variables: environment(),
        emit: progress.say,
        warn: (text) => errors.stream.write(`${text}\n`),
        signal,
        removeFormer: async ({ project, containers }) => {
          if (options.yes) return true;
          progress.stop();
          const question = `The stack was renamed. Remove the containers of ${project} (${containers.join(", ")})? Their volumes are kept.`;
          return agrees(question, "Removing containers of a former name", {});
        },
      }),
    );
    progress.stop();
    if (grafana === undefined) await removeStackAccess(directory);
    else await writeStackAccess(directory, { ...grafana, passwordFile: `stack/secrets/${ADMIN_PASSWORD}` });
    const passwordFile = relative(process.cwd(), secretFile(out, ADMIN_PASSWORD));
    const login = grafana ? { login: { user: grafana.user, passwordFile } } : {};
    result.stream.write(startedText({ services, ...login }, result));
    return EXIT.done;
  } catch (error) {
    progress.stop();
    if (error instanceof NotHealthy) errors.stream.write(notHealthyText(error.failing, errors));
    if (!(error instanceof Cancelled)) throw error;
    errors.stream.write(
      `Cancelled. Containers that were started keep running. To stop them, run: ${commandLine("stack:down")}\n`,
    );
    return EXIT.cancelled;
  }
}
