import { execFile, execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { startSandbox } from "../../src/sandbox/server.ts";
import { localServer } from "../cli/support.ts";
import { gitHubServer } from "../review/code-host/servers/github.ts";
import { emptyFolder, install, inShell, ok, packed } from "./support.ts";

const ROOT = join(import.meta.dirname, "../..");
const WORKFLOWS = join(ROOT, "starter/.github/workflows");

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly if?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly on: string | Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly steps: readonly Step[];
        readonly permissions?: unknown;
        readonly environment?: string;
        readonly needs?: string;
        readonly if?: string;
      }
    >
  >;
}

const NAMES = (await readdir(WORKFLOWS)).toSorted();
const texts = new Map(
  await Promise.all(NAMES.map(async (name) => [name, await readFile(join(WORKFLOWS, name), "utf8")] as const)),
);

function workflow(name: string): Workflow {
  return parse(texts.get(`grafana-${name}.yaml`) ?? "") as Workflow;
}

describe("the workflows for GitHub Actions", () => {
  test("are those that review, comment, apply, check for drift and report", () => {
    expect(NAMES).toEqual(["apply", "comment", "drift", "report", "review"].map((name) => `grafana-${name}.yaml`));
  });

  const actionlint = [
    process.env["ACTIONLINT"],
    ...(process.env["PATH"] ?? "").split(delimiter).map((path) => join(path, "actionlint")),
  ].find((path): path is string => path !== undefined && existsSync(path));
  test.skipIf(!actionlint)("pass actionlint", async () => {
    const files = NAMES.map((name) => join(WORKFLOWS, name));
    const { stdout } = await promisify(execFile)(actionlint ?? "", ["-no-color", ...files]);
    expect(stdout).toBe("");
  });

  test.each(NAMES)(
    "%s pins actions to commits, keeps no credentials, and puts no text of users into a script",
    (name) => {
      const text = texts.get(name) ?? "";
      const { jobs, on } = parse(text) as Workflow;
      expect(JSON.stringify(on)).not.toContain("pull_request_target");
      for (const line of text.split("\n").filter((one) => one.includes("uses:"))) {
        expect(line).toMatch(/uses: actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      }
      const steps = Object.entries(jobs).flatMap(([job, { permissions, steps: own }]) => {
        // Only the job that writes a branch has more permissions than its workflow.
        expect(permissions).toEqual(
          job === "pull-request" ? { contents: "write", issues: "write", "pull-requests": "write" } : undefined,
        );
        return own;
      });
      for (const { uses = "", run = "", with: given } of steps) {
        // Text from a pull request would become part of the script.
        expect(run).not.toContain("${{");
        const isCheckout = uses.startsWith("actions/checkout@");
        expect(given?.["persist-credentials"]).toBe(isCheckout ? false : undefined);
      }
    },
  );

  test("have exactly the permissions that they need", () => {
    const rights = Object.fromEntries(
      ["review", "comment", "apply", "drift", "report"].map((name) => [name, workflow(name).permissions]),
    );
    expect(rights).toEqual({
      review: { contents: "read" },
      comment: { contents: "read", actions: "read", "pull-requests": "write" },
      apply: { contents: "read" },
      drift: { contents: "read", issues: "write" },
      report: { contents: "read" },
    });
    const secrets = (one: unknown) => [...new Set(JSON.stringify(one).match(/secrets\.\w+/g))];
    expect(secrets(workflow("review"))).toEqual(["secrets.GRAFANA_READ_TOKEN"]);
    expect(secrets(workflow("comment"))).toEqual([]);
    expect(secrets(workflow("drift"))).toEqual(["secrets.GRAFANA_READ_TOKEN"]);
    expect(secrets(workflow("report"))).toEqual(["secrets.GRAFANA_READ_TOKEN"]);
    const { plan, apply } = workflow("apply").jobs;
    expect(secrets(plan)).toEqual(["secrets.GRAFANA_READ_TOKEN"]);
    expect(secrets(apply)).toEqual(["secrets.GRAFANA_TOKEN"]);
    expect(apply).toMatchObject({ environment: "grafana", needs: "plan" });
  });

  test("with write permissions run no code of the pull request", () => {
    const { steps } = workflow("comment").jobs["comment"] ?? { steps: [] };
    expect(steps.find(({ uses }) => uses?.startsWith("actions/checkout@"))?.with).toEqual({
      "persist-credentials": false,
    });
    const download = steps.findIndex(({ uses }) => uses?.startsWith("actions/download-artifact@"));
    expect(steps[download]?.with?.["path"]).toMatch(/^\$\{\{ runner\.temp \}\}\//);
    // Nothing after it is installed or built.
    expect(steps.slice(download + 1).map(({ run }) => run)).toEqual([
      'npm run comment -- "$RUNNER_TEMP/grafana-review"',
    ]);
  });
});

/** The values that a run of GitHub Actions provides, as far as our workflows use them. */
type Expressions = Readonly<Record<string, string>>;

interface Run {
  readonly repository: string;
  /** The directory of artifacts, with one subdirectory each. */
  readonly artifacts: string;
  readonly expressions: Expressions;
  /** The results of conditions. */
  readonly conditions?: Readonly<Record<string, boolean>>;
  readonly variables: Readonly<Record<string, string>>;
}

/** Runs the steps of a job like a runner. Returns the commands and their output. */
async function runJob(steps: readonly Step[], run: Run): Promise<Map<string, string>> {
  const { repository, artifacts, expressions, conditions = {}, variables } = run;
  const filled = (text: unknown) =>
    String(text).replaceAll(/\$\{\{ (.+?) \}\}/g, (_, name: string) => {
      const value = expressions[name];
      if (value === undefined) throw new Error(`no value for ${name}`);
      return value;
    });
  const said = new Map<string, string>();
  for (const { uses, run: line, if: condition, with: given = {}, env = {} } of steps) {
    if (condition !== undefined) {
      const holds = conditions[condition];
      if (holds === undefined) throw new Error(`nothing says whether ${condition}`);
      if (!holds) continue;
    }
    const at = (path: unknown) => (filled(path).startsWith("/") ? filled(path) : join(repository, filled(path)));
    const artifact = join(artifacts, String(given["name"]));
    if (uses?.startsWith("actions/upload-artifact@")) {
      const path = at(given["path"]);
      const isFile = /\.\w+$/.test(path);
      await cp(path, isFile ? join(artifact, path.slice(dirname(path).length + 1)) : artifact, { recursive: true });
    } else if (uses?.startsWith("actions/download-artifact@")) {
      await cp(artifact, at(given["path"] ?? "."), { recursive: true });
    }
    // Packages are already installed.
    if (line === undefined || line === "npm ci") continue;
    const own = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]));
    const { code, stdout, stderr } = await inShell(`set -e; ${line}`, repository, { ...variables, ...own });
    expect(code, `${line}\n${stdout}\n${stderr}`).toBe(0);
    said.set(line, stdout + stderr);
  }
  return said;
}

