import { isDrift, type DriftReport } from "../engine/drift.ts";
import { UsageError } from "../util/errors.ts";
import { findMarked, marked, markOf, type Tracker } from "../review/code-host/code-host.ts";
import { gitHubIssues, type Variables } from "../review/code-host/github.ts";
import { gitLabIssues } from "../review/code-host/gitlab.ts";
import { driftMarkdown } from "../report/drift.ts";

/**
 * Opens one issue for the drift of an owner, changes the one that is there, or closes it when nothing is left of it.
 * Returns a line that says so.
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
    if (!old) return "No drift, and no open issue about any.";
    // What could not be read may well be as it was.
    if (report.unseen.length > 0) return `${number(old.id)} stays open, since not everything could be read.`;
    await tracker.closeIssue(old.id, "Grafana is as the last apply left it again: there is no drift any more.");
    return `Closed ${number(old.id)}: there is no drift any more.`;
  }
  const body = marked(mark, driftMarkdown(report, { target }), tracker.limit);
  if (!old) {
    const { id, url } = await tracker.openIssue(`Drift in Grafana: ${owner}`, body);
    return `Opened ${number(id)}${url === undefined ? "" : `: ${url}`}`;
  }
  if (old.body.trim() === body.trim()) return `${number(old.id)} says so already.`;
  const { url } = await tracker.changeIssue(old.id, body);
  return `Changed ${number(old.id)}${url === undefined ? "" : `: ${url}`}`;
}

async function trackerOf(variables: Variables, author: string | undefined): Promise<Tracker> {
  if (variables["GITHUB_REPOSITORY"]) return gitHubIssues(variables, author === undefined ? {} : { author });
  if (variables["CI_PROJECT_ID"]) return gitLabIssues(variables);
  throw new UsageError(
    "--issue opens an issue on GitHub or GitLab, and neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set",
    "Run it in GitHub Actions or GitLab CI, or set their variables.",
  );
}
