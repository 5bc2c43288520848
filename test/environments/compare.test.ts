import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { CompareSchema, type CompareReport } from "../../src/index.ts";
import { untouchable } from "../cli/support.ts";
import { testProject, type CliResult, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { config } from "./support.ts";

const TOKENS = { GRAFANA_TOKEN_STAGING: "admin:admin", GRAFANA_TOKEN_PRODUCTION: "admin:admin" };

const CODE = `import { dashboard, environment, existing, folder, ruleGroup } from "grafana-provision";
const prometheus = { type: "prometheus", uid: "prometheus" };
export const team = folder({ uid: "team", title: "Team" });
export const board = dashboard({
  uid: "board",
  folder: existing.folder("platform"),
  allowMissing: true,
  spec: {
    title: "Board",
    panels: [{ type: "timeseries", title: "Up", datasource: prometheus, gridPos: { x: 0, y: 0, w: 12, h: 8 }, targets: [{ refId: "A", expr: "up", datasource: prometheus }] }],
  },
});
const query = { refId: "A", datasource: existing.datasource("prometheus", "prometheus"), relativeTimeRange: { from: 60, to: 0 }, model: { expr: "up", datasource: prometheus } };
const condition = { refId: "C", datasourceUid: "__expr__", model: { type: "threshold", expression: "A", conditions: [{ evaluator: { type: "gt", params: [1] } }] } } as const;
export const group = ruleGroup({ folder: existing.folder("platform"), title: "critical", interval: 60, rules: [{ title: "Down", condition: "C", data: [query, condition] }] });
export const only = environment().name === "production" ? [] : [folder({ uid: "trial", title: "Trial" })];
`;

async function projectOn(staging: string, production: string): Promise<TestProject> {
  const mapped = (name: string) =>
    `{ datasources: { prometheus: "prom-${name}" }, folders: { platform: "platform-${name}" }`;
  return testProject({
    "grafana.config.ts": config(
      `{ staging: ${mapped("s")}, url: "${staging}" }, production: ${mapped("p")}, url: "${production}" } }`,
    ),
    "resources/a.ts": CODE,
  });
}

function reportOf({ stdout }: CliResult): CompareReport {
  return CompareSchema.parse(JSON.parse(stdout));
}

async function prepare({ other }: TestGrafana, name: string): Promise<void> {
  await other.send({
    method: "POST",
    path: "/api/datasources",
    body: { uid: `prom-${name}`, name: "Prometheus", type: "prometheus", url: "http://prom:9090", access: "proxy" },
  });
  await other.send({ method: "POST", path: "/api/folders", body: { uid: `platform-${name}`, title: "Platform" } });
}

describe.runIf(process.env["TEST_GRAFANA_URL"] === undefined)("compare two Grafana instances", () => {
  test("with mappings applied, only what differs is reported", async () => {
    const [staging, production] = [await testGrafana(), await testGrafana()];
    await prepare(staging, "s");
    await prepare(production, "p");
    const project = await projectOn(staging.url, production.url);
    const applied = await project.run(["apply", "--env-all"], TOKENS);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    const args = ["compare", "--from", "staging", "--to", "production"];

    const equal = await project.run(
      [...args, "--only", "dashboard", "rule-group", "folder/team", "-o", "json"],
      TOKENS,
    );
    await production.other.send({ method: "PUT", path: "/api/folders/team", body: { title: "New", overwrite: true } });
    const different = await project.run([...args, "-o", "json"], TOKENS);
    const text = await project.run(args, TOKENS);
    const markdown = await project.run([...args, "-o", "markdown"], TOKENS);

    expect(equal.code, equal.stdout + equal.stderr).toBe(0);
    expect(reportOf(equal)).toMatchObject({ unequal: [], equal: 3 });
    expect(different.code, different.stderr).toBe(2);
    expect(reportOf(different).unequal?.map(({ address, state }) => [address, state])).toEqual([
      ["folder/team", "different"],
      ["folder/trial", "only-from"],
    ]);
    expect(reportOf(different).unequal?.[0]?.differences).toEqual([
      expect.objectContaining({ path: "title", before: "Team", after: "New" }),
    ]);
    expect(reportOf(different).equal).toBe(2);
    expect([text.code, markdown.code]).toEqual([2, 2]);
    expect(text.stdout).toMatch(/folder\/trial "Trial": only in staging/);
    expect(markdown.stdout).toMatch(/\| `folder\/trial` \| `Trial` \| only in `staging` \|/);
  });
});

test("--code compares the code without a request and without credentials", async () => {
  const server = await untouchable();
  const project = await projectOn(server.url, server.url);

  const result = await project.run(["compare", "--from", "staging", "--to", "production", "--code", "-o", "json"]);

  expect(result.code, result.stderr).toBe(2);
  expect(reportOf(result)).toMatchObject({ equal: 3, unequal: [{ address: "folder/trial", state: "only-from" }] });
  expect(server.seen).toEqual([]);
});

test.each([
  ["an unknown environment", ["--from", "staging", "--to", "test"], "test"],
  ["the same environment", ["--from", "staging", "--to", "staging"], "--from"],
  ["no credentials", ["--from", "staging", "--to", "production"], "GRAFANA_TOKEN_STAGING"],
])("%s: exit 64", async (_name, args, says) => {
  const server = await untouchable();
  const project = await projectOn(server.url, server.url);

  const { code, stderr } = await project.run(["compare", ...args]);

  expect(code).toBe(64);
  expect(stderr).toContain(says);
  expect(server.seen).toEqual([]);
});

test("the published JSON Schema equals the one in the code", async () => {
  const published: unknown = JSON.parse(
    await readFile(new URL("../../schema/compare.v1.json", import.meta.url), "utf8"),
  );
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(CompareSchema))));
});
