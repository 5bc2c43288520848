import { spawn } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { NODE_FLAGS } from "./node-flags.ts";

/** The command that tests start: the bundled package's, or the checkout's if nothing was bundled. */
export const CLI = process.env["TEST_CLI"] ?? fileURLToPath(new URL("../../bin/grafana-provision.js", import.meta.url));

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A user's repository in a temporary directory. */
export interface TestProject {
  readonly directory: string;
  /** Writes files, by path relative to the directory. */
  write(files: Readonly<Record<string, string>>): Promise<void>;
  remove(...paths: string[]): Promise<void>;
  /** Runs the command line like a user: a separate process, no terminal, and only these variables for the tool. */
  run(args: readonly string[], variables?: Readonly<Record<string, string>>): Promise<CliResult>;
}

const CONFIG = 'export default { project: "test", resources: ["./resources"] };\n';

/** Makes a repository with a configuration (project `test`, resources in `./resources`) and these files. */
export async function testProject(files: Readonly<Record<string, string>> = {}): Promise<TestProject> {
  // Node identifies modules by their real path.
  const directory = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-")));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const project: TestProject = {
    directory,
    async write(written) {
      for (const [path, text] of Object.entries(written)) {
        await mkdir(dirname(join(directory, path)), { recursive: true });
        await writeFile(join(directory, path), text);
      }
    },
    async remove(...paths) {
      for (const path of paths) await rm(join(directory, path), { recursive: true });
    },
    run: (args, variables = {}) => runCli(args, { cwd: directory, variables }),
  };
  await project.write({ "grafana.config.ts": CONFIG, ...files });
  return project;
}

/** A log gets these lines after ten seconds, which depends only on the load of the machine. */
const PROGRESS = /^(Applied|Taking screenshots:) \d+ of \d+\n/gm;

async function runCli(
  args: readonly string[],
  { cwd, variables }: { cwd: string; variables: Readonly<Record<string, string>> },
): Promise<CliResult> {
  const child = spawn(process.execPath, [...NODE_FLAGS, CLI, ...args], {
    cwd,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1", ...variables },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, stdout, stderr: stderr.replaceAll(PROGRESS, "") };
}
