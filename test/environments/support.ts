import { execFile } from "node:child_process";
import { symlink } from "node:fs/promises";
import { join } from "node:path";
import { api } from "../cli/support.ts";
import { ROOT } from "../content/docs/pages.ts";
import type { TestProject } from "../helpers/cli.ts";

export { api };

/** A configuration with these environments; `more`: further settings. */
export function config(environments: string, more = ""): string {
  return `import { defineConfig } from "grafana-provision";
import { z } from "zod";
const config = defineConfig({
  project: "test",
  resources: ["./resources"],
  ${more}
  environments: ${environments},
});
export default config;
void z;
declare module "grafana-provision" {
  interface Register {
    config: typeof config;
  }
}
`;
}

/** What the compiler prints for the files of a project. */
export async function typeErrors(project: TestProject): Promise<string> {
  const { directory } = project;
  await project.write({
    "package.json": '{ "type": "module" }',
    "tsconfig.json": JSON.stringify({
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: { rootDir: "/" },
      include: ["*.ts", "resources"],
    }),
  });
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  return new Promise((resolve) => {
    const args = [join(ROOT, "node_modules/typescript/bin/tsc")];
    execFile(process.execPath, args, { cwd: directory }, (_error, stdout, stderr) => resolve(stdout + stderr));
  });
}
