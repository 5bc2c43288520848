import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { knownProperties, knownText, sdkTable, tableText } from "../../scripts/sdk-table.ts";

test.each<[string, () => string]>([
  ["import/sdk/table.json", () => tableText(sdkTable())],
  ["kinds/dashboard/model/known-properties.json", () => knownText(knownProperties())],
])("src/%s is up to date with the installed SDK: run `npm run generate:sdk`", (file, text) => {
  const written = readFileSync(new URL(`../../src/${file}`, import.meta.url), "utf8");
  expect(text() === written).toBe(true);
});
