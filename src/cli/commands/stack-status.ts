import { EXIT, type ExitCode } from "../../util/errors.ts";
import { statusText } from "../../report/stack-status.ts";
import { statusJson } from "../../report/stack-status-json.ts";
import { stackStatus } from "../../stack/status.ts";
import { ioOf } from "../io.ts";
import { loadStack, stackDirectory } from "../stack-config.ts";

/** Shows the health of each service and of each Prometheus target. */
export async function stackStatusCommand(options: {
  readonly config?: string;
  readonly output: "text" | "json";
  /** Seconds. */
  readonly timeout: number;
  readonly color: boolean;
}): Promise<ExitCode> {
  const { result } = ioOf(options);
  const { stack, directory } = await loadStack(options.config, process.cwd());
  const place = { directory, out: stackDirectory(directory) };
  const status = await stackStatus(stack, options.timeout * 1000, place);
  const exitCode = status.healthy ? EXIT.done : EXIT.failure;
  result.stream.write(options.output === "json" ? statusJson(status, exitCode) : statusText(status, result));
  return exitCode;
}