let tarball: string;
let around: string;
beforeAll(async () => {
  around = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-workflows-")));
  tarball = await packed(around);
});
afterAll(() => rm(around, { recursive: true, force: true }));

function git(cwd: string, ...args: string[]): string {
  const who = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid", "-c", "commit.gpgsign=false"];
  return execFileSync("git", [...who, ...args], { cwd, encoding: "utf8" }).trim();
}

/** A repository that `init` writes, in git, with the packages that `npm ci` would install. */
async function newRepository(ci: string): Promise<string> {
  const elsewhere = await emptyFolder();
  await install(tarball, elsewhere);
  const repository = join(await emptyFolder(), "monitoring");
  await ok(`'${elsewhere}/node_modules/.bin/grafana-provision' init '${repository}' --ci ${ci}`, elsewhere);
  await install(tarball, repository);
  git(repository, "init", "--quiet", "--initial-branch=main");
  git(repository, "add", "--all");
  git(repository, "commit", "--quiet", "--message=Start");
  return repository;
}

/** A Grafana with two tokens: a read-only one and an administrator's. */
async function grafana() {
  const sandbox = await startSandbox({ dataDirectory: await emptyFolder() });
  onTestFinished(() => sandbox.close());
  const { url } = sandbox;
  const authorization = `Basic ${Buffer.from("admin:admin").toString("base64")}`;
  const ask = async (path: string, body: object) => {
    const headers = { authorization, "content-type": "application/json" };
    const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
    expect(answer.ok, await answer.clone().text()).toBe(true);
    return (await answer.json()) as { id: number; key: string };
  };
  const tokenOf = async (role: string) => {
    const { id } = await ask("/api/serviceaccounts", { name: role, role });
    return (await ask(`/api/serviceaccounts/${id}/tokens`, { name: role })).key;
  };
  // A Viewer can read dashboards only after the first one exists.
  await ask("/api/dashboards/db", { dashboard: { uid: "theirs", title: "Theirs", panels: [] } });
  return { url, reader: await tokenOf("Viewer"), writer: await tokenOf("Admin") };
}

