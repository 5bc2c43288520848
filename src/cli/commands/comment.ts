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

export interface CommentOptions {
  readonly config?: string;
  readonly env?: string;
  readonly color: boolean;
  readonly pullRequest?: number;
  readonly author?: string;
}

/**
 * Writes what `review` wrote as one comment on a pull request of GitHub or a merge request of GitLab, or changes the one
 * that it wrote before. Where nothing differs it makes no new one.
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
  const { forge, text } = await postingOf(directory, options, variables);

  const mark = markOf("review", owner);
  const body = marked(mark, text, forge.limit);
  const old = await findMarked(forge.ownComments(), mark);
  const say = (what: string) => result.stream.write(`${what}\n`);
  if (!old && isInSyncMarkdown(text)) say(`Nothing differs: ${forge.where} gets no comment.`);
  else if (!old) say(`Commented on ${forge.where}${urlOf(await forge.addComment(body))}`);
  else if (old.body.trim() === body.trim()) say(`The comment on ${forge.where} says so already.`);
  else say(`Changed the comment on ${forge.where}${urlOf(await forge.changeComment(old.id, body))}`);
  return EXIT.done;
}

function urlOf({ url }: { readonly url?: string }): string {
  return url === undefined ? "" : `: ${url}`;
}

interface Posting {
  readonly forge: CodeHost;
  /** The report, with what is to be known of where it comes from. */
  readonly text: string;
}

async function postingOf(directory: string, options: CommentOptions, variables: Variables): Promise<Posting> {
  if (variables["GITHUB_REPOSITORY"] || variables["GITHUB_ACTIONS"]) return onGitHub(directory, options, variables);
  if (variables["CI_PROJECT_ID"] || variables["GITLAB_CI"]) {
    const number = options.pullRequest ?? numberIn(variables["CI_MERGE_REQUEST_IID"]);
    if (number === undefined) throw noNumber("CI_MERGE_REQUEST_IID, which a pipeline of a merge request has");
    const report = await reportIn(directory);
    const link = linkTo(variables["CI_JOB_URL"]);
    return { forge: await gitLabMerge(number, variables), text: withLink(report, link) };
  }
  throw new UsageError(
    "There is no pull request to comment on: neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set",
    "Run it in GitHub Actions or GitLab CI, or set their variables.",
  );
}

async function onGitHub(directory: string, options: CommentOptions, variables: Variables): Promise<Posting> {
  const event = gitHubEvent(variables);
  const number = options.pullRequest ?? event.pullRequest ?? (event.run ? await numberFrom(directory) : undefined);
  if (number === undefined) throw noNumber("the event of a pull request");
  const { author } = options;
  const forge = await gitHubPull(number, variables, author === undefined ? {} : { author });
  const report = await reportIn(directory);
  if (!event.run) return { forge, text: withLink(report, linkTo(runUrl(variables))) };
  await mustBeOf(event.run, number, forge);
  return { forge, text: withLink(event.run.ofFork ? unmentioning(report) : report, fromRun(event.run)) };
}

function noNumber(what: string): UsageError {
  return new UsageError(
    "Nothing says which pull request to comment on",
    `Name it with --pull-request NUMBER; without it, it is taken from ${what}.`,
  );
}

/** The number comes with an artifact, which anybody's code may have written: it may name any pull request. */
async function mustBeOf(
  { event, headSha }: NonNullable<GitHubEvent["run"]>,
  number: number,
  forge: { headOf(): Promise<string> },
): Promise<void> {
  if (event !== "pull_request") {
    throw refused(`The workflow run was started by ${event}, not by a pull request`);
  }
  const head = await forge.headOf();
  if (head === headSha) return;
  throw refused(
    `The report is of the commit ${headSha.slice(0, 7)}, and pull request ${number} is at ${head.slice(0, 7)}`,
    "If a newer commit was pushed, its own run comments. Otherwise the artifact names a pull request that it does not belong to.",
  );
}

function refused(message: string, hint?: string): ProvisionError {
  return new ProvisionError(`${message}: nothing was written`, {
    exitCode: EXIT.failure,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Bytes; what a report has at most, in characters that take several. */
const MOST = 512 * 1024;

async function reportIn(directory: string): Promise<string> {
  const text = await textOf(directory, "review.md");
  if (text !== undefined) return text;
  throw new UsageError(`There is no review.md in ${directory}`, "Run `review` before, with the same --out.");
}

/** The file that a workflow of pull requests puts beside its report. */
async function numberFrom(directory: string): Promise<number> {
  const text = await textOf(directory, "pull-request");
  const number = numberIn(text);
  if (number !== undefined) return number;
  throw refused(
    text === undefined ? `There is no file pull-request in ${directory}` : "The file pull-request holds no number",
    "The workflow that writes the report puts the number of its pull request there.",
  );
}

function numberIn(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,9}\s*$/.test(text) ? Number(text) : undefined;
}

/** A plain file's text, no longer than it may be: a link in an artifact could lead to any file of this machine. */
async function textOf(directory: string, name: string): Promise<string | undefined> {
  const path = join(directory, name);
  const found = await lstat(path).catch(() => undefined);
  if (!found) return undefined;
  if (!found.isFile()) throw refused(`${path} is no plain file`);
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MOST), 0, MOST, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

function withLink(report: string, line: string): string {
  return line === "" ? report : `${report.trimEnd()}\n\n${line}\n`;
}

function linkTo(url: string | undefined): string {
  return url && URL.canParse(url) ? `[The run](${url}), with the drawn review among its artifacts.` : "";
}

function runUrl({ GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_RUN_ID: id }: Variables) {
  return server && name && id ? `${server}/${name}/actions/runs/${id}` : undefined;
}

function fromRun({ ofFork, url }: NonNullable<GitHubEvent["run"]>): string {
  const said = ofFork ? "Written by a run of the fork's own code, which nobody has checked." : "";
  return [linkTo(url), said].filter(Boolean).join(" ");
}

/** A stranger's text calls nobody: a character that nobody sees stands behind each `@`. */
function unmentioning(text: string): string {
  return text.replaceAll("@", "@\u200b");
}
