import { createHash } from "node:crypto";
import { isDrift, type DriftReport } from "../engine/drift.ts";
import { commitMessage, pullRequestMarkdown } from "../report/pull-request.ts";
import type { WriteBackReport } from "../report/write-back.ts";
import { changedFiles, checkoutError, type Checkout } from "../review/code-host/checkout.ts";
import { marked, markOf } from "../review/code-host/code-host.ts";
import type { Variables } from "../review/code-host/github.ts";
import { gitHubPulls } from "../review/code-host/github-pulls.ts";
import { gitLabMerges } from "../review/code-host/gitlab-merges.ts";
import {
  hasCommit,
  isOwn,
  trailerOf,
  type ChangedFile,
  type Pull,
  type PullRequests,
  type PullText,
} from "../review/code-host/proposal.ts";
import { outgoing } from "../secrets/outgoing.ts";
import { EXIT, ProvisionError, UsageError } from "../util/errors.ts";
import { closeIssue, keepIssue } from "./drift-issue.ts";

interface About {
  readonly owner: string;
  /** The name of the environment. */
  readonly env: string | undefined;
  /** The description of the Grafana. */
  readonly target: string;
  readonly author?: string;
}

/** What was done on the code host. */
interface Kept {
  /** One line for each. */
  readonly lines: readonly string[];
  /** `pull request` */
  readonly what: string;
  /** The pull request that is open now. */
  readonly pullRequest?: PullResult;
}

interface PullResult {
  readonly number: number;
  readonly url?: string;
  readonly branch: string;
}

/**
 * Keeps one pull request per owner and environment with the edits made in Grafana: opens it, updates it, and closes it once there is
 * no drift. If no edit can be written, keeps an issue instead.
 */
export async function keepPullRequest(
  report: DriftReport,
  edits: WriteBackReport,
  checkout: Checkout,
  about: About,
  variables: Variables,
): Promise<Kept> {
  const { owner, env, author } = about;
  const base = baseIn(variables);
  const host = await hostOf(variables, author);
  const branch = branchFor(owner, env);
  // The first request, because its error is the clearest if the token can't see the repository.
  const main = await host.defaultBranch();
  const target = base ?? checkout.branch ?? main;
  if (branch === main || branch === target)
    throw checkoutError(
      `The branch ${branch} is for edits made in Grafana, but is also the branch to merge into`,
      `Run the command on ${branch === main ? "another" : "the default"} branch.`,
    );
  const old = await host.openFrom(branch);
  if (edits.files.size > 0) {
    await mustContain(host, target, checkout.commit);
    const files = await changedFiles(checkout, edits.files);
    const kept = await writePull(host, { branch, base: target, files, old, report, edits, checkout, about }, variables);
    const why = `The edits are in ${host.what} ${kept.pullRequest?.number}${urlText(kept.pullRequest)}.`;
    const closed = await closeIssue(about, why, variables);
    return { ...kept, lines: [...kept.lines, ...(closed === undefined ? [] : [closed])] };
  }
  const hasDrift = report.drift.some(isDrift);
  if (!hasDrift && report.unseen.length > 0 && old)
    return {
      what: host.what,
      lines: [`${host.what} ${old.id} stays open: some kinds could not be read.`],
      pullRequest: resultOf(old, branch),
    };
  const lines: string[] = [];
  if (old) {
    const why = hasDrift
      ? "None of the current edits in Grafana can be written to the code. They are listed in the issue about drift."
      : "There is no more drift: Grafana matches the last apply again.";
    await closePull(host, old, branch, why);
    lines.push(`Closed ${host.what} ${old.id}: ${hasDrift ? "no edit can be written" : "there is no more drift"}.`);
  }
  return { what: host.what, lines: [...lines, await keepIssue(report, about, variables)] };
}

interface Wanted {
  readonly branch: string;
  readonly base: string;
  readonly files: readonly ChangedFile[];
  readonly old: Pull | undefined;
  readonly report: DriftReport;
  readonly edits: WriteBackReport;
  readonly checkout: Checkout;
  readonly about: About;
}

async function writePull(host: PullRequests, wanted: Wanted, variables: Variables): Promise<Kept> {
  const { branch, base, files, old, report, edits, about } = wanted;
  const trailer = trailerOf(files);
  const isCurrent = await writeBranch(host, wanted, trailer, variables);
  const text: PullText = {
    title: `Edits made in Grafana: ${[about.owner, ...(about.env === undefined ? [] : [about.env])].join(", ")}`,
    body: marked(
      markOf("drift", branch),
      outgoing.redacted(pullRequestMarkdown(report, edits, { target: about.target, what: host.what }), "long"),
      host.limit,
    ),
    base,
  };
  if (!old) {
    const opened = await host.open(branch, text);
    return {
      what: host.what,
      lines: [`Opened ${host.what} ${opened.id}${urlText(opened)}`],
      pullRequest: resultOf(opened, branch),
    };
  }
  const isSame = old.title === text.title && old.body.trim() === text.body.trim() && old.base === base;
  if (isSame && isCurrent)
    return {
      what: host.what,
      lines: [`${host.what} ${old.id} is up to date.`],
      pullRequest: resultOf(old, branch),
    };
  const changed = isSame ? old : await host.change(old.id, text);
  return {
    what: host.what,
    lines: [`Updated ${host.what} ${old.id}${urlText(changed)}`],
    pullRequest: resultOf(changed, branch),
  };
}

