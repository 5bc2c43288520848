import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pageAt, ROOT } from "./docs/pages.ts";

test("the page about reliability has the number of recordings of a real Grafana", () => {
  const recordings = readdirSync(join(ROOT, "test/fixtures/contract"), { recursive: true, encoding: "utf8" });
  const count = recordings.filter((file) => file.endsWith(".json")).length;
  expect(/(\d+) recordings/.exec(pageAt("docs/reliability.md").text)?.[1]).toBe(String(count));
});

test("the tests that the page about reliability names exist", () => {
  const named = [...pageAt("docs/reliability.md").text.matchAll(/`(test\/[^`]+)`/g)].map(([, path = ""]) => path);
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
});
