import { lstat, open } from "node:fs/promises";
import { join, resolve } from "node:path";
import { environmentOf, loadConfig } from "../../code/config.ts";
import { environment } from "../../secrets/environment.ts";
import { EXIT, ProvisionError, UsageError, type ExitCode } from "../../util/errors.ts";
import { gitHubEvent, type GitHubEvent } from "../../review/code-host/event.ts";
import { findMarked, marked, markOf, type CodeHost } from "../../review/code-host/code-host.ts";
import { gitHubPull, type Variables } from "../../review/code-host/github.ts";
import { gitLabMerge } from "../../review/code-host/gitlab.ts";
import { isInSyncMarkdown } from "../../report/markdown.ts";
import { ioOf } from "../io.ts";
import { REVIEW_DIRECTORY } from "./review.ts";
import { commandHere } from "../../util/command-line.ts";

export interface CommentOptions {
  readonly config?: string;
  readonly env?: string;
  readonly color: boolean;
  readonly pullRequest?: number;
  readonly author?: string;
}

/**
 * Posts the result of `review` as a comment on a GitHub pull request or a GitLab merge request, or updates its earlier
 * comment. Posts no new comment if nothing differs.
 */
export async function comment(
  given: string | undefined,
  options: CommentOptions,
  variables: Variables = environment(),
): Promise<ExitCode> {
  const { result } = ioOf(options);
  const loadedConfig = await loadConfig(options.config, process.cwd());
  const owner = environmentOf(loadedConfig, options.env).owner ?? loadedConfig.config.project;
  const directory = resolve(given ?? join(loadedConfig.directory, REVIEW_DIRECTORY));
  const { codeHost, text } = await postingOf(directory, options, variables);

  const mark = markOf("review", owner);
  const body = marked(mark, text, codeHost.limit);
  const old = await findMarked(codeHost.ownComments(), mark);
  const say = (what: string) => result.stream.write(`${what}\n`);
  if (!old && isInSyncMarkdown(text)) say(`No differences: no comment on ${codeHost.where}.`);
  else if (!old) say(`Commented on ${codeHost.where}${urlOf(await codeHost.addComment(body))}`);
  else if (old.body.trim() === body.trim()) say(`The comment on ${codeHost.where} is up to date.`);
  else say(`Updated the comment on ${codeHost.where}${urlOf(await codeHost.changeComment(old.id, body))}`);
  return EXIT.done;
}

function urlOf({ url }: { readonly url?: string }): string {
  return url === undefined ? "" : `: ${url}`;
}

interface Posting {
  readonly codeHost: CodeHost;
  /** The review, with a link to the CI run. */
  readonly text: string;
}

async function postingOf(directory: string, options: CommentOptions, variables: Variables): Promise<Posting> {
  if (variables["GITHUB_REPOSITORY"] || variables["GITHUB_ACTIONS"]) return onGitHub(directory, options, variables);
  if (variables["CI_PROJECT_ID"] || variables["GITLAB_CI"]) {
    const number = options.pullRequest ?? numberIn(variables["CI_MERGE_REQUEST_IID"]);
    if (number === undefined) throw noNumber("CI_MERGE_REQUEST_IID, which GitLab sets in merge request pipelines");
    const report = await reportIn(directory);
    const link = linkTo(variables["CI_JOB_URL"]);
    return { codeHost: await gitLabMerge(number, variables), text: withLink(report, link) };
  }
  throw new UsageError(
    "Can't tell which repository to comment in: neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set",
    "Run the command in GitHub Actions or GitLab CI, or set one of these variables.",
    "code-host-missing",
  );
}

async function onGitHub(directory: string, options: CommentOptions, variables: Variables): Promise<Posting> {
  const event = gitHubEvent(variables);
  const number = options.pullRequest ?? event.pullRequest ?? (event.run ? await numberFrom(directory) : undefined);
  if (number === undefined) throw noNumber("the event of the workflow");
  const { author } = options;
  const codeHost = await gitHubPull(number, variables, author === undefined ? {} : { author });
  const report = await reportIn(directory);
  if (!event.run) return { codeHost, text: withLink(report, linkTo(runUrl(variables))) };
  await checkPullRequest(event.run, number, codeHost);
  return { codeHost, text: withLink(event.run.ofFork ? withoutMentions(report) : report, fromRun(event.run)) };
}

function noNumber(what: string): UsageError {
  return new UsageError(
    "Can't tell which pull request to comment on",
    `Pass --pull-request NUMBER. The default is taken from ${what}.`,
    "pull-request-missing",
  );
}

/**
 * Throws if a workflow run does not belong to the pull request. The number comes from an artifact that untrusted code can
 * write, so it could name any pull request.
 */
async function checkPullRequest(
  { event, headSha }: NonNullable<GitHubEvent["run"]>,
  number: number,
  codeHost: { headOf(): Promise<string> },
): Promise<void> {
  if (event !== "pull_request") {
    throw refused(`The workflow run was triggered by ${event}, not by pull_request`);
  }
  const head = await codeHost.headOf();
  if (head === headSha) return;
  throw refused(
    `The review is for commit ${headSha.slice(0, 7)}, but pull request ${number} is at ${head.slice(0, 7)}`,
    "If a newer commit was pushed, its workflow run will comment. Otherwise the artifact names the wrong pull request.",
  );
}

function refused(message: string, hint?: string): ProvisionError {
  return new ProvisionError(`${message}; no comment was posted`, {
    code: "comment-rejected",
    exitCode: EXIT.failure,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Bytes. More than a report with multi-byte characters can have. */
const MAX_FILE_SIZE = 512 * 1024;

async function reportIn(directory: string): Promise<string> {
  const text = await textOf(directory, "review.md");
  if (text !== undefined) return text;
  throw new UsageError(
    `${directory} contains no review.md`,
    `Write it first: ${commandHere("review", "--out", directory)}`,
    "review-missing",
  );
}

/** Reads the file in which the workflow of the pull request saved its number. */
async function numberFrom(directory: string): Promise<number> {
  const text = await textOf(directory, "pull-request");
  const number = numberIn(text);
  if (number !== undefined) return number;
  throw refused(
    text === undefined
      ? `${directory} contains no file named pull-request`
      : "The file pull-request contains no number",
    "Write the number of the pull request to this file in the workflow that runs `review`.",
  );
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,9}\s*$/.test(text) ? Number(text) : undefined;
}

/** The text of a regular file, up to the maximum size. A symbolic link in an artifact could lead to any file. */
async function textOf(directory: string, name: string): Promise<string | undefined> {
  const path = join(directory, name);
  const found = await lstat(path).catch(() => undefined);
  if (!found) return undefined;
  if (!found.isFile()) throw refused(`${path} is not a regular file`);
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_FILE_SIZE), 0, MAX_FILE_SIZE, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function withLink(report: string, line: string): string {
  return line === "" ? report : `${report.trimEnd()}\n\n${line}\n`;
}

function linkTo(url: string | undefined): string {
  return url && URL.canParse(url) ? `[CI run](${url}); its artifacts contain the full review as HTML.` : "";
}

function runUrl({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_RUN_ID: id }: Variables) {
  return server && name && id ? `${server}/${name}/actions/runs/${id}` : undefined;
}

function fromRun({ ofFork, url }: NonNullable<GitHubEvent["run"]>): string {
  const warning = ofFork ? "Generated by unreviewed code of a fork." : "";
  return [linkTo(url), warning].filter(Boolean).join(" ");
}

/** Adds a zero-width space after each `@`, so that untrusted text can't mention users. */
function withoutMentions(text: string): string {
  return text.replaceAll("@", "@\u200b");
}
