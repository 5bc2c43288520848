import { spawn } from "node:child_process";
import { childEnvironment } from "../secrets/environment.ts";

/** What a command said and how it ended. `code` is undefined where there is no such command. */
export interface CommandResult {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds; it is ended then, and its code is 124, as `timeout` has it. */
  readonly timeout?: number;
  /** The same, counted anew from everything that it says. */
  readonly silence?: number;
  /** Each line that it says on standard error, as soon as it is said. */
  readonly onLine?: (line: string) => void;
  /** Ends it. */
  readonly signal?: AbortSignal;
}

/** Runs a command to its end, without a shell. Never throws for what the command does; throws what `signal` was aborted with. */
export async function runCommand(command: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file = "", ...args] = command;
  const { promise, resolve, reject } = Promise.withResolvers<CommandResult>();
  const child = spawn(file, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...childEnvironment(), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // Ctrl-C is the tool's own business, which ends it with what it started.
    detached: true,
  });
  let [stdout, stderr, rest, late] = ["", "", "", false];
  // All of its group: a command that starts another, as `podman compose` does, hands no signal on.
  const signalAll = (signal: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has ended.
    }
  };
  let force: NodeJS.Timeout | undefined;
  const end = () => {
    signalAll("SIGTERM");
    force ??= setTimeout(() => signalAll("SIGKILL"), 10_000);
  };
  const tooLate = () => {
    late = true;
    end();
  };
  const timer = options.timeout === undefined ? undefined : setTimeout(tooLate, options.timeout);
  const quiet = options.silence === undefined ? undefined : setTimeout(tooLate, options.silence);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    quiet?.refresh();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    quiet?.refresh();
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
    else resolve({ code: late ? 124 : (code ?? (signal === null ? 1 : 128)), stdout, stderr });
  });
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    clearTimeout(quiet);
    clearTimeout(force);
    options.signal?.removeEventListener("abort", end);
  }
}
