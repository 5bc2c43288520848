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
  /** What the error contains. */
  readonly names: readonly string[];
}

const URL_SET = { GRAFANA_URL: "http://127.0.0.1:1" };

describe.runIf(ONCE)("an incomplete or conflicting target: exit 64", () => {
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
      names: [name, "GRAFANA_URL", "--sandbox"],
    })),
    {
      name: "several variables without a URL",
      variables: { GRAFANA_USER: "admin", GRAFANA_PASSWORD: SECRET },
      names: ["GRAFANA_PASSWORD", "GRAFANA_USER", "GRAFANA_URL"],
    },
    { name: "an empty GRAFANA_URL", variables: { GRAFANA_URL: "" }, names: ["GRAFANA_URL"] },
    { name: "an empty GRAFANA_TOKEN", variables: { GRAFANA_TOKEN: "" }, names: ["GRAFANA_TOKEN", "GRAFANA_URL"] },
    { name: "an empty --url", args: ["--url", ""], names: ["--url"] },
    {
      name: "different GRAFANA_URL and GRAFANA_SERVER",
      variables: { ...URL_SET, GRAFANA_SERVER: "http://127.0.0.1:2" },
      names: ["GRAFANA_URL is http://127.0.0.1:1", "GRAFANA_SERVER is http://127.0.0.1:2"],
    },
    {
      name: "different --url and GRAFANA_URL",
      variables: URL_SET,
      args: ["--url", "http://127.0.0.1:2"],
      names: ["--url is http://127.0.0.1:2", "GRAFANA_URL is http://127.0.0.1:1"],
    },
    {
      name: "different URLs in the environment and in GRAFANA_URL",
      variables: URL_SET,
      args: ["--env", "dev"],
      names: ['"dev" is http://127.0.0.1:3', "GRAFANA_URL is http://127.0.0.1:1"],
    },
    { name: "--sandbox and --url", args: ["--sandbox", "--url", "http://127.0.0.1:2"], names: ["--sandbox", "--url"] },
    {
      name: "different GRAFANA_TOKEN and GRAFANA_AUTH",
      variables: { ...URL_SET, GRAFANA_TOKEN: SECRET, GRAFANA_AUTH: `other-${SECRET}` },
      names: ["GRAFANA_TOKEN", "GRAFANA_AUTH"],
    },
    {
      name: "different GRAFANA_AUTH and GRAFANA_USER",
      variables: { ...URL_SET, GRAFANA_AUTH: `admin:${SECRET}`, GRAFANA_USER: "admin", GRAFANA_PASSWORD: "other" },
      names: ["GRAFANA_AUTH", "GRAFANA_USER", "GRAFANA_PASSWORD"],
    },
    {
      name: "a user without a password",
      variables: { ...URL_SET, GRAFANA_USER: "admin" },
      names: ["GRAFANA_USER is set, but GRAFANA_PASSWORD is not"],
    },
    {
      name: "a password without a user",
      variables: { ...URL_SET, GRAFANA_PASSWORD: SECRET },
      names: ["GRAFANA_PASSWORD is set, but GRAFANA_USER is not"],
    },
    {
      name: "credentials in the URL",
      variables: { GRAFANA_URL: `http://admin:${SECRET}@127.0.0.1:1` },
      names: ["GRAFANA_URL", "GRAFANA_TOKEN"],
    },
    {
      name: "credentials in an invalid URL",
      variables: { GRAFANA_URL: `http://admin:${SECRET}@127.0.0.1:99999` },
      names: ["GRAFANA_URL", "…@127.0.0.1:99999"],
    },
    {
      name: "an invalid URL",
      variables: { GRAFANA_URL: "grafana" },
      names: ["GRAFANA_URL", ": grafana\n", "https://"],
    },
    { name: "another scheme", args: ["--url", "ftp://x"], names: ["--url", "ftp://x"] },
    {
      name: "a host without a scheme",
      variables: { GRAFANA_URL: "localhost:3000" },
      names: ["GRAFANA_URL", "http://localhost:3000"],
    },
    {
      name: "headers that are not JSON",
      variables: { ...URL_SET, GRAFANA_HTTP_HEADERS: `X-Auth: ${SECRET}` },
      names: ["GRAFANA_HTTP_HEADERS", '{"X-Auth-Request": "..."}'],
    },
    {
      name: "headers that are not an object of strings",
      variables: { ...URL_SET, GRAFANA_HTTP_HEADERS: `{"X-Auth": ["${SECRET}"]}` },
      names: ["GRAFANA_HTTP_HEADERS", '{"X-Auth-Request": "..."}'],
    },
    {
      name: "an invalid header",
      variables: { ...URL_SET, GRAFANA_HTTP_HEADERS: `{"X Auth": "${SECRET}"}` },
      names: ["GRAFANA_HTTP_HEADERS", '"X Auth"'],
    },
    {
      name: "a token with a line break",
      variables: { ...URL_SET, GRAFANA_TOKEN: `${SECRET}\n${SECRET}` },
      names: ["GRAFANA_TOKEN"],
    },
    {
      name: "an organization that is not a number",
      variables: { ...URL_SET, GRAFANA_ORG_ID: "main" },
      names: ["GRAFANA_ORG_ID", ": main\n"],
    },
    {
      name: "different organizations",
      variables: { GRAFANA_ORG_ID: "3" },
      args: ["--env", "dev"],
      names: ["GRAFANA_ORG_ID is 3", "orgId is 2"],
    },
    {
      name: "a certificate that can't be read",
      variables: { GRAFANA_URL: "https://127.0.0.1:1", GRAFANA_CA_CERT: "/nowhere/ca.pem" },
      names: ["GRAFANA_CA_CERT", "/nowhere/ca.pem"],
    },
    { name: "an unknown environment", args: ["--env", "prod"], names: ['"prod"', "dev, bare"] },
    { name: "an environment without a URL", args: ["--env", "bare"], names: ['"bare"', "GRAFANA_URL"] },
    {
      name: "an unknown kind",
      args: ["--only", "snowflake"],
      names: ['"snowflake"', "folder, datasource"],
    },
    {
      name: "an unknown resource",
      args: ["--only", "folder/b"],
      names: ["--only", "folder/b"],
    },
    { name: "an unknown option", args: ["--pruen"], names: ["unknown option '--pruen'", "--prune"] },
    { name: "an option without its value", args: ["--url"], names: ["--url"] },
    { name: "an invalid number", args: ["--concurrency", "0"], names: ["--concurrency", "'0'"] },
  ])("$name", async ({ variables = {}, args = [], names }) => {
    const project = await testProject({
      ...RESOURCE,
      "grafana.config.ts": `export default { project: "test", resources: ["./resources"], environments: {
        dev: { url: "http://127.0.0.1:3", orgId: 2 }, bare: {} } };`,
    });

    const { code, stdout, stderr } = await project.run(["plan", ...args], variables);

    for (const name of names) expect(stderr).toContain(name);
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

describe.runIf(ONCE)("the sandbox", () => {
  test.each([
    { name: "nothing is set", args: [], variables: {} },
    {
      name: "only GRAFANA_PROVISION_KEY is set",
      args: [],
      variables: { GRAFANA_PROVISION_KEY: `${SECRET}-of-tests` },
    },
    {
      name: "--sandbox is passed, with variables set",
      args: ["--sandbox"],
      variables: { GRAFANA_TOKEN: SECRET, GRAFANA_URL: "" },
    },
  ])("is used if $name, as the first line says", async ({ args, variables }) => {
    const project = await testProject(RESOURCE);

    const { code, stdout, stderr } = await project.run(["plan", ...args], variables);

    const lines = stdout.trim().split("\n");
    expect(lines.at(0)).toMatch(/sandbox/i);
    expect(lines.filter((line) => line.startsWith("Sandbox:"))).toHaveLength(1);
    expect(stdout).toContain("1 to add");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  });
});

test("a key of fewer than 16 characters is rejected before the first request, and not shown", async () => {
  const grafana = await untouchable();
  const project = await testProject(RESOURCE);
  const variables = { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: SECRET, GRAFANA_PROVISION_KEY: "hunter2-short" };

  const { code, stdout, stderr } = await project.run(["plan"], variables);

  expect(code).toBe(64);
  expect(stderr).toMatch(/GRAFANA_PROVISION_KEY .*13.*16/);
  expect(stdout + stderr).not.toContain("hunter2-short");
});

test("validate sends nothing to Grafana", async () => {
  const grafana = await untouchable();
  const project = await testProject(RESOURCE);

  const { code, stdout } = await project.run(["validate"], { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: SECRET });

  expect(stdout).toBe("Valid: 1 folder in 1 file.\n");
  expect(code).toBe(0);
  expect(grafana.seen).toEqual([]);
});

describe("a Grafana", () => {
  test("is reached with URLs and credentials that are set twice to the same values", async () => {
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

  test("whose URL comes from the configuration: the command prints which credentials it sends there", async () => {
    const grafana = await testGrafana();
    const project = await testProject({
      ...RESOURCE,
      "grafana.config.ts": `export default { project: "test", resources: ["./resources"], environments: {
        dev: { url: "${grafana.url}" } } };`,
    });

    const { code, stderr } = await project.run(["plan", "--env", "dev"], { GRAFANA_AUTH: "admin:admin" });

    const [line, ...others] = remarks({ stderr }).trimEnd().split("\n");
    for (const name of ["GRAFANA_AUTH", grafana.url, `${project.directory}/grafana.config.ts`]) {
      expect(line).toContain(name);
    }
    expect(others).toEqual([]);
    expect(code).toBe(0);
  });

  test("accepts a token with a trailing line break, as in a file of secrets", async () => {
    const grafana = await untouchable();
    const project = await testProject(RESOURCE);

    await project.run(["plan"], { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: `${SECRET}\n` });

    expect(grafana.seen.length).toBeGreaterThan(0);
    for (const { headers } of grafana.seen) expect(headers.authorization).toBe(`Bearer ${SECRET}`);
  });
});

describe.runIf(ONCE)("a configuration", () => {
  test("in another directory: its paths are relative to its own directory", async () => {
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
    { name: "in a package without a module type", files: { "package.json": '{ "name": "team" }' } },
    { name: "in a package of CommonJS modules", files: { "package.json": '{ "name": "team", "type": "commonjs" }' } },
  ])("$name resolves the tool and the SDK", async ({ files }) => {
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
