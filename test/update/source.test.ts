import { runInNewContext } from "node:vm";
import * as prettier from "prettier";
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/util/json.ts";
import { rewrite } from "../../src/update/rewrite.ts";
import { scriptSource } from "../../src/update/source/script.ts";
import { applyEdits, LOSES_COMMENT, valueOf, type Edits, type Source } from "../../src/update/source/source.ts";
import { withoutUnused } from "../../src/update/unused.ts";
import { wrapped } from "../../src/update/wrap.ts";
import { yamlSource } from "../../src/update/source/yaml.ts";

function applied(text: string, edits: Edits): string {
  if (edits === undefined || edits === LOSES_COMMENT) return String(edits);
  return applyEdits(text, edits);
}

/** Changes the value that is named `at`, or the outermost one. */
function changed(source: Source, old: Json, now: Json, at = ""): string {
  const node = source.nodes.findLast(({ names }) => (names.at(-1) ?? "") === at);
  return node ? applied(source.text, rewrite(source, node, old, now)) : "not found";
}

const ts = (text: string) => scriptSource(text, false);
const json = (text: string) => scriptSource(text, true);

describe("TypeScript", () => {
  test.each<[string, string, Json, Json, string]>([
    ["a string keeps its quotation marks", "const x = { a: 'b' };", "b", "it's", "const x = { a: 'it\\'s' };"],
    ["a template string stays one", "const x = { a: `b` };", "b", "`${c}\n", "const x = { a: `\\`\\${c}\n` };"],
    ["a number", "const x = { a: -1 /* c */ };", -1, 2.5, "const x = { a: 2.5 /* c */ };"],
    ["a value with a type", 'const x = { a: "b" as const };', "b", "c", 'const x = { a: "c" as const };'],
    ["a raw string", "const x = { a: String.raw`\\d` };", "\\d", "\\w", 'const x = { a: "\\\\w" };'],
  ])("%s", (_, text, old, now, expected) => {
    expect(changed(ts(text), old, now, "a")).toBe(expected);
  });

  test.each<[string, string, Json, Json, string]>([
    ["an item is added in its line", "f({ a: [1, 2] })", [1, 2], [1, 2, 3], "f({ a: [1, 2, 3] })"],
    ["an item is removed from its line", "f({ a: [1, 2] })", [1, 2], [2], "f({ a: [2] })"],
    ["the last item is removed", "f({ a: [1, 2] })", [1, 2], [1], "f({ a: [1] })"],
    ["the only item is removed", "f({ a: [1] })", [1], [], "f({ a: [] })"],
    [
      "an item gets its own line, after a comment",
      "f({ a: [\n  1, // one\n  2, // two\n] })",
      [1, 2],
      [1, 2, 3],
      "f({ a: [\n  1, // one\n  2, // two\n  3,\n] })",
    ],
    [
      "a comma is added before a comment",
      "f({ a: [\n  1 // one\n] })",
      [1],
      [1, 3],
      "f({ a: [\n  1, // one\n  3\n] })",
    ],
    ["an item with a comment stays", "f({ a: [\n  1,\n  2, // two\n] })", [1, 2], [1], "loses-comment"],
    [
      "a line is removed",
      "f({ a: [\n  1,\n  // two\n  2,\n  3,\n] })",
      [1, 2, 3],
      [1, 3],
      "f({ a: [\n  1,\n  // two\n  3,\n] })",
    ],
    ["a property is added", "f({ a: { b: 1 } })", { b: 1 }, { b: 1, "c-d": "x" }, 'f({ a: { b: 1, "c-d": "x" } })'],
    ["a property is removed", "f({ a: { b: 1, c: 2 } })", { b: 1, c: 2 }, { b: 1 }, "f({ a: { b: 1 } })"],
    ["computed parts stay", "f({ a: { b: g(), c: 2 } })", { b: 1, c: 2 }, { b: 1, c: 3 }, "f({ a: { b: g(), c: 3 } })"],
  ])("%s", (_, text, old, now, expected) => {
    expect(changed(ts(text), old, now, "a")).toBe(expected);
  });

  test("a call is added and removed in the style of its builder", () => {
    const text = "export default new A()\n  .b(1)\n  // why\n  .c(2) // two\n  .d(3);\n";
    const source = ts(text);
    const [chain] = source.chains;
    expect(chain && applied(text, source.addCall(chain, "e", "x"))).toBe(text.replace(".d(3)", '.d(3)\n  .e("x")'));
    const call = (name: string) => source.calls.find(({ method }) => method === name);
    const [b, c, d] = [call("b"), call("c"), call("d")];
    expect(b && applied(text, source.removeCall(b))).toBe(text.replace("\n  .b(1)", ""));
    expect(c && source.removeCall(c)).toBe(LOSES_COMMENT);
    expect(d && source.removeCall(d)).toBe(LOSES_COMMENT);
  });
});

