import { spawn } from "node:child_process";
import { mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { RECORDED } from "../corpus/recorded.ts";
import { edit, remove } from "../engine/support.ts";
import { testProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, runs, SEED } from "../helpers/seed.ts";
import type { Report } from "../../src/index.ts";
import type { Job, JobResult } from "./child.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const CHILD = new URL("./child.ts", import.meta.url).pathname;

async function run(job: Omit<Job, "directory">): Promise<JobResult & Pick<Job, "directory">> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "write-back-")));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const child = spawn(process.execPath, [CHILD, JSON.stringify({ ...job, directory })]);
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((resolve) => child.on("close", resolve));
  expect(code, stderr).toBe(0);
  return { ...(JSON.parse(stdout) as JobResult), directory };
}

/** Of the edits to literals, see `literal.ts`. */
const SHARE = 0.98;
/** Fewer random edits can all be of one sort. */
const MANY = 20;

async function typeErrors(directory: string): Promise<string> {
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: { types: ["node"], paths: { "grafana-provision": [join(ROOT, "src/index.ts")] } },
    include: ["dashboards", "datasources", "alerts"],
  };
  await writeFile(join(directory, "tsconfig.json"), JSON.stringify(config));
  await writeFile(join(directory, "package.json"), JSON.stringify({ type: "module" }));
  await symlink(join(ROOT, "node_modules"), join(directory, "node_modules"));
  const tsc = spawn(join(ROOT, "node_modules/.bin/tsc"), ["-p", "."], { cwd: directory });
  let output = "";
  tsc.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve) => tsc.on("close", resolve));
  return output;
}

describe.runIf(MARKS && process.env["TEST_GRAFANA_URL"] === undefined)("edits made in Grafana", () => {
  test.each(["own", "code", "json", "yaml"] as const)(
    "are written to the code or reported as left (%s)",
    GENERATED,
    async (scene) => {
      const { edits, differences, faults, directory } = await run({ scene, seed: SEED, rounds: runs(4, 50) });
      expect(faults).toEqual([]);
      expect(edits.length).toBeGreaterThan(2);
      const literal = differences.filter((one) => one.literal);
      const left = literal.filter(({ reason }) => reason !== undefined);
      expect(left.length, JSON.stringify(left)).toBeLessThanOrEqual((1 - SHARE) * literal.length);
      // ToolboxAI's dashboards share helpers, which determine several values.
      const least = { own: 0.2, code: 0.9, json: 0.95, yaml: 0.95 }[scene];
      const written = edits.filter(({ status }) => status === "written");
      expect(written.length).toBeGreaterThanOrEqual(edits.length < MANY ? 0 : least * edits.length);
      expect(scene === "own" || scene === "code" ? await typeErrors(directory) : "").toBe("");
    },
  );

  // No share for ToolboxAI's code: its helpers share panels and queries, panels have comments, and alerts refer to them.
  test.each([
    { scene: "own", least: 0 },
    { scene: "code", least: 0.9 },
  ] as const)(
    "that add queries and remove panels are written to the code or reported as left ($scene)",
    GENERATED,
    async ({ scene, least }) => {
      const only = ["query added", "panel removed"];
      const { edits, faults, directory } = await run({ scene, seed: SEED, rounds: runs(3, 30), only });
      expect(faults).toEqual([]);
      const left = edits.filter(({ status }) => status === "left");
      expect(left.length, JSON.stringify(left)).toBeLessThanOrEqual((1 - least) * edits.length);
      expect(await typeErrors(directory)).toBe("");
    },
  );

  test.skipIf(RECORDED.length === 0)("in its UI are written to JSON files", async () => {
    const { edits, faults } = await run({ scene: "recorded", seed: SEED, rounds: 1 });
    expect(faults).toEqual([]);
    expect(edits).toHaveLength(RECORDED.length);
    expect(edits.filter(({ status }) => status === "left")).toEqual([]);
  });
});

const JSON_FILE = `{
  "uid": "UID",
  "title": "Shop",
  "schemaVersion": 42,
  "panels": [
    { "id": 1, "type": "stat", "title": "Orders", "gridPos": { "x": 0, "y": 0, "w": 12, "h": 8 } }
  ]
}
`;

const TS_FILE = `import { dashboard } from "grafana-provision";

// A comment that stays.
const pageSize: number = 40;
export default dashboard({
  spec: {
    uid: "UID",
    title: 'Team', // the title
    description: "Shows " + pageSize + " lines",
    panels: [],
  },
});
`;

async function scene() {
  const grafana = await testGrafana();
  const [shop, team] = [grafana.name("shop"), grafana.name("team")];
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${grafana.name("own")}", resources: ["./resources"] };\n`,
    "resources/shop.json": JSON_FILE.replace("UID", shop),
    "resources/team.ts": TS_FILE.replace("UID", team),
  });
  const run = (...args: string[]) => project.run(args, grafana.variables);
  const read = (path: string) => readFile(join(project.directory, path), "utf8");
  expect((await run("apply")).code).toBe(0);
  return { grafana, project, shop, team, run, read };
}

