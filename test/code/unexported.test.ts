import { expect, test } from "vitest";
import { unexportedIn } from "../../src/code/unexported.ts";

const IMPORT = 'import { dashboard } from "grafana-provision";\n';
const OLD = 'const old = dashboard({ uid: "a", spec: { title: "Old" } });\n';

test.each([
  ["a block comment", `/*\n${OLD}*/\n`],
  ["a block comment after a pattern in a string", `const files = "**/*.json";\n/*\n${OLD}*/\n`],
  ["a template", `export const text = \`a \\\`\n${OLD}\`;\n`],
])("a declaration in %s is not a forgotten export", (_where, text) => {
  expect(unexportedIn(IMPORT + text)).toEqual([]);
});

test.each([
  ["comments", "/* a\n * b */\n// c `\n"],
  ["templates", "export const a = `b\n/* ${'`'} c`;\n"],
  ["a pattern in a string", "export const files = '**/*.json';\n"],
  ["an escaped quote", String.raw`export const quote = "\"/*";` + "\n"],
])("a forgotten export below %s has its line", (_what, text) => {
  const line = (IMPORT + text).split("\n").length;
  expect(unexportedIn(`${IMPORT}${text}${OLD}/* end */\n`)).toMatchObject([
    { message: expect.stringContaining(`(line ${line})`) },
  ]);
});

test("a resource that only a template uses is used", () => {
  expect(unexportedIn(`${IMPORT}${OLD}export const text = \`\${old.uid}\`;\n`)).toEqual([]);
});
