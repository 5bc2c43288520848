import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { LintSchema, type LintReport } from "../../src/report/lint-json.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";

const PROMETHEUS = `
import { datasource } from "grafana-provision";
export const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus" });
`;

/** A dashboard in code whose query is in a file that it imports. */
const CODE = {
  "resources/prometheus.ts": PROMETHEUS,
  "resources/_queries.ts": 'export const load =\n  "rate(node_load1[5m])";\n',
  "resources/shop.ts": `
import { dashboard } from "grafana-provision";
import { load } from "./_queries.ts";
import { prometheus } from "./prometheus.ts";

const targets = [{ refId: "A", expr: load }, { refId: "B", expr: ["sum(", "up"].join("") }];
export const shop = dashboard({
  uid: "shop",
  spec: { title: "Shop", panels: [{ id: 1, type: "timeseries", title: "Load", datasource: prometheus.ref, targets }] },
});
`,
};

const JSON_FILE = {
  "resources/prometheus.ts": PROMETHEUS,
  "resources/shop.json": `{
  "uid": "shop",
  "title": "Shop",
  "panels": [
    {
      "id": 1,
      "type": "timeseries",
      "title": "Load",
      "datasource": { "type": "prometheus", "uid": "prometheus" },
      "targets": [{ "refId": "A", "expr": "up{job=\\"api\\"} + rate(node_load1[5m])" }]
    }
  ]
}
`,
};

const YAML_FILE = {
  "resources/prometheus.ts": PROMETHEUS,
  "resources/shop.yaml": `uid: shop
title: Shop
panels:
  - id: 1
    type: timeseries
    title: Load
    datasource: { type: prometheus, uid: prometheus }
    targets:
      - refId: A
        expr: up + rate(node_load1[5m])
`,
};

async function found(project: TestProject, ...args: readonly string[]) {
  const { stdout, code } = await project.run(["lint", "-o", "json", ...args]);
  const { findings = [], ...report } = LintSchema.parse(JSON.parse(stdout));
  const rules = findings.map(({ rule, place }) => [rule, place && `${place.file}:${place.line}:${place.column}`]);
  return { rules, code, report };
}

test("places are exact in JSON, also after escaped characters", async () => {
  const project = await testProject(JSON_FILE);
  const { rules, code, report } = await found(project);
  expect(rules).toEqual([["rate-of-gauge", "resources/shop.json:10:62"]]);
  expect([code, report.exitCode, report.resources]).toEqual([0, 0, 2]);
});

test("places are exact in YAML", async () => {
  const project = await testProject(YAML_FILE);
  expect((await found(project)).rules).toEqual([["rate-of-gauge", "resources/shop.yaml:10:20"]]);
});

test("in code, a finding is at its literal if there is one, and otherwise at the title of its panel or at the export", async () => {
  const project = await testProject(CODE);
  const { rules, code } = await found(project);
  expect(rules).toEqual([
    ["promql-syntax", "resources/shop.ts:9:72"],
    ["rate-of-gauge", "resources/_queries.ts:2:4"],
  ]);
  expect(code).toBe(1);
  await project.write({ "resources/shop.ts": CODE["resources/shop.ts"].replace('"Load"', '["Lo", "ad"].join("")') });
  expect((await found(project)).rules).toContainEqual(["promql-syntax", "resources/shop.ts:7:1"]);
});

test("comments turn rules off at a literal, at an export and in a file", async () => {
  const project = await testProject(CODE);
  await project.write({
    "resources/_queries.ts":
      'export const load =\n  // grafana-lint-ignore rate-of-gauge: it only grows\n  "rate(node_load1[5m])";\n',
  });
  expect((await found(project)).rules.map(([rule]) => rule)).toEqual(["promql-syntax"]);
  const text = CODE["resources/shop.ts"];
  await project.write({
    "resources/shop.ts": text.replace("export const shop", "// grafana-lint-ignore promql-syntax\nexport const shop"),
  });
  expect((await found(project)).rules).toEqual([]);
  await project.write({ "resources/shop.ts": `// grafana-lint-ignore-file title-missing, promql-syntax\n${text}` });
  expect((await found(project)).rules).toEqual([]);
  await project.write({ "resources/shop.ts": `// grafana-lint-ignore-file title-missing\n${text}` });
  expect((await found(project)).rules.map(([rule]) => rule)).toEqual(["promql-syntax"]);
});

test("a comment in the first line turns no rule off for an export that is not found there", async () => {
  const project = await testProject(CODE);
  const text = CODE["resources/shop.ts"].replace("export const shop", "const own");
  await project.write({
    "resources/shop.ts": `// grafana-lint-ignore promql-syntax\n${text.replace('"Load"', '["Lo", "ad"].join("")')}\nexport { own as shop };\n`,
  });
  expect((await found(project)).rules).toContainEqual(["promql-syntax", "resources/shop.ts:1:1"]);
});

const config = (lint: string) => `export default { project: "test", resources: ["./resources"], lint: ${lint} };\n`;

test("the configuration turns rules off, changes their severities, and ignores them in some resources", async () => {
  const project = await testProject(JSON_FILE);
  await project.write({ "grafana.config.ts": config('{ rules: { "rate-of-gauge": "off" } }') });
  expect(await found(project)).toMatchObject({ rules: [], code: 0 });
  await project.write({ "grafana.config.ts": config('{ ignore: { "dashboard/sh*": ["rate-of-gauge"] } }') });
  expect(await found(project)).toMatchObject({ rules: [], code: 0 });
  await project.write({ "grafana.config.ts": config('{ rules: { "rate-of-gauge": "error" } }') });
  expect((await found(project)).code).toBe(1);
});

