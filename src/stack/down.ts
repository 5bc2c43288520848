import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { EXIT, ProvisionError } from "../errors.ts";
import { SECRETS } from "./compose.ts";
import { containersOf, volumesOf } from "./containers.ts";
import type { Stack } from "./definition.ts";
import { runCli, runCompose, type Engine } from "./engine.ts";
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
  const containers = await containersOf(engine, project.name);
  const kept = await volumesOf(engine, project.name);

  const args = ["down", "--remove-orphans", ...(volumes ? ["--volumes"] : [])];
  const down = () => runCompose(engine, project, args, { env: unused(stack), onLine: (line) => emit(line) });
  let result = await down();
  if (result.code !== 0) {
    // One that ends and is started again and again can be running between its stop and its removal.
    const left = await containersOf(engine, project.name);
    if (left.length > 0) await runCli(engine, ["rm", "--force", ...left]);
    result = await down();
  }
  if (result.code !== 0) {
    throw new ProvisionError(
      `${engine.name} could not stop the stack: ${result.stderr.trim().split("\n").slice(-5).join("\n")}`,
      {
        exitCode: EXIT.failure,
      },
    );
  }
  if (volumes) {
    // What the definition no longer names, compose leaves.
    const left = await volumesOf(engine, project.name);
    if (left.length > 0) await runCli(engine, ["volume", "rm", ...left]);
    await rm(join(folder, SECRETS), { recursive: true, force: true });
  }
  return { containers, volumes: kept };
}

/** Compose wants every variable that the file names, and makes nothing of them here. */
function unused({ services }: Stack): Record<string, string> {
  const named = [...services.values()].flatMap(({ environment }) =>
    Object.values(environment).flatMap((value) => (typeof value === "string" ? [] : [value.variable])),
  );
  return Object.fromEntries(named.map((variable) => [variable, process.env[variable] || "unused"]));
}
