import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

const CLI = join(import.meta.dirname, "../../bin/grafana-provision.js");

/** Runs `--version` with a directory for the compile cache. Returns whether Node loaded its type stripper. */
function start(cache: string): { status: number | null; stdout: string; stripped: boolean } {
  const report = `process.on("exit", () => console.error(process.moduleLoadList.some((name) => name.includes("amaro"))))`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`--import=data:text/javascript,${encodeURIComponent(report)}`, CLI, "--version"],
    { encoding: "utf8", env: { TMPDIR: cache } },
  );
  return { status, stdout, stripped: stderr.includes("true") };
}

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "grafana-provision-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

test("a second start strips no types, because the compile cache contains all modules and the entry point", async () => {
  const cache = await temporary();
  const first = start(cache);
  expect(first).toMatchObject({ status: 0, stripped: true });
  expect(await readdir(cache)).toEqual(["node-compile-cache"]);
  expect(start(cache)).toEqual({ ...first, stripped: false });
});

test("the command runs if the compile cache can't be written", async () => {
  const cache = await temporary();
  // A file in place of the directory also stops root, unlike missing permissions.
  await writeFile(join(cache, "node-compile-cache"), "");
  await chmod(cache, 0o555);
  expect(start(cache)).toMatchObject({ status: 0, stripped: true });
});
