import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ERROR_CODES } from "../../src/util/error-codes.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";

const ROOT = join(import.meta.dirname, "../..");

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

const documented = [...read("docs/errors.md").matchAll(/^\| `([^`]+)` *\*? *\| (.+?) *\| (.+?) *\|$/gm)];

test("docs/errors.md describes all codes, each once", () => {
  expect(documented).toHaveLength(ERROR_CODES.length);
  expect(new Set(documented.map(([, code]) => code))).toEqual(new Set(ERROR_CODES));
  expect(ERROR_CODES).toEqual(ERROR_CODES.toSorted());
  expect(documented.filter(([, , meaning, fix]) => !meaning || !fix)).toEqual([]);
});

test("the source uses all codes", () => {
  const files = globSync("src/**/*.ts", { cwd: ROOT }).filter((file) => !file.endsWith("error-codes.ts"));
  const source = files.map(read).join("\n");
  expect(ERROR_CODES.filter((code) => !source.includes(`"${code}"`))).toEqual([]);
});

test.each(ERROR_CODES)("%s follows the naming rule", (code) => {
  expect(code).toMatch(/^[a-z]+(-[a-z]+)+$/);
});

test("faults without a code of their own get one", () => {
  const [fault] = new InvalidCodeError([{ level: "error", message: "invalid" }]).faults;
  expect(ERROR_CODES).toContain(fault?.code);
});
