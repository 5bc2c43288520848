import { realpath } from "node:fs/promises";
import { relative, sep } from "node:path";
import { EXIT, ProvisionError } from "../../util/errors.ts";
import { git, isOutsideRepository } from "../base-revision/git.ts";
import { gitId, type ChangedFile } from "./proposal.ts";

/** A working tree whose tracked files are as in its commit. */
export interface Checkout {
  /** Its root, with symbolic links resolved. */
  readonly root: string;
  /** The full hash of its commit. */
  readonly commit: string;
  /** The local branch; undefined if a commit is checked out, as in most CI jobs. */
  readonly branch: string | undefined;
  /** The files of the commit, by their path from the root. */
  readonly files: ReadonlyMap<string, { readonly mode: string; readonly id: string }>;
}

/** The most files that an error names. */
const FEW = 5;

/** The commit of the repository that contains a directory. Throws (exit 1) if a tracked file differs from it. */
export async function cleanCheckout(directory: string): Promise<Checkout> {
  const root = await git(["rev-parse", "--show-toplevel"], directory).catch((error: unknown) => {
    if (!isOutsideRepository(error)) throw error;
    throw checkoutError(`${directory} is not in a git repository`, "Run the command in a clone of the repository.");
  });
  const commit = await git(["rev-parse", "--verify", "--quiet", "HEAD^{commit}"], root).catch(() => {
    throw checkoutError(`${root} has no commit yet`, "Commit the code and push it.");
  });
  const status = await git(["status", "--porcelain", "-z", "--untracked-files=no", "--no-renames"], root);
  const changed = status.split("\0").flatMap((line) => (line === "" ? [] : [line.slice(3)]));
  if (changed.length > 0) throw dirty(changed);
  const branch = await git(["symbolic-ref", "--quiet", "--short", "HEAD"], root).catch(() => undefined);
  const entries = (await git(["ls-tree", "-r", "-z", "--full-tree", "HEAD"], root)).split("\0");
  const files = new Map(
    entries.flatMap((entry) => {
      const [, mode = "", id = "", path = ""] = /^(\d+) blob (\w+)\t([^]+)$/.exec(entry) ?? [];
      return path === "" ? [] : [[path, { mode, id }] as const];
    }),
  );
  return { root: await realpath(root), commit, branch, files };
}

function dirty(paths: readonly string[]): ProvisionError {
  const more = paths.length > FEW ? ` and ${paths.length - FEW} more` : "";
  return checkoutError(
    `These files have changes that are not committed: ${paths.slice(0, FEW).join(", ")}${more}`,
    "Commit or discard them, so that the pull request contains only edits made in Grafana.",
  );
}

/** Throws (exit 1) if one of these files, by absolute path, is not in the commit. */
export async function mustBeCommitted({ root, files }: Checkout, paths: readonly string[]): Promise<void> {
  const own = await Promise.all(paths.map((path) => pathIn(root, path)));
  const missing = own.filter((path) => !files.has(path));
  if (missing.length > 0) throw dirty(missing);
}

/** The files of a commit with their contents before and after a change, given by absolute path. */
export async function changedFiles(
  { root, files }: Checkout,
  changes: ReadonlyMap<string, { readonly before: string; readonly after: string }>,
): Promise<ChangedFile[]> {
  const all = await Promise.all(
    [...changes].map(async ([file, { before, after }]): Promise<ChangedFile> => {
      const path = await pathIn(root, file);
      const entry = files.get(path);
      if (!entry) throw dirty([path]);
      // git can convert the line breaks of a checkout.
      const convert = [(text: string) => text, (text: string) => text.replaceAll("\r\n", "\n")].find(
        (one) => gitId(one(before)) === entry.id,
      );
      if (!convert)
        throw checkoutError(
          `${path} differs from the commit, although git reports no change`,
          "A filter in .gitattributes, such as Git LFS, changes this file. Exclude the file from this filter.",
        );
      return { path, before: convert(before), after: convert(after), isExecutable: entry.mode === "100755" };
    }),
  );
  return all.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

async function pathIn(root: string, file: string): Promise<string> {
  return relative(root, await realpath(file)).replaceAll(sep, "/");
}

/** The working tree or its commit can't be the base of a pull request. */
export function checkoutError(message: string, hint: string): ProvisionError {
  return new ProvisionError(`${message}; no pull request was opened or changed`, {
    exitCode: EXIT.failure,
    code: "pull-request-checkout-invalid",
    hint,
  });
}
