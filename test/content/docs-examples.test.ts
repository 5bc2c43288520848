import { execFile } from "node:child_process";
import { cp, mkdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { testProject } from "../helpers/cli.ts";
import { examplesIn } from "./docs/examples.ts";
import { pages, ROOT } from "./docs/pages.ts";

const examples = new Map(pages().flatMap(({ text }) => examplesIn(text)));

function example(path: string): string {
  const code = examples.get(path);
  if (code === undefined) throw new Error(`no page has an example ${path}`);
  return code;
}

test.each([
  ["dashboards/queue.ts", 'dashboard/queue "Queue"'],
  ["dashboards/tasks.ts", 'dashboard/tasks "Task workers"'],
  ["datasources/tempo.ts", 'datasource/tempo "Tempo"'],
  ["datasources/loki.ts", 'datasource/loki "Loki"'],
  ["alerts/queue.ts", 'rule-group/toolboxai/queue "queue"'],
])("the example %s is applied with this repository's code, and the next plan is empty", async (path, address) => {
  const project = await testProject();
  for (const own of ["dashboards", "datasources", "alerts", "grafana.config.ts"]) {
    await cp(join(ROOT, own), join(project.directory, own), { recursive: true });
  }
  await project.write({ [path]: example(path) });
  const applied = await project.run(["apply"]);
  expect(applied.stdout).toContain(`+ ${address}`);
  expect(applied.code, applied.stderr).toBe(0);
  const again = await project.run(["plan", "--detailed-exitcode"]);
  expect(again.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy.");
  expect(again.code).toBe(0);
});

test.each([
  ["tests/notifications.test.ts", "alerts/notifications.ts", '"saturday", ', ""],
  ["tests/queue.test.ts", "alerts/queue.ts", 'for: "5m"', 'for: "2m"'],
  ["tests/messages.test.ts", "alerts/notifications.ts", ".CommonLabels.severity", ".Status"],
])("the example %s passes, and fails if %s changes", async (path, file, before, after) => {
  const project = await testProject({ "package.json": '{ "type": "module" }' });
  const root = dirname(dirname(process.env["TEST_CLI"] ?? ""));
  await mkdir(join(project.directory, "node_modules"));
  await symlink(join(ROOT, "node_modules/@grafana"), join(project.directory, "node_modules/@grafana"));
  await symlink(root, join(project.directory, "node_modules/grafana-provision"));
  for (const own of ["dashboards", "datasources"]) {
    await cp(join(ROOT, own), join(project.directory, own), { recursive: true });
  }
  const tested = example(file);
  await project.write({ [path]: example(path), [file]: tested });
  const run = () => promisify(execFile)(process.execPath, ["--test", path], { cwd: project.directory });
  expect((await run()).stdout).toMatch(/ pass 1\n/);
  expect(tested).toContain(before);
  await project.write({ [file]: tested.replace(before, after) });
  await expect(run()).rejects.toMatchObject({ code: 1, stdout: expect.stringMatching(/ fail 1\n/) as unknown });
});