describe.runIf(MARKS)("drift --write", () => {
  test("changes only the edited values, and reports what it can't write", async () => {
    const { grafana, shop, team, run, read } = await scene();
    await edit(grafana, "dashboard", shop, ({ spec }) => {
      spec["title"] = "Shop 2";
    });
    await edit(grafana, "dashboard", team, ({ spec }) => {
      spec["title"] = "It's the team";
      spec["description"] = "No lines";
    });
    const { code, stdout } = await run("drift", "--write", "-o", "json");
    expect(code).toBe(4);
    const { writeBack } = JSON.parse(stdout) as Report;
    expect(writeBack?.written).toMatchObject([
      { address: `dashboard/${shop}`, path: "title", file: "resources/shop.json", line: 3, after: "Shop 2" },
      { address: `dashboard/${team}`, path: "title", file: "resources/team.ts", line: 8, before: "Team" },
    ]);
    expect(writeBack?.left).toMatchObject([
      { address: `dashboard/${team}`, path: "description", reason: "computed", after: "No lines" },
    ]);
    expect(writeBack?.remaining).toEqual([`dashboard/${team}`]);
    expect(await read("resources/shop.json")).toBe(JSON_FILE.replace("UID", shop).replace('"Shop"', '"Shop 2"'));
    expect(await read("resources/team.ts")).toBe(TS_FILE.replace("UID", team).replace("'Team'", "'It\\'s the team'"));
    const plan = JSON.parse((await run("plan", "-o", "json")).stdout) as Report;
    expect(plan.changes?.map(({ address }) => address)).toEqual([`dashboard/${team}`]);
  });

  test("writes nothing for deleted objects and for those that --only does not name", async () => {
    const { grafana, shop, team, run, read } = await scene();
    await edit(grafana, "dashboard", shop, ({ spec }) => {
      spec["title"] = "Shop 2";
    });
    await remove(grafana, "dashboard", team);
    const other = await run("drift", "--write", "--only", `dashboard/${team}`, "-o", "json");
    expect(other.code).toBe(4);
    const { writeBack } = JSON.parse(other.stdout) as Report;
    expect(writeBack?.left).toMatchObject([{ address: `dashboard/${team}`, path: "", reason: "deleted" }]);
    expect(await read("resources/shop.json")).toContain('"Shop"');
    expect((await run("import", "--update", "--only", `dashboard/${shop}`)).code).toBe(0);
    expect(await read("resources/shop.json")).toContain('"Shop 2"');
    expect((await run("drift", "--write", "--only", `dashboard/${shop}`)).code).toBe(0);
  });
});

test.runIf(MARKS)(
  "drift --write leaves the configuration, files outside of the project and files that are not UTF-8",
  async () => {
    const grafana = await testGrafana();
    const outside = await realpath(await mkdtemp(join(tmpdir(), "shared-")));
    onTestFinished(() => rm(outside, { recursive: true, force: true }));
    const owner = grafana.name("own");
    const [named, shared, latin] = [grafana.name("named"), grafana.name("shared"), grafana.name("latin")];
    const config = `export default { project: "${owner}", resources: ["./resources"] };\n`;
    const code = (uid: string, title: string) =>
      `import { dashboard } from "grafana-provision";\nexport default dashboard({ spec: { uid: "${uid}", title: ${title} } });\n`;
    const project = await testProject({
      "grafana.config.ts": config,
      "resources/named.ts": `import config from "../grafana.config.ts";\n${code(named, "config.project")}`,
      "resources/shared.ts": `import { title } from "${outside}/title.ts";\n${code(shared, "title")}`,
    });
    const files = { config: join(project.directory, "grafana.config.ts"), outside: join(outside, "title.ts") };
    const latinFile = join(project.directory, "resources/latin.ts");
    await writeFile(files.outside, 'export const title = "Shared";\n');
    await writeFile(latinFile, Buffer.from(`// Gr\u00f6\u00dfe\n${code(latin, '"Latin"')}`, "latin1"));
    const run = (...args: string[]) => project.run(args, grafana.variables);
    expect((await run("apply")).code).toBe(0);
    const before = await Promise.all([...Object.values(files), latinFile].map((file) => readFile(file)));
    for (const uid of [named, shared, latin])
      await edit(grafana, "dashboard", uid, ({ spec }) => {
        spec["title"] = "Store";
      });

    const { code: exit, stdout } = await run("drift", "--write", "-o", "json");
    expect(exit).toBe(4);
    const { writeBack } = JSON.parse(stdout) as Report;
    expect(writeBack?.written).toEqual([]);
    expect(writeBack?.left).toHaveLength(3);
    expect(await Promise.all([...Object.values(files), latinFile].map((file) => readFile(file)))).toEqual(before);
  },
);

test.each([
  ["drift", "--write", "--issue"],
  ["import", "--update", "--force"],
  ["import", "--update", "--as", "json"],
  ["import", "--update", "dashboard.json"],
])("%s %s rejects %s", async (...args) => {
  const project = await testProject();
  const { code, stderr } = await project.run(args);
  expect(code).toBe(64);
  expect(stderr).toContain("--issue" === args[2] ? "--issue" : "--update");
});
