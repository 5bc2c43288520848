// Writes the generated parts of README.md and docs/: outputs, tables, tables of contents and the API reference.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { filledPages, sources } from "../test/content/docs/fill.ts";
import { ROOT } from "../test/content/docs/pages.ts";

for (const [path, text] of await filledPages(await sources())) {
  const file = join(ROOT, path);
  const before = await readFile(file, "utf8").catch(() => undefined);
  if (text === before) continue;
  await writeFile(file, text);
  process.stdout.write(`Wrote ${path}\n`);
}
