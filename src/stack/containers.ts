import { z } from "zod";
import { runCli, type Engine } from "./engine.ts";

/** A container as the engine reports it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** `running`, `exited`, `restarting`, `created`, … */
  readonly status: string;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** `starting`, `healthy` or `unhealthy`; undefined if it has no health check. */
  readonly health: string | undefined;
  readonly restarts: number;
  readonly startedAt: string;
  /** Its compose project; undefined if it was not started by Compose. */
  readonly project: string | undefined;
  /** The directory of its compose file. Absolute. */
  readonly directory: string | undefined;
  /** Published host ports. */
  readonly ports: ReadonlySet<number>;
  /** Whether it has bound them. With Podman, also a container that does not run, if files were copied to it. */
  readonly holdsPorts: boolean;
}

const Bindings = z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullish()).nullish();

// The fields that Docker and Podman have in common; fields that one of them can omit are optional.
const Inspected = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    State: z.object({
      Status: z.string(),
      ExitCode: z.number().default(0),
      OOMKilled: z.boolean().default(false),
      StartedAt: z.string().default(""),
      Pid: z.number().default(0),
      Health: z.object({ Status: z.string() }).nullish(),
    }),
    RestartCount: z.number().default(0),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
    HostConfig: z.object({ PortBindings: Bindings }),
  }),
);

/** The existing containers with these names, by name. */
export async function containersNamed(engine: Engine, names: readonly string[]): Promise<Map<string, Container>> {
  // The command fails if a container does not exist, but still prints the others.
  const { stdout } = await runCli(engine, ["container", "inspect", ...names]);
  const found = Inspected.parse(JSON.parse(stdout.trim() || "[]"));
  return new Map(
    found.map((one) => {
      const name = one.Name.replace(/^\//, "");
      const bindings = Object.values(one.HostConfig.PortBindings ?? {}).flatMap((bound) => bound ?? []);
      const container: Container = {
        id: one.Id,
        name,
        status: one.State.Status,
        exitCode: one.State.ExitCode,
        outOfMemory: one.State.OOMKilled,
        health: one.State.Health?.Status || undefined,
        restarts: one.RestartCount,
        startedAt: one.State.StartedAt,
        project: one.Config.Labels?.["com.docker.compose.project"],
        directory: one.Config.Labels?.["com.docker.compose.project.working_dir"],
        ports: new Set(bindings.map(({ HostPort }) => Number(HostPort))),
        holdsPorts: one.State.Status === "running" || one.State.Pid > 0,
      };
      return [name, container];
    }),
  );
}

/** Published host ports of all running containers, by port: `{ 3000: "grafana" }`. */
export async function publishedPorts(engine: Engine): Promise<Map<number, string>> {
  const { stdout } = await runCli(engine, ["ps", "--format", "{{.Names}}\t{{.Ports}}"]);
  const ports = stdout.split("\n").flatMap((line) => {
    const [name = "", text = ""] = line.split("\t");
    return [...text.matchAll(/:(\d+)(?:-(\d+))?->/g)].flatMap(([, from, to = from]) => {
      const [first, last] = [Number(from), Number(to)];
      return Array.from({ length: last - first + 1 }, (_, index) => [first + index, name] as const);
    });
  });
  return new Map(ports);
}

/** The last lines of a container's log. */
export async function lastLines(engine: Engine, name: string, count: number): Promise<string[]> {
  const { stdout, stderr } = await runCli(engine, ["logs", "--tail", String(count), name]);
  return `${stdout}\n${stderr}`
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count);
}

/** The network with this name and the compose project that created it; undefined if it does not exist. */
export async function networkNamed(
  engine: Engine,
  name: string,
): Promise<{ readonly project: string | undefined } | undefined> {
  const { code, stdout } = await runCli(engine, ["network", "inspect", name]);
  if (code !== 0) return undefined;
  const labels = z.object({
    Labels: z.record(z.string(), z.string()).nullish(),
    labels: z.record(z.string(), z.string()).nullish(),
  });
  const [network] = z.array(labels).parse(JSON.parse(stdout));
  return { project: (network?.Labels ?? network?.labels)?.["com.docker.compose.project"] };
}

/** The names of all containers of a compose project, including those of services that were removed from its file. */
export async function containersOf(engine: Engine, project: string): Promise<string[]> {
  const filter = `label=com.docker.compose.project=${project}`;
  const { stdout } = await runCli(engine, ["ps", "-a", "--filter", filter, "--format", "{{.Names}}"]);
  return stdout.split("\n").filter(Boolean);
}

/** The containers that were started from a directory, by their compose project. */
export async function containersFrom(
  engine: Engine,
  directory: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const filter = `label=com.docker.compose.project.working_dir=${directory}`;
  const { stdout } = await runCli(engine, ["ps", "-a", "--filter", filter, "--format", "{{.Names}}"]);
  const names = stdout.split("\n").filter(Boolean);
  const found = names.length === 0 ? [] : [...(await containersNamed(engine, names)).values()];
  const groups = Map.groupBy(found, ({ project = "" }) => project);
  return new Map([...groups].map(([project, containers]) => [project, containers.map(({ name }) => name)]));
}

/** All volumes of a compose project, including those that were removed from its file. */
export async function volumesOf(engine: Engine, project: string): Promise<string[]> {
  const { stdout } = await runCli(engine, [
    "volume",
    "ls",
    "-q",
    "--filter",
    `label=com.docker.compose.project=${project}`,
  ]);
  return stdout.split("\n").filter(Boolean).toSorted();
}
