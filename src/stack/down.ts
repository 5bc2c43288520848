import { existsSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { SECRETS } from "./compose.ts";
import { containersOf, volumesOf } from "./containers.ts";
import type { Stack } from "./definition.ts";
import { lastWords, runCli, runCompose, type Engine } from "./engine.ts";
import { refuseOtherFolder } from "./refusals.ts";
import { projectOf, renderStack } from "./render.ts";
import { writeStack } from "./write.ts";

export interface StopOptions {
  readonly directory: string;
  /** Where the files are. Absolute. */
  readonly folder: string;
  readonly engine: Engine;
  /** Deletes the volumes too, and with them the secrets that the data in them were made with. */
  readonly volumes: boolean;
  readonly emit?: (text: string) => void;
}

export interface Stopped {
  readonly containers: readonly string[];
  /** Those that were deleted, or those that stay. */
  readonly volumes: readonly string[];
}

/** Removes a stack's containers and its network, also of services that it no longer defines. Throws exit 1. */
export async function stopStack(stack: Stack, options: StopOptions): Promise<Stopped> {
  const { directory, folder, engine, volumes, emit = () => {} } = options;
  const project = { folder, name: projectOf(stack) };
  if (!existsSync(join(folder, "compose.yaml")))
    await writeStack(folder, renderStack(stack, { directory, out: folder }));
  await refuseOtherFolder(engine, project.name, folder);
  const containers = await containersOf(engine, project.name);
  const kept = await volumesOf(engine, project.name);

  const args = ["down", "--remove-orphans", ...(volumes ? ["--volumes"] : [])];
  const env = await unused(folder);
  const down = () => runCompose(engine, project, args, { env, onLine: (line) => emit(line) });
  let result = await down();
  if (result.code !== 0) {
    // One that ends and is started again and again can be running between its stop and its removal.
    const left = await containersOf(engine, project.name);
    if (left.length > 0) await runCli(engine, ["rm", "--force", ...left]);
    result = await down();
  }
  if (result.code !== 0) {
    throw new ProvisionError(`${engine.name} could not stop the stack: ${lastWords(result)}`, {
      exitCode: EXIT.failure,
    });
  }
  if (volumes) {
    // What the definition no longer names, compose leaves.
    const left = await volumesOf(engine, project.name);
    if (left.length > 0) await runCli(engine, ["volume", "rm", ...left]);
    const stay = await volumesOf(engine, project.name);
    if (stay.length > 0) {
      throw new ProvisionError(`These volumes could not be deleted: ${stay.join(", ")}`, {
        exitCode: EXIT.failure,
        hint: "A container of somebody else uses them. The stack's password stays, too: it is that of the data.",
      });
    }
    // Where there were no data, the password is somebody's own, for a first start to come.
    if (kept.length > 0) await rm(join(folder, SECRETS), { recursive: true, force: true });
  }
  return { containers, volumes: kept };
}

/** Compose wants every variable that its file names, whatever the definition says by now, and makes nothing of them here. */
async function unused(folder: string): Promise<Record<string, string>> {
  const text = await readFile(join(folder, "compose.yaml"), "utf8");
  const named = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, variable = ""]) => variable);
  return Object.fromEntries(named.map((variable) => [variable, process.env[variable] || "unused"]));
}
