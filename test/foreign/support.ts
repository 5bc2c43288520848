import { spawnSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect } from "vitest";
import type { TestProject } from "../helpers/cli.ts";

const ROOT = resolve(import.meta.dirname, "../..");

interface JsonPlan {
  readonly changes: readonly {
    readonly address: string;
    readonly action: string;
    readonly differences: readonly { readonly path: string }[];
  }[];
}

/** The differences of a plan that adopts all objects, except for secrets, which Grafana does not return. */
export async function differences(
  project: TestProject,
  variables: Readonly<Record<string, string>>,
): Promise<{ readonly addresses: readonly string[]; readonly differences: readonly string[] }> {
  const { code, stdout, stderr } = await project.run(["plan", "--adopt", "-o", "json"], variables);
  expect(code, stdout + stderr).toBe(0);
  const { changes } = JSON.parse(stdout) as JsonPlan;
  const found = changes.flatMap(({ address, action, differences: all }) => {
    const rest = all.filter(({ path }) => path !== "secrets");
    return action === "create" ? [`${address} is missing`] : rest.map(({ path }) => `${address} ${path}`);
  });
  return { addresses: changes.map(({ address }) => address), differences: found };
}

/** A value for each variable of a secret. */
export function variablesIn(project: TestProject, directory = "."): Record<string, string> {
  const text = readFileSync(join(project.directory, directory, ".env.example"), "utf8");
  return Object.fromEntries(
    [...text.matchAll(/^(\w+)=$/gm)].map(([, name = ""]) => [name, `https://${name}.example/x`]),
  );
}

/** The texts of all files that an import wrote, by path. */
export function writtenFiles(project: TestProject, directory = "."): ReadonlyMap<string, string> {
  const cwd = join(project.directory, directory);
  const names = globSync("{dashboards,datasources,alerts}/**/*.ts", { cwd });
  return new Map(names.map((name) => [name, readFileSync(join(cwd, name), "utf8")]));
}

/** The faults that TypeScript finds in the written files. */
export async function typeFaults(project: TestProject): Promise<string> {
  await project.write({
    "package.json": JSON.stringify({ type: "module" }),
    "tsconfig.json": JSON.stringify({
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: { types: [], paths: { "grafana-provision": [join(ROOT, "src/index.ts")] } },
      include: ["dashboards", "datasources", "alerts"],
    }),
  });
  await symlink(join(ROOT, "node_modules"), join(project.directory, "node_modules"));
  const { status, stdout, stderr } = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", "."], {
    cwd: project.directory,
    encoding: "utf8",
  });
  return status === 0 ? "" : stdout + stderr;
}
