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

/** A sandbox that stands in for the stack's Grafana. */
async function stackGrafana(): Promise<Sandbox> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "grafana-sandbox-"));
  const sandbox = await startSandbox({ dataDirectory });
  onTestFinished(async () => {
    await sandbox.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });
  return sandbox;
}

/** A repository where `stack:up` has started this Grafana. */
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
  test("plans and applies on the Grafana that stack:up started, with its password", async () => {
    const grafana = await stackGrafana();
    const project = await startedProject(grafana);

    const plan = await project.run(["plan", "--env", "stack"]);
    expect(plan.stdout).toContain(`at ${grafana.url}\n`);
    expect(plan.stdout).toContain("1 to add");
    expect(plan).toMatchObject({ code: 0, stderr: "" });

    const apply = await project.run(["apply", "--env", "stack", "--yes"]);
    expect(apply.stdout).toContain("1 added");
    expect(apply.code).toBe(0);

    const again = await project.run(["plan", "--env", "stack", "--detailed-exitcode"]);
    expect(again).toMatchObject({ code: 0, stderr: "" });
  });

  test("sends a stand-in for a secret that is not set, and says so", async () => {
    const grafana = await stackGrafana();
    const project = await startedProject(grafana, {
      "resources/a.ts": `
        import { contactPoint, env, secret } from "grafana-provision";
        export const a = contactPoint({ name: "chat", integrations: [
          { uid: "chat", type: "slack", settings: { url: secret(env("CHAT_URL")) } } ] });`,
    });

    const { code, stdout, stderr } = await project.run(["apply", "--env", "stack", "--yes"]);

    expect(stderr).toContain("The stack gets a stand-in for CHAT_URL, which is not set");
    expect(stdout).toContain("1 added");
    expect(code).toBe(0);
  });

  test("takes URLs that say the same, and credentials that are empty", async () => {
    const grafana = await stackGrafana();
    const project = await startedProject(grafana);

    const variables = { GRAFANA_URL: `${grafana.url}/`, GRAFANA_TOKEN: "", GRAFANA_HTTP_HEADERS: "" };
    const { code, stderr } = await project.run(["plan", "--env", "stack", "--url", grafana.url], variables);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });

  test("says how to start it where none was: exit 64", async () => {
    const project = await testProject(FOLDER);

    const { code, stdout, stderr } = await project.run(["plan", "--env", "stack"]);

    expect(stderr).toContain("No stack was started here");
    expect(stderr).toContain("npm run stack:up");
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  });

  test.each([
    { name: "GRAFANA_URL", variables: { GRAFANA_URL: "http://127.0.0.1:1" }, args: [] },
    { name: "--url", variables: {}, args: ["--url", "http://127.0.0.1:1"] },
  ])("refuses a $name that says another Grafana: exit 64", async ({ name, variables, args }) => {
    const stack = await untouchable();
    const project = await startedProject(stack);

    const { code, stderr } = await project.run(["plan", "--env", "stack", ...args], variables);

    expect(stderr).toContain(`${name} says http://127.0.0.1:1`);
    expect(stderr).toContain(`the environment "stack" says ${stack.url}`);
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
  )("never sends $all of another Grafana: exit 64", async ({ names }) => {
    const stack = await untouchable();
    const project = await startedProject(stack);

    const variables = Object.fromEntries(names.map((name, index) => [name, `${SECRET}-${index}`]));
    const { code, stdout, stderr } = await project.run(["plan", "--env", "stack"], variables);

    expect(stderr).toContain(`${names.join(", ")} ${names.length === 1 ? "is" : "are"} set, and --env stack`);
    expect(stderr).toContain(`env ${names.map((name) => `-u ${name}`).join(" ")}`);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(code).toBe(64);
    expect(stack.seen).toEqual([]);
  });

  test("means the configuration's environment where it has one of that name", async () => {
    const [stack, other] = [await untouchable(), await stackGrafana()];
    const project = await startedProject(stack, {
      "grafana.config.ts": `export default { project: "test", resources: ["./resources"], environments: {
        stack: { url: "${other.url}" } } };`,
    });

    const variables = { GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };
    const { code, stdout } = await project.run(["plan", "--env", "stack"], variables);

    expect(stdout).toContain(`at ${other.url}\n`);
    expect(code).toBe(0);
    expect(stack.seen).toEqual([]);
  });

  test("needs no stack where --sandbox is asked for, or no Grafana at all", async () => {
    const project = await testProject(FOLDER);

    const { code, stdout } = await project.run(["plan", "--env", "stack", "--sandbox"]);

    expect(stdout).toContain("Sandbox");
    expect(code).toBe(0);
    const loaded = { config: { project: "test" }, file: "grafana.config.ts", directory: project.directory };
    expect(environmentOf(loaded, "stack")).toEqual({});
    expect(() => environmentOf(loaded, "stock")).toThrow('no environment "stock"');
  });

  test("tells of a password that the Grafana doesn't take, and not what it is: exit 3", async () => {
    const grafana = await stackGrafana();
    const project = await startedProject({ url: grafana.url, password: SECRET });

    const { code, stdout, stderr } = await project.run(["plan", "--env", "stack"]);

    expect(stderr).toContain(`The stack's Grafana at ${grafana.url} takes another password`);
    expect(stderr).toContain("npm run stack:up");
    // It would be refused.
    expect(stderr).not.toContain("GRAFANA_TOKEN");
    expect(stdout + stderr).not.toContain(SECRET);
    expect(code).toBe(3);
  });

  test("tells how to start a stack that doesn't run any more: exit 1", async () => {
    const project = await startedProject({ url: `http://127.0.0.1:${await closedPort()}` });

    const { code, stderr } = await project.run(["plan", "--env", "stack"]);

    expect(stderr).toMatch(/nothing listens there.*\nnpm run stack:status .*npm run stack:up starts it/);
    expect(code).toBe(1);
  });
});

describe("what stack:up left", () => {
  test.each([
    { name: "no JSON", content: "{", says: "stack.json is not valid JSON" },
    { name: "another version", content: { version: 2 }, says: /stack\.json does not say .*version/ },
    {
      name: "no URL",
      content: { version: 1, grafana: { url: "grafana", user: "admin", passwordFile: PASSWORD_FILE } },
      says: /stack\.json does not say .*grafana\.url/,
    },
    ...["../../.netrc", "/etc/passwd", "stack/../../secret", "..", ""].map((passwordFile) => ({
      name: `a password in ${passwordFile || "nothing"}`,
      content: { version: 1, grafana: { url: "STACK", user: "admin", passwordFile } },
      says: "grafana.passwordFile is outside of .grafana-provision",
    })),
    {
      name: "a password that isn't there",
      content: { version: 1, grafana: { url: "STACK", user: "admin", passwordFile: "stack/other" } },
      says: /The password of the stack's Grafana is not in .*\/\.grafana-provision\/stack\/other/,
    },
  ])("is checked: $name", async ({ content, says }) => {
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
    expect(stderr).toContain("Run npm run stack:up to write it again");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stack.seen).toEqual([]);
  });
});
