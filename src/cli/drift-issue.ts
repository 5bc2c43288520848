import { isDrift, type DriftReport } from "../engine/drift.ts";
import { UsageError } from "../util/errors.ts";
import { findMarked, marked, markOf, type Tracker } from "../review/code-host/code-host.ts";
import { gitHubIssues, type Variables } from "../review/code-host/github.ts";
import { gitLabIssues } from "../review/code-host/gitlab.ts";
import { driftMarkdown } from "../report/drift.ts";
import { outgoing } from "../secrets/outgoing.ts";

/**
 * Keeps one issue per owner about drift: opens it, updates it, and closes it once there is no drift. Returns a line that
 * says what was done.
 */
export async function keepIssue(
  report: DriftReport,
  { owner, target, author }: { readonly owner: string; readonly target: string; readonly author?: string },
  variables: Variables,
): Promise<string> {
  const tracker = await trackerOf(variables, author);
  const mark = markOf("drift", owner);
  const old = await findMarked(tracker.ownIssues(), mark);
  const number = (id: number) => `issue ${id}`;
  if (!report.drift.some(isDrift)) {
    if (!old) return "No drift, and no open issue.";
    // Kinds that could not be read may still have drift.
    if (report.unseen.length > 0) return `${number(old.id)} stays open: some kinds could not be read.`;
    await tracker.closeIssue(old.id, "There is no more drift: Grafana matches the last apply again.");
    return `Closed ${number(old.id)}: there is no more drift.`;
  }
  const body = marked(mark, outgoing.redacted(driftMarkdown(report, { target }), "long"), tracker.limit);
  if (!old) {
    const { id, url } = await tracker.openIssue(`Drift in Grafana: ${owner}`, body);
    return `Opened ${number(id)}${url === undefined ? "" : `: ${url}`}`;
  }
  if (old.body.trim() === body.trim()) return `${number(old.id)} is up to date.`;
  const { url } = await tracker.changeIssue(old.id, body);
  return `Updated ${number(old.id)}${url === undefined ? "" : `: ${url}`}`;
}

/** Closes the issue about drift, if there is one. Returns a line that says so. */
export async function closeIssue(
  { owner, author }: { readonly owner: string; readonly author?: string },
  why: string,
  variables: Variables,
): Promise<string | undefined> {
  const tracker = await trackerOf(variables, author);
  const old = await findMarked(tracker.ownIssues(), markOf("drift", owner));
  if (!old) return undefined;
  await tracker.closeIssue(old.id, why);
  return `Closed issue ${old.id}: ${why}`;
}

async function trackerOf(variables: Variables, author: string | undefined): Promise<Tracker> {
  if (variables["GITHUB_REPOSITORY"]) return gitHubIssues(variables, author === undefined ? {} : { author });
  if (variables["CI_PROJECT_ID"]) return gitLabIssues(variables);
  throw new UsageError(
    "--issue needs a GitHub or GitLab repository, but neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set",
    "Run the command in GitHub Actions or GitLab CI, or set one of these variables.",
    "code-host-missing",
  );
}
