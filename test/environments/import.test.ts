import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ImportReport } from "../../src/index.ts";
import { make, stored } from "../engine/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";
import { environment, furnished, projectFor, VARIABLES } from "./mapped-project.ts";
import { config, typeErrors } from "./support.ts";

/** All files that an import wrote, as one text. */
function textIn(project: TestProject): string {
  const directory = join(project.directory, "resources");
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  return files.map((file) => readFileSync(join(directory, file), "utf8")).join("\n");
}

async function importFrom(project: TestProject, env: string): Promise<ImportReport> {
  const { code, stdout, stderr } = await project.run(
    ["import", "--env", env, "--out", "resources", "-o", "json"],
    VARIABLES,
  );
  expect(code, stdout + stderr).toBe(0);
  return JSON.parse(stdout) as ImportReport;
}

const UP = { type: "stat", title: "Up", gridPos: { x: 0, y: 0, w: 6, h: 4 } };

/** A dashboard with a panel of a datasource. */
async function board(grafana: TestGrafana, uid: string, datasource: string): Promise<void> {
  const source = { type: "prometheus", uid: datasource };
  const panel = { ...UP, id: 1, datasource: source, targets: [{ refId: "A", expr: "up", datasource: source }] };
  await make(grafana, "dashboard", uid, { spec: { title: uid, panels: [panel] } });
}