/** A GitHub that stores comments and issues, on a real socket. */
async function gitHub(head: string) {
  const comments: { id: number; body: string; user: object }[] = [];
  const issues: { number: number; body: string; state: string; user: object }[] = [];
  const user = { login: "github-actions[bot]" };
  const { url } = await localServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const sent = text ? (JSON.parse(text) as { body: string; state?: string }) : { body: "" };
      const answer = (status: number, body: object) => {
        response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
      };
      const asked = `${request.method} ${request.url?.replace(/\?.*/, "")}`;
      if (asked === "GET /user") return answer(403, { message: "Resource not accessible by integration" });
      if (asked === "GET /repos/team/monitoring/pulls/7") return answer(200, { head: { sha: head } });
      if (asked === "GET /repos/team/monitoring/issues/7/comments") return answer(200, comments);
      if (asked === "GET /repos/team/monitoring/issues")
        return answer(
          200,
          issues.filter(({ state }) => state === "open"),
        );
      if (asked === "POST /repos/team/monitoring/issues/7/comments") {
        const one = { id: comments.length + 1, user, ...sent };
        comments.push(one);
        return answer(201, one);
      }
      if (asked === "POST /repos/team/monitoring/issues") {
        const one = { number: 70 + issues.length, user, state: "open", ...sent };
        issues.push(one);
        return answer(201, one);
      }
      const comment = comments.find(({ id }) => asked === `PATCH /repos/team/monitoring/issues/comments/${id}`);
      if (comment) return answer(200, Object.assign(comment, sent));
      const issue = issues.find(({ number }) => asked.startsWith(`PATCH /repos/team/monitoring/issues/${number}`));
      if (issue) return answer(200, Object.assign(issue, sent));
      if (/^POST .*\/issues\/7\d\/comments$/.test(asked)) return answer(201, {});
      return answer(404, { message: "Not Found" });
    });
  });
  return { url, comments, issues };
}

const REVIEWED = { "env.WITH_SECRETS == 'true'": true, "env.WITH_SECRETS != 'true'": false };
const OF_FORK = { "env.WITH_SECRETS == 'true'": false, "env.WITH_SECRETS != 'true'": true };

