import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Report } from "../../../src/index.ts";
import { edit } from "../../engine/support.ts";
import { testProject } from "../../helpers/cli.ts";
import { faultyProxy, type Decide } from "../../helpers/faulty-proxy.ts";
import { testGrafana } from "../../helpers/grafana.ts";
import { MARKS } from "../../helpers/mode.ts";
import { gitRepository } from "../support.ts";
import { gitHubServer } from "./servers/github.ts";
import { gitLabServer } from "./servers/gitlab.ts";
import type { TestHost, Thread } from "./servers/server.ts";

const SHOP = `{
  "uid": "UID",
  "title": "Shop",
  "schemaVersion": 42,
  "panels": []
}
`;
const TEAM = `import { dashboard } from "grafana-provision";

const lines: number = 40;
export default dashboard({ spec: { uid: "UID", title: "Team", description: "Shows " + lines, panels: [] } });
`;
const SECRET = "hunter2-hunter2";

/** The last part of the paths of pull requests and issues, and the variable with the URL of the API. */
const HOSTS = [
  { name: "GitHub", start: gitHubServer, url: "GITHUB_API_URL", pulls: "pulls", token: "GITHUB_TOKEN" },
  { name: "GitLab", start: gitLabServer, url: "CI_API_V4_URL", pulls: "merge_requests", token: "GITLAB_TOKEN" },
] as const;

async function scene({ start, url }: (typeof HOSTS)[number]) {
  const host: TestHost = await start();
  const proxy = await faultyProxy(host.url);
  onTestFinished(() => proxy.close());
  const grafana = await testGrafana();
  const owner = grafana.name("own");
  const [shop, team] = [grafana.name("shop"), grafana.name("team")];
  const project = await gitRepository({
    "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };\n`,
    "resources/shop.json": SHOP.replace("UID", shop),
    "resources/team.ts": TEAM.replace("UID", team),
  });
  project.git("remote", "add", "origin", host.repository.directory);
  const push = () => project.git("push", "--quiet", "origin", "HEAD:main");
  push();
  const variables = {
    ...grafana.variables,
    ...host.variables,
    [url]: (host.variables[url] ?? "").replace(host.url, proxy.url),
  };
  const run = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
    project.run(args, { ...variables, ...more });
  const drift = async (more: Readonly<Record<string, string>> = {}, ...args: string[]) => {
    const done = await run(["drift", "--write", "--pull-request", "-o", "json", ...args], more);
    return { ...done, report: JSON.parse(done.stdout) as Report };
  };
  expect((await run(["apply"])).code).toBe(0);
  const set = (uid: string, fields: Readonly<Record<string, string>>) =>
    edit(grafana, "dashboard", uid, ({ spec }) => {
      Object.assign(spec, fields);
    });
  const branch = `grafana-provision/drift-${owner}`;
  const open = (isPull: boolean): Thread[] =>
    host.threads.filter((one) => one.isPull === isPull && one.state === "open");
  return { host, proxy, grafana, project, push, run, drift, set, shop, team, owner, branch, open };
}

/** Fails the first request that fits, before or after the host has executed it. */
function once(method: string, path: RegExp, fate: "reset" | number, isExecuted = false): Decide {
  let done = false;
  return async (request) => {
    if (done || request.method !== method || !path.test(request.path)) return "pass";
    done = true;
    if (isExecuted) await request.forward();
    if (fate === "reset") return "reset";
    const headers = { "Content-Type": "application/json" };
    return { status: fate, headers, body: JSON.stringify({ message: "no, because of the test" }) };
  };
}