describe.runIf(process.env["TEST_GRAFANA_URL"] === undefined)("import from an environment with mappings", () => {
  test("writes the ids of the code, which apply to another environment, too", async () => {
    const [eu, us] = [await furnished("eu"), await furnished("us")];
    const environments = [environment(eu, "eu"), environment(us, "us")];
    const source = await projectFor(environments);
    const applied = await source.run(["apply", "--env", "eu", "--yes"], VARIABLES);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    const project = await testProject({ "grafana.config.ts": config(`{ ${environments.join(", ")} }`) });

    const { left } = await importFrom(project, "eu");

    const text = textIn(project);
    expect(text).not.toMatch(/mimir-eu|loki-eu|folder-eu|team-eu/);
    for (const id of [
      'existing.datasource("prometheus"',
      'existing.datasource("DS_LOGS"',
      'existing.folder("platform")',
    ])
      expect(text).toContain(id);
    expect(text).toContain('existing.contactPoint("on-call")');
    const mapped = left?.filter(({ why }) => why.includes("maps"));
    expect(mapped?.map(({ address }) => address).toSorted()).toEqual([
      "contact-point/team-eu",
      "datasource/loki-eu",
      "datasource/mimir-eu",
      "folder/folder-eu",
    ]);
    const plan = await project.run(["plan", "--env", "eu", "--detailed-exitcode"], VARIABLES);
    expect(plan.code, plan.stdout + plan.stderr).toBe(0);
    expect(await typeErrors(project)).toBe("");
    const other = await project.run(["apply", "--env", "us", "--yes"], VARIABLES);
    expect(other.code, other.stdout + other.stderr).toBe(0);
    const { metadata, spec } = await stored(us, "dashboard", "code");
    expect(metadata.annotations["grafana.app/folder"]).toBe("folder-us");
    expect(JSON.stringify(spec)).toContain('"mimir-us"');
  });

  test.runIf(KUBERNETES)("--folder takes the title of a mapped folder in Grafana, and the id of the code", async () => {
    const eu = await furnished("eu");
    const annotations = { "grafana.app/folder": "folder-eu" };
    await make(eu, "dashboard", "in", { spec: { title: "In", panels: [] }, annotations });
    await make(eu, "dashboard", "out", { spec: { title: "Out", panels: [] } });
    const project = await testProject({ "grafana.config.ts": config(`{ ${environment(eu, "eu")} }`) });
    for (const [index, folder] of ["Platform eu", "folder-eu", "platform"].entries()) {
      const args = ["import", "--env", "eu", "--out", `out-${index}`, "--folder", folder, "-o", "json"];
      const { code, stdout, stderr } = await project.run(args, VARIABLES);
      expect(code, stderr).toBe(0);
      const { objects } = JSON.parse(stdout) as ImportReport;
      expect(objects).toEqual([{ address: "dashboard/in", file: "dashboards/platform/in.ts" }]);
    }
  });

  test("refers to the code's own definition of an object that the environment replaces", async () => {
    const eu = await furnished("eu");
    await board(eu, "board", "mimir-eu");
    const project = await testProject({
      "grafana.config.ts": config(`{ ${environment(eu, "eu")} }`),
      "resources/datasources.ts": `import { datasource } from "grafana-provision";
export const metrics = datasource({ uid: "prometheus", name: "Metrics", type: "prometheus", url: "http://prometheus:9090" });
`,
    });

    await importFrom(project, "eu");

    const text = textIn(project);
    expect(text).toContain('import { metrics as prometheus } from "../datasources.ts"');
    expect(text).not.toMatch(/existing\.datasource\("prometheus"/);
    const plan = await project.run(["plan", "--env", "eu", "--adopt", "-o", "json"], VARIABLES);
    expect(plan.code, plan.stdout + plan.stderr).toBe(0);
    const { changes } = JSON.parse(plan.stdout) as { changes: { address: string; differences: object[] }[] };
    expect(changes.find(({ address }) => address === "dashboard/board")?.differences).toEqual([]);
  });

  test.runIf(MARKS)(
    "leaves objects that no id of the code can name, and says which of several ids it uses",
    async () => {
      const eu = await furnished("eu");
      const post = (uid: string) =>
        eu.other.send({
          method: "POST",
          path: "/api/datasources",
          body: { uid, name: uid, type: "prometheus", access: "proxy", url: "http://localhost:9090" },
        });
      for (const uid of ["prometheus", "other", "two"]) await post(uid);
      for (const uid of ["mimir-eu", "prometheus", "other", "two"]) await board(eu, `of-${uid}`, uid);
      const mappings = `datasources: { prometheus: "mimir-eu", first: "two", second: "two" }`;
      const project = await testProject({
        "grafana.config.ts": config(
          `{ eu: { url: "${eu.url}", ${mappings} }, us: { url: "http://127.0.0.1:1", datasources: { prometheus: "x", other: "x" } } }`,
        ),
      });

      const { left, notes, objects } = await importFrom(project, "eu");

      expect(left?.map(({ address }) => address).toSorted()).toEqual([
        "dashboard/of-prometheus",
        "datasource/mimir-eu",
        "datasource/prometheus",
        "datasource/two",
      ]);
      const names = objects?.map(({ address }) => address);
      expect(names).toContain("datasource/other");
      expect(names).toContain("dashboard/of-other");
      expect(notes?.filter((note) => note.includes('"first" and "second"'))).toHaveLength(1);
      expect(textIn(project)).toContain('existing.datasource("first"');
      const plan = await project.run(["plan", "--env", "eu", "--adopt"], VARIABLES);
      expect(plan.code, plan.stdout + plan.stderr).toBe(0);
    },
  );

  test("leaves an object that refers to one which only another environment maps", async () => {
    const eu = await furnished("eu");
    await board(eu, "board", "mimir-eu");
    const project = await testProject({
      "grafana.config.ts": config(
        `{ eu: { url: "${eu.url}", folders: { a: "folder-eu" } }, us: { url: "http://127.0.0.1:1", datasources: { "mimir-eu": "x" } } }`,
      ),
    });
    const args = ["import", "--env", "eu", "--out", "resources", "--only", "dashboard", "-o", "json"];
    const { code, stdout, stderr } = await project.run(args, VARIABLES);
    expect(code, stderr).toBe(0);
    const { left, objects } = JSON.parse(stdout) as ImportReport;
    expect(left?.map(({ address }) => address)).toEqual(["dashboard/board"]);
    expect(objects).toEqual([]);
  });
});
