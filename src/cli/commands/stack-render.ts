import { relative, resolve } from "node:path";
import { EXIT, type ExitCode } from "../../util/errors.ts";
import { writtenText } from "../../report/stack-render.ts";
import { renderStack } from "../../stack/render.ts";
import { compareStack, writeStack } from "../../stack/write.ts";
import { ioOf } from "../io.ts";
import { loadStack, stackDirectory } from "../stack-config.ts";

/** Writes the files of the stack without starting it. With `check`, writes nothing and exits 2 if the files are out of date. */
export async function stackRender(
  given: string | undefined,
  options: { readonly config?: string; readonly check?: boolean; readonly force?: boolean; readonly color: boolean },
): Promise<ExitCode> {
  const { result } = ioOf(options);
  const { stack, directory } = await loadStack(options.config, process.cwd());
  const out = given === undefined ? stackDirectory(directory) : resolve(given);
  const files = renderStack(stack, { directory, out });
  const force = options.force === true;
  const written = options.check
    ? await compareStack(out, files, { force: true })
    : await writeStack(out, files, { force });
  const checked = options.check === true;
  result.stream.write(writtenText(relative(process.cwd(), out) || ".", written, { ...result, checked }));
  const differs = written.added.length + written.changed.length + written.removed.length > 0;
  return checked && differs ? EXIT.differences : EXIT.done;
}
