import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import nock from "nock";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { comment, type CommentOptions } from "../../../src/cli/commands/comment.ts";
import type { Plan } from "../../../src/engine/change.ts";
import { kinds } from "../../../src/kinds/index.ts";
import { planMarkdown } from "../../../src/report/markdown.ts";
import { CodeHostError } from "../../../src/review/code-host/client.ts";
import { gitHubPull } from "../../../src/review/code-host/github.ts";

const MARK = "<!-- grafana-provision review: own -->";
const REPORT = "### Plan: 1 to add, 0 to change, 0 to destroy. 2 unchanged.\n\nWhat changes.\n";
const IN_SYNC = reportOf([]);
const TOKEN = "ghs_s3cret";
const GITHUB = {
  GITHUB_TOKEN: TOKEN,
  GITHUB_REPOSITORY: "team/monitoring",
  GITHUB_API_URL: "https://ghe.example.org/api/v3",
};
const GITLAB = {
  GITLAB_TOKEN: "glpat-s3cret",
  CI_API_V4_URL: "https://gitlab.example.org/api/v4",
  CI_PROJECT_ID: "42",
  CI_MERGE_REQUEST_IID: "7",
};
const COMMENTS = "/api/v3/repos/team/monitoring/issues/7/comments";
const PAGE = { per_page: "100", page: "1" };

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  if (pending.length > 0) throw new Error(`never asked for: ${pending.join(", ")}`);
});

const gitHub = () => nock("https://ghe.example.org", { reqheaders: { authorization: `Bearer ${TOKEN}` } });
const gitLab = () => nock("https://gitlab.example.org", { reqheaders: { "private-token": "glpat-s3cret" } });
/** The token of a workflow can't read its own user. */
const asWorkflow = () => gitHub().get("/api/v3/user").reply(403, { message: "Resource not accessible by integration" });
const by = (login: string, id: number, body: string) => ({
  id,
  body,
  user: { login },
  html_url: `https://ghe.example.org/c/${id}`,
});
const bot = "github-actions[bot]";

/** A review as `review` writes it. */
function reportOf(unseen: Plan["unseen"]): string {
  const lists = { changes: [], orphans: [], uncheckedSecrets: [], notes: [] };
  return planMarkdown({ version: 1, project: "own", unchanged: 3, unseen, ...lists }, kinds, { target: "the sandbox" });
}

interface Given {
  readonly report?: string;
  readonly number?: string;
  readonly event?: object;
  readonly variables?: Readonly<Record<string, string>>;
  readonly options?: Partial<CommentOptions>;
}

/** Runs the command on a directory with a review; returns its output. */
async function commented({
  report = REPORT,
  number,
  event,
  variables = GITHUB,
  options = { pullRequest: 7 },
}: Given = {}) {
  const directory = await mkdtemp(join(tmpdir(), "grafana-provision-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "grafana.config.mjs"), 'export default { project: "own" };\n');
  await writeFile(join(directory, "review.md"), report);
  if (number !== undefined) await writeFile(join(directory, "pull-request"), number);
  const all: Record<string, string> = { ...variables };
  if (event) {
    all["GITHUB_EVENT_PATH"] = join(directory, "event.json");
    await writeFile(all["GITHUB_EVENT_PATH"], JSON.stringify(event));
  }
  let printed = "";
  const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    printed += String(text);
    return true;
  });
  try {
    const config = join(directory, "grafana.config.mjs");
    expect(await comment(directory, { config, color: false, ...options }, all)).toBe(0);
    return printed;
  } finally {
    write.mockRestore();
  }
}

