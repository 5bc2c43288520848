import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mustBeCommitted } from "../../src/upgrade/committed.ts";
import { testProject } from "../helpers/cli.ts";

async function fileIn(
  ...commands: readonly string[][]
): Promise<{ file: string; write: (config: string) => Promise<void> }> {
  const project = await testProject({ "a.json": "{}" });
  for (const args of commands) execFileSync("git", args, { cwd: project.directory });
  return {
    file: join(project.directory, "a.json"),
    write: (config) => project.write({ ".git/config": config }),
  };
}

const COMMIT = ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-q", "-m", "Add a file"];

test("a committed file, and a file in no repository, can be written", async () => {
  const committed = await fileIn(["init", "-q"], ["add", "."], COMMIT);
  await expect(mustBeCommitted(committed.file)).resolves.toBeUndefined();
  await expect(mustBeCommitted((await fileIn()).file)).resolves.toBeUndefined();
});

test("a new file can't be written", async () => {
  const { file } = await fileIn(["init", "-q"]);
  await expect(mustBeCommitted(file)).rejects.toMatchObject({ code: "upgrade-file-uncommitted", exitCode: 64 });
});

test("a repository that git can't read is an error", async () => {
  const { file, write } = await fileIn(["init", "-q"]);
  await write("[");
  await expect(mustBeCommitted(file)).rejects.toMatchObject({ code: "git-failed", exitCode: 1 });
});
