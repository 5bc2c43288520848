import { dirname, relative } from "node:path";
import { git, isOutsideRepository } from "../review/base-revision/git.ts";
import { ProvisionError, UsageError } from "../util/errors.ts";

/** Throws (exit 64) if git has no copy of the file's content. Without git or a repository, nothing is checked. */
export async function mustBeCommitted(file: string): Promise<void> {
  let status: string;
  try {
    status = await git(["status", "--porcelain", "--ignored", "--", file], dirname(file));
  } catch (error) {
    const isMissing = error instanceof ProvisionError && error.code === "git-missing";
    if (isMissing || isOutsideRepository(error)) return;
    throw error;
  }
  if (status === "") return;
  throw new UsageError(
    `upgrade: ${relative(process.cwd(), file)} has changes that are not committed; nothing was written`,
    "Commit the file, so that you can compare and restore it, or pass --force.",
    "upgrade-file-uncommitted",
  );
}