test("imports and constants that an edit leaves unused are removed", () => {
  const before = [
    'import { A, B, type T } from "x";',
    'import * as units from "y";',
    "",
    "const one = new B();",
    "const two = 2;",
    "",
    "export default new A().b(one).c(units.Short).d(two as T);",
    "",
  ].join("\n");
  const after = before.replace(".b(one).c(units.Short)", "");
  expect(withoutUnused(before, after)).toBe(
    ['import { A, type T } from "x";', "", "const two = 2;", "", "export default new A().d(two as T);", ""].join("\n"),
  );
  expect(withoutUnused(before, before)).toBe(before);
});

test.each<[string, readonly string[], string, readonly string[]]>([
  [
    "in the path of its import, in a text and as a property",
    ['import { loki } from "./loki.ts";', "", 'export const row = [a("loki").loki(b), { loki: 1 }, loki.ref];', ""],
    ", loki.ref",
    ['export const row = [a("loki").loki(b), { loki: 1 }];', ""],
  ],
  [
    "in a comment",
    ['import { loki } from "./a.ts";', "", "// loki has the lines", "export const row = [1, loki.ref];", ""],
    ", loki.ref",
    ["// loki has the lines", "export const row = [1];", ""],
  ],
  [
    "in a link",
    ['import { loki } from "./a.ts";', "", "/** {@link loki} */", "export const row = [1, loki.ref];", ""],
    ", loki.ref",
    ['import { loki } from "./a.ts";', "", "/** {@link loki} */", "export const row = [1];", ""],
  ],
  [
    "as a type",
    ['import { Loki } from "./a.ts";', "", "export const row: (l: Loki[]) => typeof Loki = f(new Loki());", ""],
    "new Loki()",
    ['import { Loki } from "./a.ts";', "", "export const row: (l: Loki[]) => typeof Loki = f();", ""],
  ],
  [
    "in a declaration that is no longer used",
    [
      'import type { Row, Other } from "./a.ts";',
      "type Rows = Row[];",
      "interface Loki { row: Other }",
      "function loki(): Loki { return { row: 1 }; }",
      "const rows: Rows = [];",
      "",
      "export const row = [1, loki(), rows];",
      "",
    ],
    ", loki(), rows",
    ["export const row = [1];", ""],
  ],
])("an import is only used by code and links: %s", (_, lines, removed, expected) => {
  const before = lines.join("\n");
  expect(withoutUnused(before, before.replace(removed, ""))).toBe(expected.join("\n"));
});

describe("JSON", () => {
  test.each<[string, string, Json, Json, string]>([
    ["a byte order mark stays", '\uFEFF{"a": 1}', 1, 2, '\uFEFF{"a": 2}'],
    [
      "line breaks stay",
      '{\r\n\t"a": [\r\n\t\t1\r\n\t]\r\n}',
      [1],
      [1, 2],
      '{\r\n\t"a": [\r\n\t\t1,\r\n\t\t2\r\n\t]\r\n}',
    ],
    ["an empty list is filled", '{\n  "a": []\n}', [], [1], '{\n  "a": [\n    1\n  ]\n}'],
    [
      "the last line is removed with the comma before it",
      '{"a": {\n "b": 1,\n "c": 2\n}}',
      { b: 1, c: 2 },
      { b: 1 },
      '{"a": {\n "b": 1\n}}',
    ],
  ])("%s", (_, text, old, now, expected) => {
    const result = changed(json(text), old, now, "a");
    expect(result).toBe(expected);
    expect((JSON.parse(result.replace(/^\uFEFF/, "")) as { a: Json }).a).toEqual(now);
  });
});

