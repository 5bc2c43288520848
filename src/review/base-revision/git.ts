import { execFile } from "node:child_process";
import { childEnvironment } from "../../secrets/environment.ts";
import { EXIT, ProvisionError, UsageError } from "../../util/errors.ts";

/** A revision that was found. */
export interface Revision {
  /** As it was asked for: `main`. */
  readonly name: string;
  /** The commit's full hash. */
  readonly commit: string;
  /** `main (1a2b3c4)` */
  readonly text: string;
  /** The working tree that it belongs to. Absolute. */
  readonly repository: string;
}

/** A hook sets these for its own repository, and its index is not ours. */
const LOCAL = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR"];
/** Checking out runs hooks of the repository, which mean somebody's own working tree. */
const NO_HOOKS = ["-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false"];

/** Runs git and returns what it prints. Throws exit 1, with git's own words. */
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
      hint: "A review with --base reads the code of a revision by it: install git.",
    });
  }
  const said = stderr.trim() || error.message;
  return new ProvisionError(`git ${args[0]} failed: ${said}`, { exitCode: EXIT.failure });
}

/** Finds a revision: a branch, a tag, a commit. Throws exit 1 where there is no repository, or no such revision in it. */
export async function revisionOf(name: string, directory: string, signal?: AbortSignal): Promise<Revision> {
  if (name.trim() === "" || name.startsWith("-")) {
    throw new UsageError(`--base names no revision: "${name}"`, "Give it a branch, a tag or a commit: --base main.");
  }
  const repository = await git(["rev-parse", "--show-toplevel"], directory, signal).catch((error: unknown) => {
    if (!(error instanceof ProvisionError) || !error.message.includes("not a git repository")) throw error;
    throw new ProvisionError(`There is no git repository at ${directory}, in which --base ${name} could be found`, {
      exitCode: EXIT.failure,
      hint: "Run it in a clone of the repository, or without --base.",
    });
  });
  try {
    const commit = await git(["rev-parse", "--verify", "--quiet", `${name}^{commit}`], repository, signal);
    return { name, commit, repository, text: `${name} (${commit.slice(0, 7)})` };
  } catch (error) {
    if (!(error instanceof ProvisionError) || signal?.aborted) throw error;
    const shallow = await git(["rev-parse", "--is-shallow-repository"], repository, signal);
    throw new ProvisionError(`There is no revision ${name} in ${repository}`, {
      exitCode: EXIT.failure,
      hint:
        shallow === "true"
          ? `This clone holds a part of the history alone: fetch it (git fetch origin ${name}), or clone with more (fetch-depth: 2, for HEAD^1 in CI).`
          : `Is the name right? What only the remote has is fetched first (git fetch origin) and called origin/${name}.`,
    });
  }
}
