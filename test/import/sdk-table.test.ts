import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sdkTable, tableText } from "../../scripts/sdk-table.ts";

test("src/import/sdk/table.json is up to date with the installed SDK: run `npm run generate:sdk`", () => {
  const written = readFileSync(new URL("../../src/import/sdk/table.json", import.meta.url), "utf8");
  expect(tableText(sdkTable()) === written).toBe(true);
});
