import { spawn } from "node:child_process";
import { childEnvironment } from "../secrets/environment.ts";

/** Output and exit code of a command. `code` is undefined if the command does not exist. */
export interface CommandResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until the command is terminated with code 124, as `timeout` does. */
  readonly timeout?: number;
  /** Milliseconds without output until the command is terminated with code 124. */
  readonly silence?: number;
  /** Receives each line of standard error as it arrives. */
  readonly onLine?: (line: string) => void;
  /** Terminates the command. */
  readonly signal?: AbortSignal;
}

/** Runs a command without a shell. Does not throw if the command fails; throws the reason of `signal` if it is aborted. */
export async function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file = "", ...args] = command;
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const child = spawn(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...childEnvironment(), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // The terminal sends Ctrl-C only to the tool, which then terminates the command itself.
    detached: true,
  });
  let [stdout, stderr, rest, timedOut] = ["", "", "", false];
  // Signals the process group: `podman compose` does not forward signals to the command that it starts.
  const signalAll = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // The process has exited.
    }
  };
  let force: NodeJS.Timeout | undefined;
  const end = () => {
    signalAll("SIGTERM");
    force ??= setTimeout(() => signalAll("SIGKILL"), 10_000);
  };
  const onTimeout = () => {
    timedOut = true;
    end();
  };
  const timer = options.timeout === undefined ? undefined : setTimeout(onTimeout, options.timeout);
  const silence = options.silence === undefined ? undefined : setTimeout(onTimeout, options.silence);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    silence?.refresh();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    silence?.refresh();
    const lines = (rest + text).split(/[\r\n]+/);
    rest = lines.pop() ?? "";
    for (const line of lines) if (line.trim() !== "") options.onLine?.(line.trim());
  });
  options.signal?.addEventListener("abort", end, { once: true });
  if (options.signal?.aborted) end();
  child.once("error", (error) => {
    if ("code" in error && (error.code === "ENOENT" || error.code === "EACCES"))
      resolve({ code: undefined, stdout, stderr: error.message });
    else reject(error);
  });
  child.once("close", (code, signal) => {
    if (options.signal?.aborted) reject(options.signal.reason as Error);
    else resolve({ code: timedOut ? 124 : (code ?? (signal === null ? 1 : 128)), stdout, stderr });
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    clearTimeout(silence);
    clearTimeout(force);
    options.signal?.removeEventListener("abort", end);
  }
}