/** Sets the branch to the edits. Returns whether it already had them. Throws (exit 7) if others have changed the branch. */
async function writeBranch(
  host: PullRequests,
  { branch, base, files, old, edits, checkout }: Wanted,
  trailer: string,
  variables: Variables,
): Promise<boolean> {
  const former = await host.branch(branch, base);
  if (former && hasCommit(former, trailer)) return true;
  if (former && !isOwn(former))
    throw new ProvisionError(`The branch ${branch} on ${host.name} has commits of other users, so it was not updated`, {
      exitCode: EXIT.conflict,
      code: "pull-request-branch-changed",
      hint: old
        ? `The edits in Grafana differ from those on the branch now. Merge or close ${host.what} ${old.id}, and delete the branch.`
        : "Delete the branch, or rename it if its commits are still needed.",
    });
  const author = authorIn(variables);
  const commit = {
    parent: checkout.commit,
    message: commitMessage(edits, trailer),
    files,
    ...(author ? { author } : {}),
  };
  await host.commit(branch, commit, former?.head);
  return false;
}

async function closePull(host: PullRequests, pull: Pull, branch: string, why: string): Promise<void> {
  const state = await host.branch(branch, pull.base);
  await host.close(pull.id, why);
  if (state && isOwn(state)) await host.deleteBranch(branch);
}

async function mustContain(host: PullRequests, base: string, commit: string): Promise<void> {
  const short = commit.slice(0, 7);
  const isContained = await host.contains(base, commit);
  if (isContained === undefined)
    throw checkoutError(`${host.name} has no commit ${short}, which is checked out`, `Push it to ${base} first.`);
  if (!isContained)
    throw checkoutError(
      `The branch ${base} does not contain the commit ${short}, which is checked out`,
      `Check out ${base}, or run the job on the branch that is checked out.`,
    );
}

/** `grafana-provision/drift-toolboxai`. With an environment: `grafana-provision/drift-toolboxai+production`. */
function branchFor(owner: string, env: string | undefined): string {
  const name = env === undefined ? owner : `${owner}+${env}`;
  const valid = name
    .replaceAll(/[^A-Za-z0-9._+-]+/g, "-")
    .replaceAll(/\.{2,}/g, "-")
    .replace(/(\.lock)?\.?$/, "");
  const isSame = valid === name;
  return `grafana-provision/drift-${valid}${isSame ? "" : `-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`}`;
}

/** The branch that the CI job runs on. Throws (exit 64) if it runs on a tag, a pull request or a merge request. */
function baseIn(variables: Variables): string | undefined {
  const { GITHUB_REF: ref, CI_COMMIT_BRANCH: branch, CI_COMMIT_TAG: tag, CI_MERGE_REQUEST_IID: merge } = variables;
  const wrong = (what: string) =>
    new UsageError(
      `--pull-request: this job runs on ${what}, and not on a branch`,
      "Run it on the default branch, for example on a schedule.",
      "pull-request-branch-missing",
    );
  if (variables["GITHUB_REPOSITORY"]) {
    if (!ref) return undefined;
    if (!ref.startsWith("refs/heads/")) throw wrong(ref);
    return ref.slice("refs/heads/".length);
  }
  if (tag) throw wrong(`the tag ${tag}`);
  if (merge) throw wrong(`merge request ${merge}`);
  return branch || undefined;
}

/** The author that git itself would use. Default: the user of the token. */
function authorIn({ GIT_AUTHOR_NAME: name, GIT_AUTHOR_EMAIL: email }: Variables) {
  return name && email ? { name, email } : undefined;
}

async function hostOf(variables: Variables, author: string | undefined): Promise<PullRequests> {
  if (variables["GITHUB_REPOSITORY"]) return gitHubPulls(variables, author === undefined ? {} : { author });
  if (variables["CI_PROJECT_ID"]) return gitLabMerges(variables);
  throw new UsageError(
    "--pull-request needs a GitHub or GitLab repository, but neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set",
    "Run the command in GitHub Actions or GitLab CI, or set one of these variables.",
    "code-host-missing",
  );
}

function urlText(one: { readonly url?: string } | undefined): string {
  return one?.url === undefined ? "" : `: ${one.url}`;
}

function resultOf({ id, url }: { readonly id: number; readonly url?: string }, branch: string): PullResult {
  return { number: id, ...(url === undefined ? {} : { url }), branch };
}
