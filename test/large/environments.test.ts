import { expect, test } from "vitest";
import { manyEnvironments } from "../../bench/environments.ts";
import { ReportSchema } from "../../src/index.ts";
import { CLI } from "../helpers/cli.ts";

const [ENVIRONMENTS, RESOURCES] = [50, 100];

// `npm run test:large` and `npm run test:all` run it, `npm test` doesn't.
test("50 environments with 100 resources: one report, few requests, and little memory", async () => {
  const { plan, apply, planAfter, requests } = await manyEnvironments(CLI, ENVIRONMENTS, RESOURCES);

  const [planned = [], applied = [], after = []] = [plan, apply, planAfter].map(
    ({ output }) => ReportSchema.parse(JSON.parse(jsonIn(output))).environments,
  );
  expect(planned).toHaveLength(ENVIRONMENTS);
  for (const { name, exitCode, summary } of planned)
    expect([exitCode, summary?.add, summary?.change, summary?.unchanged], name).toEqual([0, 0, 0, RESOURCES]);
  for (const count of requests) expect(count).toBeLessThanOrEqual(12);
  expect(new Set(requests).size).toBe(1);
  expect(applied.map(({ exitCode, summary }) => [exitCode, summary?.done])).toEqual(
    Array.from({ length: ENVIRONMENTS }, () => [0, 1]),
  );
  expect(after.map(({ exitCode, summary }) => [exitCode, summary?.change])).toEqual(
    Array.from({ length: ENVIRONMENTS }, () => [0, 0]),
  );
  for (const { mebibytes } of [plan, apply, planAfter]) {
    expect(mebibytes).toBeGreaterThan(50);
    expect(mebibytes).toBeLessThan(500);
  }
});

/** The report, without the notes around it. */
function jsonIn(output: string): string {
  return output.split("\n").find((line) => line.startsWith("{")) ?? "";
}
