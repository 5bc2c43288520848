import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");
const EXAMPLE = join(ROOT, "examples/fastapi-backend");

const PROGRAMS = [
  "prometheus",
  "redis-server",
  "prometheus-redis-exporter",
  "prometheus-node-exporter",
  "prometheus-blackbox-exporter",
  "openssl",
];

/** The Python of the example's virtual environment, which `run.py` makes. */
const PYTHON = join(EXAMPLE, ".venv/bin/python");

/** What this machine lacks for the end-to-end tests. */
export function missing(): string[] {
  const programs = PROGRAMS.filter((name) => spawnSync("which", [name]).status !== 0);
  const installs = ["python3.14", "python3.13", "python3.12", "python3.11", "python3"].some(
    (python) => spawnSync(python, [join(EXAMPLE, "run.py"), "load", "--help"]).status === 0,
  );
  return [
    ...programs,
    ...(installs && existsSync(PYTHON) ? [] : ["the example backend (Python 3.11 or later, and its packages)"]),
    ...(process.env["TEST_GRAFANA_URL"] ? [] : ["TEST_GRAFANA_URL"]),
  ];
}

const started: ChildProcess[] = [];

/** Starts a program in a directory, where its output is in `NAME.log`. */
export function start(
  name: string,
  command: readonly string[],
  directory: string,
  variables: Readonly<Record<string, string>> = {},
): ChildProcess {
  const [program = "", ...args] = command;
  const log = openSync(join(directory, `${name}.log`), "a");
  const child = spawn(program, args, {
    cwd: directory,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...variables },
  });
  started.push(child);
  return child;
}

/** Runs a module of the example backend. */
export function python(
  name: string,
  args: readonly string[],
  directory: string,
  variables: Readonly<Record<string, string>> = {},
): ChildProcess {
  return start(name, [PYTHON, "-m", ...args], directory, { PYTHONPATH: EXAMPLE, ...variables });
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "exit");
  child.kill("SIGKILL");
  await closed;
}

export async function stopAll(): Promise<void> {
  await Promise.all(started.map(stop));
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

/** Asks until there is an answer. The limit only ends tests that hang. */
export async function until<T>(what: () => string, ask: () => Promise<T | undefined>, minutes = 6): Promise<T> {
  const end = Date.now() + minutes * 60_000;
  for (;;) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`timeout: ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

export function answers(url: string): Promise<true> {
  return until(
    () => url,
    async () => ((await fetch(url)).ok ? true : undefined),
  );
}