describe.runIf(MARKS).each(HOSTS)("drift --write --pull-request on $name", (one) => {
  test("opens a pull request, updates it with more edits, and closes it when the drift is gone", async () => {
    const { host, project, drift, run, set, shop, team, branch, open } = await scene(one);
    const main = host.repository.head("main") ?? "";
    const author = host.repository.author("main");
    await set(shop, { title: "Shop 2 @maria </details>" });
    const first = await drift();
    expect(first.code, first.stderr).toBe(0);
    const [pull] = open(true);
    expect(first.report.pullRequest).toMatchObject({ number: pull?.number, branch });
    expect(pull).toMatchObject({ branch, base: "main" });
    expect(pull?.body).toContain("last by admin");
    expect(pull?.body).toMatch(/```text\n[^`]*Shop 2 @maria <\/details>[^`]*\n```/);
    expect(host.repository.text(branch, "resources/shop.json")).toBe(
      SHOP.replace("UID", shop).replace('"Shop"', '"Shop 2 @maria </details>"').trimEnd(),
    );
    expect(host.repository.files("main", branch).map(({ path }) => path)).toEqual(["resources/shop.json"]);
    expect(host.repository.commits("main", branch)).toHaveLength(1);
    expect(host.repository.commits("main", branch)[0]?.message).not.toContain("maria");
    expect(host.repository.author(branch)).toMatch(/^(github-actions\[bot\]|grafana-bot) </);
    expect(host.repository.author(branch)).not.toBe(author);
    expect(host.repository.head("main")).toBe(main);
    // The working tree is not changed.
    expect(project.git("status", "--porcelain")).toBe("");
    expect(await readFile(join(project.directory, "resources/shop.json"), "utf8")).toContain('"Shop"');

    const writes = host.writes.length;
    const again = await drift();
    expect(again.code).toBe(0);
    expect(host.writes.slice(writes)).toEqual([]);

    await set(team, { title: "The team", description: "Shows all of them" });
    const second = await drift();
    expect(second.code).toBe(4);
    expect(open(true)).toEqual([pull]);
    expect(host.repository.commits("main", branch)).toHaveLength(1);
    expect(host.repository.files("main", branch).map(({ path }) => path)).toEqual([
      "resources/shop.json",
      "resources/team.ts",
    ]);
    expect(pull?.body).toMatch(/resources\/team\.ts:4 [^\n]*description: "Shows 40" → "Shows all of them"/);
    expect(second.report.writeBack?.left).toMatchObject([{ path: "description", reason: "computed", line: 4 }]);

    expect((await run(["apply", "--overwrite-drift"])).code).toBe(0);
    const last = await drift();
    expect(last.code, last.stderr).toBe(0);
    expect(last.report.pullRequest).toBeUndefined();
    expect(pull?.state).toBe("closed");
    expect(pull?.comments).toHaveLength(1);
    expect(host.repository.head(branch)).toBeUndefined();
    expect(host.repository.head("main")).toBe(main);
  });

  test("falls back to the issue if no edit can be written, and closes it when one can", async () => {
    const { host, drift, set, shop, team, open } = await scene(one);
    await set(team, { description: "Shows all of them" });
    const first = await drift();
    expect(first.code, first.stderr).toBe(4);
    expect(first.report.pullRequest).toBeUndefined();
    expect(open(true)).toEqual([]);
    const [issue] = open(false);
    expect(issue?.body).toContain(team);

    await set(shop, { title: "Shop 2" });
    expect((await drift()).code).toBe(4);
    expect(open(false)).toEqual([]);
    expect(issue?.comments).toHaveLength(1);
    const [pull] = open(true);
    expect(pull?.body).toContain("Shows all of them");

    await set(shop, { title: "Shop" });
    expect((await drift()).code).toBe(4);
    expect(pull?.state).toBe("closed");
    expect(open(false)).toHaveLength(1);
    expect(host.repository.head(pull?.branch ?? "")).toBeUndefined();
  });

  test("leaves a branch with commits of others, and reports new edits", async () => {
    const { host, project, drift, run, set, shop, branch, open } = await scene(one);
    await set(shop, { title: "Shop 2" });
    expect((await drift()).code).toBe(0);
    project.git("fetch", "--quiet", "origin", branch);
    project.git("checkout", "--quiet", "-b", "review", "FETCH_HEAD");
    await project.write({ "resources/note.md": "By a reviewer.\n" });
    project.commit("Add a note");
    project.git("push", "--quiet", "origin", `HEAD:${branch}`);
    project.git("checkout", "--quiet", "main");
    const head = host.repository.head(branch);
    // The pull request has all edits.
    expect((await drift()).code).toBe(0);
    expect(host.repository.head(branch)).toBe(head);

    await set(shop, { title: "Shop 3" });
    const { code, report, stderr } = await drift();
    expect(code, stderr).toBe(7);
    expect(report.error?.code).toBe("pull-request-branch-changed");
    expect(host.repository.head(branch)).toBe(head);

    expect((await run(["apply", "--overwrite-drift"])).code).toBe(0);
    expect((await drift()).code).toBe(0);
    expect(open(true)).toEqual([]);
    expect(host.repository.head(branch)).toBe(head);
  });

  test("leaves a commit that others have amended without a new message", async () => {
    const { host, project, drift, set, shop, branch } = await scene(one);
    await set(shop, { title: "Shop 2" });
    expect((await drift()).code).toBe(0);
    project.git("fetch", "--quiet", "origin", branch);
    project.git("checkout", "--quiet", "-b", "review", "FETCH_HEAD");
    await project.write({ "resources/shop.json": SHOP.replace("UID", shop).replace("Shop", "Shop 2 (EU)") });
    project.git("commit", "--quiet", "--all", "--amend", "--no-edit");
    project.git("push", "--quiet", "--force", "origin", `HEAD:${branch}`);
    project.git("checkout", "--quiet", "main");
    const head = host.repository.head(branch);
    await set(shop, { title: "Shop 3" });
    expect((await drift()).report.error?.code).toBe("pull-request-branch-changed");
    expect(host.repository.head(branch)).toBe(head);
  });

  test("bases the edits on the current commit after the branch to merge into has moved", async () => {
    const { host, project, push, drift, set, shop, branch, open } = await scene(one);
    await set(shop, { title: "Shop 2" });
    expect((await drift()).code).toBe(0);
    await project.write({
      "resources/shop.json": SHOP.replace("UID", shop).replace('"panels"', '"tags": [], "panels"'),
    });
    project.commit("Add tags");
    push();
    const { code, stderr } = await drift();
    expect(code, stderr).toBe(0);
    expect(host.repository.mergeBase("main", branch)).toBe(host.repository.head("main"));
    const text = host.repository.text(branch, "resources/shop.json");
    expect(text).toContain('"Shop 2"');
    expect(text).toContain('"tags": []');
    expect(open(true)).toHaveLength(1);
  });

  test("uses the author of git's variables for the commit", async () => {
    const { host, drift, set, shop, branch } = await scene(one);
    await set(shop, { title: "Shop 2" });
    const { code } = await drift({ GIT_AUTHOR_NAME: "Deploy", GIT_AUTHOR_EMAIL: "deploy@example.invalid" });
    expect(code).toBe(0);
    expect(host.repository.author(branch)).toBe("Deploy <deploy@example.invalid>");
  });

  test("has one pull request for each environment", async () => {
    const { grafana, project, push, host, drift, set, shop, owner, open } = await scene(one);
    const config = `export default { project: "${owner}", resources: ["./resources"],
      environments: { "eu west": { url: "${grafana.url}" } } };\n`;
    await project.write({ "grafana.config.ts": config });
    project.commit("Add an environment");
    push();
    await set(shop, { title: "Shop 2" });
    expect((await drift()).code).toBe(0);
    const { code, stderr, report } = await drift({ GRAFANA_URL: "" }, "--env", "eu west");
    expect(code, stderr).toBe(0);
    expect(open(true)).toHaveLength(2);
    expect(host.repository.head(report.pullRequest?.branch ?? "")).toBeDefined();
  });

  test("refuses an edited file and a new resource that are not committed", async () => {
    const { host, project, drift, set, shop } = await scene(one);
    await set(shop, { title: "Shop 2" });
    const files = [
      { "resources/new.json": SHOP.replace("UID", "new") },
      { "resources/shop.json": SHOP.replace("UID", shop).replace("Shop", "Local") },
    ];
    for (const one of files) {
      await project.write(one);
      const { code, report } = await drift();
      expect(code).toBe(1);
      expect(report.error?.code).toBe("pull-request-checkout-invalid");
      await project.remove("resources/new.json").catch(() => undefined);
    }
    expect(host.writes).toEqual([]);
  });

  test("refuses a commit that was not pushed, or that the branch does not contain", async () => {
    const { host, project, drift, set, shop } = await scene(one);
    await set(shop, { title: "Shop 2" });
    project.git("checkout", "--quiet", "-b", "feature");
    await project.write({ "note.md": "Not on main.\n" });
    project.commit("Add a note");
    expect((await drift()).report.error?.code).toBe("pull-request-checkout-invalid");
    project.git("push", "--quiet", "origin", "HEAD:feature");
    expect((await drift()).report.error?.code).toBe("pull-request-checkout-invalid");
    expect(host.writes).toEqual([]);
  });

  test("works in a shallow clone", async () => {
    const { host, project, drift, set, shop, branch } = await scene(one);
    await project.write({ "note.md": "A second commit.\n" });
    project.commit("Add a note");
    project.git("push", "--quiet", "origin", "HEAD:main");
    const shallow = await gitRepository({});
    await set(shop, { title: "Shop 2" });
    shallow.git("fetch", "--quiet", "--depth=1", `file://${host.repository.directory}`, "main");
    shallow.git("checkout", "--quiet", "--force", "--detach", "FETCH_HEAD");
    expect(shallow.git("rev-parse", "--is-shallow-repository")).toBe("true");
    const { code, stderr } = await drift({}, "--config", join(shallow.directory, "grafana.config.ts"));
    expect(code, stderr).toBe(0);
    expect(host.repository.commits("main", branch)).toHaveLength(1);
  });

  test("an error response to the new pull request has a code, and the next run continues", async () => {
    const { host, proxy, drift, set, shop, branch, open } = await scene(one);
    await set(shop, { title: "Shop 2" });
    for (const [status, error, exitCode] of [
      [401, "code-host-token-rejected", 3],
      [403, "code-host-permission-missing", 3],
      [404, "code-host-object-missing", 1],
      [422, "code-host-request-rejected", 1],
    ] as const) {
      proxy.decide(once("POST", new RegExp(`/${one.pulls}$`), status));
      const failed = await drift();
      expect(failed.code).toBe(exitCode);
      expect(failed.report.error?.code).toBe(error);
      expect(failed.stdout + failed.stderr).not.toContain(host.variables[one.token]);
    }
    expect(open(true)).toEqual([]);
    const head = host.repository.head(branch);
    expect(head).toBeDefined();
    expect((await drift()).code).toBe(0);
    expect(open(true)).toHaveLength(1);
    expect(host.repository.head(branch)).toBe(head);
  });

  test("a lost connection at any write converges in the next run", async () => {
    const { host, proxy, drift, run, set, shop, branch, open } = await scene(one);
    const writes = { GitHub: ["trees", "git/commits", "refs", "pulls"], GitLab: ["commits", "merge_requests"] }[
      one.name
    ];
    let title = 1;
    for (const write of writes)
      for (const isExecuted of [false, true]) {
        await set(shop, { title: `Shop ${++title}` });
        proxy.decide(once("POST", new RegExp(`/${write}$`), "reset", isExecuted));
        await drift();
        proxy.decide();
        const { code, stderr } = await drift();
        expect(code, `${write} ${isExecuted} ${stderr}`).toBe(0);
        expect(open(true)).toHaveLength(1);
        expect(host.repository.commits("main", branch)).toHaveLength(1);
        expect(host.repository.text(branch, "resources/shop.json")).toContain(`"Shop ${title}"`);
      }
    const [pull] = open(true);
    expect((await run(["apply", "--overwrite-drift"])).code).toBe(0);
    // The comment was posted, but its response was lost.
    proxy.decide(once("POST", /\/(comments|notes)$/, "reset", true));
    expect((await drift()).code).not.toBe(0);
    proxy.decide();
    expect((await drift()).code).toBe(0);
    expect(pull?.state).toBe("closed");
    expect(pull?.comments).toHaveLength(1);
    expect(host.repository.head(branch)).toBeUndefined();
  });

  test("a branch that moves while the command runs is not overwritten", async () => {
    const { host, project, proxy, drift, set, shop, branch } = await scene(one);
    await set(shop, { title: "Shop 2" });
    expect((await drift()).code).toBe(0);
    await set(shop, { title: "Shop 3" });
    let reads = 0;
    proxy.decide(({ method, path }) => {
      if (
        method === "GET" &&
        path.includes(encodeURIComponent(branch).replaceAll(one.name === "GitHub" ? "%2F" : "-none-", "/")) &&
        /\/(ref|branches)\//.test(path) &&
        ++reads === 2
      ) {
        project.git("fetch", "--quiet", "origin", branch);
        project.git("push", "--quiet", "--force", "origin", `main:refs/heads/${branch}`);
      }
      return "pass";
    });
    const { code, report } = await drift();
    expect(code).toBe(7);
    expect(report.error?.code).toBe("pull-request-branch-changed");
    expect(host.repository.head(branch)).toBe(host.repository.head("main"));
  });

  test("contains no value of the code's secrets", async () => {
    const { host, project, push, run, drift, set, shop, owner } = await scene(one);
    await project.write({
      "resources/points.ts": `import { contactPoint, env, secret } from "grafana-provision";
export default contactPoint({ name: "${owner}", integrations: [
  { type: "webhook", settings: { url: "https://example.invalid", authorization_credentials: secret(env("PASSWORD")) } },
] });\n`,
    });
    project.commit("Add a contact point");
    push();
    expect((await run(["apply"], { PASSWORD: SECRET })).code).toBe(0);
    await set(shop, { title: "Shop 2", description: `The password is ${SECRET}` });
    const { code, stdout, stderr } = await drift({ PASSWORD: SECRET });
    expect(code, stderr).toBe(4);
    const texts = host.threads.map(({ title, body, comments }) => [title, body, ...comments].join("\n"));
    expect(texts.join("\n")).toContain("Shop 2");
    const all = host.repository.git(["log", "--all", "-p"]);
    for (const text of [...texts, all, stdout, stderr]) expect(text).not.toContain(SECRET);
  });
});

