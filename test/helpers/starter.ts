import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";

const STARTER = join(import.meta.dirname, "../../starter");

/** The resources and the configuration that `init` writes in the classic schema, by their paths. */
export async function starter(): Promise<Record<string, string>> {
  const entries = await readdir(STARTER, { recursive: true, withFileTypes: true });
  const files = entries.filter(
    (entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.name.endsWith(".v2.ts"),
  );
  return Object.fromEntries(
    await Promise.all(
      files.map(async ({ parentPath, name }) => {
        const file = join(parentPath, name);
        return [relative(STARTER, file).replaceAll("\\", "/"), await readFile(file, "utf8")] as const;
      }),
    ),
  );
}
