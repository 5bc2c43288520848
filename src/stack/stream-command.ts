import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { childEnvironment } from "../secrets/environment.ts";

/** A running command with streams of bytes. */
export interface StreamedCommand {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Waits until it has ended. Never rejects: `code` is undefined if the command does not exist. */
  readonly ended: Promise<{ readonly code: number | undefined; readonly stderr: string }>;
}

/** Runs a command without a shell. An abort terminates it. */
export function streamCommand(
  [file = "", ...args]: readonly string[],
  { env, signal }: { readonly env: Readonly<Record<string, string>>; readonly signal?: AbortSignal },
): StreamedCommand {
  const child = spawn(file, args, {
    env: { ...childEnvironment(), ...env },
    stdio: ["pipe", "pipe", "pipe"],
    // The terminal sends Ctrl-C only to the tool, which then terminates the command itself.
    detached: true,
  });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    } catch {
      // The process has exited.
    }
  };
  signal?.addEventListener("abort", end, { once: true });
  if (signal?.aborted) end();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  // A command that fails closes its input early. Its exit code says so.
  child.stdin.on("error", () => {});
  const { promise, resolve } = Promise.withResolvers<Awaited<StreamedCommand["ended"]>>();
  child.once("error", (error) => resolve({ code: undefined, stderr: error.message }));
  child.once("close", (code) => resolve({ code: code ?? 1, stderr }));
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    ended: promise.finally(() => signal?.removeEventListener("abort", end)),
  };
}
