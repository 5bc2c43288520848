import { existsSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { ProvisionError } from "../../util/errors.ts";
import { installDependencies } from "./dependencies.ts";
import { git, type Revision } from "./git.ts";

/** The prefix of the directory around a checkout, followed by the process id. */
const PREFIX = "grafana-provision-base-";

/** The files of a revision with their dependencies, in a temporary directory. */
export interface Checkout {
  /** The counterpart of `directory` in that revision. It may not exist. */
  readonly directory: string;
  /** A directory for temporary files, removed with the checkout. */
  readonly scratch: string;
  remove(): Promise<void>;
}

/**
 * Checks out a revision in a temporary directory and installs its dependencies, after removing checkouts of killed runs.
 * Throws (exit 1) if git or npm fails, and leaves nothing behind.
 */
export async function checkOut(
  { commit, repository, text }: Revision,
  directory: string,
  { signal, note }: { readonly signal: AbortSignal; readonly note: (message: string) => void },
): Promise<Checkout> {
  await removeLeftovers(repository);
  const scratch = await mkdtemp(join(await realpath(tmpdir()), `${PREFIX}${process.pid}-`));
  const tree = join(scratch, "tree");
  const remove = () => removeTree(repository, tree);
  try {
    await git(["worktree", "add", "--detach", "--force", tree, commit], repository, signal);
    const inside = relative(repository, await realpath(directory));
    const checkout = { directory: join(tree, inside), scratch, remove };
    await installDependencies({
      base: checkout.directory,
      root: tree,
      present: directory,
      revision: text,
      signal,
      note,
    });
    return checkout;
  } catch (error) {
    await remove();
    throw error;
  }
}

async function removeTree(repository: string, tree: string): Promise<void> {
  // Remove the link to the current dependencies first, so that git does not follow it.
  await rm(dirname(tree), { recursive: true, force: true });
  await git(["worktree", "remove", "--force", "--force", tree], repository).catch((error: unknown) => {
    // The worktree was never registered.
    if (!(error instanceof ProvisionError)) throw error;
  });
}

/** Removes checkouts of processes that have ended. */
async function removeLeftovers(repository: string): Promise<void> {
  const list = await git(["worktree", "list", "--porcelain"], repository);
  const trees = [...list.matchAll(/^worktree (.+)$/gm)].map(([, path = ""]) => path);
  for (const tree of trees) {
    const [, pid] = new RegExp(`^${PREFIX}(\\d+)-`).exec(basename(dirname(tree))) ?? [];
    if (pid !== undefined && !(isAlive(Number(pid)) && existsSync(tree))) await removeTree(repository, tree);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
