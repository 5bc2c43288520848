import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dashboard, folder } from "../../src/index.ts";
import { fileWriter } from "../../src/import/files.ts";
import { formatterFor, wholeText, type SourceText } from "../../src/import/format.ts";
import { importText, type ImportInput } from "../../src/report/import.ts";
import { make, makeDatasource } from "../engine/support.ts";
import { testProject } from "../helpers/cli.ts";
import { converge } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { imported } from "./support.ts";

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), "import-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

test("a second import with --force keeps the code of the first one, and its code refers to it", async () => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("source"));
  const team = folder({ uid: grafana.name("team"), title: grafana.name("Team") });
  const board = (stem: string, where: typeof team) =>
    dashboard({ uid: grafana.name(stem), folder: where, spec: { title: "Shop" } });
  const first = [team, board("a", team)];
  await converge(context, first, {});
  const project = await testProject({
    "grafana.config.ts": `export default { project: "other", resources: ["./dashboards"] };`,
  });
  const only = ["folder", "dashboard"].map((kind) => `${kind}/*${grafana.name("").slice(1)}*`);
  const run = (...args: string[]) => project.run(["import", "--only", ...only, ...args], grafana.variables);
  expect((await run()).code).toBe(0);
  const read = () =>
    new Map(
      globSync("dashboards/**/*.ts", { cwd: project.directory }).map(
        (name) => [name, readFileSync(join(project.directory, name), "utf8")] as const,
      ),
    );
  const before = read();
  expect(before.size).toBe(2);

  const inner = folder({ uid: grafana.name("inner"), title: grafana.name("Inner"), parent: team });
  await converge(context, [...first, inner, board("b", team), board("c", inner)], {});
  const { code, stderr } = await run("--force");
  expect(code, stderr).toBe(0);
  const after = read();
  for (const [name, text] of before) expect(after.get(name), name).toBe(text);
  expect(after.size).toBe(5);
  expect(after.get("dashboards/folders-2.ts")).toContain('from "./folders.ts"');
  const plan = await project.run(["plan", "--adopt", "-o", "json"], grafana.variables);
  expect(plan.code, plan.stderr).toBe(0);
  const { changes } = JSON.parse(plan.stdout) as { changes: { address: string; differences: unknown[] }[] };
  expect(changes.map(({ address }) => address).toSorted()).toEqual(
    [
      ...["team", "inner"].map((stem) => `folder/${grafana.name(stem)}`),
      ...["a", "b", "c"].map((stem) => `dashboard/${grafana.name(stem)}`),
    ].toSorted(),
  );
  expect(changes.flatMap(({ differences }) => differences)).toEqual([]);
});

test("a second import uses the constants for other objects that the first one wrote", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("metrics");
  // The first datasource of a Grafana is its default, which panels need not name.
  await makeDatasource(grafana, grafana.name("first"));
  await makeDatasource(grafana, uid);
  const panel = { type: "timeseries", title: "Requests", datasource: { type: "prometheus", uid }, targets: [] };
  for (const stem of ["a", "b"])
    await make(grafana, "dashboard", grafana.name(stem), {
      spec: {
        title: grafana.name(stem),
        schemaVersion: 42,
        panels: [{ id: 1, gridPos: { x: 0, y: 0, w: 12, h: 8 }, ...panel }],
      },
    });
  const project = await testProject({
    "grafana.config.ts": `export default { project: "other", resources: ["./dashboards", "./datasources"] };`,
  });
  for (const stem of ["a", "b"]) {
    const done = await project.run(["import", "--only", `dashboard/${grafana.name(stem)}`], grafana.variables);
    expect(done.code, done.stderr).toBe(0);
  }
  expect(globSync("**/*.ts", { cwd: project.directory }).filter((name) => name.startsWith("datasources"))).toEqual([
    "datasources/datasources.ts",
  ]);
  const texts = globSync("dashboards/*.ts", { cwd: project.directory }).map((name) =>
    readFileSync(join(project.directory, name), "utf8"),
  );
  expect(texts).toHaveLength(2);
  for (const text of texts) expect(text).toContain("datasources/datasources.ts");
  expect((await project.run(["plan", "--adopt"], grafana.variables)).code).toBe(0);
});

