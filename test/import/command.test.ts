import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { cp, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseSync } from "oxc-parser";
import { expect, test } from "vitest";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const SECRETS = {
  SLACK_WEBHOOK_URL: "https://hooks.slack.example/secret",
  ALERT_WEBHOOK_TOKEN: "token-of-the-backend",
};

interface JsonPlan {
  readonly changes: readonly {
    readonly address: string;
    readonly action: string;
    readonly differences: readonly { readonly path: string }[];
  }[];
}

/** The differences of all objects, except for secrets, which Grafana does not return. */
async function differences(project: TestProject, variables: Readonly<Record<string, string>>): Promise<string[]> {
  const { code, stdout, stderr } = await project.run(["plan", "--adopt", "-o", "json"], variables);
  expect(code, stderr).toBe(0);
  const { changes } = JSON.parse(stdout) as JsonPlan;
  expect(changes.length).toBeGreaterThan(0);
  return changes.flatMap(({ address, action, differences: found }) => {
    const rest = found.filter(({ path }) => path !== "secrets");
    return action === "create" ? [`${address} is missing`] : rest.map(({ path }) => `${address} ${path}`);
  });
}

/** A Grafana with the dashboards, alerts and datasources of this repository. */
async function grafanaWithToolboxAi(): Promise<TestGrafana> {
  const grafana = await testGrafana();
  const resources = ["dashboards", "alerts", "datasources"].map((directory) => join(ROOT, directory));
  const source = await testProject({
    "grafana.config.ts": `export default { project: "source", resources: ${JSON.stringify(resources)} };`,
  });
  const { code, stdout, stderr } = await source.run(["apply"], { ...grafana.variables, ...SECRETS });
  expect(code, stdout + stderr).toBe(0);
  return grafana;
}

function variablesIn(project: TestProject): Record<string, string> {
  const text = readFileSync(join(project.directory, ".env.example"), "utf8");
  return Object.fromEntries([...text.matchAll(/^(\w+)=$/gm)].map(([, name = ""]) => [name, `value of ${name}`]));
}

test.skipIf(process.env["TEST_GRAFANA_URL"] !== undefined)(
  "the dashboards, alerts and datasources of this repository are equal to their imported code, which has no fault",
  async () => {
    const grafana = await grafanaWithToolboxAi();
    const project = await testProject();
    await project.remove("grafana.config.ts");
    const { code, stdout, stderr } = await project.run(["import", "--out", "."], grafana.variables);
    expect(code, stderr).toBe(0);
    expect(stdout).not.toContain("Left out");
    const names = globSync("{dashboards,datasources,alerts}/**/*.ts", { cwd: project.directory });
    expect(names).toEqual(
      expect.arrayContaining([
        "dashboards/folders.ts",
        "datasources/datasources.ts",
        "alerts/contact-points.ts",
        "dashboards/toolboxai/fastapi-application-metrics.ts",
        "alerts/toolboxai/critical.ts",
      ]),
    );
    const secrets = variablesIn(project);
    // The URL of the webhook could also be a credential.
    expect(Object.keys(secrets)).toHaveLength(3);
    expect(await differences(project, { ...grafana.variables, ...secrets })).toEqual([]);

    const texts = names.map((name) => readFileSync(join(project.directory, name), "utf8"));
    const all = texts.join("\n");
    for (const helper of ["slack(", "webhook("]) expect(all.split(helper).length, helper).toBeGreaterThan(1);
    expect(existsSync(join(project.directory, "tsconfig.json"))).toBe(true);
    for (const text of texts) for (const value of Object.values(SECRETS)) expect(text).not.toContain(value);
    const syntax = texts.map((text) => JSON.stringify(parseSync("file.ts", text).program));
    expect(syntax.filter((tree) => /"type":"TS(AsExpression|AnyKeyword|NonNullExpression)"/.test(tree))).toEqual([]);
    await project.write({
      "package.json": JSON.stringify({ type: "module" }),
      "tsconfig.json": JSON.stringify({
        extends: join(ROOT, "tsconfig.json"),
        compilerOptions: {
          types: [],
          paths: {
            "grafana-provision": [join(ROOT, "src/index.ts")],
          },
        },
        include: ["dashboards", "datasources", "alerts"],
      }),
    });
    await symlink(join(ROOT, "node_modules"), join(project.directory, "node_modules"));
    await cp(join(ROOT, ".oxlintrc.json"), join(project.directory, ".oxlintrc.json"));
    const tool = (name: string, ...args: string[]) => {
      const file = join(ROOT, "node_modules/.bin", name);
      const {
        status,
        stdout: said,
        stderr: warned,
      } = spawnSync(file, args, { cwd: project.directory, encoding: "utf8" });
      return status === 0 ? "" : said + warned;
    };
    expect(tool("tsc", "-p", ".")).toBe("");
    expect(tool("oxlint", "dashboards", "datasources", "alerts")).toBe("");
    expect(tool("prettier", "--print-width", "120", "--check", "dashboards", "datasources", "alerts")).toBe("");
  },
);

