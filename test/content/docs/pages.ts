import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { marked, type Token, type Tokens } from "marked";

export const ROOT = join(import.meta.dirname, "../../..");

export interface Page {
  /** Relative to the repository. */
  readonly path: string;
  readonly text: string;
}

export interface Heading {
  readonly level: number;
  readonly text: string;
  /** As GitHub makes it. */
  readonly anchor: string;
}

export function pageAt(path: string): Page {
  return { path, text: readFileSync(join(ROOT, path), "utf8") };
}

/** The README and all pages in `docs/`: what users read. */
export function pages(): readonly Page[] {
  return ["README.md", ...globSync("docs/*.md", { cwd: ROOT }).toSorted()].map(pageAt);
}

/** Pages with generated parts. */
export function generatedPages(): readonly Page[] {
  return [...pages(), pageAt("dashboards/METRICS.md")];
}

/** Headings by text: a page is parsed once, and not once for each link to it. */
const HEADINGS = new Map<string, readonly Heading[]>();

export function headingsOf({ text }: Pick<Page, "text">): readonly Heading[] {
  const known = HEADINGS.get(text);
  if (known) return known;
  const headings = readHeadings(text);
  HEADINGS.set(text, headings);
  return headings;
}

function readHeadings(text: string): readonly Heading[] {
  const seen = new Map<string, number>();
  return marked
    .lexer(text)
    .filter((token): token is Tokens.Heading => token.type === "heading")
    .map(({ depth, tokens }) => {
      const plain = plainText(tokens);
      const slug = plain
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
        .replaceAll(" ", "-");
      const count = seen.get(slug) ?? 0;
      seen.set(slug, count + 1);
      return { level: depth, text: plain, anchor: count === 0 ? slug : `${slug}-${count}` };
    });
}

/** Targets of all links and images of a page. */
export function linksOf({ text }: Pick<Page, "text">): readonly string[] {
  const links: string[] = [];
  void marked.walkTokens(marked.lexer(text), (token) => {
    if (token.type === "link" || token.type === "image") links.push((token as Tokens.Link).href);
  });
  return links;
}

/** Path and anchor of a link to a file of the repository; undefined for any other link. */
export function targetOf(page: Page, href: string): { readonly path: string; readonly anchor: string } | undefined {
  if (/^[a-z]+:/.test(href)) return undefined;
  const [path = "", anchor = ""] = href.split("#");
  return { path: path === "" ? page.path : posix.join(posix.dirname(page.path), path), anchor };
}

/** The links to a page's sections, between `<!-- toc -->` and `<!-- end -->`. */
export function tableOfContents(page: Pick<Page, "text">): string {
  return headingsOf(page)
    .filter(({ level }) => level === 2 || level === 3)
    .map(({ level, text, anchor }) => `${level === 3 ? "  " : ""}- [${text}](#${anchor})`)
    .join("\n");
}

function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => ("tokens" in token && token.tokens ? plainText(token.tokens) : "text" in token ? token.text : ""))
    .join("");
}
