import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { gitRepository, type Repository } from "./support.ts";
import { CLI } from "../helpers/cli.ts";

const board = (title: string, panel = "Waiting") => `import { dashboard } from "grafana-provision";
import { home } from "./folders.ts";
export default dashboard({
  folder: home,
  spec: { uid: "queue", title: "${title}", panels: [{ id: 1, type: "text", title: "${panel}" }] },
});
`;
const FILES = {
  "resources/folders.ts": `import { folder } from "grafana-provision";
export const home = folder({ uid: "home", title: "Home" });
`,
  "resources/queue.ts": board("Queue"),
};
const NEEDS = `import { contactPoint, dashboard, datasource, env, existing, notificationPolicy, secret } from "grafana-provision";
export const theirs = existing.folder("platform");
export const metrics = existing.datasource("mimir", "prometheus");
export const old = existing.datasource("Old metrics");
export const chat = contactPoint({
  name: "chat",
  templates: [existing.messageTemplate("company")],
  integrations: [{ type: "slack", settings: { url: secret(env("CHAT_URL")), recipient: "#ops" } }],
});
export const logs = datasource({
  uid: "logs", name: "Logs", type: "loki", url: "http://loki:3100",
  secureJsonData: { basicAuthPassword: secret(env("LOGS_PASSWORD")) },
});
export const policy = notificationPolicy({ receiver: existing.contactPoint("on-call"), routes: [{ receiver: chat, mute_time_intervals: [existing.muteTiming("holidays")] }] });
export default dashboard({
  folder: theirs,
  spec: { uid: "needs", title: "Needs", panels: [{ id: 1, type: "timeseries", title: "A", datasource: metrics.ref }, { id: 2, type: "graph", title: "B", datasource: "Old metrics" }] },
});
`;

/** Temporary files of the tool go to a directory of the test, which must be empty at the end. */
async function scratch(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-scratch-")));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Node's own cache is in this directory. */
async function leftIn(directory: string): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name.startsWith("grafana-provision-"));
}

async function reviewed(repository: Repository, args: readonly string[], variables: Record<string, string> = {}) {
  const TMPDIR = await scratch();
  const result = await repository.run(["review", ...args], { TMPDIR, ...variables });
  expect(await leftIn(TMPDIR)).toEqual([]);
  expect(repository.git("worktree", "list").split("\n")).toHaveLength(1);
  const file = (name: string) => readFile(join(repository.directory, ".grafana-provision/review", name), "utf8");
  return { ...result, file };
}

