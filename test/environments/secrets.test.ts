import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { faultsIn, untouchable } from "../cli/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { config, typeErrors } from "./support.ts";

const VARIABLES = { GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };
const SECRET = "value-from-a-secret-manager";

const datasource = (uid: string, reference = 'source("password")', url = "http://localhost:9090") =>
  `import { datasource, env, secret, source } from "grafana-provision";
void [env, source];
export const metrics = datasource({ uid: "${uid}", name: "${uid}", type: "prometheus", url: "${url}", basicAuth: true, basicAuthUser: "grafana", secureJsonData: { basicAuthPassword: secret(${reference}) } });
`;

/** A command that counts its runs in a file, without a shell. */
const SCRIPT = `import { appendFileSync } from "node:fs";
appendFileSync("runs.txt", "run\\n");
if (process.env["GRAFANA_PASSWORD"] !== undefined) process.exit(9);
process.stderr.write("${SECRET}-in-errors\\n");
console.log(process.argv[2]);
process.exit(Number(process.argv[3] ?? 0));
`;

async function runsOf({ directory }: TestProject): Promise<number> {
  const text = await readFile(join(directory, "runs.txt"), "utf8").catch(() => "");
  return text.split("\n").filter(Boolean).length;
}

function command(...args: readonly string[]): string {
  return `{ command: ${JSON.stringify([process.execPath, "print.mjs", ...args])} }`;
}

describe("a secret from a command", () => {
  test("is read only by an apply that sends it, once, and is in no output and no recorded run", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("secret");
    const project = await testProject({
      "grafana.config.ts": config(
        `{ prod: { url: "${grafana.url}", owner: "${uid}" } }`,
        `secrets: { password: ${command(SECRET)} },`,
      ),
      "print.mjs": SCRIPT,
      "resources/a.ts": datasource(uid),
    });
    const run = async (...args: readonly string[]) => {
      const result = await project.run([...args, "--env", "prod"], VARIABLES);
      expect(result.stdout + result.stderr).not.toContain(SECRET);
      return result;
    };

    expect((await run("plan", "-v")).code).toBe(0);
    expect((await run("plan", "-o", "html")).code).toBe(0);
    expect(await runsOf(project)).toBe(0);

    const applied = await run("apply", "-v");
    expect(applied.code, applied.stderr).toBe(0);
    expect(await runsOf(project)).toBe(1);
    const stored = (await grafana.other.send({ method: "GET", path: `/api/datasources/uid/${uid}` })) as {
      secureJsonFields: object;
    };
    expect(stored.secureJsonFields).toEqual({ basicAuthPassword: true });

    const again = await run("plan", "--detailed-exitcode", "-o", "json");
    expect(again.code, again.stdout).toBe(0);
    const { uncheckedSecretReasons } = JSON.parse(again.stdout) as { uncheckedSecretReasons: object[] };
    expect(uncheckedSecretReasons).toEqual([
      { address: `datasource/${uid}`, reason: "source", variables: ["password"] },
    ]);
    expect((await run("apply")).code).toBe(0);
    expect(await runsOf(project)).toBe(1);

    expect((await run("apply", "--refresh-secrets")).code).toBe(0);
    expect(await runsOf(project)).toBe(2);
  });

  test.each([
    ["fails", ["unused", "3"], "exited with code 3"],
    ["prints nothing", [""], "empty"],
  ])("that %s: exit 65 before the first write, without its output", async (_name, args, says) => {
    const grafana = await testGrafana();
    const uid = grafana.name("secret");
    const project = await testProject({
      "grafana.config.ts": config(`{ prod: { url: "${grafana.url}", secrets: { password: ${command(...args)} } } }`),
      "print.mjs": SCRIPT,
      "resources/a.ts": datasource(uid),
    });

    const { code, stdout, stderr } = await project.run(["apply", "--env", "prod"], VARIABLES);

    expect(code).toBe(65);
    const [fault] = faultsIn({ stderr });
    expect(fault?.place).toContain("resources/a.ts");
    expect(fault?.message).toContain("password");
    expect(fault?.message).toContain(says);
    expect(stdout + stderr).not.toContain("in-errors");
    await expect(grafana.other.send({ method: "GET", path: `/api/datasources/uid/${uid}` })).rejects.toThrow("404");
  });

  test("that can't be started: exit 65", async () => {
    const grafana = await testGrafana();
    const project = await testProject({
      "grafana.config.ts": config(
        `{ prod: { url: "${grafana.url}", secrets: { password: { command: ["no-such-program"] } } } }`,
      ),
      "resources/a.ts": datasource(grafana.name("secret")),
    });

    const { code, stderr } = await project.run(["apply", "--env", "prod"], VARIABLES);

    expect(code).toBe(65);
    expect(faultsIn({ stderr })[0]?.message).toContain("no-such-program");
  });

  test("is not run for the sandbox", async () => {
    const project = await testProject({
      "grafana.config.ts": config(`{ prod: {} }`, `secrets: { password: ${command(SECRET)} },`),
      "print.mjs": SCRIPT,
      "resources/a.ts": datasource("metrics"),
    });

    expect((await project.run(["apply", "--env", "prod", "--sandbox"])).code).toBe(0);
    expect(await runsOf(project)).toBe(0);
  });
});

