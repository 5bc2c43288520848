import { existsSync } from "node:fs";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { runCommand, type CommandOptions, type CommandResult } from "./run-command.ts";
import { commandLine } from "../util/command-line.ts";

/** A container engine with Compose on this machine. */
export interface Engine {
  readonly name: (typeof ENGINES)[number];
  /** The compose command. */
  readonly compose: readonly string[];
  /** The command to inspect containers with: `docker` or `podman`. */
  readonly cli: string;
  /** Podman's version if the engine is Podman. The command in `cli` can still be `docker`. */
  readonly podman?: string;
  /** Additional environment variables for both commands. */
  readonly env: Readonly<Record<string, string>>;
}

/** Milliseconds. */
const VERSION_TIMEOUT = 15_000;

export const ENGINES = ["docker compose", "podman compose", "docker-compose"] as const;

type Found = { readonly engine: Engine } | { readonly why: string };

/**
 * Returns the first container engine that works. With `wanted`, tries only this engine. If none works, throws a `ProvisionError` with the
 * reason for each engine that it tried.
 */
export async function findEngine(wanted?: (typeof ENGINES)[number]): Promise<Engine> {
  const tried: string[] = [];
  for (const name of wanted === undefined ? ENGINES : [wanted]) {
    const found = await probe(name);
    if ("engine" in found) return found.engine;
    tried.push(`${name}: ${found.why}`);
  }
  throw new ProvisionError(`No container engine with Compose found (${tried.join("; ")})`, {
    exitCode: EXIT.failure,
    code: "stack-engine-missing",
    hint:
      "Install and start Docker with its Compose plugin (https://docs.docker.com/engine/install/), or Podman 4.7 or " +
      `later with docker-compose. To write only the stack's files, which needs no engine, run: ${commandLine("stack:render")}`,
  });
}

async function probe(name: (typeof ENGINES)[number]): Promise<Found> {
  const compose = name.split(" ");
  const version = await runCommand([...compose, "version"], { timeout: VERSION_TIMEOUT });
  if (version.code === undefined) return { why: "not installed" };
  if (version.code !== 0)
    return { why: name === "docker compose" ? "the Compose plugin is not installed" : firstLine(version) };
  const cli = name === "podman compose" ? "podman" : (await isInstalled("docker")) ? "docker" : "podman";
  const env = cli === "podman" && name === "podman compose" ? {} : socketOf();
  // Asks the server: the client can be installed on a machine without a daemon.
  const format =
    cli === "podman"
      ? "{{.Version}} Podman Engine"
      : "{{.Server.Version}}{{range .Server.Components}} {{.Name}}{{end}}";
  const server = await runCommand([cli, "version", "--format", format], { timeout: VERSION_TIMEOUT, env });
  if (server.code === undefined) return { why: "neither docker nor podman is installed" };
  if (server.code !== 0) return { why: firstLine(server) };
  const [number = ""] = server.stdout.split(" ");
  const podman = server.stdout.includes("Podman Engine") ? { podman: number } : {};
  return { engine: { name, compose, cli, env, ...podman } };
}

async function isInstalled(command: string): Promise<boolean> {
  return (await runCommand([command, "--version"], { timeout: VERSION_TIMEOUT })).code === 0;
}

/** Points Docker clients to Podman's socket if Docker has none. */
function socketOf(): Record<string, string> {
  const { DOCKER_HOST, DOCKER_CONTEXT, XDG_RUNTIME_DIR } = process.env;
  if (DOCKER_HOST || DOCKER_CONTEXT || existsSync("/var/run/docker.sock")) return {};
  const sockets = [...(XDG_RUNTIME_DIR ? [`${XDG_RUNTIME_DIR}/podman/podman.sock`] : []), "/run/podman/podman.sock"];
  const socket = sockets.find(existsSync);
  return socket === undefined ? {} : { DOCKER_HOST: `unix://${socket}` };
}

/** The first line of a failed command's output. */
function firstLine({ code, stderr, stdout }: CommandResult): string {
  if (code === 124) return "timed out";
  const line = (stderr.trim() || stdout.trim()).split("\n").find((text) => text.trim() !== "");
  return line?.trim() ?? `exit ${code}`;
}

/** The last lines of a failed command's standard error; earlier lines are progress output. */
export function errorTail({ stderr }: CommandResult): string {
  return stderr.trim().split("\n").slice(-5).join("\n");
}

export interface ComposeProject {
  readonly directory: string;
  readonly name: string;
}

export async function runCompose(
  engine: Engine,
  { directory, name }: ComposeProject,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const files = ["--project-directory", directory, "-f", `${directory}/compose.yaml`, "-p", name];
  return runCommand([...engine.compose, ...files, ...args], {
    ...options,
    cwd: directory,
    env: { ...engine.env, ...options.env },
  });
}

export async function runCli(
  engine: Engine,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return runCommand([engine.cli, ...args], { timeout: 60_000, ...options, env: { ...engine.env, ...options.env } });
}