test.each([
  [["--pull-request"], {}, "option-invalid"],
  [["--write", "--pull-request", "--issue"], {}, "option-conflict"],
  [["--write", "--pull-request"], {}, "pull-request-checkout-invalid"],
])("drift %j is rejected", async (args, variables, error) => {
  const project = await testProject({ "resources/shop.json": SHOP.replace("UID", "shop") });
  const { code, stdout } = await project.run(["drift", ...args, "-o", "json"], variables);
  expect(code).not.toBe(0);
  expect((JSON.parse(stdout) as Report).error?.code).toBe(error);
});

test.runIf(MARKS).each([
  ["code-host-missing", { GITHUB_REPOSITORY: "" }],
  ["pull-request-branch-missing", { GITHUB_REF: "refs/pull/7/merge" }],
  ["code-host-missing", { GITHUB_TOKEN: "" }],
  ["code-host-token-rejected", { GITHUB_TOKEN: "expired" }],
])("%s in a job with %j", async (error, variables) => {
  const { drift, set, shop, host } = await scene(HOSTS[0]);
  await set(shop, { title: "Shop 2" });
  expect((await drift(variables)).report.error?.code).toBe(error);
  expect(host.writes).toEqual([]);
});

test.runIf(MARKS).each([{ CI_COMMIT_TAG: "v1" }, { CI_MERGE_REQUEST_IID: "7" }])(
  "a GitLab job with %j is rejected",
  async (variables) => {
    const { drift, set, shop, host } = await scene(HOSTS[1]);
    await set(shop, { title: "Shop 2" });
    expect((await drift(variables)).report.error?.code).toBe("pull-request-branch-missing");
    expect(host.writes).toEqual([]);
  },
);
