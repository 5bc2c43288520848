import { expect, test } from "vitest";
import { measureImport } from "../../bench/import.ts";
import { CLI } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";

const COUNT = 1500;

// Takes minutes: `npm run test:large` and `npm run test:all` run it, `npm test` doesn't.
test("an import of 1,500 dashboards fits into memory, and needs fewer requests than dashboards", async () => {
  const grafana = await testGrafana({ apart: true });
  const { run, requests, files } = await measureImport(CLI, grafana.url, COUNT);

  expect(run.output).toContain(`${COUNT} dashboards`);
  expect(files).toBe(COUNT);
  expect(requests).toBeLessThan(COUNT / 10);
  expect(run.mebibytes).toBeGreaterThan(50);
  expect(run.mebibytes).toBeLessThan(500);
});
