import { existsSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { ProvisionError } from "../../util/errors.ts";
import { installDependencies } from "./dependencies.ts";
import { git, type Revision } from "./git.ts";

/** How the folder around a checkout begins; the id of its process goes on. */
const PREFIX = "grafana-provision-base-";

/** A revision's files, in a folder of their own, with what they depend on. */
export interface Checkout {
  /** Where that revision has what `directory` is now. It may lack it. */
  readonly directory: string;
  /** Room beside the files, which goes with them. */
  readonly scratch: string;
  remove(): Promise<void>;
}

/**
 * Checks a revision out beside the repository and installs its dependencies. What a killed run has left goes first. Throws
 * exit 1 where git or npm can't; nothing is left then.
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
  // A link to the present dependencies must go before anything follows it; files that are gone need no care of git's.
  await rm(dirname(tree), { recursive: true, force: true });
  await git(["worktree", "remove", "--force", "--force", tree], repository).catch((error: unknown) => {
    // It was never registered.
    if (!(error instanceof ProvisionError)) throw error;
  });
}

/** Removes checkouts whose process is gone. */
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
