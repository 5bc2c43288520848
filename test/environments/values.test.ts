import { describe, expect, test } from "vitest";
import { testProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { faultsIn, untouchable } from "../cli/support.ts";
import { api, config, typeErrors } from "./support.ts";

const SCHEMA =
  "valuesSchema: z.object({ team: z.string(), limit: z.number().default(5), note: z.string().optional() }),";

const TWO = config(
  `{
    staging: { values: { team: "Staging" }, labels: { region: "eu" } },
    production: { values: { team: "Production", limit: 9 } },
  }`,
  SCHEMA,
);

const BY_CALL = `import { environment, folder } from "grafana-provision";
const { name, values, labels } = environment();
export const team = folder({ uid: name, title: \`\${values.team} \${values.limit} \${labels.region ?? "none"} \${values.note ?? "-"}\` });
`;

const BY_FUNCTION = `import { folder, type CurrentEnvironment } from "grafana-provision";
export const team = ({ name, values }: CurrentEnvironment) => folder({ uid: name, title: values.team });
export default ({ name }: CurrentEnvironment) => (name === "staging" ? null : [folder({ uid: "only", title: "Only" })]);
`;

describe("a resource file", () => {
  test.each([
    ["staging", "Staging 5 eu -", { limit: 5, team: "Staging" }],
    ["production", "Production 9 none -", { limit: 9, team: "Production" }],
  ])("reads the values of %s, and the plan lists those that it used", async (env, title, values) => {
    const project = await testProject({ "grafana.config.ts": TWO, "resources/a.ts": BY_CALL });

    const { code, stdout, stderr } = await project.run(["plan", "--env", env, "--sandbox", "-o", "json"]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as { changes: { address: string; title: string }[]; notes: string[] };
    expect(report.changes).toEqual([expect.objectContaining({ address: `folder/${env}`, title })]);
    const [note] = report.notes.filter((one) => one.includes(`"${env}"`));
    for (const [key, value] of Object.entries(values)) expect(note).toContain(`${key} = ${JSON.stringify(value)}`);
  });

  test("the plan shows values that JSON can't express, and no credentials", async () => {
    const token = `${"long-credential-".repeat(5)}end`;
    const project = await testProject({
      "grafana.config.ts": config(
        `{ a: { values: { big: 10n, around: { big: 10n }, apiToken: "a-plain-value", url: process.env["TOKEN_URL"] } } }`,
      ),
      "resources/a.ts": `import { datasource, env, environment, folder, secret } from "grafana-provision";
const { values } = environment();
export const a = folder({ uid: "a", title: [values.big, values.around, values.apiToken, values.url].map(String).length + "" });
export const b = datasource({ uid: "b", name: "B", type: "prometheus", url: "http://localhost:9090", secureJsonData: { basicAuthPassword: secret(env("TOKEN_URL")) } });`,
    });

    const { code, stdout, stderr } = await project.run(["plan", "--env", "a", "--sandbox", "-o", "json"], {
      TOKEN_URL: token,
    });

    expect(code, stderr).toBe(0);
    const { notes } = JSON.parse(stdout) as { notes: string[] };
    const note = notes.find((one) => one.includes('"a"'));
    expect(note).toContain("big = 10");
    expect(note).toContain("around = (not JSON)");
    expect(stdout).not.toContain("a-plain-value");
    expect(stdout).not.toContain("long-credential");
  });

  test.each([
    ["staging", ["folder/staging"]],
    ["production", ["folder/only", "folder/production"]],
  ])("exports functions of the environment: in %s, they define %j", async (env, addresses) => {
    const project = await testProject({ "grafana.config.ts": TWO, "resources/a.ts": BY_FUNCTION });

    const { code, stdout, stderr } = await project.run(["plan", "--env", env, "--sandbox", "-o", "json"]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as { changes: { address: string }[] };
    expect(report.changes.map(({ address }) => address).toSorted()).toEqual(addresses);
  });

  test("can re-export a function of the environment, which is called once", async () => {
    const project = await testProject({
      "grafana.config.ts": TWO,
      "resources/a.ts": BY_FUNCTION,
      "resources/b.ts": `export { team as again, default } from "./a.ts";\n`,
    });

    const { code, stdout, stderr } = await project.run(["plan", "--env", "production", "--sandbox", "-o", "json"]);

    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const report = JSON.parse(stdout) as { changes: { address: string }[] };
    expect(report.changes.map(({ address }) => address).toSorted()).toEqual(["folder/only", "folder/production"]);
  });

  test("reads them through a helper file, and the second plan is empty", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("values");
    const project = await testProject({
      "grafana.config.ts": config(
        `{ one: { url: "${grafana.url}", values: { team: "One" } }, two: { url: "${grafana.url}", values: { team: "Two" } } }`,
      ),
      "resources/_title.ts": `import { environment } from "grafana-provision";
export const title = String(environment().values["team"]);`,
      "resources/a.ts": `${api(`export const team = folder({ uid: "${uid}", title });`)}
import { title } from "./_title.ts";`,
    });
    const variables = { GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };

    expect((await project.run(["apply", "--env", "one"], variables)).code).toBe(0);
    expect((await project.run(["plan", "--env", "one", "--detailed-exitcode"], variables)).code).toBe(0);
    const other = await project.run(["plan", "--env", "two", "--detailed-exitcode", "-o", "json"], variables);

    expect(other.code).toBe(2);
    expect((JSON.parse(other.stdout) as { changes: unknown[] }).changes).toEqual([
      expect.objectContaining({ address: `folder/${uid}`, title: "Two", action: "update" }),
    ]);
  });
});

describe("a fault, before any request", () => {
  const LACKING = config(
    `{ staging: { url: "URL", values: {} }, production: { url: "URL", values: { team: "P" } } }`,
    SCHEMA,
  );

  test.each([
    ["a value that the schema requires", LACKING, BY_CALL],
    ["the same, in a function", LACKING, BY_FUNCTION],
    [
      "a value without a schema",
      config(`{ staging: { url: "URL", values: { other: 1 } }, production: { url: "URL", values: { team: "P" } } }`),
      `import { environment, folder, type CurrentEnvironment } from "grafana-provision";
export const team = ({ values }: CurrentEnvironment) => folder({ uid: "a", title: String(values["team"]) });
void environment;`,
    ],
  ])("%s is missing: exit 65 with resource, environment and value", async (_name, text, resource) => {
    const grafana = await untouchable();
    const project = await testProject({
      "grafana.config.ts": text.replaceAll("URL", grafana.url),
      "resources/a.ts": resource,
    });

    const { code, stderr } = await project.run(["plan", "--env", "staging"], { GRAFANA_TOKEN: "a-secret-token" });

    expect(code).toBe(65);
    const fault = faultsIn({ stderr }).find(({ place }) => place.startsWith("resources/a.ts"));
    for (const word of ['"staging"', '"team"']) expect(fault?.message).toContain(word);
    expect(grafana.seen).toEqual([]);
    const all = await project.run(["validate"]);
    expect(all.code).toBe(65);
    expect(all.stderr).toContain('"staging"');
    expect(all.stderr).not.toContain('"production"');
  });

  test("an invalid value", async () => {
    const project = await testProject({
      "grafana.config.ts": config(`{ staging: { values: { team: "S", limit: "many" } } }`, SCHEMA),
      "resources/a.ts": api('export const a = folder({ uid: "a", title: "A" });'),
    });

    const { code, stderr } = await project.run(["validate"]);

    expect(code).toBe(65);
    expect(faultsIn({ stderr })).toEqual([
      expect.objectContaining({ place: "grafana.config.ts environments.staging.values.limit" }),
    ]);
  });

  test.each([
    ["plan", ["plan", "--sandbox"]],
    ["apply", ["apply", "--sandbox"]],
  ])("%s without an environment, if the code reads it", async (_name, args) => {
    const project = await testProject({ "grafana.config.ts": TWO, "resources/a.ts": BY_CALL });

    const { code, stderr } = await project.run(args);

    expect(code).toBe(65);
    expect(stderr).toContain("--env");
  });

  test("a schema that is none, and values that are not an object", async () => {
    const project = await testProject({
      "grafana.config.ts":
        'export default { project: "test", valuesSchema: {}, environments: { a: { values: 5, labels: { x: 1 } } } };',
    });

    const { code, stderr } = await project.run(["validate"]);

    expect(code).toBe(65);
    expect(faultsIn({ stderr }).map(({ place }) => place.split(" ").at(-1))).toEqual([
      "environments.a.values",
      "environments.a.labels.x",
      "valuesSchema",
    ]);
  });

  test("a function that returns undefined, throws, or returns no resource", async () => {
    const project = await testProject({
      "grafana.config.ts": TWO,
      "resources/a.ts": `export const forgotten = () => {};
export const thrown = () => { throw new Error("no port"); };
export const number = () => 5;
export const two = (a: number, b: number) => a + b;
`,
    });

    const { code, stderr } = await project.run(["plan", "--env", "staging", "--sandbox"]);

    expect(code).toBe(65);
    const says = (name: string) => faultsIn({ stderr }).find(({ place }) => place.includes(`export ${name}`))?.message;
    expect(says("forgotten")).toContain("undefined");
    expect(says("thrown")).toContain("no port");
    expect(says("number")).toContain("a number");
    expect(says("two")).toContain("a function");
  });
});

describe("validate", () => {
  test("checks the code of every environment: a fault that only one has names it", async () => {
    const project = await testProject({
      "grafana.config.ts": TWO,
      "resources/a.ts": `import { environment, folder } from "grafana-provision";
export default folder({ uid: environment().name === "production" ? "not valid" : "valid", title: "A" });`,
    });

    const { code, stderr } = await project.run(["validate"]);

    expect(code).toBe(65);
    const faults = faultsIn({ stderr });
    expect(faults).toHaveLength(1);
    expect(faults[0]?.message).toContain("production");
    expect(faults[0]?.message).not.toContain("staging");
  });

  test("a fault that all have is reported once", async () => {
    const project = await testProject({
      "grafana.config.ts": TWO,
      "resources/a.ts": `import { environment, folder } from "grafana-provision";
export default folder({ uid: "not valid", title: environment().name });`,
    });

    const { code, stderr } = await project.run(["validate"]);

    expect(code).toBe(65);
    expect(faultsIn({ stderr })).toHaveLength(1);
  });

  test("counts the resources of each environment", async () => {
    const project = await testProject({ "grafana.config.ts": TWO, "resources/a.ts": BY_FUNCTION });

    const { code, stdout } = await project.run(["validate"]);

    expect(code).toBe(0);
    expect(stdout.split("\n").filter(Boolean)).toEqual([
      "Valid: 1 folder in 1 file, in staging.",
      "Valid: 2 folders in 1 file, in production.",
    ]);
  });
});

test("types: the values, names and labels of the configuration", async () => {
  const project = await testProject({
    "grafana.config.ts": TWO,
    "resources/a.ts": `import { environment, type CurrentEnvironment } from "grafana-provision";
const { values, name, labels } = environment();
const team: string = values.team;
const limit: number = values.limit;
const note: string | undefined = values.note;
const region: string | undefined = labels["region"];
const isProduction = (given: CurrentEnvironment) => given.name === "production";
// @ts-expect-error: no such value
void values.teams;
// @ts-expect-error: no such environment
void (name === "prod");
// @ts-expect-error: not a number
const wrong: number = values.team;
void [team, limit, note, region, isProduction, wrong];
`,
    "wrong.ts": `import { defineConfig } from "grafana-provision";
import { z } from "zod";
export const wrong = defineConfig({
  project: "test",
  valuesSchema: z.object({ team: z.string() }),
  environments: {
    // @ts-expect-error: not a string
    staging: { values: { team: 5 } },
  },
});
export const plain = defineConfig({ project: "test", environments: { a: { url: "http://localhost:3000", values: { x: 1 } } } });
`,
  });

  expect(await typeErrors(project)).toBe("");
});

test("types: without `Register`, every name and every value", async () => {
  const project = await testProject({
    "resources/a.ts": `import { environment } from "grafana-provision";
const { values, name } = environment();
const team: unknown = values["team"];
const isProduction = name === "production";
// @ts-expect-error: its type is not known
const wrong: number = values["limit"];
void [team, isProduction, wrong];
`,
  });

  expect(await typeErrors(project)).toBe("");
});
