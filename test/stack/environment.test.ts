import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { environmentOf } from "../../src/code/config.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";
import { writeStackAccess } from "../../src/cli/stack-access.ts";
import { api, untouchable } from "../cli/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { closedPort } from "./servers.ts";

const FOLDER = { "resources/a.ts": api('export const a = folder({ uid: "a", title: "A" });') };
const PASSWORD_FILE = "stack/secrets/grafana-admin-password";
const SECRET = "s3cret-value";

/** A sandbox in the role of the stack's Grafana. */
async function stackGrafana(): Promise<Sandbox> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "grafana-sandbox-"));
  const sandbox = await startSandbox({ dataDirectory });
  onTestFinished(async () => {
    await sandbox.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });
  return sandbox;
}

/** A project after `stack:up` has started this Grafana. */
async function startedProject(
  { url, user = "admin", password = "admin" }: { url: string; user?: string; password?: string },
  files: Readonly<Record<string, string>> = {},
): Promise<TestProject> {
  const project = await testProject({
    ...FOLDER,
    [`.grafana-provision/${PASSWORD_FILE}`]: `${password}\n`,
    ...files,
  });
  await writeStackAccess(project.directory, { url, user, passwordFile: PASSWORD_FILE });
  return project;
}

describe("--env stack", () => {
  test("plans and applies to the Grafana that stack:up started, with its password", async () => {
    const grafana = await stackGrafana();
    const project = await startedProject(grafana);

    const plan = await project.run(["plan", "--env", "stack"]);
    expect(plan.stdout).toContain(grafana.url);
    expect(plan.stdout).toContain("1 to add");
    expect(plan).toMatchObject({ code: 0, stderr: "" });

    const apply = await project.run(["apply", "--env", "stack", "--yes"]);
    expect(apply.stdout).toContain("1 added");
    expect(apply.code).toBe(0);

    const again = await project.run(["plan", "--env", "stack", "--detailed-exitcode"]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
  });

  test("uses a placeholder for a secret that is not set, with a warning", async () => {
    const grafana = await stackGrafana();
    const project = await startedProject(grafana, {
      "resources/a.ts": `
        import { contactPoint, env, secret } from "grafana-provision";
        export const a = contactPoint({ name: "chat", integrations: [
          { uid: "chat", type: "slack", settings: { url: secret(env("CHAT_URL")) } } ] });`,
    });

    const { code, stdout, stderr } = await project.run(["apply", "--env", "stack", "--yes"]);

    expect(stderr).toContain("CHAT_URL");
    expect(stdout).toContain("1 added");
    expect(code).toBe(0);
  });

  test("accepts an equivalent URL and empty credentials", async () => {
    const grafana = await stackGrafana();
    const project = await startedProject(grafana);

    const variables = { GRAFANA_URL: `${grafana.url}/`, GRAFANA_TOKEN: "", GRAFANA_HTTP_HEADERS: "" };
    const { code, stderr } = await project.run(["plan", "--env", "stack", "--url", grafana.url], variables);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("exits with 64 and a hint if no stack was started", async () => {
    const project = await testProject(FOLDER);

    const { code, stdout, stderr } = await project.run(["plan", "--env", "stack"]);

    expect(stderr).toContain("stack:up");
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  });

  test.each([
    { name: "GRAFANA_URL", variables: { GRAFANA_URL: "http://127.0.0.1:1" }, args: [] },
    { name: "--url", variables: {}, args: ["--url", "http://127.0.0.1:1"] },
  ])("rejects a $name of a different Grafana with exit 64", async ({ name, variables, args }) => {
    const stack = await untouchable();
    const project = await startedProject(stack);

    const { code, stderr } = await project.run(["plan", "--env", "stack", ...args], variables);

    for (const value of [name, "http://127.0.0.1:1", stack.url]) expect(stderr).toContain(value);
    expect(code).toBe(64);
    expect(stack.seen).toEqual([]);
  });

  test.each(
    [
      ["GRAFANA_TOKEN"],
      ["GRAFANA_AUTH"],
      ["GRAFANA_USER"],
      ["GRAFANA_PASSWORD"],
      ["GRAFANA_HTTP_HEADERS"],
      ["GRAFANA_USER", "GRAFANA_PASSWORD"],
      ["GRAFANA_TOKEN", "GRAFANA_AUTH"],
    ].map((names) => ({ all: names.join(" and "), names })),
  )("never sends $all, and exits with 64", async ({ names }) => {
    const stack = await untouchable();
    const project = await startedProject(stack);

    const variables = Object.fromEntries(names.map((name, index) => [name, `${SECRET}-${index}`]));
    const { code, stdout, stderr } = await project.run(["plan", "--env", "stack"], variables);

    for (const name of names) expect(stderr).toContain(name);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(code).toBe(64);
    expect(stack.seen).toEqual([]);
  });

  test("uses the configuration's environment if it has one with that name", async () => {
    const [stack, other] = [await untouchable(), await stackGrafana()];
    const project = await startedProject(stack, {
      "grafana.config.ts": `export default { project: "test", resources: ["./resources"], environments: {
        stack: { url: "${other.url}" } } };`,
    });

    const variables = { GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };
    const { code, stdout } = await project.run(["plan", "--env", "stack"], variables);

    expect(stdout).toContain(other.url);
    expect(code).toBe(0);
    expect(stack.seen).toEqual([]);
  });

  test("needs no stack with --sandbox or without a Grafana", async () => {
    const project = await testProject(FOLDER);

    const { code, stdout } = await project.run(["plan", "--env", "stack", "--sandbox"]);

    expect(stdout).toMatch(/sandbox/i);
    expect(code).toBe(0);
    const loaded = { config: { project: "test" }, file: "grafana.config.ts", directory: project.directory };
    expect(environmentOf(loaded, "stack")).toEqual({});
    expect(() => environmentOf(loaded, "stock")).toThrow('"stock"');
  });

  test("exits with 3 if Grafana rejects the password, without printing it", async () => {
    const grafana = await stackGrafana();
    const project = await startedProject({ url: grafana.url, password: SECRET });

    const { code, stdout, stderr } = await project.run(["plan", "--env", "stack"]);

    expect(stderr).toContain(grafana.url);
    expect(stderr).toContain("stack:up");
    // --env stack rejects a token.
    expect(stderr).not.toContain("GRAFANA_TOKEN");
    expect(stdout + stderr).not.toContain(SECRET);
    expect(code).toBe(3);
  });

  test("exits with 1 and hints if the stack is stopped", async () => {
    const project = await startedProject({ url: `http://127.0.0.1:${await closedPort()}` });

    const { code, stderr } = await project.run(["plan", "--env", "stack"]);

    expect(stderr).toContain("stack:status");
    expect(stderr).toContain("stack:up");
    expect(code).toBe(1);
  });
});

describe("the access file of stack:up", () => {
  test.each([
    { name: "invalid JSON", content: "{", says: /stack\.json.*JSON/ },
    { name: "an unknown version", content: { version: 2 }, says: /stack\.json.*version/ },
    {
      name: "an invalid URL",
      content: { version: 1, grafana: { url: "grafana", user: "admin", passwordFile: PASSWORD_FILE } },
      says: /stack\.json.*grafana\.url/,
    },
    ...["../../.netrc", "/etc/passwd", "stack/../../secret", "..", ""].map((passwordFile) => ({
      name: `a password file at "${passwordFile}"`,
      content: { version: 1, grafana: { url: "STACK", user: "admin", passwordFile } },
      says: "grafana.passwordFile",
    })),
    {
      name: "a missing password file",
      content: { version: 1, grafana: { url: "STACK", user: "admin", passwordFile: "stack/other" } },
      says: /\/\.grafana-provision\/stack\/other/,
    },
  ])("is rejected with exit 1: $name", async ({ content, says }) => {
    const stack = await untouchable();
    const text = typeof content === "string" ? content : JSON.stringify(content).replace("STACK", stack.url);
    const project = await testProject({
      ...FOLDER,
      secret: SECRET,
      ".grafana-provision/stack.json": text,
      [`.grafana-provision/${PASSWORD_FILE}`]: "admin",
    });

    const { code, stdout, stderr } = await project.run(["plan", "--env", "stack"]);

    expect(stderr).toMatch(says);
    expect(stderr).toContain("stack:up");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stack.seen).toEqual([]);
  });
});
