import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { headingsOf, ROOT } from "./pages.ts";

/** Pages of the API reference, by their paths: TypeDoc's output for the entry points in `typedoc.json`. */
export async function apiPages(): Promise<ReadonlyMap<string, string>> {
  const out = await mkdtemp(join(tmpdir(), "grafana-provision-typedoc-"));
  try {
    const typedoc = [join(ROOT, "node_modules/typedoc/bin/typedoc"), "--out", out];
    // TypeDoc requires the JavaScript API of TypeScript 6.
    const node = ["--import", "./scripts/typescript-6.mjs", ...typedoc];
    await promisify(execFile)(process.execPath, node, { cwd: ROOT });
    const page = async (file: string, title: string, subject: string) => {
      const text = await readFile(join(out, file), "utf8");
      return `# ${title}\n\n${subject}\n\n<!-- toc -->\n<!-- end -->\n\n${sections(text)}`;
    };
    const api = await page("index.md", "API reference", API);
    return new Map([
      ["docs/api.md", api],
      ["docs/api-stack.md", await page("stack.md", "Stack API reference", STACK)],
      ["docs/api-testing.md", linkedTo(api, await page("testing.md", "Testing API reference", TESTING))],
    ]);
  } finally {
    await rm(out, { recursive: true, force: true });
  }
}

const API =
  "The functions and types of the package `grafana-provision`, generated from the doc comments. The [guide](guide.md) and [Alerting](alerting.md) introduce them with examples.";
const STACK =
  "The functions and types of `grafana-provision/stack`, generated from the doc comments. [The local stack](stack.md#define-a-stack) introduces the definition.";
const TESTING =
  "The functions and types of `grafana-provision/testing`, generated from the doc comments. [Test alerts](test-alerts.md) introduces them with examples.";

function sections(text: string): string {
  const body = text
    .slice(text.indexOf("\n## "))
    .replaceAll(/<a id="[^"]*"><\/a> /g, "")
    .replaceAll("\n***\n", "")
    .replaceAll("__namedParameters", "options")
    // The schemas are also published as JSON, which is a tenth as long as their Zod types.
    .replaceAll(/(const \w+: ZodObject)<\{[\s\S]*?\n\}, \$strict>;/g, "$1;");
  return body.replaceAll(/\]\(#([a-z]+)\)/g, typeLinks(body, ""));
}

/** A page whose links to types of the main entry lead to the page about it. */
function linkedTo(api: string, page: string): string {
  return page.replaceAll(/\]\(index\.md#([a-z]+)\)/g, typeLinks(api, "api.md"));
}

/** Functions and types can have anchors of the same name. Only types are linked, and they follow the functions. */
function typeLinks(text: string, page: string): (link: string, anchor: string) => string {
  const anchors = new Set(headingsOf({ text }).map(({ anchor }) => anchor));
  return (_link, anchor) => `](${page}#${anchors.has(`${anchor}-1`) ? `${anchor}-1` : anchor})`;
}
