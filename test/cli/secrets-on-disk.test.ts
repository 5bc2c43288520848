import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { filesIn } from "../rollback/support.ts";

const CLI = fileURLToPath(new URL("../../bin/grafana-provision.js", import.meta.url));

const VALUES = {
  DS_PASSWORD: "hunter2-of-the-datasource",
  SLACK_URL: "https://hooks.slack.com/services/T0/B0/hunter2slack",
  HOOK_URL: "https://hooks.example.org/hunter2-url",
  HOOK_PASSWORD: "hunter2-of-the-hook",
  HOOK_KEY: "hunter2-key-in-an-object",
};
const KEY = { GRAFANA_PROVISION_KEY: "0123456789abcdef0123" };

/** A project with secrets in each place that can have one. */
async function secretProject(url = 'secret(env("HOOK_URL"))'): Promise<TestProject> {
  const project = await testProject();
  await code(project, "one", url);
  return project;
}

async function code(project: TestProject, text: string, url = 'secret(env("HOOK_URL"))'): Promise<void> {
  await project.write({
    "resources/all.ts": `
      import { contactPoint, datasource, env, folder, secret } from "grafana-provision";
      export const home = folder({ uid: "home", title: "Home" });
      export const loki = datasource({ uid: "loki", name: "Loki", type: "loki", url: "http://loki:3100/${text}",
        secureJsonData: { basicAuthPassword: secret(env("DS_PASSWORD")) } });
      export const ops = contactPoint({ name: "ops", integrations: [
        { type: "slack", uid: "slack", settings: { url: secret(env("SLACK_URL")), title: "${text}" } },
        { type: "webhook", uid: "hook", settings: { url: ${url}, title: "${text}",
          password: secret(env("HOOK_PASSWORD")), hmacConfig: { secret: secret(env("HOOK_KEY")) } } },
      ] });`,
  });
}

/** The files that contain a part of a secret. */
async function leaks(directory: string): Promise<string[]> {
  const files = Object.entries(await filesIn(directory));
  return files.filter(([, text]) => text.includes("hunter2")).map(([name]) => name);
}

async function done(project: TestProject, args: readonly string[], variables: Readonly<Record<string, string>>) {
  const { code: exit, stdout, stderr } = await project.run(args, variables);
  expect(exit, stdout + stderr).toBe(0);
}

describe("commands on the embedded sandbox", () => {
  for (const [name, variables] of Object.entries({ "without a key": VALUES, "with a key": { ...VALUES, ...KEY } })) {
    test(`write no secret to disk, ${name}`, async () => {
      const project = await secretProject();
      const own = join(project.directory, ".grafana-provision");
      await done(project, ["apply"], variables);
      expect(await leaks(own)).toEqual([]);
      await done(project, ["plan", "--detailed-exitcode"], variables);
      await code(project, "two");
      await done(project, ["apply", "--refresh-secrets"], variables);
      await done(project, ["rollback", "latest"], variables);
      await code(project, "one");
      await done(project, ["plan", "--detailed-exitcode"], variables);
      await done(project, ["drift"], variables);
      expect(await leaks(own)).toEqual([]);
    });
  }

  test("detect that the value of a variable changed", async () => {
    const project = await secretProject();
    const variables = { ...VALUES, ...KEY };
    await done(project, ["apply"], variables);
    const rotated = { ...variables, HOOK_URL: "https://hooks.example.org/hunter2-another" };
    const { code: exit, stdout } = await project.run(["plan", "--detailed-exitcode"], rotated);
    expect(exit).toBe(2);
    expect(stdout).toContain("contact-point/ops");
    expect(stdout).not.toContain("datasource/loki");
    await done(project, ["apply"], rotated);
    await done(project, ["plan", "--detailed-exitcode"], rotated);
    expect(await leaks(join(project.directory, ".grafana-provision"))).toEqual([]);
  });
});

/** Starts the command `sandbox` with its data in `data`. */
async function standalone(project: TestProject) {
  const child = spawn(process.execPath, [CLI, "sandbox", "--port", "0", "--data", "data"], {
    cwd: project.directory,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill());
  const [chunk] = (await once(child.stdout, "data")) as [Buffer];
  return {
    variables: { GRAFANA_URL: chunk.toString().trim(), GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" },
    async stop() {
      child.kill();
      await once(child, "exit");
    },
  };
}

test("the command sandbox keeps the values of secrets in memory, and which ones are set on disk", async () => {
  const project = await secretProject('"https://hooks.example.org/plain"');
  const first = await standalone(project);
  await done(project, ["apply"], { ...first.variables, ...VALUES });
  expect(await leaks(join(project.directory, "data"))).toEqual([]);
  await first.stop();
  expect(await leaks(join(project.directory, "data"))).toEqual([]);

  const second = await standalone(project);
  await done(project, ["plan", "--detailed-exitcode"], { ...second.variables, ...VALUES });
  await second.stop();
});

describe("the .gitignore of .grafana-provision", () => {
  const STACK = `import { defineStack } from "grafana-provision/stack";
    export default defineStack({ name: "test", services: { prometheus: {} } });`;
  const FOLDER = { "resources/a.ts": 'export default { kind: "folder", uid: "a", title: "a" };' };
  const WAYS: Readonly<Record<string, readonly string[]>> = {
    "by the sandbox of a plan": ["plan"],
    "by a review": ["review"],
    "by the files of the stack": ["stack:render"],
  };
  for (const [name, args] of Object.entries(WAYS)) {
    test(`is written ${name}`, async () => {
      const project = await testProject({ ...FOLDER, "stack.config.ts": STACK });
      await done(project, args, {});
      expect(await ignored(project)).toBe("*\n");
    });
  }

  test("is written by the recorded runs, and again if it was removed", async () => {
    const project = await testProject(FOLDER);
    const server = await standalone(project);
    await done(project, ["apply"], server.variables);
    expect(await ignored(project)).toBe("*\n");
    await project.remove(".grafana-provision/.gitignore");
    await done(project, ["destroy", "--yes"], server.variables);
    expect(await ignored(project)).toBe("*\n");
  });

  test("is kept if it exists", async () => {
    const project = await testProject({ ...FOLDER, ".grafana-provision/.gitignore": "sandbox/\n" });
    await done(project, ["apply"], {});
    expect(await ignored(project)).toBe("sandbox/\n");
  });

  async function ignored(project: TestProject): Promise<string> {
    return readFile(join(project.directory, ".grafana-provision/.gitignore"), "utf8");
  }
});
