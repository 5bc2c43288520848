import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { testProject } from "../helpers/cli.ts";

const ROOT = join(import.meta.dirname, "../..");
const readme = await readFile(join(ROOT, "README.md"), "utf8");

/** An example of the README, by the path that its first line names. */
function example(path: string): string {
  const [, code] = new RegExp(`\`\`\`ts\\n// ${path.replace(".", "\\.")}\\n([^]*?)\`\`\``).exec(readme) ?? [];
  if (code === undefined) throw new Error(`the README has no example ${path}`);
  return code;
}

test.each([
  ["dashboards/queue.ts", 'dashboard/queue "Queue"'],
  ["dashboards/tasks.ts", 'dashboard/tasks "Task workers"'],
  ["datasources/tempo.ts", 'datasource/tempo "Tempo"'],
  ["datasources/loki.ts", 'datasource/loki "Loki"'],
  ["alerts/queue.ts", 'rule-group/toolboxai/queue "queue"'],
])("the README's %s is applied beside the repository's own, and then there is nothing left", async (path, address) => {
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
