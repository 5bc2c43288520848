import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox, type Sandbox } from "../src/sandbox/server.ts";
import { runNode, type Run } from "./measure.ts";

/** What commands on many environments took. */
export interface ManyEnvironments {
  readonly plan: Run;
  /** After a change of one resource of each environment. */
  readonly apply: Run;
  readonly planAfter: Run;
  /** The requests of `plan` for each environment. */
  readonly requests: readonly number[];
}

const CREDENTIALS = { user: "admin", password: "admin" };

/**
 * Plans for `count` environments that have the same `each` dashboards, changes one dashboard, applies it to all and plans again.
 * `cli`: the path of the command. The sandboxes are in this process.
 */
export async function manyEnvironments(cli: string, count: number, each: number): Promise<ManyEnvironments> {
  const directory = await mkdtemp(join(tmpdir(), "grafana-environments-"));
  const sandboxes: Sandbox[] = [];
  const requests = Array.from({ length: count }, () => 0);
  const names = Array.from({ length: count }, (_, index) => `env${index}`);
  const dataDirectory = (index: number) => join(directory, `data-${index}`);
  const run = (...args: string[]) => command(cli, directory, args, variables);
  const variables: Record<string, string> = { CI: "1" };
  for (const index of names.keys())
    variables[`GRAFANA_TOKEN_ENV${index}`] = `${CREDENTIALS.user}:${CREDENTIALS.password}`;
  try {
    await project(directory, each);
    // Applied once: the data of the others is a copy.
    const first = await startSandbox({ dataDirectory: dataDirectory(0) });
    try {
      await configure(directory, ["env0"], [first]);
      await run("apply", "--env", "env0");
    } finally {
      await first.close();
    }
    for (let index = 1; index < count; index++) await cp(dataDirectory(0), dataDirectory(index), { recursive: true });
    for (const index of names.keys()) {
      const onRequest = () => void (requests[index] = (requests[index] ?? 0) + 1);
      sandboxes.push(await startSandbox({ dataDirectory: dataDirectory(index), onRequest }));
    }
    await configure(directory, names, sandboxes);
    const plan = await run("plan", "--env-all", "-o", "json");
    const counted = [...requests];
    await writeDashboard(directory, 0, " changed");
    const apply = await run("apply", "--env-all", "-o", "json");
    const planAfter = await run("plan", "--env-all", "--detailed-exitcode", "-o", "json");
    return { plan, apply, planAfter, requests: counted };
  } finally {
    await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
    await rm(directory, { recursive: true, force: true });
  }
}

/** A no-op plan for one sandbox with this number of the same dashboards. */
export async function oneEnvironment(cli: string, count: number): Promise<Run> {
  const directory = await mkdtemp(join(tmpdir(), "grafana-environments-"));
  const sandbox = await startSandbox({ dataDirectory: join(directory, "data") });
  const variables = { CI: "1", GRAFANA_TOKEN_ENV0: `${CREDENTIALS.user}:${CREDENTIALS.password}` };
  try {
    await project(directory, count);
    await configure(directory, ["env0"], [sandbox]);
    await command(cli, directory, ["apply", "--env", "env0"], variables);
    return await command(cli, directory, ["plan", "--env", "env0", "--detailed-exitcode", "-o", "json"], variables);
  } finally {
    await sandbox.close();
    await rm(directory, { recursive: true, force: true });
  }
}

async function project(directory: string, count: number): Promise<void> {
  await mkdir(join(directory, "dashboards"));
  for (let index = 0; index < count; index++) await writeDashboard(directory, index);
}

/** `note`: changes the dashboard. */
async function writeDashboard(directory: string, index: number, note = ""): Promise<void> {
  const panels = [
    {
      id: 1,
      title: "Requests",
      type: "timeseries",
      gridPos: { x: 0, y: 0, w: 24, h: 8 },
      targets: [{ refId: "A", expr: `rate(service_${index}_requests_total[5m])` }],
    },
  ];
  const model = { uid: `service-${index}`, title: `Service ${index}${note}`, tags: ["bench"], panels };
  await writeFile(join(directory, "dashboards", `d${index}.json`), JSON.stringify(model));
}

async function configure(
  directory: string,
  names: readonly string[],
  sandboxes: readonly Pick<Sandbox, "url">[],
): Promise<void> {
  const environments = Object.fromEntries(names.map((name, index) => [name, { url: sandboxes[index]?.url }]));
  const config = { project: "bench", resources: ["./dashboards"], environments };
  await writeFile(join(directory, "grafana.config.ts"), `export default ${JSON.stringify(config)};\n`);
}

async function command(
  cli: string,
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Run> {
  const run = await runNode([cli, ...args], { cwd, env: { ...env } });
  if (run.code !== 0) throw new Error(`${args.join(" ")} exited ${run.code}:\n${run.output.slice(-2000)}`);
  return run;
}
