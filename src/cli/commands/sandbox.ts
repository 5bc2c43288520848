import { resolve } from "node:path";
import { EXIT, type ExitCode } from "../../util/errors.ts";
import { toggles, type Mode } from "../../sandbox/mode.ts";
import { startSandbox } from "../../sandbox/server.ts";
import { ioOf } from "../io.ts";

/** Runs the sandbox until it is interrupted. Prints only its URL to standard output, once it is ready. */
export async function sandbox(options: { port: number; data: string; mode: Mode; color: boolean }): Promise<ExitCode> {
  const { result, errors } = ioOf(options);
  const { data, port, mode } = options;
  const running = await startSandbox({ dataDirectory: resolve(data), port, mode, toggles });
  result.stream.write(`${running.url}\n`);
  errors.stream.write(
    `The sandbox is running. Log in as ${running.user} with the password ${running.password}. Its data is in ${running.dataDirectory}. Press Ctrl-C to stop it.\n`,
  );
  await new Promise<void>((end) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end());
  });
  await running.close();
  return EXIT.done;
}
