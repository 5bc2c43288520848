import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { headingsOf, linksOf, pageAt, pages, ROOT, targetOf, type Page } from "./docs/pages.ts";

const readme = pageAt("README.md");
const docs = pages().filter(({ path }) => path !== readme.path);
const others = globSync(["*.md", "{alerts,dashboards}/**/*.md"], { cwd: ROOT, exclude: ["README.md"] }).map(pageAt);

/** Links of a page that lead to no file or to no heading. */
function brokenLinks(page: Page): string[] {
  return linksOf(page).filter((href) => {
    const target = targetOf(page, href);
    if (target === undefined) return false;
    const isSame = target.path === page.path;
    if (!isSame && !existsSync(join(ROOT, target.path))) return true;
    if (target.anchor === "") return false;
    return !headingsOf(isSame ? page : pageAt(target.path)).some(({ anchor }) => anchor === target.anchor);
  });
}

test.each([readme, ...docs, ...others])("every link of $path to this repository resolves", (page) => {
  expect(brokenLinks(page)).toEqual([]);
});

test("a link to a missing file or heading is found", () => {
  const text = "# A\n\n## One `two`\n\n[a](#one-two) [b](#two) [c](README.md) [d](docs/none.md) [e](README.md#none)\n";
  expect(brokenLinks({ path: "NEW.md", text })).toEqual(["#two", "docs/none.md", "README.md#none"]);
});

describe.each(docs)("$path", (page) => {
  test("has one title, which is its first line", () => {
    const titles = headingsOf(page).filter(({ level }) => level === 1);
    expect(titles.map(({ text }) => `# ${text}`)).toEqual([page.text.split("\n")[0]]);
  });

  test("has a table of contents before its first section", () => {
    const before = page.text.slice(0, page.text.search(/^## /m));
    expect(before).toMatch(/<!-- toc -->\n\n- \[[\s\S]*<!-- end -->/);
  });

  test("is linked in the README", () => {
    expect(linksOf(readme).map((href) => targetOf(readme, href)?.path)).toContain(page.path);
  });
});

describe("README.md", () => {
  const lines = readme.text.trimEnd().split("\n");

  test("has at most 250 lines", () => {
    expect(lines.length).toBeLessThanOrEqual(250);
  });

  test("has no line over 120 characters, except tables, the targets of links, and output", () => {
    let fence: string | undefined;
    const long = lines.filter((line) => {
      const opening = /^```(\w*)/.exec(line);
      if (opening) fence = fence === undefined ? opening[1] : undefined;
      return fence !== "text" && !line.startsWith("|") && line.replaceAll(/\]\([^)]*\)/g, "]").length > 120;
    });
    expect(long).toEqual([]);
  });
});

/** A page without fenced code, in which commands print their own output. */
function prose({ text }: Page): string {
  return text.replaceAll(/^```[\s\S]*?^```$/gm, "");
}

test("the npm scripts for plan and apply are named once", () => {
  const mentions = [readme, ...docs].flatMap(({ path, text }) => {
    const shell = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, code]) => code);
    const all = [prose({ path, text }), ...shell].join("\n");
    return [...all.matchAll(/npm run (?:-s )?(diff|provision)\b/g)].map(([, script]) => `${path} ${script}`);
  });
  expect(mentions).toEqual(["README.md provision"]);
});

test("DECISIONS.md has the newest decision first, each of at most 15 lines", () => {
  const [, ...decisions] = pageAt("DECISIONS.md").text.split(/^## /m);
  const numbers = decisions.map((decision) => Number.parseInt(decision, 10));
  expect(numbers.length).toBeGreaterThan(40);
  expect(numbers).toEqual(numbers.toSorted((a, b) => b - a));
  expect(new Set(numbers).size).toBe(numbers.length);
  const long = decisions.filter((decision) => decision.trimEnd().split("\n").length > 15);
  expect(long.map((decision) => decision.split("\n")[0])).toEqual([]);
});

test("CONTRIBUTING.md has a glossary of at most 25 terms", () => {
  const { text } = pageAt("CONTRIBUTING.md");
  const section = text.slice(text.indexOf("\n## Glossary\n")).split(/\n## /)[1] ?? "";
  const terms = [...section.matchAll(/^\| ([^|]+?) +\|/gm)].map(([, term = ""]) => term).slice(2);
  expect(terms.length).toBeGreaterThan(10);
  expect(terms.length).toBeLessThanOrEqual(25);
  expect(terms).toEqual(terms.toSorted((a, b) => a.localeCompare(b)));
});
