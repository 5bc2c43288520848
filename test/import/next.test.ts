import { spawnSync } from "node:child_process";
import { cpSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { ImportSchema } from "../../src/index.ts";
import { CLI, testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";

const FIXTURES = resolve(import.meta.dirname, "../fixtures/foreign");
const REAL = process.env["TEST_GRAFANA_URL"] !== undefined;

/** A directory without a configuration. */
async function emptyDirectory(): Promise<TestProject> {
  const project = await testProject();
  await project.remove("grafana.config.ts");
  return project;
}

interface Pasted {
  readonly stdout: string;
  /** Where the import wrote `package.json`. The package is only installed there. */
  readonly out: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Pastes the commands after an import into one shell, with a link in place of the installation. */
async function paste(project: TestProject, { stdout, out, variables }: Pasted) {
  const { next = [] } = ImportSchema.parse(JSON.parse(stdout));
  const programs = join(project.directory, out, "node_modules/.bin");
  await mkdir(programs, { recursive: true });
  await symlink(CLI, join(programs, "grafana-provision"));
  // Without a terminal, an adoption of all objects needs `--yes`.
  const commands = next
    .filter((line) => !line.startsWith("npm install"))
    .map((line) => line.replace(" apply --adopt", " apply --yes --adopt"));
  const { status, stderr } = spawnSync("sh", ["-e", "-c", commands.join("\n")], {
    cwd: project.directory,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], npm_config_offline: "true", ...variables },
    encoding: "utf8",
  });
  return { next, status, stderr };
}

test.skipIf(REAL)("the commands after an import of files into a new directory work where the import ran", async () => {
  const project = await emptyDirectory();
  cpSync(join(FIXTURES, "gcx"), join(project.directory, "resources"), { recursive: true });
  const run = await project.run(["import", "resources", "--out", "new project", "-o", "json"]);
  expect(run.code, run.stderr).toBe(0);
  const { variables } = await testGrafana({ apart: true });
  const url = "https://hooks.example/x";
  const pasted = await paste(project, {
    stdout: run.stdout,
    out: "new project",
    variables: { ...variables, ON_CALL_SLACK_URL: url },
  });
  expect(pasted.status, pasted.stderr).toBe(0);
  expect(pasted.next[0]).toBe("cd 'new project'");
  expect(pasted.next.join("\n")).not.toContain("must show no change");
  const plan = await project.run(["plan", "--config", "new project", "--detailed-exitcode"], {
    ...variables,
    ON_CALL_SLACK_URL: url,
  });
  expect(plan.code, plan.stdout + plan.stderr).toBe(0);

  const again = await project.run(["import", "resources", "--out", "new project", "-o", "json"]);
  expect(ImportSchema.parse(JSON.parse(again.stdout)).next).toEqual(pasted.next);
});

test.skipIf(REAL)("the commands after a split import work where the import ran", async () => {
  const { variables, other } = await testGrafana({ apart: true });
  await other.send({ method: "POST", path: "/api/folders", body: { uid: "payments", title: "Payments" } });
  const project = await emptyDirectory();
  const args = ["import", "--split", "folder", "--only", "folder", "--out", "teams", "-o", "json"];
  const run = await project.run(args, variables);
  expect(run.code, run.stderr).toBe(0);
  const pasted = await paste(project, { stdout: run.stdout, out: "teams", variables });
  expect(pasted.status, pasted.stderr).toBe(0);
  expect(pasted.next[0]).toBe("cd teams");
  const plan = await project.run(["plan", "--config", "teams/payments", "--detailed-exitcode"], variables);
  expect(plan.code, plan.stdout + plan.stderr).toBe(0);
});

test("the commands after an import into a project name no other directory", async () => {
  const project = await testProject();
  const grafana = await testGrafana();
  const name = grafana.name("f");
  await grafana.other.send({ method: "POST", path: "/api/folders", body: { uid: name, title: name } });
  const only = `folder/${name}`;
  const run = await project.run(["import", "--only", only, "--out", "other", "-o", "json"], grafana.variables);
  expect(run.code, run.stderr).toBe(0);
  expect(run.stdout).not.toContain('"cd ');
});
