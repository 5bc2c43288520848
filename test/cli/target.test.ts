import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { testProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { ONCE, remarks } from "../helpers/mode.ts";
import { api, untouchable } from "./support.ts";

const RESOURCE = { "resources/a.ts": api('export const a = folder({ uid: "a", title: "A" });') };
const SECRET = "s3cret-value";

interface Misuse {
  readonly name: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly says: readonly (string | RegExp)[];
}

const URL_SET = { GRAFANA_URL: "http://127.0.0.1:1" };

describe.runIf(ONCE)("what is said of the Grafana is incomplete, or contradicts itself: exit 64", () => {
  test.each<Misuse>([
    ...[
      "GRAFANA_TOKEN",
      "GRAFANA_AUTH",
      "GRAFANA_USER",
      "GRAFANA_PASSWORD",
      "GRAFANA_ORG_ID",
      "GRAFANA_CA_CERT",
      "GRAFANA_TLS_CERT",
      "GRAFANA_TLS_KEY",
      "GRAFANA_INSECURE_SKIP_VERIFY",
      "GRAFANA_HTTP_HEADERS",
    ].map((name) => ({
      name: `${name} without a URL`,
      variables: { [name]: SECRET },
      says: [`${name} is set, but no URL`, "Set GRAFANA_URL", "--sandbox"],
    })),
    {
      name: "several variables without a URL",
      variables: { GRAFANA_USER: "admin", GRAFANA_PASSWORD: SECRET },
      says: ["GRAFANA_PASSWORD, GRAFANA_USER are set, but no URL"],
    },
    { name: "an empty GRAFANA_URL", variables: { GRAFANA_URL: "" }, says: ["GRAFANA_URL is set to nothing"] },
    { name: "an empty GRAFANA_TOKEN", variables: { GRAFANA_TOKEN: "" }, says: ["GRAFANA_TOKEN is set to nothing"] },
    { name: "an empty --url", args: ["--url", ""], says: ["--url is empty"] },
    {
      name: "GRAFANA_URL and GRAFANA_SERVER that disagree",
      variables: { ...URL_SET, GRAFANA_SERVER: "http://127.0.0.1:2" },
      says: ["GRAFANA_URL says http://127.0.0.1:1, and GRAFANA_SERVER says http://127.0.0.1:2", "Take one"],
    },
    {
      name: "--url and GRAFANA_URL that disagree",
      variables: URL_SET,
      args: ["--url", "http://127.0.0.1:2"],
      says: ["--url says http://127.0.0.1:2, and GRAFANA_URL says http://127.0.0.1:1"],
    },
    {
      name: "an environment and GRAFANA_URL that disagree",
      variables: URL_SET,
      args: ["--env", "dev"],
      says: ['the environment "dev" says http://127.0.0.1:3, and GRAFANA_URL says http://127.0.0.1:1'],
    },
    { name: "--sandbox and --url", args: ["--sandbox", "--url", "http://127.0.0.1:2"], says: ["--sandbox and --url"] },
    {
      name: "GRAFANA_TOKEN and GRAFANA_AUTH that disagree",
      variables: { ...URL_SET, GRAFANA_TOKEN: SECRET, GRAFANA_AUTH: `other-${SECRET}` },
      says: ["GRAFANA_TOKEN and GRAFANA_AUTH disagree", "Set one of them"],
    },
    {
      name: "GRAFANA_AUTH and a user that disagree",
      variables: { ...URL_SET, GRAFANA_AUTH: `admin:${SECRET}`, GRAFANA_USER: "admin", GRAFANA_PASSWORD: "other" },
      says: ["GRAFANA_AUTH and GRAFANA_USER with GRAFANA_PASSWORD disagree"],
    },
    {
      name: "a user without a password",
      variables: { ...URL_SET, GRAFANA_USER: "admin" },
      says: ["GRAFANA_USER is set, but GRAFANA_PASSWORD is not", "Set both"],
    },
    {
      name: "a password without a user",
      variables: { ...URL_SET, GRAFANA_PASSWORD: SECRET },
      says: ["GRAFANA_PASSWORD is set, but GRAFANA_USER is not"],
    },
    {
      name: "credentials in the URL",
      variables: { GRAFANA_URL: `http://admin:${SECRET}@127.0.0.1:1` },
      says: ["GRAFANA_URL holds a user or a password", "GRAFANA_TOKEN"],
    },
    {
      name: "credentials in a URL that is none",
      variables: { GRAFANA_URL: `http://admin:${SECRET}@127.0.0.1:99999` },
      says: ["GRAFANA_URL is no URL: …@127.0.0.1:99999"],
    },
    {
      name: "no URL at all",
      variables: { GRAFANA_URL: "grafana" },
      says: ["GRAFANA_URL is no URL: grafana", "https://"],
    },
    { name: "another scheme", args: ["--url", "ftp://x"], says: ["--url is no http or https URL"] },
    {
      name: "a host without a scheme",
      variables: { GRAFANA_URL: "localhost:3000" },
      says: ["GRAFANA_URL is no http or https URL", "Is http://localhost:3000 meant?"],
    },
    {
      name: "headers that are no JSON",
      variables: { ...URL_SET, GRAFANA_HTTP_HEADERS: `X-Auth: ${SECRET}` },
      says: ["GRAFANA_HTTP_HEADERS is not valid JSON", '{"X-Auth-Request": "..."}'],
    },
    {
      name: "headers that are no object of text",
      variables: { ...URL_SET, GRAFANA_HTTP_HEADERS: `{"X-Auth": ["${SECRET}"]}` },
      says: ["GRAFANA_HTTP_HEADERS is not an object of text"],
    },
    {
      name: "a header that can't be sent",
      variables: { ...URL_SET, GRAFANA_HTTP_HEADERS: `{"X Auth": "${SECRET}"}` },
      says: ['GRAFANA_HTTP_HEADERS has the header "X Auth", which HTTP can\'t carry'],
    },
    {
      name: "a token that can't be sent",
      variables: { ...URL_SET, GRAFANA_TOKEN: `${SECRET}\n${SECRET}` },
      says: ["GRAFANA_TOKEN holds characters that HTTP can't carry"],
    },
    {
      name: "an organisation that is no number",
      variables: { ...URL_SET, GRAFANA_ORG_ID: "main" },
      says: ["GRAFANA_ORG_ID is no number of an organisation: main"],
    },
    {
      name: "two organisations",
      variables: { GRAFANA_ORG_ID: "3" },
      args: ["--env", "dev"],
      says: ["GRAFANA_ORG_ID says 3, and the environment says 2"],
    },
    {
      name: "a certificate that can't be read",
      variables: { GRAFANA_URL: "https://127.0.0.1:1", GRAFANA_CA_CERT: "/nowhere/ca.pem" },
      says: ["GRAFANA_CA_CERT names /nowhere/ca.pem, which can't be read"],
    },
    { name: "an unknown environment", args: ["--env", "prod"], says: ['no environment "prod"', "It has: dev, bare."] },
    { name: "an environment without a URL", args: ["--env", "bare"], says: ['The environment "bare" has no url'] },
    {
      name: "an unknown kind",
      args: ["--only", "snowflake"],
      says: ['no kind "snowflake"', /The kinds are folder, .*dashboard/],
    },
    {
      name: "an unknown resource",
      args: ["--only", "folder/b"],
      says: ["--only folder/b: the code has no such resource"],
    },
    { name: "an unknown option", args: ["--pruen"], says: ["unknown option '--pruen'", "--prune"] },
    { name: "an option without its value", args: ["--url"], says: ["argument missing"] },
    { name: "a number that is none", args: ["--concurrency", "0"], says: ["a whole number from 1 is expected"] },
  ])("$name", async ({ variables = {}, args = [], says }) => {
    const project = await testProject({
      ...RESOURCE,
      "grafana.config.ts": `export default { project: "test", resources: ["./resources"], environments: {
        dev: { url: "http://127.0.0.1:3", orgId: 2 }, bare: {} } };`,
    });

    const { code, stdout, stderr } = await project.run(["plan", ...args], variables);

    for (const part of says) expect(stderr).toMatch(typeof part === "string" ? literally(part) : part);
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stderr).not.toContain("defect");
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
  });

  test("an unknown command", async () => {
    const project = await testProject();

    const { code, stderr } = await project.run(["pln"]);

    expect(code).toBe(64);
    expect(stderr).toMatch(/unknown command 'pln'.*plan/s);
  });
});