test.each([
  ["a rule that does not exist", '{ rules: { "rate-of-gauges": "off" } }', "lint.rules.rate-of-gauges"],
  ["an ignored rule that does not exist", '{ ignore: { dashboard: ["gauge"] } }', "lint.ignore.dashboard[0]"],
  ["a severity that does not exist", '{ rules: { "rate-of-gauge": "fatal" } }', "lint.rules.rate-of-gauge"],
  ["a scrape interval that is no duration", '{ scrapeInterval: "often" }', "lint.scrapeInterval"],
])("%s is a fault of the configuration", async (_what, lint, path) => {
  const project = await testProject(JSON_FILE);
  await project.write({ "grafana.config.ts": config(lint) });
  const { code, stdout } = await project.run(["lint", "-o", "json"]);
  const { error } = LintSchema.parse(JSON.parse(stdout));
  expect(code).toBe(65);
  expect(error?.faults?.map((fault) => [fault.code, fault.path])).toEqual([["config-invalid", path]]);
});

test("--fail-on decides the exit code, and --only which findings are reported", async () => {
  const project = await testProject(JSON_FILE);
  expect((await found(project, "--fail-on", "warning")).code).toBe(1);
  expect(await found(project, "--fail-on", "warning", "--only", "datasource")).toMatchObject({ rules: [], code: 0 });
  await project.write({ "resources/shop.json": JSON_FILE["resources/shop.json"].replace("[5m])", "[5m]") });
  expect((await found(project)).code).toBe(1);
  expect((await found(project, "--fail-on", "never")).code).toBe(0);
});

test("the text names the place, the rule and the part of the query", async () => {
  const project = await testProject(JSON_FILE);
  const { stdout, code } = await project.run(["lint"]);
  expect(stdout).toContain("resources/shop.json:10:62 spec.panels[0].targets[0].expr");
  expect(stdout).toContain("(rate-of-gauge)");
  expect(stdout).toContain("        rate(node_load1[5m])\n");
  expect(code).toBe(0);
});

const Sarif = z.object({
  version: z.literal("2.1.0"),
  runs: z.tuple([
    z.object({
      tool: z.object({ driver: z.object({ name: z.string(), rules: z.array(z.object({ id: z.string() })) }) }),
      results: z.array(
        z.object({
          ruleId: z.string(),
          ruleIndex: z.int().nonnegative(),
          level: z.enum(["error", "warning"]),
          message: z.object({ text: z.string() }),
          locations: z.tuple([
            z.object({
              physicalLocation: z.object({
                artifactLocation: z.object({ uri: z.string() }),
                region: z.object({ startLine: z.int().positive(), startColumn: z.int().positive() }),
              }),
            }),
          ]),
        }),
      ),
    }),
  ]),
});

test("SARIF has the rules, and places relative to the repository", async () => {
  const project = await testProject();
  await project.write({
    "monitoring/grafana.config.ts": config("{}"),
    "monitoring/resources/shop.json": JSON_FILE["resources/shop.json"],
    "monitoring/resources/prometheus.ts": PROMETHEUS,
  });
  const { stdout } = await project.run(["lint", "-o", "sarif", "--config", "monitoring/grafana.config.ts"]);
  const [{ tool, results }] = Sarif.parse(JSON.parse(stdout)).runs;
  expect(results).toHaveLength(1);
  const [result] = results;
  expect(tool.driver.rules[result?.ruleIndex ?? -1]?.id).toBe("rate-of-gauge");
  expect(result?.locations[0].physicalLocation).toMatchObject({
    artifactLocation: { uri: "monitoring/resources/shop.json" },
    region: { startLine: 10, startColumn: 62 },
  });
});

test("GitHub annotations have file, line and column", async () => {
  const project = await testProject(JSON_FILE);
  const { stdout } = await project.run(["lint", "-o", "github"]);
  expect(stdout).toMatch(/^::warning file=resources\/shop\.json,line=10,col=62,title=rate-of-gauge%3A /);
});

test("validate shows findings as warnings and annotates them, and does not fail", async () => {
  const project = await testProject(CODE);
  const { code, stderr } = await project.run(["validate"]);
  expect(code).toBe(0);
  expect(stderr.split("\n").filter((line) => line.startsWith("warning"))).toHaveLength(2);
  expect(stderr).not.toMatch(/^error/m);
  const annotated = await project.run(["validate"], { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: project.directory });
  expect(annotated.stderr).toContain("::warning file=resources/_queries.ts,line=2,col=4,");
});

test("a finding of all environments is reported once", async () => {
  const project = await testProject(JSON_FILE);
  await project.write({
    "grafana.config.ts":
      'export default { project: "test", resources: ["./resources"], environments: { a: { url: "http://a.example" }, b: { url: "http://b.example", labels: { x: "y" } } } };\n',
  });
  expect((await found(project)).rules).toEqual([["rate-of-gauge", "resources/shop.json:10:62"]]);
  for (const several of ["a,b", "x=y"]) {
    const { code, stdout } = await project.run(["lint", "--env", several, "-o", "json"]);
    expect({ code, count: (JSON.parse(stdout) as LintReport).findings?.length }).toEqual({ code: 0, count: 1 });
  }
  expect((await project.run(["lint", "--env", "c,d"])).code).toBe(64);
});

test("the published schema of the JSON output is up to date", async () => {
  const published: unknown = JSON.parse(await readFile(new URL("../../schema/lint.v1.json", import.meta.url), "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(LintSchema))));
});