describe("YAML", () => {
  test.each<[string, string, Json, Json, string]>([
    ["a plain text", "a: b # c\n", "b", "x: y", 'a: "x: y" # c\n'],
    ["a text in quotation marks", "a: 'b'\n", "b", "it's", "a: 'it''s'\n"],
    ["a number is not taken for a text", "a: b\n", "b", "1", 'a: "1"\n'],
    ["a block", "a: |\n  b\n  c\nd: 1\n", "b\nc\n", "b\n\nx\n", "a: |\n  b\n\n  x\nd: 1\n"],
    [
      "an item is added",
      "a:\n  - b # x\n  - c\nd: 1\n",
      ["b", "c"],
      ["b", "c", "e"],
      "a:\n  - b # x\n  - c\n  - e\nd: 1\n",
    ],
    ["an item is removed", "a:\n  - b\n  - c\nd: 1\n", ["b", "c"], ["b"], "a:\n  - b\nd: 1\n"],
    ["an item with a comment stays", "a:\n  - b\n  - c # x\n", ["b", "c"], ["b"], "loses-comment"],
    ["between brackets", "a: [b, c]\n", ["b", "c"], ["b", "x"], "a: [b, x]\n"],
    ["a property is added", "a:\n  b: 1\nd: 1\n", { b: 1 }, { b: 1, c: [2] }, "a:\n  b: 1\n  c:\n    - 2\nd: 1\n"],
    ["a property is removed", "a:\n  b: 1\n  c: 2\nd: 1\n", { b: 1, c: 2 }, { c: 2 }, "a:\n  c: 2\nd: 1\n"],
    ["in an item", "a:\n  - b: 1\n    c: 2\n", [{ b: 1, c: 2 }], [{ b: 3, c: 2 }], "a:\n  - b: 3\n    c: 2\n"],
  ])("%s", (_, text, old, now, expected) => {
    const result = changed(yamlSource(text), old, now, "a");
    expect(result).toBe(expected);
    if (result === "loses-comment") return;
    const values = yamlSource(result)
      .nodes.filter(({ names }) => names.at(-1) === "a")
      .map(valueOf);
    expect(values).toContainEqual(now);
  });
});

describe("an edit keeps", () => {
  test.each<[string, string, Json, Json]>([
    ["in an empty list", "f({ a: [\n  // none\n] })", [], ["b"]],
    ["in an empty object", "f({ a: { /* none */ } })", {}, { b: 1 }],
  ])("comments of TypeScript %s", (_, text, old, now) => {
    expect(["loses-comment", "undefined"]).toContain(changed(ts(text), old, now, "a"));
  });

  test.each<[string, string, Json, Json]>([
    ["in a list in brackets", "a: [\n  b, # first\n  c # second\n]\n", ["b", "c"], ["b"]],
    ["in the header of a block", "a: | # why\n  b\n", "b\n", "c\n"],
  ])("comments of YAML %s", (_, text, old, now) => {
    expect(changed(yamlSource(text), old, now, "a")).toBe("loses-comment");
  });

  test.each<[string, string, Json, Json, string]>([
    ["a comment after another item", "a:\n  - Team # 1\n  - b\n", ["Team", "b"], ["Team"], "a:\n  - Team # 1\n"],
    ["a number sign in quotation marks", 'a:\n  - b\n  - "Team # 1"\n', ["b", "Team # 1"], ["b"], "a:\n  - b\n"],
    ["line breaks of Windows", "a:\r\n  - b\r\n  - c\r\n", ["b", "c"], ["b"], "a:\r\n  - b\r\n"],
    ["a list in brackets", "a: [b, c]\n", ["b", "c"], ["b, d", "c"], 'a: ["b, d", c]\n'],
  ])("%s", (_, text, old, now, expected) => {
    expect(changed(yamlSource(text), old, now, "a")).toBe(expected);
  });
});