test("converts dashboards in files without a Grafana", async () => {
  const board = {
    uid: "shop",
    title: "Shop",
    schemaVersion: 42,
    panels: [{ id: 1, type: "stat", title: "Orders", unknown: 1 }],
  };
  const project = await testProject({ "exported/shop.json": JSON.stringify(board) });
  const { code, stdout, stderr } = await project.run(["import", "exported/shop.json", "--out", "resources"]);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain("1 dashboard");
  const text = readFileSync(join(project.directory, "resources/dashboards/shop.ts"), "utf8");
  expect(text).toContain('new DashboardBuilder("Shop").uid("shop")');
  expect((await project.run(["validate"])).code).toBe(0);
  const broken = await project.run(["import", "exported/missing.json"]);
  expect(broken.code).toBe(65);
});

test("keeps files that exist and differ, leaves out what the code already has, and limits the selection", async () => {
  const grafana = await testGrafana();
  const uid = (stem: string) => grafana.name(stem);
  const source = await testProject({
    "resources/all.json": JSON.stringify({ uid: uid("plain"), title: "Plain", panels: [], tags: ["keep"] }),
    "resources/all.ts": `
      import { dashboard, folder } from "grafana-provision";
      export const team = folder({ uid: "${uid("team")}", title: "${uid("Team A")}" });
      export const other = folder({ uid: "${uid("other")}", title: "${uid("Other")}", parent: team });
      export const first = dashboard({ uid: "${uid("a")}", folder: team, spec: { title: "Übersicht / CON: <*>" } });
      export const second = dashboard({ uid: "${uid("b")}", folder: team, spec: { title: "übersicht con" } });
      export const third = dashboard({ uid: "${uid("c")}", folder: other, spec: { title: "日本語", tags: ["keep"] } });
    `,
  });
  expect((await source.run(["apply"], grafana.variables)).code).toBe(0);
  const own = `import { defineConfig } from "grafana-provision";
    export default defineConfig({ project: "other", resources: ["./dashboards"] });`;
  const project = await testProject({
    "grafana.config.ts": own,
    "dashboards/none.json": JSON.stringify({ title: "None", uid: "none", panels: [] }),
  });
  const run = (...args: string[]) => project.run(["import", ...args], grafana.variables);
  const only = [
    "--only",
    `folder/${uid("")}*`.replace(uid(""), `*${uid("").slice(1)}`),
    `dashboard/*${uid("").slice(1)}`,
  ];
  const read = (name: string) => readFileSync(join(project.directory, name), "utf8");

  const tagged = await run("--tag", "keep", "--out", "tagged", "--as", "json", "--only", `dashboard/${uid("plain")}`);
  expect(tagged.code, tagged.stderr).toBe(0);
  expect(JSON.parse(read("tagged/dashboards/plain.json"))).toMatchObject({
    kind: "Dashboard",
    spec: { title: "Plain" },
  });
  const known = await run("--tag", "keep", "--out", "tagged", "--only", `dashboard/${uid("plain")}`);
  expect(known.stdout).toContain("it is already in tagged/dashboards/plain.json");
  await project.remove("tagged");

  const first = await run(...only);
  expect(first.code, first.stderr).toBe(0);
  const directory = `dashboards/${uid("team-a").toLowerCase()}`;
  const names = ["übersicht-con.ts", "übersicht-con-2.ts", `${uid("other")}/日本語.ts`];
  for (const name of names) expect(existsSync(join(project.directory, directory, name)), name).toBe(true);

  const again = await run(...only);
  expect(again.stdout).toContain("it is already in dashboards/");
  expect(again.stdout).not.toContain("Wrote");

  const file = `${directory}/übersicht-con.ts`;
  await project.write({ [file]: "export const broken = {\n" });
  const kept = await run(...only);
  expect(kept.code).toBe(4);
  expect(kept.stdout).toContain(`  ${file}\n`);
  expect(read(file)).toBe("export const broken = {\n");
  expect((await run(...only, "--force")).code).toBe(0);
  expect(read(file)).toContain("dashboard({");
  expect(existsSync(join(project.directory, ".grafana-provision-import"))).toBe(false);
});
