import { runInThisContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fromJson, valueOf } from "../../src/import/code/expression.ts";
import { fileNameFrom, identifierFrom, UniqueNames } from "../../src/import/code/names.ts";
import { moduleText } from "../../src/import/code/module.ts";
import { formatterFor } from "../../src/import/format.ts";
import type { Json } from "../../src/util/json.ts";
import { GENERATED, runs } from "../helpers/seed.ts";
import { resourcesIn } from "./support.ts";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom("a", "\\", "`", "$", "{", "}", '"', "'", "\n", "\r", "\t", " ", "\u2028", "é", "\\u0061"),
  }),
);

describe("any text", GENERATED, () => {
  test("has the same value in the formatted code", async () => {
    const format = await formatterFor(import.meta.dirname);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(text, fc.jsonValue()), fc.array(text), async (object, list) => {
        const value = { object, list } as unknown as Json;
        const formatted = await format("/example.ts", moduleText("example.ts", [{ value: fromJson(value) }]));
        const [result] = resourcesIn(new Map([["example.ts", formatted]]));
        expect(JSON.parse(JSON.stringify(result))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: runs(200) },
    );
  });

  test("makes valid names", () => {
    fc.assert(
      fc.property(text, text, (title, other) => {
        const name = identifierFrom(title, "panel");
        expect(runInThisContext(`(() => { "use strict"; const ${name} = 1; return ${name}; })()`)).toBe(1);
        expect(fileNameFrom(title, other)).toMatch(/^[\p{L}\p{N}\p{M}]([\p{L}\p{N}\p{M}-]*)$/u);
      }),
      { numRuns: runs(1000) },
    );
  });
});

test.each([
  ["Error rate (5xx)", "errorRate5xx", "error-rate-5xx"],
  ["CPU usage", "cpuUsage", "cpu-usage"],
  ["delete", "delete1", "delete"],
  ["CON", "con", "con-1"],
  ["../../etc/passwd", "etcPasswd", "etc-passwd"],
  ["$job / Don't panic", "jobDontPanic", "job-dont-panic"],
  ["99th percentile", "panel99th", "99th-percentile"],
  ["日本語", "日本語", "日本語"],
  ["???", "panel", "uid-1"],
])("%s is %s in code and %s as a file", (title, name, file) => {
  expect(identifierFrom(title, "panel")).toMatch(new RegExp(`^${name}`));
  expect(fileNameFrom(title, "uid-1")).toBe(file);
});

test("names that differ only in case get numbers", () => {
  const names = new UniqueNames(["taken"]);
  expect(["a", "A", "Taken"].map((name) => names.take(name, "-"))).toEqual(["a", "A-2", "Taken-2"]);
});

test("long text and text with invisible characters stay in one line", () => {
  const lines = (value: string) =>
    moduleText("a.ts", [{ value: valueOf(value) }])
      .trim()
      .split("\n").length;
  expect(lines("a\nb\nc")).toBe(3);
  expect(lines("x\n".repeat(100))).toBe(1);
  expect(lines("a\nb\u200b\nc")).toBe(1);
});
