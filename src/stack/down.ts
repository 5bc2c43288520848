import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { SECRETS } from "./compose.ts";
import { containersOf, volumesOf } from "./containers.ts";
import type { Stack } from "./definition.ts";
import { errorTail, runCli, runCompose, type Engine } from "./engine.ts";
import { checkOtherFolder } from "./preflight.ts";
import { projectOf, renderStack } from "./render.ts";
import { writeStack } from "./write.ts";

export interface StopOptions {
  readonly directory: string;
  /** The stack's directory. Absolute. */
  readonly folder: string;
  readonly engine: Engine;
  /** Whether to delete the volumes too, and the secrets that belong to their data. */
  readonly volumes: boolean;
  readonly emit?: (text: string) => void;
}

export interface Stopped {
  readonly containers: readonly string[];
  /** Deleted volumes with `StopOptions.volumes`, otherwise the volumes that are kept. */
  readonly volumes: readonly string[];
}

/** Removes a stack's containers and network, including those of services it no longer defines. Throws exit 1. */
export async function stopStack(stack: Stack, options: StopOptions): Promise<Stopped> {
  const { directory, folder, engine, volumes, emit = () => {} } = options;
  const project = { folder, name: projectOf(stack) };
  if (!existsSync(join(folder, "compose.yaml")))
    await writeStack(folder, renderStack(stack, { directory, out: folder }));
  await checkOtherFolder(engine, project.name, folder);
  const containers = await containersOf(engine, project.name);
  const kept = await volumesOf(engine, project.name);

  const args = ["down", "--remove-orphans", ...(volumes ? ["--volumes"] : [])];
  const env = await placeholders(folder);
  const down = () => runCompose(engine, project, args, { env, onLine: (line) => emit(line) });
  let result = await down();
  if (result.code !== 0) {
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
    if (kept.length > 0) await rm(join(folder, SECRETS), { recursive: true, force: true });
  }
  return { containers, volumes: kept };
}

/** Values for all variables in the compose file: `compose down` requires them but does not use them. */
async function placeholders(folder: string): Promise<Record<string, string>> {
  const text = await readFile(join(folder, "compose.yaml"), "utf8");
  const named = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, variable = ""]) => variable);
  return Object.fromEntries(named.map((variable) => [variable, process.env[variable] || "unused"]));
}
