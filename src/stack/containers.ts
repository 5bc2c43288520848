import { z } from "zod";
import { runCli, type Engine } from "./engine.ts";

/** A container, as its engine describes it. */
export interface Container {
  readonly id: string;
  readonly name: string;
  /** `running`, `exited`, `restarting`, `created`, … */
  readonly status: string;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** `starting`, `healthy` or `unhealthy`, as its own check says; undefined for one without a check. */
  readonly health: string | undefined;
  readonly restarts: number;
  readonly startedAt: string;
  /** The compose project that it belongs to; undefined for one that was started by hand. */
  readonly project: string | undefined;
  /** The folder of the compose file that it was made by. Absolute. */
  readonly folder: string | undefined;
  /** Ports of the host that lead to it. */
  readonly ports: ReadonlySet<number>;
}

const Bindings = z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullish()).nullish();

// Docker and Podman spell these alike; what one of them leaves out is optional.
const Inspected = z.array(
  z.object({
    Id: z.string(),
    Name: z.string(),
    State: z.object({
      Status: z.string(),
      ExitCode: z.number().default(0),
      OOMKilled: z.boolean().default(false),
      StartedAt: z.string().default(""),
      Health: z.object({ Status: z.string() }).nullish(),
    }),
    RestartCount: z.number().default(0),
    Config: z.object({ Labels: z.record(z.string(), z.string()).nullish() }),
    HostConfig: z.object({ PortBindings: Bindings }),
  }),
);

/** The containers of these names that exist, by name. */
export async function containersNamed(engine: Engine, names: readonly string[]): Promise<Map<string, Container>> {
  // It fails where one of them isn't there, and prints the others all the same.
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
        folder: one.Config.Labels?.["com.docker.compose.project.working_dir"],
        ports: new Set(bindings.map(({ HostPort }) => Number(HostPort))),
      };
      return [name, container];
    }),
  );
}

/** `{ 3000: "grafana" }`: which running containers publish which ports of the host, whoever they belong to. */
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

/** The last lines that a container wrote, to whichever stream. */
export async function lastLines(engine: Engine, name: string, count: number): Promise<string[]> {
  const { stdout, stderr } = await runCli(engine, ["logs", "--tail", String(count), name]);
  return `${stdout}\n${stderr}`
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(-count);
}

/** A network of this name, and the compose project that made it; undefined where there is none. */
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

/** The names of all containers that a compose project made, also those that its file no longer names. */
export async function containersOf(engine: Engine, project: string): Promise<string[]> {
  const filter = `label=com.docker.compose.project=${project}`;
  const { stdout } = await runCli(engine, ["ps", "-a", "--filter", filter, "--format", "{{.Names}}"]);
  return stdout.split("\n").filter(Boolean);
}

/** The volumes that a compose project made, also those that its file no longer names. */
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