describe("other sources", () => {
  test("a file, and a variable for each environment: a changed value is a change only there", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("secret");
    const project = await testProject({
      "grafana.config.ts": config(
        `{ file: { url: "${grafana.url}" }, variable: { url: "${grafana.url}", secrets: { PASSWORD: "PASSWORD_STAGING" } } }`,
        'secrets: { PASSWORD: { file: "secrets/password.txt" } },',
      ),
      "secrets/password.txt": `${SECRET}\n`,
      "resources/a.ts": datasource(uid, 'env("PASSWORD")'),
    });
    const keyed = { ...VARIABLES, GRAFANA_PROVISION_KEY: "a-key-of-sixteen-characters" };

    expect((await project.run(["apply", "--env", "file"], keyed)).code).toBe(0);
    const same = { ...keyed, PASSWORD_STAGING: SECRET };
    expect((await project.run(["plan", "--env", "variable", "--detailed-exitcode"], same)).code).toBe(0);
    const other = { ...keyed, PASSWORD_STAGING: `${SECRET}-2` };
    const changed = await project.run(["plan", "--env", "variable", "--detailed-exitcode"], other);
    expect(changed.code).toBe(2);
    expect(changed.stdout).not.toContain(SECRET);
    expect((await project.run(["plan", "--env", "file", "--detailed-exitcode"], other)).code).toBe(0);
  });

  test("a secret that an environment does not declare: exit 65 with resource, environment and name, before any request", async () => {
    const grafana = await untouchable();
    const project = await testProject({
      "grafana.config.ts": config(
        `{ staging: { url: "${grafana.url}" }, prod: { url: "${grafana.url}", secrets: { password: "PASSWORD" } } }`,
      ),
      "resources/a.ts": datasource("metrics"),
    });

    const { code, stderr } = await project.run(["plan", "--env", "staging"], { GRAFANA_TOKEN: "a-secret-token" });

    expect(code).toBe(65);
    const [fault] = faultsIn({ stderr });
    expect(fault?.place).toContain("resources/a.ts");
    for (const word of ['"staging"', '"password"']) expect(fault?.message).toContain(word);
    expect(grafana.seen).toEqual([]);
    const all = await project.run(["validate"]);
    expect(all.code).toBe(65);
    expect(all.stderr).not.toContain('"prod"');
  });

  test("`validate` finds it also if an earlier environment declares it", async () => {
    const project = await testProject({
      "grafana.config.ts": config('{ prod: { secrets: { password: "PASSWORD" } }, staging: {} }'),
      "resources/a.ts": datasource("metrics"),
    });

    const { code, stderr } = await project.run(["validate"]);

    expect(code).toBe(65);
    expect(faultsIn({ stderr }).map(({ message }) => message.includes('"staging"'))).toEqual([true]);
  });

  test.each([
    ["a value in place of a variable", 'secrets: { password: "not a variable" }', "environments.a.secrets.password"],
    ["an empty command", "secrets: { password: { command: [] } }", "environments.a.secrets.password.command"],
    ["an invalid name", 'secrets: { "a b": "X" }', "environments.a.secrets"],
  ])("%s is a fault of the configuration", async (_name, text, place) => {
    const project = await testProject({
      "grafana.config.ts": `export default { project: "test", environments: { a: { ${text} } } };`,
    });

    const { code, stderr } = await project.run(["validate"]);

    expect(code).toBe(65);
    expect(faultsIn({ stderr })[0]?.place).toContain(place);
  });

  test("a source without `secret`, and an invalid name", async () => {
    const project = await testProject({
      "resources/a.ts": `import { datasource, source } from "grafana-provision";
export const a = datasource({ uid: "a", name: "A", type: "prometheus", secureJsonData: { password: source("password") as never } });`,
      "resources/b.ts": `import { secret, source } from "grafana-provision";
export const b = secret(source("https://hooks.example.org/x"));`,
    });

    const { code, stderr } = await project.run(["validate"]);

    expect(code).toBe(65);
    expect(faultsIn({ stderr })).toHaveLength(2);
    expect(stderr).not.toContain("hooks.example.org");
  });
});

test("types: sources of secrets", async () => {
  const project = await testProject({
    "grafana.config.ts": config(
      `{ a: { secrets: { x: "X", y: { env: "Y" }, z: { file: "z" } } },
        // @ts-expect-error: a command has a program
        b: { secrets: { x: { command: [] } } } }`,
      'secrets: { w: { command: ["vault", "read"] } },',
    ),
    "resources/a.ts": datasource("a"),
  });

  expect(await typeErrors(project)).toBe("");
});
