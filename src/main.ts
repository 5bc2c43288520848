import { CommanderError } from "commander";
import { program } from "./program.ts";

const EXIT_USAGE = 64;

// Who reads the output may stop reading: `plan | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(process.exitCode ?? 0);
});

/** The command that was asked for JSON. */
let json: string | undefined;
program.hook("preAction", (_program, command) => {
  if (command.opts()["output"] === "json") json = command.name();
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = await exitCodeFor(error);
}

async function exitCodeFor(thrown: unknown): Promise<number> {
  // Help and the version come as errors too; everything else was printed by commander already.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_USAGE;
  const [{ failureText }, { EXIT, fileError, ProvisionError }, { Cancelled }] = await Promise.all([
    import("./report/failure.ts"),
    import("./errors.ts"),
    import("./commands/consent.ts"),
  ]);
  if (thrown instanceof Cancelled) {
    process.stderr.write("Cancelled: nothing was changed.\n");
    return EXIT.cancelled;
  }
  const error = fileError(thrown) ?? thrown;
  const exitCode = error instanceof ProvisionError ? error.exitCode : EXIT.failure;
  process.stderr.write(failureText(error, { stream: process.stderr, color: !process.argv.includes("--no-color") }));
  // Whoever reads JSON gets JSON, whatever happens.
  if (json) process.stdout.write((await import("./report/json.ts")).jsonFailure(json, exitCode, error));
  return exitCode;
}
