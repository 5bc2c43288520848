import nock from "nock";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keepIssue } from "../../../src/cli/drift-issue.ts";
import type { DriftReport } from "../../../src/engine/drift.ts";
import { outgoing } from "../../../src/secrets/outgoing.ts";

const MARK = "<!-- grafana-provision drift: own -->";
const GITHUB = { GITHUB_TOKEN: "ghs_s3cret", GITHUB_REPOSITORY: "team/monitoring" };
const GITLAB = {
  GITLAB_TOKEN: "glpat",
  CI_API_V4_URL: "https://gitlab.example.org/api/v4",
  CI_PROJECT_ID: "team/monitoring",
};
const ISSUES = "/repos/team/monitoring/issues";
const OPEN = { state: "open", per_page: "100", page: "1" };
const ABOUT = { owner: "own", target: "Grafana 12.4.0 at https://grafana.example.org" };

const none: DriftReport = { project: "own", drift: [], unchanged: 3, unseen: [], notes: [] };
const some: DriftReport = {
  ...none,
  drift: [
    {
      kind: "dashboard",
      id: "queue",
      title: "Queue ``` <img src=x> @maria",
      state: "changed",
      conflicts: [],
      differences: [],
      saves: [],
    },
  ],
};

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  const pending = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  if (pending.length > 0) throw new Error(`never asked for: ${pending.join(", ")}`);
});

const gitHub = () => nock("https://api.github.com");
const bot = "github-actions[bot]";
const listed = (...issues: object[]) => {
  gitHub().get("/user").reply(403, { message: "Resource not accessible by integration" });
  gitHub().get(ISSUES).query(OPEN).reply(200, issues);
};
const issue = (number: number, login: string, body: string, more: object = {}) => ({
  number,
  body,
  user: { login },
  html_url: `https://github.com/i/${number}`,
  ...more,
});

describe("on GitHub", () => {
  test("drift opens an issue, in which untrusted text stays text", async () => {
    listed(issue(1, "maria", `${MARK}\nTheirs.`), issue(2, bot, `${MARK}\nA pull request.`, { pull_request: {} }));
    let sent = { title: "", body: "" };
    gitHub()
      .post(ISSUES, (body: typeof sent) => ((sent = body), true))
      .reply(201, issue(3, bot, MARK));
    expect(await keepIssue(some, ABOUT, GITHUB)).toBe("Opened issue 3: https://github.com/i/3");
    expect(sent.title).toBe("Drift in Grafana: own");
    expect(sent.body.startsWith(MARK)).toBe(true);
    expect(sent.body).toMatch(/\n````text\n[^]*dashboard\/queue "Queue ``` <img src=x> @maria"[^]*\n````\n/);
  });

  test("an issue contains no value of the code's secrets", async () => {
    outgoing.add("hunter2-in-a-title");
    const title = "Login with hunter2-in-a-title";
    const leaking = { ...some, drift: some.drift.map((one) => ({ ...one, title })) };
    listed();
    let body = "";
    gitHub()
      .post(ISSUES, (sent: { body: string }) => ((body = sent.body), true))
      .reply(201, issue(3, bot, MARK));
    await keepIssue(leaking, ABOUT, GITHUB);
    expect(body).toContain("Login with (secret)");
    expect(body).not.toContain("hunter2");
  });

  test("more drift updates the existing issue", async () => {
    listed(issue(3, bot, `${MARK}\nOld.`));
    let body = "";
    gitHub()
      .patch(`${ISSUES}/3`, (sent: { body: string }) => ((body = sent.body), true))
      .reply(200, issue(3, bot, MARK));
    expect(await keepIssue(some, ABOUT, GITHUB)).toBe("Updated issue 3: https://github.com/i/3");
    listed(issue(3, bot, body));
    expect(await keepIssue(some, ABOUT, GITHUB)).toBe("issue 3 is up to date.");
  });

  test("no more drift closes the issue with a comment", async () => {
    listed(issue(3, bot, `${MARK}\nOld.`));
    gitHub()
      .post(`${ISSUES}/3/comments`, ({ body }: { body: string }) => body.includes("no more drift"))
      .reply(201, {});
    gitHub()
      .patch(`${ISSUES}/3`, { state: "closed", state_reason: "completed" })
      .reply(200, issue(3, bot, MARK));
    expect(await keepIssue(none, ABOUT, GITHUB)).toBe("Closed issue 3: there is no more drift.");
  });

  test("kinds that could not be read keep the issue open", async () => {
    listed(issue(3, bot, `${MARK}\nOld.`));
    const unseen = [{ kind: "datasource", missing: "datasources:read", resources: [] }];
    expect(await keepIssue({ ...none, unseen }, ABOUT, GITHUB)).toContain("stays open");
  });

  test("without drift and without an issue nothing happens", async () => {
    listed();
    expect(await keepIssue(none, ABOUT, GITHUB)).toBe("No drift, and no open issue.");
  });

  test("disabled issues are an error", async () => {
    listed();
    gitHub().post(ISSUES).reply(410, { message: "Issues are disabled for this repo" });
    await expect(keepIssue(some, ABOUT, GITHUB)).rejects.toThrow("Issues are disabled for this repo");
  });
});

test("an issue on GitLab is opened and closed", async () => {
  const gitLab = () => nock("https://gitlab.example.org", { reqheaders: { "private-token": "glpat" } });
  const issues = "/api/v4/projects/team%2Fmonitoring/issues";
  const list = { state: "opened", scope: "all", author_id: "5", per_page: "100", page: "1" };
  gitLab().get("/api/v4/user").reply(200, { id: 5 });
  gitLab().get(issues).query(list).reply(200, []);
  const one = { iid: 8, description: `${MARK}\nOld.`, web_url: "https://gitlab.example.org/8", author: { id: 5 } };
  gitLab()
    .post(issues, ({ description }: { description: string }) => description.startsWith(MARK))
    .reply(201, one);
  expect(await keepIssue(some, ABOUT, GITLAB)).toBe("Opened issue 8: https://gitlab.example.org/8");

  gitLab().get("/api/v4/user").reply(200, { id: 5 });
  gitLab().get(issues).query(list).reply(200, [one]);
  gitLab().post(`${issues}/8/notes`).reply(201, {});
  gitLab().put(`${issues}/8`, { state_event: "close" }).reply(200, one);
  expect(await keepIssue(none, ABOUT, GITLAB)).toContain("Closed issue 8");
});

test("without a code host, the error names the missing variables", async () => {
  await expect(keepIssue(none, ABOUT, {})).rejects.toThrow("neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set");
});
