import { expect, test } from "vitest";
import { large, MEBIBYTES } from "../../bench/large.ts";
import { CLI } from "../helpers/cli.ts";

// Takes minutes: `npm run test:large` and `npm run test:all` run it, `npm test` doesn't.
test.for(["json", "ts"] as const)("5,000 dashboards from .%s fit into memory", async (format) => {
  const runs = await large(CLI, 5000, format);

  expect(runs["first apply"].output).toContain("Applied: 5001 added, 0 changed, 0 destroyed.");
  expect(runs["no-op plan"].output).toContain("Plan: 0 to add, 0 to change, 0 to destroy. 5001 unchanged.");
  expect(runs["one changed"].output).toContain("~ dashboard/large-0");
  expect(runs["one changed"].output).toContain("Applied: 0 added, 1 changed, 0 destroyed.");
  expect(runs["ten pruned"].output.match(/^ {2}- dashboard\/large-\d+ /gm)).toHaveLength(10);
  expect(runs["ten pruned"].output).toContain("Applied: 0 added, 0 changed, 10 destroyed.");
  for (const [step, { mebibytes }] of Object.entries(runs)) {
    expect(mebibytes, `peak of: ${step}`).toBeGreaterThan(50);
    expect(mebibytes, `peak of: ${step}`).toBeLessThan(MEBIBYTES[format]);
  }
});
