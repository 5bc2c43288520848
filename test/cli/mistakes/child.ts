// Runs command lines in the directories of projects, one after the other, because starting a process for each would take half a second.
import { CommanderError } from "commander";
import { program } from "../../../src/cli/program.ts";
import { failureText } from "../../../src/report/failure.ts";
import { EXIT, InvalidCodeError, ProvisionError } from "../../../src/util/errors.ts";
import type { MistakeResult, MistakeRun } from "./list.ts";

const written: string[] = [];
const capture = (text: string | Uint8Array) => {
  written.push(String(text));
  return true;
};
const print = process.stdout.write.bind(process.stdout);
process.stdout.write = capture;
process.stderr.write = capture;

async function resultOf({ directory, args, variables = {} }: MistakeRun): Promise<MistakeResult> {
  written.length = 0;
  process.exitCode = 0;
  process.chdir(directory);
  Object.assign(process.env, variables);
  try {
    await program.parseAsync([...args, ...(args.includes("--no-color") ? [] : ["--no-color"])], { from: "user" });
    return { exitCode: process.exitCode, codes: [], text: written.join("") };
  } catch (error) {
    if (error instanceof CommanderError) return { exitCode: EXIT.usage, codes: [], text: written.join("") };
    const text = written.join("") + failureText(error, { stream: process.stderr, color: false });
    const codes =
      error instanceof InvalidCodeError
        ? error.faults.flatMap(({ level, code }) => (level === "error" && code ? [code] : []))
        : error instanceof ProvisionError
          ? [error.code]
          : [];
    return { exitCode: error instanceof ProvisionError ? error.exitCode : EXIT.failure, codes, text };
  } finally {
    for (const name of Object.keys(variables)) delete process.env[name];
  }
}

const results: MistakeResult[] = [];
for (const run of JSON.parse(process.argv[2] ?? "[]") as MistakeRun[]) results.push(await resultOf(run));
process.stdout.write = print;
process.exitCode = 0;
process.stdout.write(JSON.stringify(results));
