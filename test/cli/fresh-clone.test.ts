import { execFile } from "node:child_process";
import { cp, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { testProject } from "../helpers/cli.ts";
import { oldNode } from "../helpers/old-node.ts";

const ROOT = join(import.meta.dirname, "../..");

interface Result {
  readonly code: number;
  readonly output: string;
}

function run(command: string, args: readonly string[], cwd: string, path: string): Promise<Result> {
  const env = { HOME: process.env["HOME"], PATH: path };
  return new Promise((resolve) => {
    execFile(command, args, { cwd, env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr });
    });
  });
}

test("a command in a clone without dependencies names the command that installs them", async () => {
  const { directory } = await testProject({ "package.json": '{ "type": "module" }' });
  await cp(join(ROOT, "bin"), join(directory, "bin"), { recursive: true });
  await mkdir(join(directory, "src"));
  const result = await run(
    process.execPath,
    ["bin/grafana-provision.js", "apply"],
    directory,
    process.env["PATH"] ?? "",
  );
  expect(result.code).toBe(1);
  expect(result.output).toContain("`npm ci`");
  expect(result.output).not.toContain("    at ");
});

const old = oldNode();
test.skipIf(!old)("npm ci on a machine with an older Node prints no warnings about engines", async () => {
  const { path = "" } = old ?? {};
  const { directory } = await testProject();
  for (const file of ["package.json", "package-lock.json"]) await cp(join(ROOT, file), join(directory, file));
  const args = ["ci", "--dry-run", "--offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  const install = () => run("npm", args, directory, `${dirname(path)}:/usr/bin:/bin`);
  expect((await install()).output).toContain("EBADENGINE");

  await cp(join(ROOT, ".npmrc"), join(directory, ".npmrc"));
  const quiet = await install();
  expect(quiet.code, quiet.output).toBe(0);
  expect(quiet.output).not.toContain("EBADENGINE");
});
