import { spawn } from "node:child_process";
import { cp, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { CLI, testProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { uidsOf } from "../engine/support.ts";

const ROOT = join(import.meta.dirname, "../..");
const SANDBOX = ".grafana-provision/sandbox";

/** A copy of this repository's own resources. */
async function ownProject() {
  const project = await testProject();
  for (const path of ["dashboards", "datasources", "alerts", "grafana.config.ts"]) {
    await cp(join(ROOT, path), join(project.directory, path), { recursive: true });
  }
  return project;
}

/** The text of every file in a directory. */
async function snapshot(directory: string): Promise<Map<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.toSorted().map(async (file) => [file, await readFile(file, "utf8")] as const)),
  );
}

test("without a Grafana, the repository's own resources are applied to the sandbox, and a second run writes nothing", async () => {
  const project = await ownProject();

  const first = await project.run(["apply"]);
  expect(first.stderr).toMatch(/^.* set ALERT_WEBHOOK_TOKEN and SLACK_WEBHOOK_URL\.\n$/);
  expect(first.code).toBe(0);
  const [opening, ...rest] = first.stdout.trimEnd().split("\n");
  expect(opening).toContain(SANDBOX);
  expect(
    rest.filter((line) => line.includes(SANDBOX)),
    "the banner is printed once",
  ).toEqual([]);
  expect(rest.at(-1)).toMatch(/GRAFANA_URL/);
  expect(first.stdout).toMatch(/Plan: [1-9]\d* to add, 0 to change, 0 to destroy\./);

  const stored = await snapshot(join(project.directory, SANDBOX));
  const names = [...stored.keys()].map((file) => file.slice(project.directory.length + SANDBOX.length + 2));
  expect(names).toEqual(
    expect.arrayContaining([
      "folders/toolboxai.json",
      "dashboards/fastapi.json",
      "datasources/prometheus.json",
      "datasources/loki.json",
      "datasources/jaeger.json",
      "alerting/notifications.json",
    ]),
  );

  const second = await project.run(["apply"]);
  expect(second.code).toBe(0);
  expect(second.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy.");
  expect(await snapshot(join(project.directory, SANDBOX))).toEqual(stored);
});

test("on a Grafana, the repository's own resources are applied, and then nothing differs", async () => {
  const grafana = await testGrafana();
  const project = await ownProject();
  const secrets = { SLACK_WEBHOOK_URL: "https://hooks.slack.com/services/T/B/X", ALERT_WEBHOOK_TOKEN: "t0ken" };
  const variables = { ...grafana.variables, ...secrets };
  onTestFinished(async () => {
    await project.run(["destroy", "--yes", "--max-deletes", "100"], variables);
  });
  const applied = await project.run(["apply"], variables);
  expect(applied.code, applied.stderr + applied.stdout).toBe(0);
  const plan = await project.run(["plan", "--detailed-exitcode"], variables);
  expect(plan.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy.");
  expect(plan.code).toBe(0);
});

test("plan shows what apply would do without writing, and exits 2 with --detailed-exitcode", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("folder");
  const project = await testProject({
    "resources/folder.ts": `export default { kind: "folder", uid: "${uid}", title: "A" };`,
  });

  const plan = await project.run(["plan"], grafana.variables);
  expect(plan.stdout).toContain(`+ folder/${uid} "A"`);
  expect(plan.code).toBe(0);
  expect((await project.run(["diff", "--detailed-exitcode"], grafana.variables)).code).toBe(2);
  expect(await uidsOf(grafana, "folder")).not.toContain(uid);
});

test("the sandbox command prints its URL when it is ready, and keeps its data", async () => {
  const project = await testProject();
  const start = async () => {
    const child = spawn(process.execPath, [CLI, "sandbox", "--port", "0", "--data", "data"], {
      cwd: project.directory,
      stdio: ["ignore", "pipe", "ignore"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const url = await new Promise<string>((resolve) =>
      child.stdout.once("data", (text: Buffer) => resolve(text.toString().trim())),
    );
    const end = async (): Promise<number | null> => {
      const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
      child.kill("SIGTERM");
      return ended;
    };
    return { url, end };
  };
  const headers = {
    Authorization: `Basic ${Buffer.from("admin:admin").toString("base64")}`,
    "Content-Type": "application/json",
  };

  const first = await start();
  expect((await fetch(`${first.url}/api/health`)).status).toBe(200);
  const body = JSON.stringify({
    name: "Kept",
    type: "loki",
    url: "http://127.0.0.1:3100",
    access: "proxy",
    uid: "kept",
  });
  expect((await fetch(`${first.url}/api/datasources`, { method: "POST", headers, body })).status).toBe(200);
  expect(await first.end()).toBe(0);

  const second = await start();
  const answer = await fetch(`${second.url}/api/datasources/uid/kept`, { headers });
  expect(await answer.json()).toMatchObject({ name: "Kept", type: "loki" });
  await second.end();
});
