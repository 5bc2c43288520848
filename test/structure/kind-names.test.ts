import { expect, test } from "vitest";
import { kinds } from "../../src/kinds/index.ts";
import { kindsNamedIn } from "./kind-names.ts";
import { sourceFile, sourceFiles } from "./syntax.ts";

test("only a kind's own files name it", () => {
  expect(sourceFiles().flatMap((file) => kindsNamedIn(file, kinds.keys()))).toEqual([]);
});

test.each([
  ["compares a kind", 'if (change.kind === "dashboard") draw(change);'],
  ["builds a kind", 'const reference = { kind: "folder", id };'],
  ["lists kinds", 'const SECTIONS = ["rule-group"];'],
  ["has a constant", 'const FOLDER = "folder";'],
  ["has a type", 'interface Stored { kind: "contact-point" }'],
  ["uses the name of the public API", "const helper = `muteTiming`;"],
  ["builds an address", "const name = `folder/${id}`;"],
  ["has an address", 'const name = "folder/general";'],
  ["imports a kind", 'import { folderKind } from "../kinds/folder/folder.ts";'],
  ["imports a type of a kind", 'import type { Folder } from "../kinds/folder/folder.ts";'],
  ["imports a kind later", 'const kind = await import("../kinds/folder/folder.ts");'],
  ["re-exports a kind", 'export { folderKind } from "../kinds/folder/folder.ts";'],
])("a file that %s is found", (_what, text) => {
  expect(kindsNamedIn(sourceFile("src/engine/example.ts", text), kinds.keys())).toHaveLength(1);
});

test.each([
  ["a property", "const { folder } = entry; entry.dashboard = entry['datasource'];"],
  ["a key", "const model = { folder: uid, 'rule-group': 1 };"],
  ["a property in a type", 'type Title = Pick<Entry, "folder">;'],
  ["prose", 'const message = "the folder is not empty";'],
  ["the registry", 'import { kinds } from "../kinds/index.ts";'],
])("%s names no kind", (_what, text) => {
  expect(kindsNamedIn(sourceFile("src/engine/example.ts", text), kinds.keys())).toEqual([]);
});
