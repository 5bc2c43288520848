import { spawn } from "node:child_process";
import { childEnvironment } from "../secrets/environment.ts";
import { countOf } from "../util/plural.ts";
import { Cancelled, codeOf, EXIT, ProvisionError } from "../util/errors.ts";

/**
 * Passes a secret to the standard input of a command. The output of the command is discarded, because it can contain the secret.
 * Throws if the command can't be started or fails, or if it is ended: after `seconds`, or when the signal is aborted.
 */
export async function handOver(
  [program, ...args]: readonly [program: string, ...args: string[]],
  text: string,
  { signal, seconds }: { readonly signal: AbortSignal; readonly seconds: number },
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const fail = (how: string) =>
    reject(
      new ProvisionError(`The command ${program}, which stores the token, ${how}`, {
        exitCode: EXIT.failure,
        code: "token-store-failed",
        hint: "To see the output of the command, run it by hand with a different text on its standard input.",
      }),
    );
  const child = spawn(program, args, { env: childEnvironment(), stdio: ["pipe", "ignore", "ignore"] });
  const interrupt = () => {
    child.kill("SIGKILL");
    reject(new Cancelled());
  };
  signal.addEventListener("abort", interrupt, { once: true });
  // A command that asks for a password on a terminal would never end.
  const limit = setTimeout(() => {
    child.kill("SIGKILL");
    fail(`did not end within ${countOf(seconds, "second")}`);
  }, seconds * 1000);
  child.once("error", (error) => fail(`can't be started (${codeOf(error) ?? "unknown error"})`));
  child.once("close", (exitCode, signal) => {
    if (exitCode === 0) resolve();
    else fail(exitCode === null ? `was ended by ${signal}` : `exited with code ${exitCode}`);
  });
  // A command that ends without reading its input is judged by its exit code.
  child.stdin.on("error", () => {});
  child.stdin.end(text);
  if (signal.aborted) interrupt();
  try {
    await promise;
  } finally {
    clearTimeout(limit);
    signal.removeEventListener("abort", interrupt);
  }
}