test("work: a review of a fork and of a branch, its comment, an apply, and drift", async () => {
  const repository = await newRepository("github");
  const { url, reader, writer } = await grafana();
  // The merge commit of a pull request, and its parents.
  const file = join(repository, "dashboards/targets.ts");
  await writeFile(file, (await readFile(file, "utf8")).replace("Targets that are up", "Share of targets that are up"));
  git(repository, "commit", "--quiet", "--all", "--message=Rename");
  const head = git(repository, "rev-parse", "HEAD");
  const forge = await gitHub(head);
  const scratch = await emptyFolder();
  const event = join(scratch, "event.json");
  const summary = join(scratch, "summary.md");
  const temporary = join(scratch, "temporary");
  await mkdir(temporary);
  const run: Run = {
    repository,
    artifacts: join(scratch, "artifacts"),
    expressions: {
      "vars.GRAFANA_URL": url,
      "secrets.GRAFANA_READ_TOKEN": reader,
      "secrets.GRAFANA_TOKEN": writer,
      "github.token": "ghs_x",
      "github.event.number": "7",
      "github.event.workflow_run.id": "5",
      "runner.temp": temporary,
    },
    variables: {
      GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: repository,
      GITHUB_REPOSITORY: "team/monitoring",
      GITHUB_API_URL: forge.url,
      GITHUB_EVENT_PATH: event,
      GITHUB_STEP_SUMMARY: summary,
      RUNNER_TEMP: temporary,
      CI: "true",
    },
  };
  const stepsOf = (name: string, job = name) => workflow(name).jobs[job]?.steps ?? [];

  await writeFile(event, JSON.stringify({ pull_request: { number: 7 } }));
  const fork = await runJob(stepsOf("review"), { ...run, conditions: OF_FORK });
  expect(fork.get("npm run review -- --base HEAD^1")).toContain("Plan: 0 to add, 1 to change, 0 to destroy.");
  expect(await readFile(summary, "utf8")).toContain("1 to change");

  const ofRun = {
    repository: { full_name: "team/monitoring" },
    workflow_run: { event: "pull_request", head_sha: head, head_repository: { full_name: "stranger/monitoring" } },
  };
  await writeFile(event, JSON.stringify(ofRun));
  await runJob(stepsOf("comment"), run);
  expect(forge.comments.map(({ body }) => body)).toEqual([expect.stringContaining("Share of targets that are up")]);

  await writeFile(event, JSON.stringify({ pull_request: { number: 7 } }));
  const branch = await runJob(stepsOf("review"), { ...run, conditions: REVIEWED });
  expect(branch.get("npm run review")).toContain("Plan: 8 to add, 0 to change, 0 to destroy.");
  expect(branch.get("npm run review")).toMatch(/^::notice file=dashboards\/targets\.ts,line=\d+,title=dashboard\//m);
  await writeFile(
    event,
    JSON.stringify({ ...ofRun, workflow_run: { ...ofRun.workflow_run, head_repository: ofRun.repository } }),
  );
  await runJob(stepsOf("comment"), run);
  expect(forge.comments.map(({ body }) => body)).toEqual([expect.stringContaining("8 to add")]);

  const always = { "always()": true };
  await runJob(stepsOf("apply", "plan"), run);
  const applied = await runJob(stepsOf("apply", "apply"), { ...run, conditions: always });
  expect(applied.get("npm run provision -- plan.json")).toContain("Applied: 8 added");
  expect((await readdir(join(run.artifacts, "grafana-runs"))).filter((name) => /^\d/.test(name))).toHaveLength(1);

  const drift = () => runJob(stepsOf("drift"), run);
  await drift();
  expect(forge.issues).toEqual([]);
  const folder = await fetch(`${url}/apis/folder.grafana.app/v1beta1/namespaces/default/folders`, {
    headers: { authorization: `Bearer ${writer}` },
  });
  const { items } = (await folder.json()) as { items: { metadata: { name: string }; spec: { title: string } }[] };
  const mine = items.find(({ metadata }) => !metadata.name.startsWith("grafana-provision"));
  if (!mine) throw new Error("there is no folder");
  mine.spec.title = "Theirs";
  const path = `${url}/apis/folder.grafana.app/v1beta1/namespaces/default/folders/${mine.metadata.name}`;
  const headers = { authorization: `Bearer ${writer}`, "content-type": "application/json" };
  expect((await fetch(path, { method: "PUT", headers, body: JSON.stringify(mine) })).status).toBe(200);
  await drift();
  expect(forge.issues).toMatchObject([{ state: "open", body: expect.stringContaining("Theirs") as unknown }]);
  await ok("npm run provision -- --overwrite-drift", repository, { GRAFANA_URL: url, GRAFANA_TOKEN: writer });
  await drift();
  expect(forge.issues).toMatchObject([{ state: "closed" }]);
});

test("work: a pull request with the edits made in Grafana", async () => {
  const repository = await newRepository("github");
  const { url, reader, writer } = await grafana();
  const host = await gitHubServer();
  git(repository, "push", "--quiet", host.repository.directory, "HEAD:main");
  await ok("npm run provision", repository, { GRAFANA_URL: url, GRAFANA_TOKEN: writer });
  const { jobs } = workflow("drift");
  expect([jobs["drift"], jobs["pull-request"]]).toMatchObject([
    { if: "vars.GRAFANA_DRIFT != 'pull-request'" },
    { if: "vars.GRAFANA_DRIFT == 'pull-request'" },
  ]);
  const token = host.variables["GITHUB_TOKEN"] ?? "";
  const run = () =>
    runJob(jobs["pull-request"]?.steps ?? [], {
      repository,
      artifacts: repository,
      expressions: { "vars.GRAFANA_URL": url, "secrets.GRAFANA_READ_TOKEN": reader, "github.token": token },
      variables: { ...host.variables, GITHUB_ACTIONS: "true", CI: "true" },
    });
  await run();
  expect(host.threads).toEqual([]);
  const path = `${url}/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/monitoring-targets`;
  const headers = { authorization: `Bearer ${writer}`, "content-type": "application/json" };
  const board = (await (await fetch(path, { headers })).json()) as { spec: { title: string } };
  board.spec.title = "Our targets";
  expect((await fetch(path, { method: "PUT", headers, body: JSON.stringify(board) })).status).toBe(200);
  await run();
  const [pull] = host.threads;
  expect(pull).toMatchObject({ isPull: true, base: "main", state: "open" });
  expect(host.repository.text(pull?.branch ?? "", "dashboards/targets.ts")).toContain("Our targets");
  expect(git(repository, "status", "--porcelain")).toBe("");
});

interface GitLabJob {
  readonly script: readonly string[];
  readonly artifacts?: { readonly paths: readonly string[] };
  readonly environment?: string;
}

test("the commands for GitLab work too", async () => {
  const repository = await newRepository("gitlab");
  expect(existsSync(join(repository, ".github"))).toBe(false);
  const text = await readFile(join(repository, ".gitlab-ci.yml"), "utf8");
  const pipeline = parse(text) as Record<string, GitLabJob> & { default: { image: string } };
  expect(pipeline.default.image).toMatch(/:\d+\.\d+\.\d+-/);
  const { url, reader, writer } = await grafana();
  const base = git(repository, "rev-parse", "HEAD");
  const run = async (job: string, variables: Record<string, string>) => {
    const outputs: string[] = [];
    for (const line of pipeline[job]?.script ?? []) {
      const { code, stdout, stderr } = await inShell(line, repository, { ...variables, CI: "true" });
      expect(code, `${line}\n${stdout}\n${stderr}`).toBe(0);
      outputs.push(stdout);
    }
    for (const path of pipeline[job]?.artifacts?.paths ?? [])
      expect(existsSync(join(repository, path)), path).toBe(true);
    return outputs.join("\n");
  };
  expect(await run("review", { CI_MERGE_REQUEST_DIFF_BASE_SHA: base })).toContain(
    "Plan: 0 to add, 0 to change, 0 to destroy. 8 unchanged.",
  );
  const reading = { GRAFANA_URL: url, GRAFANA_TOKEN: reader };
  expect(await run("review", reading)).toContain("Plan: 8 to add");
  await run("plan", reading);
  expect(await run("apply", { GRAFANA_URL: url, GRAFANA_TOKEN: writer })).toContain("Applied: 8 added");
  expect(pipeline["apply"]?.environment).toBe("grafana");

  // Without variables, the pipeline must fail and not use the sandbox.
  const [line = ""] = pipeline["plan"]?.script ?? [];
  expect((await inShell(line, repository)).code).toBe(64);
});

test("init writes no pipelines with --ci none", async () => {
  const repository = await newRepository("none");
  expect((await readdir(repository)).filter((name) => /^\.git(hub|lab)/.test(name))).toEqual([]);
});
