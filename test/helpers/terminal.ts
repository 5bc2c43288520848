import { spawn, spawnSync } from "node:child_process";
import { CLI, type CliResult, type TestProject } from "./cli.ts";

/** Whether this machine has the `script` command of util-linux, which runs a command on a pseudo-terminal. */
export const HAS_TERMINAL = spawnSync("script", ["--version"]).status === 0;

export const KEYS = { enter: "\r", interrupt: "\u0003", endOfInput: "\u0004" } as const;

/** What to type when a text appears, in this order. A function does something before. */
export type Answers = readonly (readonly [prompt: string, keys: string | (() => string)])[];

/** Runs the command line in a project on a terminal. `stdout` is everything that the terminal shows. */
export async function onTerminal(
  { directory }: TestProject,
  args: readonly string[],
  variables: Readonly<Record<string, string>>,
  answers: Answers = [],
): Promise<CliResult> {
  const command = [process.execPath, CLI, ...args].map((word) => `'${word}'`).join(" ");
  const child = spawn("script", ["-qefc", command, "/dev/null"], {
    cwd: directory,
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      TERM: "dumb",
      NO_COLOR: "1",
      SHELL: "/bin/sh",
      ...variables,
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  const rest = [...answers];
  let [stdout, seen] = ["", 0];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
    for (let next = rest[0]; next; next = rest[0]) {
      const at = stdout.indexOf(next[0], seen);
      if (at < 0) return;
      seen = at + next[0].length;
      rest.shift();
      child.stdin.write(typeof next[1] === "string" ? next[1] : next[1]());
    }
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (rest.length > 0) throw new Error(`the terminal never showed "${rest[0]?.[0]}":\n${stdout}`);
  return { code, stdout, stderr: "" };
}