describe("on GitHub", () => {
  test("posts a comment if there is none", async () => {
    asWorkflow();
    gitHub()
      .get(COMMENTS)
      .query(PAGE)
      .reply(200, [by("maria", 1, "Nice.")]);
    let sent = "";
    gitHub()
      .post(COMMENTS, (body: { body: string }) => ((sent = body.body), true))
      .reply(201, by(bot, 9, MARK));
    expect(await commented()).toBe("Commented on pull request 7: https://ghe.example.org/c/9\n");
    expect(sent.startsWith(`${MARK}\n### Plan: 1 to add`)).toBe(true);
  });

  test("takes the number from the event, and links the run", async () => {
    asWorkflow();
    gitHub().get(COMMENTS).query(PAGE).reply(200, []);
    gitHub()
      .post(COMMENTS, ({ body }: { body: string }) =>
        body.includes("(https://ghe.example.org/team/monitoring/actions/runs/55)"),
      )
      .reply(201, by(bot, 9, MARK));
    const said = await commented({
      options: {},
      event: { pull_request: { number: 7 } },
      variables: { ...GITHUB, GITHUB_SERVER_URL: "https://ghe.example.org", GITHUB_RUN_ID: "55" },
    });
    expect(said).toContain("Commented on pull request 7");
  });

  test("updates its own comment on any page, but not one of another user with the same marker", async () => {
    asWorkflow();
    const first = Array.from({ length: 100 }, (_, index) =>
      by("maria", index, index === 3 ? `${MARK}\nMine.` : "Words."),
    );
    gitHub().get(COMMENTS).query(PAGE).reply(200, first);
    gitHub()
      .get(COMMENTS)
      .query({ ...PAGE, page: "2" })
      .reply(200, [by(bot, 200, "Another bot's words"), by(bot, 201, `${MARK}\nOld.`)]);
    gitHub()
      .patch("/api/v3/repos/team/monitoring/issues/comments/201")
      .reply(200, by(bot, 201, MARK));
    expect(await commented()).toBe("Updated the comment on pull request 7: https://ghe.example.org/c/201\n");
  });

  test("has a separate comment for another environment of the same repository", async () => {
    asWorkflow();
    gitHub()
      .get(COMMENTS)
      .query(PAGE)
      .reply(200, [by(bot, 1, "<!-- grafana-provision review: own-production -->\nOld.")]);
    gitHub()
      .post(COMMENTS)
      .reply(201, by(bot, 2, MARK));
    expect(await commented()).toContain("Commented on");
  });

  test("finds the user of a personal token", async () => {
    gitHub().get("/api/v3/user").reply(200, { login: "maria" });
    gitHub()
      .get(COMMENTS)
      .query(PAGE)
      .reply(200, [by(bot, 1, `${MARK}\nOld.`), by("maria", 2, `${MARK}\nOld.`)]);
    gitHub()
      .patch("/api/v3/repos/team/monitoring/issues/comments/2")
      .reply(200, by("maria", 2, MARK));
    expect(await commented()).toContain("Updated the comment");
  });

  test("posts no comment without differences, but updates an earlier one", async () => {
    asWorkflow();
    gitHub().get(COMMENTS).query(PAGE).reply(200, []);
    expect(await commented({ report: IN_SYNC })).toContain("no comment on pull request 7");
    asWorkflow();
    gitHub()
      .get(COMMENTS)
      .query(PAGE)
      .reply(200, [by(bot, 4, `${MARK}\nOld.`)]);
    gitHub()
      .patch("/api/v3/repos/team/monitoring/issues/comments/4", ({ body }: { body: string }) =>
        body.startsWith(`${MARK}\n### Plan: 0 to add`),
      )
      .reply(200, by(bot, 4, MARK));
    expect(await commented({ report: IN_SYNC })).toContain("Updated the comment");
  });

  test("posts a comment if a kind could not be read, although no differences were found", async () => {
    asWorkflow();
    gitHub().get(COMMENTS).query(PAGE).reply(200, []);
    gitHub()
      .post(COMMENTS, ({ body }: { body: string }) => body.includes("dashboards&#58;read"))
      .reply(201, by(bot, 9, MARK));
    const report = reportOf([{ kind: "dashboard", missing: "dashboards:read", resources: [] }]);
    expect(await commented({ report })).toContain("Commented on pull request 7");
  });

  test("writes nothing if the comment is unchanged", async () => {
    asWorkflow();
    gitHub()
      .get(COMMENTS)
      .query(PAGE)
      .reply(200, [by(bot, 4, `${MARK}\n${REPORT}`)]);
    expect(await commented()).toBe("The comment on pull request 7 is up to date.\n");
  });

  test("repeats a read after a 502; a write with an unknown outcome is not repeated", async () => {
    asWorkflow();
    gitHub().get(COMMENTS).query(PAGE).reply(502);
    gitHub().get(COMMENTS).query(PAGE).reply(200, []);
    gitHub().post(COMMENTS).reply(502, "Bad gateway");
    await expect(commented()).rejects.toThrow("POST /repos/team/monitoring/issues/7/comments returned 502");
  });

  test.each([
    { status: 401, message: "Bad credentials", error: "code-host-token-rejected", hint: "expired" },
    {
      status: 403,
      message: "Resource not accessible by integration",
      error: "code-host-permission-missing",
      hint: "pull-requests: write",
    },
    {
      status: 403,
      message: "You have exceeded a secondary rate limit",
      error: "code-host-rate-limited",
      hint: "later",
    },
    { status: 404, message: "Not Found", error: "code-host-object-missing", hint: "team/monitoring" },
    {
      status: 422,
      message: "Validation Failed",
      error: "code-host-request-rejected",
      hint: "message",
    },
    { status: 301, message: "Moved Permanently", error: "code-host-response-invalid", hint: "the URL of GitHub's API" },
  ])("$status $message: $error", async ({ status, message, error: code, hint }) => {
    gitHub().post(COMMENTS).reply(status, { message });
    const forge = await gitHubPull(7, GITHUB, { author: bot, retryDelay: 1 });
    const error = await forge.addComment("Text").catch((reason: unknown) => reason);
    if (!(error instanceof CodeHostError)) throw new TypeError("a CodeHostError was expected", { cause: error });
    expect(error.code).toBe(code);
    expect(error.message).toContain("POST /repos/team/monitoring/issues/7/comments");
    expect(error.hint).toContain(hint);
    expect(error.exitCode).toBeGreaterThan(0);
    expect(JSON.stringify(error) + error.stack).not.toContain(TOKEN);
  });

  test("rejects a response that is not a list", async () => {
    asWorkflow();
    gitHub().get(COMMENTS).query(PAGE).reply(200, { message: "Hello" });
    await expect(commented()).rejects.toThrow("unexpected response to /repos/team/monitoring/issues/7/comments");
  });

  test.each([
    { what: "no token", variables: { GITHUB_REPOSITORY: "team/monitoring" }, says: "GITHUB_TOKEN is not set" },
    { what: "no code host", variables: {}, says: "neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set" },
    { what: "no number", variables: GITHUB, options: {}, says: "which pull request to comment on" },
    {
      what: "a repository in an invalid form",
      variables: { ...GITHUB, GITHUB_REPOSITORY: "../../user" },
      says: "../../user",
    },
  ])("$what: is reported, and no request is sent", async ({ says, ...given }) => {
    await expect(commented(given)).rejects.toThrow(says);
  });
});

