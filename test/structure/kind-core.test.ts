import { expect, test } from "vitest";
import { nodesIn, sourceFiles } from "./syntax.ts";

const FILE = "src/engine/resource.ts";

/** The members of an interface, by its name. */
function membersOf(name: string): { readonly name: string; readonly optional: boolean }[] {
  const file = sourceFiles("src/engine").find((one) => one.name === FILE);
  const nodes = file ? [...nodesIn(file.program)].map(([node]) => node) : [];
  const found = nodes
    .filter(({ type }) => type === "TSInterfaceDeclaration")
    .map((node) => node as unknown as Declared);
  const declared = found.find(({ id }) => id.name === name);
  if (!declared) throw new Error(`${FILE} has no interface ${name}`);
  return declared.body.body.map(({ key, optional }) => ({ name: key.name, optional }));
}

interface Declared {
  readonly id: { readonly name: string };
  readonly body: { readonly body: readonly { readonly key: { readonly name: string }; readonly optional: boolean }[] };
}

test("the core of a kind has at most 16 members, which every kind has; all others are optional facets", () => {
  const core = membersOf("KindCore");
  expect(core.length).toBeGreaterThan(0);
  expect(core.length, core.map(({ name }) => name).join(", ")).toBeLessThanOrEqual(16);
  expect(core.filter(({ optional }) => optional)).toEqual([]);
  expect(membersOf("KindFacets").filter(({ optional }) => !optional)).toEqual([]);
  expect(membersOf("ResourceKind")).toEqual([]);
});
