import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { actionsOf } from "../../src/engine/permissions.ts";
import { kinds } from "../../src/kinds/index.ts";

const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");

test.each([...kinds.values()])("the README says what planning a $name needs", ({ name, access }) => {
  const permissions = readme.slice(readme.indexOf("### Permissions"));
  const row = permissions.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${name}\``));
  const [, , plan = ""] = (row ?? "").split("|");
  expect([...plan.matchAll(/`([^`]+)`/g)].map(([, action]) => action)).toEqual(actionsOf(access.read));
});
