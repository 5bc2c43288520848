import { relative, resolve } from "node:path";
import { EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { writtenText } from "../../report/stack-render.ts";
import { ensureCredentials } from "../../stack/credentials.ts";
import { readGivenSecrets, writeKubernetesSecrets } from "../../stack/kubernetes/write-secrets.ts";
import { renderStack } from "../../stack/render.ts";
import type { Target } from "../../stack/target.ts";
import { compareStack, writeStack } from "../../stack/write.ts";
import { ioOf } from "../io.ts";
import { loadStack, stackDirectory } from "../stack-config.ts";

interface RenderOptions {
  readonly config?: string;
  readonly target: Target;
  readonly check?: boolean;
  readonly force?: boolean;
  readonly secrets?: boolean;
  readonly color: boolean;
}

/** Writes the files of the stack without starting it. With `check`, writes nothing and exits 2 if the files are out of date. */
export async function stackRender(place: string | undefined, options: RenderOptions): Promise<ExitCode> {
  const { result } = ioOf(options);
  const { target } = options;
  if (options.check === true && options.secrets === true)
    throw new UsageError(
      "--check and --secrets can't be combined",
      "--check writes nothing. Remove one of them.",
      "option-conflict",
    );
  const { stack, directory } = await loadStack(options.config, process.cwd());
  const out = place === undefined ? stackDirectory(directory, target) : resolve(place);
  const files = renderStack(stack, { directory, out, target });
  const force = options.force === true;
  const checked = options.check === true;
  const writesSecrets = options.secrets === true && !checked;
  const given =
    writesSecrets && target === "kubernetes" ? await readGivenSecrets(stack, directory, process.env) : undefined;
  const written = options.check
    ? await compareStack(out, files, { force: true })
    : await writeStack(out, files, { force });
  if (given !== undefined) await writeKubernetesSecrets(stack, out, given);
  else if (writesSecrets) await ensureCredentials(stack, out, target);
  const name = relative(process.cwd(), out) || ".";
  result.stream.write(writtenText(name, written, { ...result, checked, target }));
  const differs = written.added.length + written.changed.length + written.removed.length > 0;
  return checked && differs ? EXIT.differences : EXIT.done;
}
