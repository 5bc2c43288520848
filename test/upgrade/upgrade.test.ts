import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ReportSchema } from "../../src/report/json.ts";
import { UpgradeSchema } from "../../src/report/upgrade-json.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";
import { readIn } from "../helpers/schema-v2.ts";
import { sandbox } from "../sandbox/support.ts";

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  readonly spec: object;
}

const panel = (title: string, y: number) => ({
  type: "stat",
  title,
  gridPos: { x: 0, y, w: 12, h: 8 },
  targets: [{ refId: "A", expr: "up", datasource: { type: "prometheus", uid: "prom" } }],
});

const classic = (uid: string, ...panels: object[]) => ({ uid, title: uid, schemaVersion: 42, panels });

async function textIn({ directory }: TestProject, file: string): Promise<string> {
  return readFile(join(directory, file), "utf8");
}

describe.runIf(MARKS)("upgrade", () => {
  test("rewrites a JSON and a YAML file as Grafana converts them, with the panel ids in Grafana, and leaves nothing there", async () => {
    const grafana = await testGrafana();
    const [uid, other] = [grafana.name("json"), grafana.name("yaml")];
    const json = JSON.stringify(classic(uid, panel("A", 0), panel("B", 8)), null, 4);
    const yaml = `# Mine\napiVersion: dashboard.grafana.app/v1beta1\nkind: Dashboard\nmetadata:\n  name: ${other}\n  labels: { a: b }\nspec:\n  title: Other\n  panels: []\n`;
    const project = await testProject({
      "grafana.config.ts": `export default { project: "${grafana.name("up")}", resources: ["./resources"] };`,
      "resources/a.json": json,
      "resources/b.yaml": yaml,
    });
    const folders = async () =>
      (await grafana.other.send({ method: "GET", path: "/api/folders?limit=1000" })) as { title: string }[];
    const names = [`dashboard/${uid}`, `dashboard/${other}`];
    expect((await project.run(["apply", "--yes"], grafana.variables)).code).toBe(0);
    // An inserted panel takes the next free id.
    const inserted = JSON.stringify(classic(uid, panel("New", 16), panel("A", 0), panel("B", 8)), null, 4);
    await project.write({ "resources/a.json": inserted });

    expect((await project.run(["upgrade", ...names], grafana.variables)).code).toBe(64);
    const shown = await project.run(["upgrade", ...names, "--yes", "-o", "json"], grafana.variables);
    expect([shown.code, UpgradeSchema.parse(JSON.parse(shown.stdout))]).toMatchObject([
      0,
      {
        written: false,
        dashboards: names.map((address, index) => ({
          address,
          file: `resources/${["a.json", "b.yaml"][index]}`,
          apiVersion: "dashboard.grafana.app/v2beta1",
        })),
        notes: [],
      },
    ]);
    expect([await textIn(project, "resources/a.json"), await textIn(project, "resources/b.yaml")]).toEqual([
      inserted,
      yaml,
    ]);

    const { code } = await project.run(["upgrade", ...names, "--write", "--yes"], grafana.variables);
    expect(code).toBe(0);
    const text = await textIn(project, "resources/a.json");
    const written = JSON.parse(text) as Manifest & { spec: { elements: Record<string, { spec: { title: string } }> } };
    expect(text).toMatch(/^\{\n {4}"apiVersion": "dashboard\.grafana\.app\/v2beta1"/);
    expect([written.kind, written.metadata]).toEqual(["Dashboard", { name: uid }]);
    const titles = Object.entries(written.spec.elements).map(([name, { spec }]) => [name, spec.title]);
    expect(Object.fromEntries(titles)).toEqual({ "panel-1": "A", "panel-2": "B", "panel-3": "New" });

    const yamlText = await textIn(project, "resources/b.yaml");
    expect(yamlText.startsWith("# Mine\napiVersion: dashboard.grafana.app/v2beta1\nkind: Dashboard\n")).toBe(true);
    const manifest = parse(yamlText) as Manifest;
    expect(manifest.metadata).toEqual({ name: other, labels: { a: "b" } });
    expect(manifest.spec).toEqual((await readIn(grafana, "v2beta1", other)).spec);
    const left = (await folders()).filter(({ title }) => title.includes(grafana.name("up")));
    expect(left).toEqual([]);

    const again = await project.run(["upgrade", names[1] ?? "", "-o", "json"], grafana.variables);
    const { dashboards = [] } = UpgradeSchema.parse(JSON.parse(again.stdout));
    expect([again.code, dashboards.map(({ apiVersion }) => apiVersion)]).toEqual([0, [undefined]]);
    expect(dashboards[0]?.unchanged).toBeDefined();

    const plan = await project.run(["plan", "-o", "json", "--only", names[1] ?? ""], grafana.variables);
    const [change] = ReportSchema.parse(JSON.parse(plan.stdout)).changes ?? [];
    expect(change?.differences).toMatchObject([{ path: "schema", before: "classic", after: "v2" }]);
  });

  test("rejects code, inputs, unknown names and files that are not committed, and changes nothing", async () => {
    const inputs = { ...classic("asks"), __inputs: [{ name: "DS_PROM", type: "datasource", pluginId: "prometheus" }] };
    const plain = JSON.stringify(classic("plain"));
    const project = await testProject({
      "resources/code.ts": 'export default { kind: "dashboard", uid: "code", spec: { title: "Code", panels: [] } };',
      "resources/asks.json": JSON.stringify(inputs),
      "resources/plain.json": plain,
    });
    execFileSync("git", ["init", "-q"], { cwd: project.directory });
    for (const name of ["code", "asks", "plan", "plain"]) {
      const force = name === "asks" ? ["--force"] : [];
      const result = await project.run(["upgrade", `dashboard/${name}`, "--write", ...force]);
      expect([name, result.code, result.stdout]).toEqual([name, 64, ""]);
    }
    expect(await textIn(project, "resources/plain.json")).toBe(plain);
  });

  test("fails for dashboards that can't be converted, and writes no file", async () => {
    const old = (uid: string) => JSON.stringify({ uid, title: uid, schemaVersion: 16, rows: [] });
    const files = {
      "resources/good.json": JSON.stringify(classic("good")),
      "resources/old.json": old("old"),
      "resources/older.json": old("older"),
    };
    const project = await testProject(files);
    const names = ["dashboard/good", "dashboard/old"];
    const { code, stdout } = await project.run(["upgrade", ...names, "--write", "-o", "json"]);
    expect([code, UpgradeSchema.parse(JSON.parse(stdout))]).toMatchObject([
      1,
      { exitCode: 1, error: { code: "upgrade-conversion-failed" } },
    ]);
    const both = await project.run(["upgrade", ...names, "dashboard/older", "--write"]);
    expect([both.code, both.stdout]).toEqual([65, ""]);
    for (const file of ["resources/old.json", "resources/older.json"]) expect(both.stderr).toContain(file);
    for (const [file, text] of Object.entries(files)) expect(await textIn(project, file)).toBe(text);
  });
});

test.runIf(KUBERNETES)("a Grafana without unified storage can't convert", async () => {
  const { url } = await sandbox(undefined, "legacy-storage");
  const project = await testProject({ "resources/a.json": JSON.stringify(classic("a")) });
  const variables = { GRAFANA_URL: url, GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };
  expect((await project.run(["upgrade", "dashboard/a", "--yes"], variables)).code).toBe(6);
});

test("the output matches the published JSON Schema", async () => {
  const published: unknown = JSON.parse(
    await readFile(new URL("../../schema/upgrade.v1.json", import.meta.url), "utf8"),
  );
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(UpgradeSchema))));
});