test("unchanged code makes an empty review", async () => {
  const repository = await gitRepository({ ...FILES, "resources/needs.ts": NEEDS });
  const { code, stdout, stderr, file } = await reviewed(repository, ["--base", "HEAD", "--detailed-exitcode"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const commit = repository.git("rev-parse", "--short=7", "HEAD");
  expect(stdout).toContain(`Compared with the code at HEAD (${commit}):\n`);
  expect(stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy. 6 unchanged.");
  const text = await file("review.md");
  expect(text).toContain("No differences.");
  expect(text).not.toContain("Secrets not compared");
  expect(await file("review.html")).toMatch(/^<!doctype html>/i);
});

test("added, changed and removed resources are reported, committed or not", async () => {
  const repository = await gitRepository({ ...FILES, "resources/needs.ts": NEEDS });
  await repository.write({
    "resources/queue.ts": board("Queue", "Waiting tasks"),
    "resources/more.ts": 'export default { kind: "folder", uid: "more", title: "More" };\n',
    "resources/needs.ts": NEEDS.replace("#ops", "#alerts")
      .replace("LOGS_PASSWORD", "LOKI_PASSWORD")
      .replace(/export default[\s\S]*/, ""),
  });
  const { code, stdout, file } = await reviewed(repository, ["--base", "main", "--detailed-exitcode"]);
  expect(code, stdout).toBe(2);
  expect(stdout).toContain('+ folder/more "More"');
  expect(stdout).toContain("Waiting tasks");
  expect(stdout).toMatch(/~ contact-point\/chat/);
  expect(stdout).toMatch(/~ datasource\/logs .*\n.*secrets/);
  expect(stdout).toMatch(/- dashboard\/needs/);
  expect(stdout).toContain("Plan: 1 to add, 3 to change, 1 to destroy. 2 unchanged.");
  expect(await file("review.md")).toContain("the code at main &#40;");
});

test("variables of this environment are not used: no Grafana and no secrets", async () => {
  const repository = await gitRepository({ ...FILES, "resources/needs.ts": NEEDS });
  const nobody = {
    GRAFANA_URL: "http://127.0.0.1:1",
    GRAFANA_TOKEN: "glsa_x",
    CHAT_URL: "https://chat.example.org/s3cret",
  };
  const { code, stdout, file } = await reviewed(repository, ["--base", "HEAD"], nobody);
  expect(code, stdout).toBe(0);
  expect(stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy. 6 unchanged.");
  expect((await file("review.md")) + (await file("review.html"))).not.toContain("s3cret");
});

test("a revision without a configuration counts as one without resources", async () => {
  const repository = await gitRepository({ "README.md": "Mine.\n", ...FILES });
  repository.git("rm", "--quiet", "-r", "--cached", "grafana.config.ts", "resources");
  repository.git("commit", "--quiet", "--amend", "--message=Nothing yet");
  const { stdout, file } = await reviewed(repository, ["--base", "HEAD"]);
  expect(stdout).toContain("Plan: 2 to add, 0 to change, 0 to destroy. 0 unchanged.");
  expect(await file("review.md")).toContain("has no grafana.config.ts");
});

test.each<{ what: string; args: string[]; change: (one: Repository) => Promise<void>; says: RegExp }>([
  {
    what: "a missing revision",
    args: ["--base", "nowhere"],
    change: async () => {},
    says: /has no revision nowhere\n.*origin\/nowhere/,
  },
  {
    what: "invalid code at that revision",
    args: ["--base", "HEAD"],
    async change(one) {
      await one.write({ "resources/queue.ts": board("Queue").replace("home,", "nothing,") });
      one.commit();
      await one.write({ "resources/queue.ts": board("Queue") });
    },
    says: /error resources\/queue\.ts.*nothing is not defined[\s\S]*the code at HEAD \([0-9a-f]{7}\)/,
  },
  {
    what: "code of that revision that ends the process",
    args: ["--base", "HEAD"],
    async change(one) {
      await one.write({ "resources/ends.ts": "process.exit(0);\n" });
      one.commit();
      await one.remove("resources/ends.ts");
    },
    says: /error resources\/ends\.ts: calls process\.exit\(0\)[\s\S]*the code at HEAD \([0-9a-f]{7}\)/,
  },
  {
    what: "code of that revision that ends the process later",
    args: ["--base", "HEAD"],
    async change(one) {
      await one.write({ "resources/ends.ts": "setTimeout(() => process.exit(0));\nexport const none = [];\n" });
      one.commit();
      await one.remove("resources/ends.ts");
    },
    says: /the code at HEAD \([0-9a-f]{7}\).*exited with code 65: error resources\/ends\.ts: calls process\.exit\(0\)/,
  },
  {
    what: "a directory that is not a repository",
    args: ["--base", "HEAD"],
    change: (one) => rm(join(one.directory, ".git"), { recursive: true }),
    says: /is not in a git repository/,
  },
  {
    what: "dependencies that can't be installed",
    args: ["--base", "HEAD~1"],
    async change(one) {
      await one.write({
        "package.json": '{ "name": "own", "version": "1.0.0", "dependencies": { "left": "file:left" } }',
        "left/package.json": '{ "name": "left", "version": "1.0.0" }',
        "package-lock.json": '{ "name": "own", "version": "1.0.0", "lockfileVersion": 3, "packages": {} }',
      });
      one.commit();
      await one.write({ "package-lock.json": "{}" });
      one.commit();
    },
    says: /npm ci failed for the code at HEAD~1 \([0-9a-f]{7}\): .*lock/,
  },
])("$what: exit 1, with the reason", async ({ args, change, says }) => {
  const repository = await gitRepository(FILES);
  await change(repository);
  const TMPDIR = await scratch();
  const { code, stdout, stderr } = await repository.run(["review", ...args], { TMPDIR });
  expect({ code, stdout }, stderr).toEqual({ code: 1, stdout: "" });
  expect(stderr).toMatch(says);
  expect(await leftIn(TMPDIR)).toEqual([]);
});

test.each(["--sandbox", "--url=http://127.0.0.1:1"])("--base and %s can't be combined", async (option) => {
  const repository = await gitRepository(FILES);
  const { code, stderr } = await repository.run(["review", "--base", "HEAD", option]);
  expect(code).toBe(64);
  expect(stderr).toMatch(new RegExp(`--base.*${option.split("=")[0]}`));
});

test("without git: exit 1, and a message that names it", async () => {
  const repository = await gitRepository(FILES);
  const { code, stderr } = await repository.run(["review", "--base", "HEAD"], { PATH: await scratch() });
  expect(code).toBe(1);
  expect(stderr).toContain("git is not installed");
});

test("the code of a revision runs with that revision's dependencies", async () => {
  // A package that provides the title, in a former and a current version. npm installs it from its directory, without
  // a registry.
  const title = (text: string) => ({
    "titles/package.json": `{ "name": "titles", "version": "1.0.0", "type": "module", "exports": "./index.js" }`,
    "titles/index.js": `export const title = ${JSON.stringify(text)};\n`,
  });
  const manifest = (name: string) => ({
    "package.json": `{ "name": "own", "version": "1.0.0", "type": "module", "dependencies": { "titles": "file:${name}" } }`,
    "package-lock.json": JSON.stringify({
      name: "own",
      version: "1.0.0",
      lockfileVersion: 3,
      requires: true,
      packages: {
        "": { name: "own", version: "1.0.0", dependencies: { titles: `file:${name}` } },
        "node_modules/titles": { resolved: name, link: true },
        [name]: { name: "titles", version: "1.0.0" },
      },
    }),
  });
  const files = Object.entries(title("Then")).map(([path, text]) => [path.replace("titles/", "then/"), text]);
  const repository = await gitRepository({
    ...(Object.fromEntries(files) as Record<string, string>),
    ...manifest("then"),
    "resources/home.ts": `import { folder } from "grafana-provision";
import { title } from "titles";
export default folder({ uid: "home", title });
`,
  });
  await repository.write({
    ...manifest("now"),
    "node_modules/titles/package.json": '{ "name": "titles", "type": "module", "exports": "./index.js" }',
    "node_modules/titles/index.js": 'export const title = "Now";\n',
  });
  const { code, stdout, stderr } = await reviewed(repository, ["--base", "HEAD"]);
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/~ folder\/home "Now"[\s\S]*Then/);

  // The lock file is the same, so nothing is installed.
  repository.commit();
  const again = await reviewed(repository, ["--base", "HEAD"], { PATH: `${await withoutNpm()}:/usr/bin:/bin` });
  expect(again.stdout, again.stderr).toContain("Plan: 0 to add, 0 to change, 0 to destroy. 1 unchanged.");
});

/** A directory in which `npm` fails. */
async function withoutNpm(): Promise<string> {
  const directory = await scratch();
  await writeFile(join(directory, "npm"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  return directory;
}

const SLOW = `import { folder } from "grafana-provision";
if (import.meta.url.includes("grafana-provision-base-")) await new Promise((resolve) => setTimeout(resolve, 600_000));
export default folder({ uid: "home", title: "Home" });
`;

async function running(repository: Repository, TMPDIR: string) {
  const child = spawn(process.execPath, [CLI, "review", "--base", "HEAD"], {
    cwd: repository.directory,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1", TMPDIR },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  // The sandbox exists after the checkout, when the code of the revision runs.
  await vi.waitFor(async () => {
    const [folder = "none"] = await leftIn(TMPDIR);
    expect(await readdir(join(TMPDIR, folder))).toEqual(expect.arrayContaining(["sandbox", "tree"]));
  }, 60_000);
  return child;
}

test("Ctrl-C leaves no files behind", async () => {
  const repository = await gitRepository({ "resources/home.ts": SLOW });
  const TMPDIR = await scratch();
  const child = await running(repository, TMPDIR);
  child.kill("SIGINT");
  const [code] = (await once(child, "exit")) as [number | null];
  expect(code).toBe(5);
  expect(await leftIn(TMPDIR)).toEqual([]);
  expect(repository.git("worktree", "list").split("\n")).toHaveLength(1);
});

test("the next run removes the leftovers of a killed run, but no other working tree", async () => {
  const repository = await gitRepository({ "resources/home.ts": SLOW });
  const TMPDIR = await scratch();
  const mine = join(await scratch(), "mine");
  repository.git("worktree", "add", "--detach", mine);
  const child = await running(repository, TMPDIR);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(await leftIn(TMPDIR)).toHaveLength(1);

  await repository.write({ "resources/home.ts": SLOW.replace(/^if.*$/m, "") });
  repository.commit();
  const { code, stderr } = await repository.run(["review", "--base", "HEAD"], { TMPDIR });
  expect(code, stderr).toBe(0);
  expect(await leftIn(TMPDIR)).toEqual([]);
  expect(repository.git("worktree", "list").split("\n")).toHaveLength(2);
  expect(await readdir(mine)).toContain("resources");
});

test("a configuration in a subdirectory of the repository, with its name", async () => {
  const repository = await gitRepository({ "README.md": "Mine.\n" });
  await mkdir(join(repository.directory, "ops/monitoring"), { recursive: true });
  await repository.write({
    "ops/monitoring/own.config.ts": 'export default { project: "test", resources: ["./resources"] };\n',
    ...Object.fromEntries(Object.entries(FILES).map(([path, text]) => [`ops/monitoring/${path}`, text])),
  });
  const out = await scratch();
  const args = ["review", "--config", "ops/monitoring/own.config.ts", "--base", "HEAD", "--out", out];
  expect((await repository.run(args)).stdout).toContain("has no own.config.ts");

  repository.commit();
  await repository.write({ "ops/monitoring/resources/queue.ts": board("Renamed") });
  const { code, stdout, stderr } = await repository.run(args);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("Plan: 0 to add, 1 to change, 0 to destroy. 1 unchanged.");
  expect((await readdir(out)).toSorted()).toEqual(["review.html", "review.md"]);
});
