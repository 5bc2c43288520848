import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { SECRETS } from "./compose.ts";
import { containersOf, volumesOf } from "./containers.ts";
import type { Stack } from "./definition.ts";
import { errorTail, runCli, runCompose, type Engine } from "./engine.ts";
import { checkOtherDirectory } from "./preflight.ts";
import { projectOf, renderStack } from "./render.ts";
import { writeStack } from "./write.ts";

export interface StopOptions {
  /** The absolute path on which the definition's relative paths are based. */
  readonly directory: string;
  /** The absolute path of the directory of the generated files. */
  readonly out: string;
  readonly engine: Engine;
  /**
   * Whether to delete the volumes too, and with them the directory `secrets`: Grafana's password in it is valid only for the
   * data in the volumes.
   */
  readonly volumes: boolean;
  readonly emit?: (text: string) => void;
  readonly signal?: AbortSignal;
}

export interface Stopped {
  readonly containers: readonly string[];
  /** With `StopOptions.volumes`, the deleted volumes. Without it, the volumes that were kept. */
  readonly volumes: readonly string[];
}

/**
 * Removes the containers and the network of a stack, including containers of services that the definition no longer has. Throws
 * a `ProvisionError` if that fails. If `signal` is aborted, throws `signal.reason`. A second call then removes the rest.
 */
export async function stopStack(stack: Stack, options: StopOptions): Promise<Stopped> {
  const { directory, out, engine, volumes, emit = () => {}, signal } = options;
  const project = { directory: out, name: projectOf(stack) };
  if (!existsSync(join(out, "compose.yaml"))) await writeStack(out, renderStack(stack, { directory, out }));
  await checkOtherDirectory(engine, project.name, out);
  const containers = await containersOf(engine, project.name);
  const kept = await volumesOf(engine, project.name);

  const args = ["down", "--remove-orphans", ...(volumes ? ["--volumes"] : [])];
  const env = await placeholders(out);
  const down = () =>
    runCompose(engine, project, args, { env, onLine: (line) => emit(line), ...(signal ? { signal } : {}) });
  let result = await down();
  if (result.code !== 0) {
    signal?.throwIfAborted();
    // A container in a restart loop can be running again when Compose tries to remove it.
    const left = await containersOf(engine, project.name);
    if (left.length > 0) await runCli(engine, ["rm", "--force", ...left]);
    result = await down();
  }
  if (result.code !== 0) {
    throw new ProvisionError(`${engine.name} could not stop the stack: ${errorTail(result)}`, {
      exitCode: EXIT.failure,
      code: "stack-stop-failed",
    });
  }
  if (volumes) {
    // Compose keeps volumes that are no longer in its file.
    const left = await volumesOf(engine, project.name);
    if (left.length > 0) await runCli(engine, ["volume", "rm", ...left]);
    const remaining = await volumesOf(engine, project.name);
    if (remaining.length > 0) {
      throw new ProvisionError(`Could not delete these volumes: ${remaining.join(", ")}`, {
        exitCode: EXIT.failure,
        code: "stack-volume-in-use",
        hint: `Other containers use them. Remove those containers, then run ${engine.cli} volume rm ${remaining.join(" ")}. The stack's password was kept: it belongs to the data.`,
      });
    }
    // Without volumes, the stack was never started: keep a password that the user put there for the first start.
    if (kept.length > 0) await rm(join(out, SECRETS), { recursive: true, force: true });
  }
  return { containers, volumes: kept };
}

/** Values for all variables in the compose file: `compose down` requires them but does not use them. */
async function placeholders(out: string): Promise<Record<string, string>> {
  const text = await readFile(join(out, "compose.yaml"), "utf8");
  const named = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, variable = ""]) => variable);
  return Object.fromEntries(named.map((variable) => [variable, process.env[variable] || "unused"]));
}
