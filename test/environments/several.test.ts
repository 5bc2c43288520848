import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ReportSchema, type Report } from "../../src/index.ts";
import { selectedEnvironments } from "../../src/cli/select-environments.ts";
import { worstOf } from "../../src/cli/exit-code.ts";
import { faultsIn, localServer, untouchable } from "../cli/support.ts";
import { testProject, type CliResult, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { api, config } from "./support.ts";

const TOKENS = {
  GRAFANA_TOKEN_EU_WEST: "admin:admin",
  GRAFANA_TOKEN_EU_NORTH: "admin:admin",
  GRAFANA_TOKEN_US: "admin:admin",
};

const CODE = `import { environment, folder } from "grafana-provision";
export const own = folder({ uid: "own", title: String(environment().values["title"]) });
export const common = folder({ uid: "common", title: "Common" });
`;

async function projectOn(grafanas: readonly { readonly url: string }[]): Promise<TestProject> {
  const names = ["eu-west", "eu-north", "us"];
  const environments = grafanas.map(({ url }, index) => {
    const name = names[index] ?? "";
    const region = name.slice(0, 2);
    return `"${name}": { url: "${url}", labels: { region: "${region}" }, values: { title: "Own ${name}" } }`;
  });
  return testProject({ "grafana.config.ts": config(`{ ${environments.join(", ")} }`), "resources/a.ts": CODE });
}

function reportOf({ stdout }: CliResult): Report {
  return ReportSchema.parse(JSON.parse(stdout));
}

async function make({ other }: TestGrafana, uid: string, title: string): Promise<void> {
  await other.send({ method: "POST", path: "/api/folders", body: { uid, title } });
}

describe.runIf(process.env["TEST_GRAFANA_URL"] === undefined)("plan for several environments", () => {
  test("reports the plan of each, with a matrix of what differs", async () => {
    const [west, north, us] = [await testGrafana(), await testGrafana(), await testGrafana()];
    const project = await projectOn([west, north, us]);
    const applied = await project.run(["apply", "--env", "us"], TOKENS);
    expect(applied.code, applied.stderr).toBe(0);
    await make(north, "common", "Common");

    const json = await project.run(["plan", "--env-all", "--detailed-exitcode", "-o", "json"], TOKENS);
    const text = await project.run(["plan", "--env", "eu-*,us"], TOKENS);
    const markdown = await project.run(["plan", "--env", "region=eu", "-o", "markdown"], TOKENS);

    expect(json.code, json.stderr).toBe(2);
    const { exitCode, environments = [] } = reportOf(json);
    expect(exitCode).toBe(2);
    expect(environments.map(({ name, exitCode: own, summary }) => [name, own, summary?.add])).toEqual([
      ["eu-west", 2, 2],
      ["eu-north", 2, 1],
      ["us", 0, 0],
    ]);
    expect(environments[0]?.changes).toEqual(
      expect.arrayContaining([expect.objectContaining({ address: "folder/own", title: "Own eu-west" })]),
    );
    expect(text.code).toBe(0);
    expect(text.stdout).toMatch(/folder\/own +add A +add B +-/);
    expect(text.stdout).toMatch(/folder\/common +add A +adopt.* B +-/);
    for (const { url } of [west, north, us]) expect(text.stdout).toContain(url);
    expect(markdown.code).toBe(0);
    expect(markdown.stdout).toMatch(/\| `folder\/own` \| add A \| add B \|/);
    expect(markdown.stdout).not.toContain(us.url);
  });

  test("a Grafana that can't be reached: the others have a plan, and the exit code is the worst", async () => {
    const [west, us] = [await testGrafana(), await testGrafana()];
    const project = await projectOn([west, { url: "http://127.0.0.1:1" }, us]);

    const result = await project.run(["plan", "--env-all", "--detailed-exitcode", "-o", "json"], TOKENS);

    expect(result.code).toBe(1);
    const { environments = [] } = reportOf(result);
    expect(environments.map((one) => one.exitCode)).toEqual([2, 1, 2]);
    expect(environments[1]).toMatchObject({ name: "eu-north", error: { name: "Unreachable" } });
    const text = await project.run(["plan", "--env-all"], TOKENS);
    expect(text.stdout).toMatch(/folder\/own +add A +\? +add B/);
  });
});

test.each(["text", "markdown"])("no environment can be reached: not reported as equal (%s)", async (output) => {
  const project = await projectOn([{ url: "http://127.0.0.1:1" }, { url: "http://127.0.0.1:1" }]);

  const { code, stdout } = await project.run(["plan", "--env-all", "-o", output], TOKENS);

  expect(code).toBe(1);
  expect(stdout).not.toContain("No differences");
});

describe("credentials", () => {
  test("each environment gets only its own, and the code gets none", async () => {
    const servers = await Promise.all(
      [1, 2].map(() => localServer((_request, response) => response.writeHead(401).end())),
    );
    const project = await projectOn(servers);
    await project.write({
      "resources/b.ts": `import { writeFileSync } from "node:fs";
writeFileSync("seen.txt", JSON.stringify(process.env));
export type Nothing = never;`,
    });
    const variables = {
      GRAFANA_TOKEN_EU_WEST: "token-of-eu-west",
      GRAFANA_TOKEN_EU_NORTH: "token-of-eu-north",
      GRAFANA_TOKEN: "unknown-token",
    };

    const { code, stdout, stderr } = await project.run(["plan", "--env", "region=eu"], variables);

    expect(code).toBe(3);
    for (const [index, name] of ["eu-west", "eu-north"].entries()) {
      const sent = new Set(servers[index]?.seen.map(({ headers }) => headers.authorization));
      expect(sent).toEqual(new Set([`Bearer token-of-${name}`]));
    }
    expect(stdout + stderr).not.toContain("token-of-");
    expect(await readFile(join(project.directory, "seen.txt"), "utf8")).not.toContain("token-of-");
  });

  test("one environment: its own credentials are used, from a variable or a command", async () => {
    const server = await localServer((_request, response) => response.writeHead(401).end());
    const project = await testProject({
      "grafana.config.ts": config(
        `{ a: { url: "${server.url}", token: { command: ["${process.execPath}", "-p", "'token-of-command'"] } } }`,
      ),
      "resources/a.ts": api('export const a = folder({ uid: "a", title: "A" });'),
    });

    await project.run(["plan", "--env", "a"], { GRAFANA_TOKEN: "unknown-token" });
    await project.run(["plan", "--env", "a"], {
      GRAFANA_TOKEN: "unknown-token",
      GRAFANA_TOKEN_A: "token-of-variable",
    });

    expect(new Set(server.seen.map(({ headers }) => headers.authorization))).toEqual(
      new Set(["Bearer token-of-command", "Bearer token-of-variable"]),
    );
  });

  test.each([["--env-all"], ["--env", "eu-west"]])(
    "two names with one variable: exit 65 before any request (%s)",
    async (...args) => {
      const server = await untouchable();
      const project = await testProject({
        "grafana.config.ts": config(`{ "eu-west": { url: "${server.url}" }, eu_west: { url: "${server.url}" } }`),
        "resources/a.ts": api('export const a = folder({ uid: "a", title: "A" });'),
      });

      const { code, stderr } = await project.run(["plan", ...args], { GRAFANA_TOKEN_EU_WEST: "x" });

      expect(code).toBe(65);
      expect(faultsIn({ stderr })[0]?.message).toContain("GRAFANA_TOKEN_EU_WEST");
      expect(server.seen).toEqual([]);
    },
  );

  test("an environment without its own: exit 64 before any request", async () => {
    const server = await untouchable();
    const project = await projectOn([server, server]);

    const { code, stderr } = await project.run(["plan", "--env-all"], {
      GRAFANA_TOKEN_EU_WEST: "x",
      GRAFANA_TOKEN: "y",
    });

    expect(code).toBe(64);
    expect(stderr).toContain("GRAFANA_TOKEN_EU_NORTH");
    expect(server.seen).toEqual([]);
  });
});

describe("before any request", () => {
  test("a fault of one environment: exit 65", async () => {
    const server = await untouchable();
    const project = await projectOn([server, server]);
    await project.write({
      "resources/b.ts": `import { environment, folder } from "grafana-provision";
export default folder({ uid: environment().name === "eu-north" ? "not valid" : "b", title: "B" });`,
    });

    const { code, stderr } = await project.run(["plan", "--env-all"], TOKENS);

    expect(code).toBe(65);
    expect(faultsIn({ stderr }).map(({ message }) => message.includes("eu-north"))).toEqual([true]);
    expect(server.seen).toEqual([]);
  });

  test.each([
    ["an unknown name", ["--env", "eu-west,asia"], "asia"],
    ["an unknown label", ["--env", "tier=*"], "tier=*"],
    ["--env-all and --env", ["--env-all", "--env", "us"], "--env-all"],
    ["a URL", ["--env-all", "--url", "http://127.0.0.1:1"], "--url"],
  ])("%s: exit 64", async (_name, args, says) => {
    const server = await untouchable();
    const project = await projectOn([server, server]);

    const { code, stderr } = await project.run(["plan", ...args], TOKENS);

    expect(code).toBe(64);
    expect(stderr).toContain(says);
    expect(server.seen).toEqual([]);
  });
});

test("objects of a package are the same for each environment", async () => {
  const project = await testProject({
    "grafana.config.ts": config("{ a: {}, b: {} }"),
    "node_modules/boards/package.json": '{ "name": "boards", "type": "module", "exports": "./index.js" }',
    "node_modules/boards/index.js":
      'export const spec = { title: "Shared", panels: [{ id: 1, type: "text", title: "Kept" }] };',
    "resources/a.ts": `import { dashboard, environment } from "grafana-provision";
import { spec } from "boards";
if (spec.panels?.length !== 1) throw new Error("the spec is empty");
export const board = dashboard({ uid: environment().name, spec });`,
  });

  const { code, stderr } = await project.run(["validate"]);

  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
});

test.each([
  ["names", "us,eu-west", ["eu-west", "us"]],
  ["a pattern", "eu-*", ["eu-west"]],
  ["a label", "region=eu", ["eu-west"]],
  ["a pattern of a label", "region=*", ["eu-west", "us"]],
  ["a dot is no pattern", "eu.*", ["eu.north"]],
])("--env with %s", (_name, env, expected) => {
  const environments = { "eu-west": { labels: { region: "eu" } }, "eu.north": {}, us: { labels: { region: "us" } } };
  const loaded = { config: { project: "p", environments }, file: "/p/grafana.config.ts", directory: "/p" };
  expect(selectedEnvironments(loaded, { env })).toEqual(expected);
});

test("the exit code of several environments is the worst", () => {
  const order = [64, 65, 3, 6, 7, 1, 4, 5, 8, 2, 0] as const;
  expect(order.map((_, index) => worstOf(order.slice(index).toReversed()))).toEqual(order);
});