describe("a text from Grafana", () => {
  const HOSTILE = "a\t${globalThis.pwned=1}` + evil() + `\u2028\\${b}\n\"'";

  test.each(["`Shows ${size} lines`", '"Shows " + size', "'Shows ' + size"])("is only text in %s", (code) => {
    const source = ts(`const size = 1;\nconst x = { a: ${code} };`);
    const [piece] = source.pieces;
    expect(piece?.text).toBe("Shows ");
    const text = applied(source.text, piece && source.setPiece(piece, HOSTILE));
    const globals: Record<string, unknown> = {
      evil: () => {
        throw new Error("executed");
      },
    };
    const value: unknown = runInNewContext(`${text}; x.a`, globals);
    expect(globals["pwned"]).toBeUndefined();
    expect(value).toBe(`${HOSTILE}1${code.startsWith("`") ? " lines" : ""}`);
  });

  test("does not become an argument of a function of Node.js or of another package", () => {
    const source = ts(`
      import { spawnSync as run } from "node:child_process";
      import { env as variable, datasource } from "grafana-provision";
      import { helper } from "./helper.ts";
      const git = (what: string) => run("git", [what]);
      const of = { a: helper({ title: "kept 1" }), b: datasource({ title: "kept 2" }), c: [1].concat("kept 3") };
      const no = [git("title"), run("sh", { title: "x" }), variable("TITLE"), fetch("title"), new Function("x"), run\`x\`];
      const none = await import("title" + "x");
    `);
    const values = source.nodes.flatMap((node) => (node.type === "scalar" ? [node.value] : []));
    expect(values.filter((value) => value !== 1)).toEqual(["kept 1", "kept 2", "kept 3"]);
    expect(source.pieces).toEqual([]);
  });

  test("in the name of a property does not set the prototype", () => {
    expect(changed(ts("f({ a: {} })"), {}, { ["__proto__"]: 1 }, "a")).toBe('f({ a: { ["__proto__"]: 1 } })');
  });

  test("a tagged template with an escape that is invalid elsewhere can be read", () => {
    expect(ts("const x = String.raw`C:\\users\\${y}`;").pieces).toEqual([]);
  });
});

describe("changed lines get the format of the project", () => {
  const format = (text: string) => prettier.format(text, { parser: "babel-ts", printWidth: 60 });
  const CHAIN =
    'export default new A()\n  .b("A text of some length")\n  .c("Another text of some length")\n  .d(3);\n';
  const LONG = ".a('The first text is long', 'and the second text is long')";

  test.each<[string, string, string, string]>([
    [
      "a long line is wrapped",
      CHAIN,
      CHAIN.replace("  .d", `  ${LONG}\n  .d`),
      CHAIN.replace("  .d", '  .a(\n    "The first text is long",\n    "and the second text is long",\n  )\n  .d'),
    ],
    [
      "other lines stay",
      "const x = [ 1,2 ];\n\n\nfoo( x );\nexport default { a: 1 };\n",
      "const x = [ 1,2 ];\n\n\nfoo( x );\nexport default { a: 2,b:'c' };\n",
      'const x = [ 1,2 ];\n\n\nfoo( x );\nexport default { a: 2, b: "c" };\n',
    ],
    [
      "line breaks of Windows stay",
      "export default { a: 1 };\r\n",
      "export default { a: 1,b:2 };\r\n",
      "export default { a: 1, b: 2 };\r\n",
    ],
    [
      "a line that is formatted together with others stays",
      "f({ a: 1, b: [\n  2 ] });\n",
      "f({ a: 1,c:'x', b: [\n  2 ] });\n",
      "f({ a: 1,c:'x', b: [\n  2 ] });\n",
    ],
  ])("%s", async (_, before, after, expected) => {
    expect(await wrapped(before, after, format)).toBe(expected);
  });
});
