import { execFileSync } from "node:child_process";
import { testProject, type TestProject } from "../helpers/cli.ts";

export interface Repository extends TestProject {
  git(...args: string[]): string;
  /** Commits everything, and returns the commit's hash. */
  commit(message?: string): string;
}

/** A user's git repository. */
export async function gitRepository(files: Readonly<Record<string, string>>): Promise<Repository> {
  const project = await testProject({ ".gitignore": "node_modules/\n.grafana-provision/\n", ...files });
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"];
  const git = (...args: string[]) =>
    execFileSync("git", [...who, ...args], { cwd: project.directory, encoding: "utf8", stdio: "pipe" }).trim();
  git("init", "--quiet", "--initial-branch=main");
  const commit = (message = "Change") => {
    git("add", "--all");
    git("commit", "--quiet", "--allow-empty", `--message=${message}`);
    return git("rev-parse", "HEAD");
  };
  commit("First");
  return { ...project, git, commit };
}
