import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { childEnvironment } from "../../secrets/environment.ts";
import { EXIT, ProvisionError } from "../../util/errors.ts";

const NPM = ["package-lock.json", "npm-shrinkwrap.json"];
const LOCKS = [...NPM, "pnpm-lock.yaml", "yarn.lock", "bun.lock"];

interface Installation {
  /** Where the revision's configuration is, and the folder that holds all of its files. */
  readonly base: string;
  readonly root: string;
  /** What `base` is in the working tree. */
  readonly present: string;
  /** `main (1a2b3c4)` */
  readonly revision: string;
  readonly signal: AbortSignal;
  /** Told before what takes long. */
  readonly note: (message: string) => void;
}

/**
 * Gives a checkout the dependencies that its own lock file names: those of the working tree where that has the same one, and
 * otherwise what `npm ci` installs. No script of a package is run: the Node that runs takes the place of one that is installed.
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
    // Of several packages in one repository, each other's links would lead back into the working tree.
    if (existsSync(installed) && !hasWorkspaces(directory)) {
      await symlink(installed, join(directory, "node_modules"), "junction");
      return;
    }
    if (lock === undefined) return;
  }
  if (!NPM.includes(lock)) {
    throw new ProvisionError(`The code at ${revision} has another ${lock}, and a review installs with npm alone`, {
      exitCode: EXIT.failure,
      hint: "Review against the live Grafana, without --base, where the dependencies change.",
    });
  }
  note(`Installing what the code at ${revision} depends on, by its own ${lock}.`);
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
          new ProvisionError(`npm ci fails for the code at ${revision}: ${said}`, {
            exitCode: EXIT.failure,
            hint: "Its package-lock.json has to be whole, and the registry has to be reached from here.",
          }),
        );
      }
    },
  );
  return promise;
}

/** npm says what went wrong in its first lines, and how to use npm in the rest. */
function firstErrors(stderr: string): string {
  const lines = stderr.split("\n").flatMap((line) => /^npm (?:error|ERR!) (.+)$/.exec(line)?.[1]?.trim() ?? []);
  return lines
    .filter((line) => !/^(code|errno|syscall|A complete log) /.test(line))
    .slice(0, 3)
    .join(" ");
}
