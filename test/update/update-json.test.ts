import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { ImportSchema, type ImportReport } from "../../src/index.ts";
import { edit, remove } from "../engine/support.ts";
import { testProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";

const PUBLISHED = z.fromJSONSchema(
  JSON.parse(readFileSync(resolve(import.meta.dirname, "../../schema/import.v1.json"), "utf8")) as Parameters<
    typeof z.fromJSONSchema
  >[0],
);

/** The report, which both the published schema and the one of the package accept. */
function reportOf(stdout: string): ImportReport {
  expect(stdout.trimEnd()).not.toContain("\n");
  const json: unknown = JSON.parse(stdout);
  expect(PUBLISHED.safeParse(json).error).toBeUndefined();
  return ImportSchema.parse(json);
}

async function scene() {
  const grafana = await testGrafana();
  const [shop, team] = [grafana.name("shop"), grafana.name("team")];
  const board = (uid: string, more: string) =>
    `import { dashboard } from "grafana-provision";\nexport default dashboard({ spec: { uid: "${uid}", ${more} } });\n`;
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${grafana.name("own")}", resources: ["./resources"] };\n`,
    "resources/shop.ts": board(shop, 'title: "Shop"'),
    "resources/team.ts": board(team, 'title: "Team", description: "Of " + String(2)'),
  });
  const run = (...args: string[]) => project.run(args, grafana.variables);
  const applied = await run("apply");
  expect(applied.code, applied.stderr).toBe(0);
  return { grafana, project, shop, team, run };
}

test.runIf(MARKS)("import --update -o json without an edit reports an empty write-back", async () => {
  const { run } = await scene();
  const { code, stdout } = await run("import", "--update", "-o", "json");
  const report = reportOf(stdout);
  expect(code).toBe(0);
  expect(report).toMatchObject({ command: "import", exitCode: 0 });
  expect(report.writeBack).toEqual({ written: [], left: [], files: [], remaining: [] });
  // What only an import of new files reports.
  for (const key of ["directory", "objects", "written", "kept", "variables"]) expect(report).not.toHaveProperty(key);
});

test.runIf(MARKS)("import --update -o json lists the edits that it wrote and those that it left", async () => {
  const { grafana, project, shop, team, run } = await scene();
  await edit(grafana, "dashboard", shop, ({ spec }) => {
    spec["title"] = "Store";
  });
  await edit(grafana, "dashboard", team, ({ spec }) => {
    spec["description"] = "Of three";
  });

  const { code, stdout } = await run("import", "--update", "-o", "json");

  const { writeBack, exitCode } = reportOf(stdout);
  expect([code, exitCode]).toEqual([4, 4]);
  expect(writeBack?.written).toEqual([
    expect.objectContaining({
      address: `dashboard/${shop}`,
      path: "title",
      file: "resources/shop.ts",
      line: 2,
      before: "Shop",
      after: "Store",
    }),
  ]);
  expect(writeBack?.left).toEqual([
    expect.objectContaining({ address: `dashboard/${team}`, path: "description", reason: "computed", line: 2 }),
  ]);
  expect(writeBack?.files).toEqual(["resources/shop.ts"]);
  expect(await readFile(join(project.directory, "resources/shop.ts"), "utf8")).toContain('title: "Store"');
  expect((await run("plan", "--only", `dashboard/${shop}`, "--detailed-exitcode")).code).toBe(0);
});

test.runIf(MARKS)("import --update -o json reports a deleted object as left", async () => {
  const { grafana, shop, run } = await scene();
  await remove(grafana, "dashboard", shop);
  const { code, stdout } = await run("import", "--update", "-o", "json", "--only", `dashboard/${shop}`);
  const { writeBack } = reportOf(stdout);
  expect(code).toBe(4);
  expect(writeBack?.left).toEqual([expect.objectContaining({ address: `dashboard/${shop}`, reason: "deleted" })]);
});

test("import --update -o json reports an error as JSON", async () => {
  const project = await testProject({
    "grafana.config.ts": 'export default { project: "own", resources: ["./resources"] };\n',
    "resources/shop.ts": "export default 1;\n",
  });
  const { code, stdout } = await project.run(["import", "--update", "-o", "json", "--sandbox"]);
  const { error, exitCode, writeBack } = reportOf(stdout);
  expect([code, exitCode]).toEqual([65, 65]);
  expect(error?.code).toBe("code-invalid");
  expect(writeBack).toBeUndefined();
});
