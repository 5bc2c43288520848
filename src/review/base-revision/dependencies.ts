import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { childEnvironment } from "../../secrets/environment.ts";
import { EXIT, ProvisionError } from "../../util/errors.ts";
import { commandHere } from "../../util/command-line.ts";

const NPM = ["package-lock.json", "npm-shrinkwrap.json"];
const LOCKS = [...NPM, "pnpm-lock.yaml", "yarn.lock", "bun.lock"];

interface Installation {
  /** The directory of the revision's configuration, and the root of its checkout. */
  readonly base: string;
  readonly root: string;
  /** The counterpart of `base` in the working tree. */
  readonly present: string;
  /** `main (1a2b3c4)` */
  readonly revision: string;
  readonly signal: AbortSignal;
  /** Called before steps that take long. */
  readonly note: (message: string) => void;
}

/**
 * Installs the dependencies of a checkout: links those of the working tree if the lock file is the same, and otherwise runs
 * `npm ci`. Runs no scripts of packages.
 */
export async function installDependencies({
  base,
  root,
  present,
  revision,
  signal,
  note,
}: Installation): Promise<void> {
  const directory = directoriesUp(base, root).find((one) => existsSync(join(one, "package.json")));
  if (directory === undefined) return;
  const now = join(present, relative(base, directory));
  const installed = join(now, "node_modules");
  const lock = LOCKS.find((name) => existsSync(join(directory, name)));
  if (lock === undefined || sameFile(join(directory, lock), join(now, lock))) {
    // Links between packages of a workspace would lead back to the working tree.
    if (existsSync(installed) && !hasWorkspaces(directory)) {
      await symlink(installed, join(directory, "node_modules"), "junction");
      return;
    }
    if (lock === undefined) return;
  }
  if (!NPM.includes(lock)) {
    throw new ProvisionError(`Can't install the dependencies of the code at ${revision}: its ${lock} has changed`, {
      exitCode: EXIT.failure,
      code: "review-lockfile-unsupported",
      hint: `Only npm lock files are supported. Compare with the live Grafana instead: ${commandHere("review")}`,
    });
  }
  note(`Installing the dependencies of the code at ${revision} from its ${lock}.`);
  await npmCi(directory, revision, signal);
}

function directoriesUp(from: string, to: string): string[] {
  return from === to || !from.startsWith(to) ? [from] : [from, ...directoriesUp(dirname(from), to)];
}

function sameFile(a: string, b: string): boolean {
  return existsSync(b) && readFileSync(a).equals(readFileSync(b));
}

function hasWorkspaces(directory: string): boolean {
  try {
    return "workspaces" in (JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as object);
  } catch {
    return false;
  }
}

async function npmCi(cwd: string, revision: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
  const shell = process.platform === "win32";
  execFile(
    "npm",
    args,
    { cwd, env: childEnvironment(), signal, shell, maxBuffer: 16 * 1024 * 1024 },
    (error, _stdout, stderr) => {
      if (!error) resolve();
      else if (signal.aborted) reject(signal.reason);
      else {
        const said = error.code === "ENOENT" ? "npm is not on the PATH" : firstErrors(stderr) || error.message;
        reject(
          new ProvisionError(`npm ci failed for the code at ${revision}: ${said}`, {
            exitCode: EXIT.failure,
            code: "review-install-failed",
            hint: "Check that its package-lock.json is complete and that this machine can reach the registry.",
          }),
        );
      }
    },
  );
  return promise;
}

/** The first lines of npm's output contain the error. */
function firstErrors(stderr: string): string {
  const lines = stderr.split("\n").flatMap((line) => /^npm (?:error|ERR!) (.+)$/.exec(line)?.[1]?.trim() ?? []);
  return lines
    .filter((line) => !/^(code|errno|syscall|A complete log) /.test(line))
    .slice(0, 3)
    .join(" ");
}