function literally(text: string): RegExp {
  return new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
}

describe.runIf(ONCE)("the sandbox", () => {
  test.each([
    { name: "nothing is set", args: [], variables: {} },
    {
      name: "GRAFANA_PROVISION_KEY alone is set",
      args: [],
      variables: { GRAFANA_PROVISION_KEY: `${SECRET}-of-tests` },
    },
    {
      name: "--sandbox is given, whatever is set",
      args: ["--sandbox"],
      variables: { GRAFANA_TOKEN: SECRET, GRAFANA_URL: "" },
    },
  ])("is used where $name, and says so first and last", async ({ args, variables }) => {
    const project = await testProject(RESOURCE);

    const { code, stdout, stderr } = await project.run(["plan", ...args], variables);

    const lines = stdout.trim().split("\n");
    expect(lines.at(0)).toMatch(/sandbox/i);
    expect(lines.at(-1)).toMatch(/sandbox/i);
    expect(stdout).toContain("1 to add");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

test("a key of fewer than 16 characters is refused before the first request, and not shown", async () => {
  const grafana = await untouchable();
  const project = await testProject(RESOURCE);
  const variables = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: SECRET, GRAFANA_PROVISION_KEY: "hunter2-short" };

  const { code, stdout, stderr } = await project.run(["plan"], variables);

  expect(code).toBe(64);
  expect(stderr).toMatch(/GRAFANA_PROVISION_KEY .*13.*16/);
  expect(stdout + stderr).not.toContain("hunter2-short");
});

test("validate needs no Grafana, and sends nothing to the one that is set", async () => {
  const grafana = await untouchable();
  const project = await testProject(RESOURCE);

  const { code, stdout } = await project.run(["validate"], { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: SECRET });

  expect(stdout).toBe("Valid: 1 folder in 1 file.\n");
  expect(code).toBe(0);
  expect(grafana.seen).toEqual([]);
});

describe("a Grafana", () => {
  test("is found by URLs and credentials that say the same twice", async () => {
    const grafana = await testGrafana();
    const project = await testProject(RESOURCE);

    const { code, stdout, stderr } = await project.run(["plan", "--url", grafana.url], {
      ...grafana.variables,
      GRAFANA_SERVER: `${grafana.url}/`,
      GRAFANA_AUTH: "admin:admin",
    });

    expect(stdout).toContain(`at ${grafana.url}\n`);
    expect(stdout).toContain("1 to add");
    expect({ code, stderr: remarks({ stderr }) }).toEqual({ code: 0, stderr: "" });
  });

  test("that a file of the repository names is told which credentials go to it", async () => {
    const grafana = await testGrafana();
    const project = await testProject({
      ...RESOURCE,
      "grafana.config.ts": `export default { project: "test", resources: ["./resources"], environments: {
        dev: { url: "${grafana.url}" } } };`,
    });

    const { code, stderr } = await project.run(["plan", "--env", "dev"], { GRAFANA_AUTH: "admin:admin" });

    expect(remarks({ stderr })).toBe(
      `Sending the credentials of GRAFANA_AUTH to ${grafana.url}, which ${project.directory}/grafana.config.ts names.\n`,
    );
    expect(code).toBe(0);
  });

  test("takes a token with a line break at its end, as a file of secrets has it", async () => {
    const grafana = await untouchable();
    const project = await testProject(RESOURCE);

    await project.run(["plan"], { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: `${SECRET}\n` });

    expect(grafana.seen.length).toBeGreaterThan(0);
    for (const { headers } of grafana.seen) expect(headers.authorization).toBe(`Bearer ${SECRET}`);
  });
});

describe.runIf(ONCE)("a configuration", () => {
  test("may stand elsewhere: its paths are relative to itself", async () => {
    const project = await testProject({
      "team/monitoring/grafana.config.ts":
        'export default { project: "test", resources: ["./dash boards [old]", "../shared", "../one/_only.ts"] };',
      "team/monitoring/dash boards [old]/a.ts": api('export const a = folder({ uid: "a", title: "A" });'),
      "team/shared/b.ts": api('export const b = folder({ uid: "b", title: "B" });'),
      "team/one/_only.ts": api('export const c = folder({ uid: "c", title: "C" });'),
      "team/one/other.ts": "throw new Error('not asked for');",
    });
    await mkdir(join(project.directory, "elsewhere"));

    const { code, stdout, stderr } = await project.run(["plan", "--config", "team/monitoring/grafana.config.ts"]);

    expect(stderr).toBe("");
    for (const uid of ["a", "b", "c"]) expect(stdout).toContain(`folder/${uid} `);
    expect(stdout).toContain("3 to add");
    expect(stdout).toContain("team/monitoring/.grafana-provision/sandbox");
    expect(code).toBe(0);
  });

  test.each([
    { name: "outside of any package", files: {} },
    { name: "in a package that doesn't say which modules it has", files: { "package.json": '{ "name": "team" }' } },
    { name: "in a package of CommonJS modules", files: { "package.json": '{ "name": "team", "type": "commonjs" }' } },
  ])("$name finds the tool and the SDK by their names", async ({ files }) => {
    const project = await testProject({
      ...files,
      "grafana.config.ts": `
        import { defineConfig, type Config } from "grafana-provision";
        const config: Config = { project: "test", resources: ["./resources"] };
        export default defineConfig(config);`,
      "resources/a.ts": `
        import { dashboard } from "grafana-provision";
        import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
        import * as text from "@grafana/grafana-foundation-sdk/text";
        export default dashboard({ spec: new DashboardBuilder("A").uid("a").withPanel(new text.PanelBuilder().title("P")) });`,
    });

    const { code, stdout, stderr } = await project.run(["validate"]);

    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "Valid: 1 dashboard in 1 file.\n", stderr: "" });
  });
});