test("--folder selects a folder by its title, uid or path, and not by the start or an object's title", async () => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("source"));
  const title = grafana.name("Team A");
  const team = folder({ uid: grafana.name("a"), title });
  const alpha = folder({ uid: grafana.name("alpha"), title: `${title}lpha` });
  const inner = folder({ uid: grafana.name("inner"), title: "Inner", parent: team });
  const boards = [
    dashboard({ uid: grafana.name("in-alpha"), folder: alpha, spec: { title } }),
    dashboard({ uid: grafana.name("in-inner"), folder: inner, spec: { title: "Other" } }),
  ];
  await converge(context, [team, alpha, inner, ...boards], {});
  const uids = [team.uid, alpha.uid, inner.uid, grafana.name("in-alpha"), grafana.name("in-inner")];
  const idsIn = async (where: string) => {
    const { files } = await imported(context, { folder: where });
    const text = [...files.values()].join("\n");
    return uids.filter((uid) => new RegExp(`uid(: |\\()"${uid}"`).test(text));
  };
  const all = [team.uid, inner.uid, grafana.name("in-inner")];
  expect(await idsIn(title)).toEqual(all);
  expect(await idsIn(grafana.name("a"))).toEqual(all);
  expect(await idsIn(`${title}/Inner`)).toEqual([inner.uid, grafana.name("in-inner")]);
});

test("converts a manifest whose folder is not in the files, even if the code has the dashboard", async () => {
  const manifest = {
    apiVersion: "dashboard.grafana.app/v1beta1",
    kind: "Dashboard",
    metadata: { name: "shop", annotations: { "grafana.app/folder": "team" } },
    spec: { title: "Shop", panels: [], schemaVersion: 42 },
  };
  const project = await testProject({
    "grafana.config.ts": `export default { project: "shop", resources: ["./dashboards"] };`,
    "dashboards/shop.json": JSON.stringify(manifest),
  });
  const { code, stdout, stderr } = await project.run(["import", "dashboards/shop.json"]);
  expect(code, stdout + stderr).toBe(0);
  await project.remove("dashboards/shop.json");
  const [name = ""] = globSync("dashboards/*/shop.ts", { cwd: project.directory });
  expect(readFileSync(join(project.directory, name), "utf8")).toContain("folder: ");
  expect(readFileSync(join(project.directory, "dashboards/folders.ts"), "utf8")).toContain('existing.folder("team")');
  expect((await project.run(["validate"])).code).toBe(0);
});

test("a file that appears before the import ends is kept, and two imports do not disturb each other", async () => {
  const directory = temporary();
  const plain = async (_: string, text: SourceText) => wholeText(text);
  const one = fileWriter(directory, plain, false);
  await one.add("a.ts", "one");
  await one.add("b.ts", "one");
  const other = fileWriter(directory, plain, false);
  await other.add("b.ts", "other");
  expect(other.finish().written).toEqual(["b.ts"]);
  other.close();
  expect(one.finish()).toEqual({ written: ["a.ts"], unchanged: [], kept: ["b.ts"] });
  one.close();
  expect(readFileSync(join(directory, "b.ts"), "utf8")).toBe("other");
  expect(readdirSync(directory).toSorted()).toEqual(["a.ts", "b.ts"]);
});

test("without files, an output directory is not created, and lines are added to files that exist", () => {
  const directory = join(temporary(), "out");
  const plain = async (_: string, text: SourceText) => wholeText(text);
  const none = fileWriter(directory, plain, true);
  none.finish();
  none.close();
  expect(existsSync(directory)).toBe(false);
  mkdirSync(directory);
  writeFileSync(join(directory, ".env.example"), "A=\n");
  const files = fileWriter(directory, plain, false);
  files.append(".env.example", "B=\n");
  expect(files.finish().written).toEqual([".env.example"]);
  files.close();
  expect(readFileSync(join(directory, ".env.example"), "utf8")).toBe("A=\n\nB=\n");
});

test.each(["{ printWidth: ", "printWidth: wide\n"])(
  "invalid settings of Prettier have a code: %j",
  async (settings) => {
    const directory = temporary();
    writeFileSync(join(directory, ".prettierrc"), settings);
    await expect(formatterFor(directory)).rejects.toMatchObject({ code: "code-formatter-invalid", exitCode: 65 });
  },
);

test("files without a parser of Prettier keep their text", async () => {
  const format = await formatterFor(import.meta.dirname);
  expect(await format("/project/.env.example", "A=\n")).toBe("A=\n");
});

test("the report counts only objects in written files", () => {
  const report: ImportInput = {
    directory: "out",
    objects: ["a.ts", "b.ts", "b.ts"].map((file) => ({ kind: "dashboard", id: file, file })),
    written: ["a.ts"],
    unchanged: [],
    kept: ["b.ts"],
    left: [],
    unreadable: new Map(),
    variables: [],
    notes: [],
    next: [],
  };
  const output = { stream: process.stdout, color: false };
  const firstLine = (changed: Partial<ImportInput>) => importText({ ...report, ...changed }, output).split("\n")[0];
  expect(firstLine({})).toContain("1 dashboard.");
  expect(firstLine({ written: [], kept: ["a.ts", "b.ts"] })).not.toMatch(/dashboard|Wrote/);
  const left = [{ address: "dashboard/a", title: "A", why: "it is locked" }];
  expect(firstLine({ objects: [], written: [], left })).not.toBe(firstLine({ objects: [], written: [] }));
});
