import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { importFault } from "../../src/code/import-fault.ts";

async function directoryWith(files: Readonly<Record<string, string>>): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-")));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, "node_modules/pkg"), { recursive: true });
  for (const [path, text] of Object.entries(files)) await writeFile(join(directory, path), text);
  return directory;
}

test("the explanation of a misspelled import of a CommonJS package does not run the package", async () => {
  const directory = await directoryWith({
    "a.ts": 'import { righ } from "pkg";\n',
    "node_modules/pkg/index.js": "globalThis.packageHasRun = true; exports.right = 1;\n",
  });
  const file = join(directory, "a.ts");
  const message = "Named export 'righ' not found. The requested module 'pkg' is a CommonJS module";
  const error = Object.assign(new SyntaxError(message), { stack: `file://${file}:1\nSyntaxError: ${message}` });
  expect(importFault(error, file)).toMatchObject({ file, code: "code-import-missing" });
  expect(Reflect.has(globalThis, "packageHasRun")).toBe(false);
});

test("an import of a path below a file does not exist", async () => {
  const directory = await directoryWith({ "b.ts": "" });
  const file = join(directory, "a.ts");
  const message = `Cannot find module '${directory}/b.ts/c.ts' imported from ${file}`;
  const error = Object.assign(new Error(message), { code: "ERR_MODULE_NOT_FOUND" });
  expect(importFault(error, file)).toMatchObject({ file, code: "code-import-missing" });
});
