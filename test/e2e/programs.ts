import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

export const ROOT = join(import.meta.dirname, "../..");
export const EXAMPLE = join(ROOT, "examples/fastapi-backend");

const PROGRAMS = [
  "prometheus",
  "redis-server",
  "prometheus-redis-exporter",
  "prometheus-node-exporter",
  "prometheus-blackbox-exporter",
  "openssl",
  "setpriv",
];

/** Programs that Debian doesn't have: each is on the PATH, or its path is in this variable. */
const OTHERS = { loki: "E2E_LOKI", jaeger: "E2E_JAEGER", otelcol: "E2E_OTELCOL", promtail: "E2E_PROMTAIL" } as const;
export type TelemetryProgram = keyof typeof OTHERS;
export const TELEMETRY = Object.keys(OTHERS) as TelemetryProgram[];

export function programOf(name: TelemetryProgram): string {
  return process.env[OTHERS[name]] || name;
}

/** The programs for logs and traces that this machine lacks. */
export function missingPrograms(): TelemetryProgram[] {
  return TELEMETRY.filter((name) => spawnSync("which", [programOf(name)]).status !== 0);
}

/** What this machine lacks for the tests of logs and traces. */
export function missingTelemetry(): string[] {
  return missingPrograms().map((name) => `${name} (on the PATH, or in ${OTHERS[name]})`);
}

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

/** A program that can be stopped and started again. */
export interface Part {
  stop(): Promise<void>;
  start(): void;
}

/** Starts a program with `run`, and again after each stop. */
export function part(run: () => ChildProcess): Part {
  let running = run();
  return {
    stop: () => stop(running),
    start() {
      running = run();
    },
  };
}

/**
 * Starts a program in a directory, where its output is in `NAME.log`. It ends with this process, even if this process is
 * killed.
 */
export function start(
  name: string,
  command: readonly string[],
  directory: string,
  variables: Readonly<Record<string, string>> = {},
  output?: "pipe",
): ChildProcess {
  const log = openSync(join(directory, `${name}.log`), "a");
  const child = spawn("setpriv", ["--pdeathsig", "KILL", ...command], {
    cwd: directory,
    stdio: ["ignore", output ?? log, log],
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
  output?: "pipe",
): ChildProcess {
  return start(name, [PYTHON, "-m", ...args], directory, { PYTHONPATH: EXAMPLE, ...variables }, output);
}

/** A log file of Docker for a container. */
export function containerLogIn(directory: string): string {
  const id = "e2e".padEnd(64, "0");
  mkdirSync(join(directory, id), { recursive: true });
  return join(directory, id, `${id}-json.log`);
}

/** Appends the standard output of a process to a log file of Docker. */
export function logAsContainer({ stdout }: ChildProcess, file: string): void {
  if (stdout) createInterface(stdout).on("line", (line) => appendFileSync(file, containerLine(line, new Date())));
}

export function containerLine(line: string, time: Date): string {
  return `${JSON.stringify({ log: `${line}\n`, stream: "stdout", time: time.toISOString() })}\n`;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, "exit");
  child.kill("SIGKILL");
  await closed;
}

export async function stopAll(): Promise<void> {
  await Promise.all(started.map(stop));
}

/** Different ports that nothing listens on. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address ? address.port : 0;
  });
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
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
