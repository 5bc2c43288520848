import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { alertingGrafana, POINTS } from "../alerting/support.ts";
import { localServer } from "../cli/support.ts";
import { testProject, type CliResult, type TestProject } from "../helpers/cli.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { filesIn } from "../rollback/support.ts";
import { FORMS } from "./forms.ts";

const SECRETS = {
  "with a space and a line break": " https://hooks.example.org/services/T0/hunter2?a=1&b=<c>\n",
  "of many lines": `-----BEGIN KEY-----\n${"hunter2/abc+DEF=".repeat(4)}\n${"GHI/jkl+hunter2=".repeat(4)}\n-----END KEY-----\n`,
  "with invisible characters": "\ufeffhunter2\u200b-tok\u00a0en\x1b-of-the-hook\u2028\"'\\",
  "longer than a message": `hunter2-${"0123456789abcdef".repeat(60)}`,
};

/** Parts of a secret that do not occur elsewhere. */
function partsOf(secret: string): string[] {
  const solid = secret.replace(/[^\w-]/g, " ");
  return solid.split(" ").filter((word) => word.length >= 8 && !/^(hooks|services|-----\w+)$/.test(word));
}

/** All output of a command, including files. */
async function everything(project: TestProject, { stdout, stderr }: CliResult): Promise<string> {
  const files = await filesIn(join(project.directory, ".grafana-provision")).catch(() => ({}));
  return stdout + stderr + JSON.stringify(files);
}

describe("an error response that quotes a secret", () => {
  for (const [kind, secret] of Object.entries(SECRETS)) {
    test(`is reported without the secret ${kind}, as text, as JSON and in the run's record`, async () => {
      const grafana = await alertingGrafana();
      const [owner, hook] = [grafana.name("own"), grafana.name("hook")];
      const project = await testProject({
        "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };\n`,
        "resources/all.ts": `
          import { contactPoint, env, secret } from "grafana-provision";
          export default contactPoint({ name: "${hook}",
            integrations: [{ type: "webhook", uid: "${hook}", settings: { url: "http://x", password: secret(env("HOOK")) } }] });`,
      });
      const quotes = Object.values(FORMS).map((quote) => quote(secret));
      const proxy = await faultyProxy(grafana.url, ({ method, path }) => {
        if (method !== "POST" || !path.startsWith(POINTS)) return "pass";
        return { status: 400, body: JSON.stringify({ message: `invalid: ${quotes.join(" and ")} .` }) };
      });
      const variables = { ...grafana.variables, GRAFANA_URL: proxy.url, HOOK: secret };

      for (const options of [[], ["-o", "json"]]) {
        const run = await project.run(["apply", ...options], variables);
        const left = await everything(project, run);
        expect(run.code, run.stderr).toBe(1);
        expect(left).toMatch(/invalid: +\(secret\)/);
        for (const part of partsOf(secret)) expect(left, `${part} of ${options.join(" ")}`).not.toContain(part);
      }
      await proxy.close();
    });
  }
});

describe("credentials of the tool", () => {
  const TOKEN = "glsa_hunter2hunter2hunter2_0a1b2c3d";
  const CREDENTIALS = [
    { name: "a token", variables: { GRAFANA_TOKEN: TOKEN }, parts: ["hunter2hunter2"] },
    {
      name: "a user and a password",
      variables: { GRAFANA_USER: "someone", GRAFANA_PASSWORD: "hunter2-word" },
      parts: ["hunter2-word", Buffer.from("someone:hunter2-word").toString("base64")],
    },
    {
      name: "a password with a colon",
      variables: { GRAFANA_USER: "someone", GRAFANA_PASSWORD: "hun-Xy77:9876pq" },
      parts: ["hun-Xy77", "9876pq"],
    },
    {
      name: "a user and a password with a colon in one variable",
      variables: { GRAFANA_AUTH: "someone:hun-Xy77:9876pq" },
      parts: ["hun-Xy77", "9876pq"],
    },
    {
      name: "headers",
      variables: {
        GRAFANA_TOKEN: TOKEN,
        GRAFANA_HTTP_HEADERS: JSON.stringify({ "X-Access": "hunter2-of-the-proxy", Cookie: "session=hunter2-session" }),
      },
      parts: ["hunter2hunter2", "hunter2-of-the-proxy", "hunter2-session"],
    },
  ];

  for (const { name, variables, parts } of CREDENTIALS) {
    for (const status of [401, 403, 407, 500]) {
      test(`are redacted in a response with status ${status}: ${name}`, async () => {
        const line = await localServer((incoming, response) => {
          const [, basic = ""] = /^Basic (.+)$/.exec(incoming.headers.authorization ?? "") ?? [];
          const sides = Buffer.from(basic, "base64").toString().split(":").slice(1).join(" or ");
          const said = `${"x".repeat(400)} ${sides} ${JSON.stringify(incoming.headers)} ${encodeURIComponent(JSON.stringify(incoming.headers))}`;
          response.writeHead(status, { "content-type": "application/json" });
          response.end(JSON.stringify({ message: said }));
        });
        const project = await testProject({
          "resources/a.ts": 'export default { kind: "folder", uid: "a", title: "a" };',
        });
        for (const options of [[], ["-o", "json"]]) {
          const run = await project.run(["apply", ...options], { GRAFANA_URL: line.url, ...variables });
          expect(run.code).not.toBe(0);
          const left = await everything(project, run);
          expect(left).toContain("xxxx");
          for (const part of parts) expect(left).not.toContain(part);
        }
      });
    }
  }
});

