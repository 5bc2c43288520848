import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { apiPages } from "./api.ts";
import { generatedPages, ROOT, tableOfContents } from "./pages.ts";
import { outputs } from "./story.ts";
import { tables } from "./tables.ts";

export const OUTPUT = /<!-- output: (\S+) -->\n+```text\n([\s\S]*?)```/g;
export const GENERATED = /<!-- ([a-z-]+) -->[\s\S]*?<!-- end -->/g;

/** All generated parts of the pages. */
export interface Sources {
  readonly outputs: ReadonlyMap<string, string>;
  readonly tables: ReadonlyMap<string, string>;
  readonly api: ReadonlyMap<string, string>;
}

export async function sources(): Promise<Sources> {
  const [shown, api] = await Promise.all([outputs(), apiPages()]);
  return { outputs: shown, tables: tables(), api };
}

/** All pages with their generated parts, by path. */
export async function filledPages(from: Sources): Promise<ReadonlyMap<string, string>> {
  const texts = new Map([...generatedPages().map(({ path, text }) => [path, text] as const), ...from.api]);
  const filled = [...texts].map(async ([path, text]) => [path, await filledPage(path, text, from)] as const);
  return new Map(await Promise.all(filled));
}

async function filledPage(path: string, text: string, { outputs, tables }: Sources): Promise<string> {
  const parts = text
    .replaceAll(OUTPUT, (block, name: string) => {
      const output = outputs.get(name);
      return output === undefined ? block : `<!-- output: ${name} -->\n\n\`\`\`text\n${output.trimEnd()}\n\`\`\``;
    })
    .replaceAll(GENERATED, (block, name: string) => generated(name, tables.get(name)) ?? block);
  const contents = tableOfContents({ text: parts });
  const page = parts.replaceAll(
    GENERATED,
    (block, name: string) => (name === "toc" ? generated(name, contents) : undefined) ?? block,
  );
  const options = await resolveConfig(join(ROOT, path));
  return format(page, { ...options, parser: "markdown" });
}

function generated(name: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : `<!-- ${name} -->\n\n${text}\n\n<!-- end -->`;
}
