import { createHash } from "node:crypto";
import type { Remark } from "./code-host.ts";

/** A file of a change. The path is relative to the repository, with slashes. */
export interface ChangedFile {
  readonly path: string;
  readonly before: string;
  readonly after: string;
  readonly isExecutable: boolean;
}

/** A commit that a branch is set to. */
export interface NewCommit {
  /** The commit that it is based on. */
  readonly parent: string;
  readonly message: string;
  readonly files: readonly ChangedFile[];
  /** Default: the user of the token. */
  readonly author?: { readonly name: string; readonly email: string };
}

/** A branch, compared with the branch that it will be merged into. */
export interface Branch {
  /** Its latest commit. */
  readonly head: string;
  /** The messages of the commits that the other branch lacks. */
  readonly messages: readonly string[];
  /** The files that these commits change, with the git ids of their contents. */
  readonly files: ReadonlyMap<string, string>;
}

export interface PullText {
  readonly title: string;
  readonly body: string;
  /** The branch that it will be merged into. */
  readonly base: string;
}

/** An open pull request. Its id is its number. */
export interface Pull extends Remark {
  readonly title: string;
  readonly base: string;
}

/** The pull requests of a repository from one of its own branches, or the merge requests of a project. */
export interface PullRequests {
  /** The display name: `GitHub`. */
  readonly name: string;
  /** `pull request` */
  readonly what: string;
  /** The maximum length of the text, in characters. */
  readonly limit: number;
  defaultBranch(): Promise<string>;
  /** Whether a branch contains a commit. Undefined: the repository lacks the commit. */
  contains(branch: string, commit: string): Promise<boolean | undefined>;
  /** The open pull request from a branch. */
  openFrom(branch: string): Promise<Pull | undefined>;
  branch(name: string, base: string): Promise<Branch | undefined>;
  /**
   * Sets a branch to a new commit. `former`: the latest commit of the branch, which the new one replaces; undefined: the branch
   * doesn't exist. Throws if the branch has changed since then.
   */
  commit(branch: string, commit: NewCommit, former: string | undefined): Promise<void>;
  open(branch: string, text: PullText): Promise<Remark>;
  change(number: number, text: PullText): Promise<Remark>;
  /** Closes a pull request with a comment, once. */
  close(number: number, comment: string): Promise<void>;
  deleteBranch(name: string): Promise<void>;
}

/** The id that git gives a file with this content. */
export function gitId(text: string): string {
  const bytes = Buffer.from(text);
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

/** A digest of files and their contents. */
function digestOf(files: ReadonlyMap<string, string>): string {
  const lines = [...files].map(([path, id]) => `${id} ${path}\n`).toSorted();
  return createHash("sha256").update(lines.join("")).digest("hex").slice(0, 40);
}

const TRAILER = "Grafana-Provision-Drift";

/** The last line of the commit's message. It identifies the contents before and after, so that a change by others shows. */
export function trailerOf(files: readonly ChangedFile[]): string {
  const [before, after] = (["before", "after"] as const).map((side) =>
    digestOf(new Map(files.map((file) => [file.path, gitId(file[side])]))),
  );
  return `${TRAILER}: ${before} ${after}`;
}

/** Whether a branch has only what this tool committed. A branch without commits of its own has nothing to lose. */
export function isOwn({ messages, files }: Branch): boolean {
  const [message = "", ...others] = messages;
  if (messages.length === 0) return true;
  const [, after] = new RegExp(`^${TRAILER}: \\w{40} (\\w{40})\\s*$`, "m").exec(message) ?? [];
  return others.length === 0 && after === digestOf(files);
}

/** Whether one of the commits has this trailer. */
export function hasCommit({ messages }: Branch, trailer: string): boolean {
  return messages.some((message) => message.split(/\r?\n/).includes(trailer));
}
