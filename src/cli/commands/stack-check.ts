import { checkText } from "../../report/stack-check.ts";
import { checkJson } from "../../report/stack-check-json.ts";
import { checklistOf } from "../../stack/checklist.ts";
import { EXIT, type ExitCode } from "../../util/errors.ts";
import { ioOf } from "../io.ts";
import { loadStack } from "../stack-config.ts";

/** Shows which points of the checklist for production the stack's definition has. */
export async function stackCheck(options: {
  readonly config?: string;
  readonly output: "text" | "json";
  readonly color: boolean;
}): Promise<ExitCode> {
  const { result } = ioOf(options);
  const { stack } = await loadStack(options.config, process.cwd());
  const input = { profile: stack.profile, points: checklistOf(stack) };
  const isMissing = input.points.some(({ state }) => state === "missing");
  const exitCode = isMissing && stack.profile === "production" ? EXIT.failure : EXIT.done;
  result.stream.write(options.output === "json" ? checkJson(input, exitCode) : checkText(input, result));
  return exitCode;
}
