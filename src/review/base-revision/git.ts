import { execFile } from "node:child_process";
import { childEnvironment } from "../../secrets/environment.ts";
import { EXIT, ProvisionError, UsageError } from "../../util/errors.ts";

/** A resolved revision. */
export interface Revision {
  /** The name that was passed: `main`. */
  readonly name: string;
  /** The full hash of the commit. */
  readonly commit: string;
  /** `main (1a2b3c4)` */
  readonly text: string;
  /** The absolute path of its working tree. */
  readonly repository: string;
}

/** Git hooks set these variables for their repository. They must not apply to the checkout. */
const LOCAL = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"];
/** The repository's hooks are for the user's working tree and must not run for a checkout. */
const NO_HOOKS = ["-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false"];

/** Runs git and returns its output. Throws (exit 1) with git's message. */
export async function git(args: readonly string[], cwd: string, signal?: AbortSignal): Promise<string> {
  const env = Object.fromEntries(Object.entries(childEnvironment()).filter(([name]) => !LOCAL.includes(name)));
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const options = { cwd, env: { ...env, LC_ALL: "C" }, maxBuffer: 64 * 1024 * 1024, ...(signal ? { signal } : {}) };
  execFile("git", [...NO_HOOKS, ...args], options, (error, stdout, stderr) => {
    if (error) reject(signal?.aborted ? signal.reason : gitError(error, args, stderr));
    else resolve(stdout.trimEnd());
  });
  return promise;
}

function gitError(error: Error & { code?: unknown }, args: readonly string[], stderr: string): ProvisionError {
  if (error.code === "ENOENT") {
    return new ProvisionError("git is not installed, or not on the PATH", {
      exitCode: EXIT.failure,
      code: "git-missing",
      hint: "Install git, which `review --base` and `drift --pull-request` require.",
    });
  }
  const said = stderr.trim() || error.message;
  return new ProvisionError(`git ${args[0]} failed: ${said}`, { exitCode: EXIT.failure, code: "git-failed" });
}

/** Whether git failed because the directory is in no repository. */
export function isOutsideRepository(error: unknown): error is ProvisionError {
  return error instanceof ProvisionError && error.message.includes("not a git repository");
}

/** Resolves a branch, tag or commit. Throws (exit 1) if there is no repository or no such revision. */
export async function revisionOf(name: string, directory: string, signal?: AbortSignal): Promise<Revision> {
  if (name.trim() === "" || name.startsWith("-")) {
    throw new UsageError(
      `--base: "${name}" is not a revision`,
      "Pass a branch, a tag or a commit: --base main.",
      "option-invalid",
    );
  }
  const repository = await git(["rev-parse", "--show-toplevel"], directory, signal).catch((error: unknown) => {
    if (!isOutsideRepository(error)) throw error;
    throw new ProvisionError(`${directory} is not in a git repository, which --base ${name} requires`, {
      exitCode: EXIT.failure,
      code: "review-repository-missing",
      hint: "Run the command in a clone of the repository, or without --base.",
    });
  });
  try {
    const commit = await git(["rev-parse", "--verify", "--quiet", `${name}^{commit}`], repository, signal);
    return { name, commit, repository, text: `${name} (${commit.slice(0, 7)})` };
  } catch (error) {
    if (!(error instanceof ProvisionError) || signal?.aborted) throw error;
    const shallow = await git(["rev-parse", "--is-shallow-repository"], repository, signal);
    throw new ProvisionError(`${repository} has no revision ${name}`, {
      exitCode: EXIT.failure,
      code: "review-revision-missing",
      hint:
        shallow === "true"
          ? `This clone is shallow. Fetch the revision (git fetch origin ${name}), or clone with more history (in CI, fetch-depth: 2 for HEAD^1).`
          : `Check the name. If it is a remote branch, run git fetch origin and use origin/${name}.`,
    });
  }
}