describe("after the run of a pull request, possibly from a fork", () => {
  const HEAD = "1a2b3c4d5e6f7a8b9c0d1a2b3c4d5e6f7a8b9c0d";
  const run = (more: object = {}) => ({
    repository: { full_name: "team/monitoring" },
    workflow_run: {
      event: "pull_request",
      head_sha: HEAD,
      html_url: "https://ghe.example.org/runs/5",
      head_repository: { full_name: "stranger/monitoring" },
      ...more,
    },
  });
  const pull = (sha: string) => gitHub().get("/api/v3/repos/team/monitoring/pulls/7").reply(200, { head: { sha } });
  const given = { options: {}, number: "7\n", event: run() };

  test("the review is posted on the pull request that the artifact names", async () => {
    pull(HEAD);
    asWorkflow();
    gitHub().get(COMMENTS).query(PAGE).reply(200, []);
    let sent = "";
    gitHub()
      .post(COMMENTS, ({ body }: { body: string }) => ((sent = body), true))
      .reply(201, by(bot, 9, MARK));
    const hostile = `${REPORT}\n@everyone look\n<!-- grafana-provision review: other -->\n${MARK}\n`;
    await commented({ ...given, report: hostile });
    expect(sent.match(/<!--/g)).toHaveLength(1);
    expect(sent.startsWith(MARK)).toBe(true);
    expect(sent).not.toMatch(/@everyone/);
    expect(sent).toContain("unreviewed code of a fork");
    expect(sent).toContain("(https://ghe.example.org/runs/5)");
  });

  test("a long review is shortened to the length of a comment", async () => {
    pull(HEAD);
    asWorkflow();
    gitHub().get(COMMENTS).query(PAGE).reply(200, []);
    gitHub()
      .post(
        COMMENTS,
        ({ body }: { body: string }) => body.length <= 65_536 && body.startsWith(MARK) && body.includes("omitted"),
      )
      .reply(201, by(bot, 9, MARK));
    expect(await commented({ ...given, report: REPORT + "long ".repeat(400_000) })).toContain("Commented on");
  });

  test("nothing is posted on a pull request with another head commit", async () => {
    pull("f".repeat(40));
    await expect(commented(given)).rejects.toThrow(
      /commit 1a2b3c4, but pull request 7 is at fffffff.*no comment was posted/,
    );
  });

  test.each(["", "7; rm -rf /", "../7", "-7", "0", "7e3", "12345678901"])(
    "the number %j is rejected",
    async (number) => {
      await expect(commented({ ...given, number })).rejects.toThrow("The file pull-request contains no number");
    },
  );

  test("nothing is posted without a number, or for a run that no pull request triggered", async () => {
    const { number: _, ...none } = given;
    await expect(commented(none)).rejects.toThrow("contains no file named pull-request");
    await expect(commented({ ...given, event: run({ event: "push" }) })).rejects.toThrow("was triggered by push");
  });

  test("a link in the artifact is not followed", async () => {
    const directory = await mkdtemp(join(tmpdir(), "grafana-provision-"));
    onTestFinished(() => rm(directory, { recursive: true, force: true }));
    await writeFile(join(directory, "grafana.config.mjs"), 'export default { project: "own" };\n');
    await symlink("/etc/hostname", join(directory, "review.md"));
    const config = join(directory, "grafana.config.mjs");
    await expect(comment(directory, { config, color: false, pullRequest: 7 }, GITHUB)).rejects.toThrow(
      "is not a regular file",
    );
  });
});

