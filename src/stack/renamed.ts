import { EXIT, ProvisionError } from "../util/errors.ts";
import { commandLine } from "../util/command-line.ts";
import { containersFrom, volumesOf } from "./containers.ts";
import { runCli, type Engine } from "./engine.ts";

/** A stack that was started from the same directory under another name. */
export interface FormerStack {
  /** Its compose project: `"toolboxai-monitoring"`. */
  readonly project: string;
  readonly containers: readonly string[];
  /** Its volumes, which stay. */
  readonly volumes: readonly string[];
}

/** The stacks that were started from this directory before `name` was changed in the definition. */
async function formerStacks(engine: Engine, project: string, out: string): Promise<FormerStack[]> {
  const found = [...(await containersFrom(engine, out))].filter(([name]) => name !== project && name !== "");
  return Promise.all(
    found.map(async ([name, containers]) => ({ project: name, containers, volumes: await volumesOf(engine, name) })),
  );
}

/**
 * Removes the containers of stacks that were started from this directory under another name: they would keep the ports. Throws
 * exit 1 without `consent`. Their volumes stay.
 */
export async function removeFormer(
  engine: Engine,
  { project, out }: { readonly project: string; readonly out: string },
  {
    consent,
    emit,
  }: {
    readonly consent: ((former: FormerStack) => Promise<boolean>) | undefined;
    readonly emit: (text: string) => void;
  },
): Promise<void> {
  for (const former of await formerStacks(engine, project, out)) {
    if (consent === undefined || !(await consent(former)))
      throw new ProvisionError(
        `The stack was renamed, and containers of ${former.project} still exist: ${former.containers.join(", ")}. Nothing was started`,
        {
          exitCode: EXIT.failure,
          code: "stack-renamed",
          hint: `To remove them, run ${commandLine("stack:up", "--yes")}. Their volumes are kept. To keep the data, change \`name\` back.`,
        },
      );
    emit(`Removing the containers of ${former.project}`);
    await runCli(engine, ["rm", "--force", ...former.containers]);
    await runCli(engine, ["network", "rm", former.project]);
  }
}
