import { expect, test } from "vitest";
import { documentsIn, rewritten } from "../../src/upgrade/file.ts";

const DOCUMENT = { kind: "Dashboard", spec: { cursorSync: "Off", items: [1, "a: b"] } };

test.each([
  ["two spaces", '{\n  "a": 1\n}\n', '{\n  "kind": "Dashboard",\n  "spec": {\n    "cursorSync"'],
  ["four spaces", '{\n    "a": 1\n}\n', '{\n    "kind": "Dashboard",\n    "spec": {\n        "cursorSync"'],
  ["tabs", '{\n\t"a": 1\n}\n', '{\n\t"kind": "Dashboard",\n\t"spec": {\n\t\t"cursorSync"'],
  ["no line breaks", '{"a":1}', '{"kind":"Dashboard","spec":{"cursorSync"'],
  ["Windows line breaks", '{\r\n  "a": 1\r\n}\r\n', '{\r\n  "kind": "Dashboard",\r\n  "spec": {\r\n    "cursorSync"'],
  ["a byte order mark", '\uFEFF{\n  "a": 1\n}', '\uFEFF{\n  "kind": "Dashboard"'],
])("JSON keeps %s, and its end", async (_what, before, start) => {
  const { text } = await rewritten(before, ".json", 0, DOCUMENT);
  expect(text.startsWith(start)).toBe(true);
  expect(/\s*$/.exec(text)?.[0]).toBe(/\s*$/.exec(before)?.[0]);
  expect(await documentsIn(text, ".json")).toEqual([DOCUMENT]);
});

test("YAML keeps the other documents and the comments around the document", async () => {
  const before = "# All\n---\n# first\na: 1\n---\n# second\nb:\n    c: 2\n---\n# third\nd: [3] # three\n";
  const { text, lostComments } = await rewritten(before, ".yaml", 1, DOCUMENT);
  expect(text.startsWith("# All\n---\n# first\na: 1\n---\n# second\n")).toBe(true);
  expect(text.endsWith("---\n# third\nd: [3] # three\n")).toBe(true);
  expect(text).toContain("spec:\n    cursorSync: ");
  expect(lostComments).toBe(false);
  expect(await documentsIn(text, ".yaml")).toEqual([{ a: 1 }, DOCUMENT, { d: [3] }]);
});

test.each([
  ["a document on the line of the marker", "--- {a: 1}\n---\nb: 1\n"],
  ["an indented document", "---\n  a: 1\n  c: 2\n---\nb: 1\n"],
  ["Windows line breaks", "# All\r\na:\r\n  c: 1\r\n---\r\nb: 1\r\n"],
  ["Windows line breaks and the marker", "--- {a: 1}\r\n---\r\nb: 1\r\n"],
])("YAML stays valid: %s", async (_what, before) => {
  const { text } = await rewritten(before, ".yaml", 0, { ...DOCUMENT, text: "one\ntwo\n" });
  expect(await documentsIn(text, ".yaml")).toEqual([{ ...DOCUMENT, text: "one\ntwo\n" }, { b: 1 }]);
  expect(text.replaceAll("\r\n", "").includes("\r")).toBe(false);
  expect(text.replaceAll("\r\n", "").includes("\n")).toBe(!before.includes("\r\n"));
});

test("YAML with an error is not read", async () => {
  await expect(documentsIn("--- apiVersion: a\nkind: b\n", ".yaml")).rejects.toThrow("same line");
});

test("a word that YAML 1.1 reads as a boolean is quoted", async () => {
  const { text } = await rewritten("a: 1\n", ".yml", 0, DOCUMENT);
  expect(text).toContain('cursorSync: "Off"');
});

test.each(["a:\n  # inside\n  b: 1\n", "a: 1 # after\nb: 2\n"])(
  "a comment in the document is reported as lost: %j",
  async (text) => {
    expect((await rewritten(text, ".yaml", 0, DOCUMENT)).lostComments).toBe(true);
  },
);
