import { CommanderError } from "commander";
import { commandEnded, endedByCode, endProcess, guardProcess } from "./exit-guard.ts";
import { guardOutput } from "../secrets/outgoing.ts";
import { program } from "./program.ts";
import { EndsProcess } from "../code/user-code.ts";

const EXIT_USAGE = 64;

guardOutput();

// The reader may close the pipe early: `plan | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  endProcess(Number(process.exitCode ?? 0));
});

/** The name of the command, if it was run with `-o json`. */
let json: string | undefined;
program.hook("preAction", async (_program, command) => {
  if (command.opts()["output"] === "json") json = command.name();
  // Loaded now: nothing can be imported while the process exits.
  const [{ failureText }, { exitCodeOfError }, { jsonFailure }] = await Promise.all([
    import("../report/failure.ts"),
    import("../util/errors.ts"),
    json === undefined ? { jsonFailure: undefined } : import("../report/json.ts"),
  ]);
  guardProcess((error) => {
    process.stderr.write(failureText(error, output()));
    const exitCode = exitCodeOfError(error);
    if (json && jsonFailure) process.stdout.write(jsonFailure(json, exitCode, error));
  });
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = await exitCodeFor(error);
}
commandEnded(Number(process.exitCode ?? 0));

async function exitCodeFor(thrown: unknown): Promise<number> {
  // Commander throws for --help and --version too, and has already printed its errors.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : EXIT_USAGE;
  const [{ failureText }, { Cancelled, EXIT, exitCodeOfError, fileError }] = await Promise.all([
    import("../report/failure.ts"),
    import("../util/errors.ts"),
  ]);
  if (thrown instanceof Cancelled) {
    process.stderr.write("Cancelled. Nothing was changed.\n");
    return EXIT.cancelled;
  }
  const error = thrown instanceof EndsProcess ? endedByCode() : (fileError(thrown) ?? thrown);
  const exitCode = exitCodeOfError(error);
  process.stderr.write(failureText(error, output()));
  if (json) process.stdout.write((await import("../report/json.ts")).jsonFailure(json, exitCode, error));
  return exitCode;
}

function output() {
  return { stream: process.stderr, color: !process.argv.includes("--no-color") };
}
