import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pageAt, ROOT } from "./docs/pages.ts";

test("the tests that the page about reliability names exist", () => {
  const named = [...pageAt("docs/reliability.md").text.matchAll(/`(test\/[^`]+)`/g)].map(([, path = ""]) => path);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
