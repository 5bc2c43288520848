import { expect, test } from "vitest";
import { lint } from "grafana-provision";
import { RULES } from "../../src/lint/rules/index.ts";
import { RULE_CASES } from "./rules.ts";

test.each(
  RULE_CASES.map((one) => [`${one.rule}: ${one.paths.length > 0 ? "reports" : "allows"} ${one.what}`, one] as const),
)("%s", async (_name, { rule, resources, paths, settings }) => {
  const found = await lint(resources, settings ?? {});
  const own = found.filter((finding) => finding.rule === rule);
  expect(own.map(({ path }) => path)).toEqual(paths);
  const { severity } = RULES.find(({ id }) => id === rule) ?? {};
  expect(own.every((finding) => finding.severity === severity)).toBe(true);
});

test("every rule has cases that it reports and cases that it allows", () => {
  const lacking = RULES.filter(({ id }) => {
    const own = RULE_CASES.filter(({ rule }) => rule === id);
    return !own.some(({ paths }) => paths.length > 0) || !own.some(({ paths }) => paths.length === 0);
  });
  expect(lacking.map(({ id }) => id)).toEqual([]);
});

test("rules have different ids, and a reason of one line", () => {
  expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  expect(RULES.filter(({ reason }) => reason.includes("\n") || !reason.endsWith("."))).toEqual([]);
});