describe("user code and the tool's credentials:", () => {
  const VARIABLES = {
    GRAFANA_URL: "http://127.0.0.1:9",
    GRAFANA_TOKEN: "glsa_hunter2hunter2hunter2_0a1b2c3d",
    GRAFANA_USER: "someone",
    GRAFANA_PASSWORD: "hunter2-password",
    GRAFANA_AUTH: "hunter2-auth",
    GRAFANA_HTTP_HEADERS: '{"X-Access":"hunter2-header"}',
    GRAFANA_TLS_KEY: "/hunter2-key.pem",
    GRAFANA_PROVISION_KEY: "hunter2-provision",
    HTTPS_PROXY: "http://me:hunter2-proxy@proxy.example.org:3128",
    https_proxy: "me:hunter2-proxy@proxy.example.org:3128",
    NO_PROXY: "localhost",
    SOMETHING: "else",
  };
  const SEEN = `console.log(JSON.stringify(process.env));`;

  test("does not have them in its environment", async () => {
    const project = await testProject({
      "grafana.config.ts": `${SEEN} export default { project: "test", resources: ["./resources"] };`,
      "resources/a.ts": `${SEEN} export default { kind: "folder", uid: "a", title: "a" };`,
    });
    const { code, stdout, stderr } = await project.run(["validate"], VARIABLES);
    expect(code, stderr).toBe(0);
    const seen = stdout.split("\n").filter((line) => line.startsWith("{"));
    expect(seen).toHaveLength(2);
    for (const line of seen) {
      const { PATH: _, HOME: __, NO_COLOR: ___, ...rest } = JSON.parse(line) as Record<string, string>;
      expect(rest).toMatchObject({
        GRAFANA_URL: VARIABLES.GRAFANA_URL,
        HTTPS_PROXY: "http://proxy.example.org:3128",
        https_proxy: "proxy.example.org:3128",
        NO_PROXY: "localhost",
        SOMETHING: "else",
      });
      expect(line).not.toContain("hunter2");
      expect(rest).not.toHaveProperty("GRAFANA_USER");
    }
  });

  test("can use one of them as a secret", async () => {
    const grafana = await alertingGrafana();
    const [owner, ds] = [grafana.name("own"), grafana.name("ds")];
    const project = await testProject({
      "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };\n`,
      "resources/all.ts": `
        import { datasource, env, secret } from "grafana-provision";
        export default datasource({ uid: "${ds}", name: "${ds}", type: "loki", url: "http://x",
          secureJsonData: { basicAuthPassword: secret(env("GRAFANA_PROVISION_KEY")) } });`,
    });
    const variables = { ...grafana.variables, GRAFANA_PROVISION_KEY: "hunter2-key-of-this-test" };
    const { code, stderr } = await project.run(["apply"], variables);
    expect(code, stderr).toBe(0);
    expect((await project.run(["plan", "--detailed-exitcode"], variables)).code).toBe(0);
  });

  test("an error with a secret is redacted", async () => {
    const project = await testProject({
      "resources/a.ts": `
        import { contactPoint, env, secret } from "grafana-provision";
        console.log("HOOK is", process.env.HOOK);
        export const one = contactPoint({ name: "a", integrations: [{ type: "email", settings: { addresses: secret(env("HOOK")) } }] });
        export default { kind: "folder", uid: process.env.HOOK, title: "a" };`,
    });
    const { stdout, stderr } = await project.run(["plan"], { HOOK: "hunter2 of this hook" });
    expect(stderr).not.toContain("hunter2");
    // The output of a module is not redacted, because its secrets are unknown until it is loaded.
    expect(stdout.replace("HOOK is hunter2 of this hook", "")).not.toContain("hunter2");
  });
});
