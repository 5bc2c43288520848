import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { filesOf } from "../../src/code/resource-files.ts";
import { fileError } from "../../src/util/errors.ts";

/** A directory with the file `res/a.json` and these symbolic links to missing files. */
async function directoryWith(links: readonly string[]): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-")));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const path of ["res/a.json", ...links].map((name) => join(directory, name))) {
    await mkdir(dirname(path), { recursive: true });
    await (path.endsWith("res/a.json") ? writeFile(path, "{}") : symlink("missing", path));
  }
  return directory;
}

test.each([
  "res/.#a.ts",
  "res/.hidden/y.ts",
  "res/_arch/x.json",
  "res/_x.ts",
  "res/sub/node_modules/p/x.json",
  "res/a.test.ts",
  "res/a.d.ts",
])("a symbolic link to a missing file is ignored like any other file: %s", async (link) => {
  const directory = await directoryWith([link]);
  expect(await filesOf(["res"], directory)).toEqual({
    files: [join(directory, "res/a.json")],
    missing: [],
    dangling: [],
  });
});

test("a symbolic link to a missing file is found, also in a resource directory with a name that begins with _", async () => {
  const directory = await directoryWith(["res/sub/b.ts", "_more/c.yaml"]);
  const { dangling } = await filesOf(["res", "_more"], directory);
  expect(dangling).toEqual([join(directory, "res/sub/b.ts"), join(directory, "_more/c.yaml")]);
});

test("a path below a file does not exist", async () => {
  const directory = await directoryWith([]);
  const { missing } = await filesOf(["res/a.json/x"], directory);
  expect(missing).toMatchObject([{ message: expect.stringContaining("res/a.json/x does not exist") }]);
});

test("a directory that can't be read requires read permission", () => {
  const error = Object.assign(new Error("EACCES"), { code: "EACCES", syscall: "scandir", path: "res/sub" });
  expect(fileError(error)).toMatchObject({ exitCode: 1, hint: expect.stringContaining("grant read permission") });
});