describe("on GitLab", () => {
  const NOTES = "/api/v4/projects/42/merge_requests/7/notes";
  const LIST = { sort: "asc", order_by: "created_at", ...PAGE };
  const note = (id: number, author: number, body: string, system = false) => ({
    id,
    body,
    system,
    author: { id: author },
  });

  test("creates a note, and updates it the next time", async () => {
    gitLab().get("/api/v4/user").reply(200, { id: 5 });
    gitLab()
      .get(NOTES)
      .query(LIST)
      .reply(200, [note(1, 6, `${MARK}\nTheirs.`), note(2, 5, "approved", true)]);
    gitLab()
      .post(NOTES, { body: `${MARK}\n${REPORT}` })
      .reply(201, note(3, 5, MARK));
    expect(await commented({ variables: GITLAB, options: {} })).toBe("Commented on merge request 7\n");

    gitLab().get("/api/v4/user").reply(200, { id: 5 });
    gitLab()
      .get(NOTES)
      .query(LIST)
      .reply(200, [note(3, 5, `${MARK}\nOld.`)]);
    gitLab()
      .put(`${NOTES}/3`)
      .reply(200, note(3, 5, MARK));
    expect(await commented({ variables: GITLAB, options: {} })).toBe("Updated the comment on merge request 7\n");
  });

  test("names the required token", async () => {
    const { GITLAB_TOKEN: _, ...none } = GITLAB;
    await expect(commented({ variables: none, options: {} })).rejects.toThrow("GITLAB_TOKEN is not set");
    gitLab().get("/api/v4/user").reply(403, { message: "insufficient_scope" });
    await expect(commented({ variables: GITLAB, options: {} })).rejects.toMatchObject({
      hint: expect.stringContaining("scope `api`") as unknown,
    });
  });
});
