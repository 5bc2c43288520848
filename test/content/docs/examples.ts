import { execFile } from "node:child_process";
import { cp, mkdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { testProject, type TestProject, type CliResult } from "../../helpers/cli.ts";
import { ROOT } from "./pages.ts";

/** Files of this repository that the examples refer to. */
const AROUND = ["grafana.config.ts", "datasources/prometheus.ts", "dashboards/folders.ts"];

interface Examples {
  readonly paths: readonly string[];
  readonly validate: CliResult;
  readonly types: CliResult;
}

/** Examples that begin with a comment with their path: pairs of path and code. */
export function examplesIn(text: string): readonly (readonly [path: string, code: string])[] {
  return [...text.matchAll(/^```ts\n\/\/ (\S+\.ts)\n([\s\S]*?)^```$/gm)].map(([, path = "", code = ""]) => [
    path,
    code,
  ]);
}

/** Writes all examples with a path into a repository, and checks it like a user. */
export async function examples(text: string): Promise<Examples> {
  const found = examplesIn(text);
  const files = Object.fromEntries(found);
  const inputs = [{ name: "DS_PROMETHEUS", type: "datasource", pluginId: "prometheus" }];
  const community = JSON.stringify({ title: "Community", uid: "community", panels: [], __inputs: inputs });
  const project = await testProject({
    ...files,
    "dashboards/community/one.json": community,
    "package.json": '{ "type": "module" }',
    "tsconfig.json": JSON.stringify({
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: { rootDir: "/" },
      include: ["*.ts", "dashboards", "datasources", "alerts", "tests"],
    }),
  });
  for (const path of AROUND.filter((one) => !(one in files))) {
    await mkdir(join(project.directory, path, ".."), { recursive: true });
    await cp(join(ROOT, path), join(project.directory, path));
  }
  for (const path of await helpersIn(files)) await cp(join(ROOT, path), join(project.directory, path));
  await symlink(join(ROOT, "node_modules"), join(project.directory, "node_modules"));
  return {
    paths: found.map(([path]) => path),
    validate: await withoutHints(project),
    types: await tsc(project.directory),
  };
}

/** Rules of lint that parts of a project don't follow. */
const INCOMPLETE = /\((?:summary-missing|runbook-missing|contact-point-unused|variable-unused)\)$/;

/** The result of `validate`, without findings about what an excerpt lacks. */
async function withoutHints(project: TestProject): Promise<CliResult> {
  const { stderr, ...result } = await project.run(["validate"]);
  const lines = stderr.split("\n");
  const kept = lines.filter((line, index) => {
    const about = line.startsWith(" ") ? lines.slice(0, index).findLast((one) => !one.startsWith(" ")) : line;
    return !INCOMPLETE.test(about ?? "");
  });
  return { ...result, stderr: kept.join("\n") };
}

/** Helpers of this repository that an example imports, directly or not. */
async function helpersIn(files: Readonly<Record<string, string>>): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  const visit = async (path: string, text: string): Promise<void> => {
    for (const [, specifier = ""] of text.matchAll(/ from "(\.[^"]+)"/g)) {
      const target = join(path, "..", specifier);
      if (target in files || AROUND.includes(target) || found.has(target)) continue;
      found.add(target);
      await visit(target, await readFile(join(ROOT, target), "utf8"));
    }
  };
  for (const [path, text] of Object.entries(files)) await visit(path, text);
  return found;
}

async function tsc(cwd: string): Promise<CliResult> {
  return new Promise((resolve) => {
    const args = [join(ROOT, "node_modules/typescript/bin/tsc")];
    execFile(process.execPath, args, { cwd }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
