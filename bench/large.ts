import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dashboardFile, generate, writeDashboard, type Format } from "./generate.ts";
import { runNode, type Run } from "./measure.ts";

/** Number of deletions: the default of `--max-deletes`. */
const PRUNED = 10;

const STEPS = ["first apply", "no-op plan", "one changed", "ten pruned"] as const;

/** Each step runs in a separate process with its own sandbox. */
export type Large = Readonly<Record<(typeof STEPS)[number], Run>>;

/** Applies this number of dashboards to a new sandbox, plans, changes one and prunes ten. `cli`: the path of the command. */
export async function large(cli: string, count: number, format: Format): Promise<Large> {
  const directory = await mkdtemp(join(tmpdir(), "grafana-large-"));
  const command = async (...args: string[]): Promise<Run> => {
    const run = await runNode([cli, ...args, "--sandbox"], { cwd: directory, env: { CI: "1" } });
    if (run.code !== 0) throw new Error(`${args.join(" ")} exited ${run.code}:\n${run.output.slice(-2000)}`);
    return run;
  };
  try {
    await generate(directory, "large", count, format);
    const first = await command("apply");
    const plan = await command("plan");
    await writeDashboard(directory, "large", 0, format, " changed");
    const changed = await command("apply");
    for (let index = 1; index <= PRUNED; index++) await rm(dashboardFile(directory, index, format));
    const pruned = await command("apply", "--prune", "--yes");
    return { "first apply": first, "no-op plan": plan, "one changed": changed, "ten pruned": pruned };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Compares few with many dashboards in one run: time must not grow faster than their number. */
export async function printLarge(cli: string, few: number, many: number, format: Format): Promise<string[]> {
  const [small, big] = [await large(cli, few, format), await large(cli, many, format)];
  const limit = many / few;
  console.log(`\n${many} dashboards compared with ${few}, from .${format}, with the sandbox in the same process`);
  return STEPS.flatMap((step) => {
    const [a, b] = [small[step], big[step]];
    const ratio = b.seconds / a.seconds;
    const memory = `${b.mebibytes.toFixed(0)} MiB at its peak (${a.mebibytes.toFixed(0)} MiB)`;
    console.log(
      `  ${step.padEnd(12)} ${b.seconds.toFixed(1)} s, ${ratio.toFixed(1)} times ${a.seconds.toFixed(1)} s; ${memory}`,
    );
    return [
      ...(ratio > limit ? [`${step} of ${many} from .${format}: ${ratio.toFixed(1)} times that of ${few}`] : []),
      ...(b.mebibytes > MEBIBYTES[format] ? [`${step} of ${many} from .${format}: ${b.mebibytes.toFixed(0)} MiB`] : []),
    ];
  });
}

/**
 * Maximum resident memory of any command with 5,000 dashboards. Higher for modules, which Node keeps in memory with their
 * exports until the process exits.
 */
export const MEBIBYTES: Readonly<Record<Format, number>> = { json: 500, v2: 500, ts: 560 };
