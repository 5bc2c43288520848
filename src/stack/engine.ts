import { existsSync } from "node:fs";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { runCommand, type CommandOptions, type CommandResult } from "./run-command.ts";

/** A container engine with compose, as it was found on this machine. */
export interface Engine {
  readonly name: (typeof ENGINES)[number];
  /** The commands that begin every call. */
  readonly compose: readonly string[];
  /** What containers are looked at with: `docker` or `podman`. */
  readonly cli: string;
  /** Podman's version, where that is what answers, by whichever name. */
  readonly podman?: string;
  /** Added to the environment of both. */
  readonly env: Readonly<Record<string, string>>;
}

/** Milliseconds to wait for an engine's word on itself. */
const PATIENCE = 15_000;

export const ENGINES = ["docker compose", "podman compose", "docker-compose"] as const;

type Found = { readonly engine: Engine } | { readonly why: string };

/**
 * The first engine that is installed and answers, or the one that is `wanted`. Throws exit 1 with what was tried, why it
 * is no use, and what to install.
 */
export async function findEngine(wanted?: (typeof ENGINES)[number]): Promise<Engine> {
  const tried: string[] = [];
  for (const name of wanted === undefined ? ENGINES : [wanted]) {
    const found = await probe(name);
    if ("engine" in found) return found.engine;
    tried.push(`${name}: ${found.why}`);
  }
  throw new ProvisionError(`No container engine with compose was found (${tried.join("; ")})`, {
    exitCode: EXIT.failure,
    hint:
      "Install Docker with its compose plugin (https://docs.docker.com/engine/install/), or Podman 4.7 or later with " +
      "docker-compose, and start it. `stack:render` writes the files without one.",
  });
}

async function probe(name: (typeof ENGINES)[number]): Promise<Found> {
  const compose = name.split(" ");
  const version = await runCommand([...compose, "version"], { timeout: PATIENCE });
  if (version.code === undefined) return { why: "not installed" };
  if (version.code !== 0)
    return { why: name === "docker compose" ? "its compose plugin is not installed" : said(version) };
  const cli = name === "podman compose" ? "podman" : (await isInstalled("docker")) ? "docker" : "podman";
  const env = cli === "podman" && name === "podman compose" ? {} : socketOf();
  // Docker's own client is installed on many machines without a daemon.
  const format =
    cli === "podman"
      ? "{{.Version}} Podman Engine"
      : "{{.Server.Version}}{{range .Server.Components}} {{.Name}}{{end}}";
  const server = await runCommand([cli, "version", "--format", format], { timeout: PATIENCE, env });
  if (server.code === undefined) return { why: "neither docker nor podman is there to look at containers with" };
  if (server.code !== 0) return { why: said(server) };
  const [number = ""] = server.stdout.split(" ");
  const podman = server.stdout.includes("Podman Engine") ? { podman: number } : {};
  return { engine: { name, compose, cli, env, ...podman } };
}

async function isInstalled(command: string): Promise<boolean> {
  return (await runCommand([command, "--version"], { timeout: PATIENCE })).code === 0;
}

/** Podman answers as Docker does, on a socket of its own: where only that one is there, it is meant. */
function socketOf(): Record<string, string> {
  const { DOCKER_HOST, DOCKER_CONTEXT, XDG_RUNTIME_DIR } = process.env;
  if (DOCKER_HOST || DOCKER_CONTEXT || existsSync("/var/run/docker.sock")) return {};
  const sockets = [...(XDG_RUNTIME_DIR ? [`${XDG_RUNTIME_DIR}/podman/podman.sock`] : []), "/run/podman/podman.sock"];
  const socket = sockets.find(existsSync);
  return socket === undefined ? {} : { DOCKER_HOST: `unix://${socket}` };
}

/** The first line of what a failed command says. */
function said({ code, stderr, stdout }: CommandResult): string {
  if (code === 124) return "it doesn't answer";
  const line = (stderr.trim() || stdout.trim()).split("\n").find((text) => text.trim() !== "");
  return line?.trim() ?? `exit ${code}`;
}

/** The last lines of what a failed command says: what came before is its progress. */
export function lastWords({ stderr }: CommandResult): string {
  return stderr.trim().split("\n").slice(-5).join("\n");
}

/** Where compose finds its files, and what its project is called. */
export interface ComposeProject {
  readonly folder: string;
  readonly name: string;
}

export async function runCompose(
  engine: Engine,
  { folder, name }: ComposeProject,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const files = ["--project-directory", folder, "-f", `${folder}/compose.yaml`, "-p", name];
  return runCommand([...engine.compose, ...files, ...args], {
    ...options,
    cwd: folder,
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
