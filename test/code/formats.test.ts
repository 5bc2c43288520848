import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { address, type Desired, type Reference } from "../../src/engine/model.ts";
import type { Fault } from "../../src/util/errors.ts";
import type { Dashboard } from "../../src/kinds/dashboard/builder.ts";
import { testProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { ONCE, remarks } from "../helpers/mode.ts";
import { find, make, stored } from "../engine/support.ts";
import { api } from "../cli/support.ts";

const CHILD = fileURLToPath(new URL("./child.ts", import.meta.url));
const execute = promisify(execFile);

interface Read {
  readonly all: readonly Fault[];
  readonly desired: readonly Desired[];
  /** References that must exist in Grafana. */
  readonly expected: readonly Reference[];
  readonly unresolved: readonly { readonly file: string; readonly path: string; readonly id: string }[];
  /** Addresses with their places, sorted. */
  readonly found: readonly string[];
}

function placeOf(one: Desired): string {
  const { file, export: exported } = one.source;
  return [address(one), file.replace("resources/", ""), exported].filter(Boolean).join(" ");
}

type Files = Readonly<Record<string, string>>;

/** Reads these files in `resources/` like the command line. */
async function read(files: Files): Promise<Read> {
  const [result] = await readAll([files]);
  if (!result) throw new Error("nothing was read");
  return result;
}

/** Several repositories in one process, because starting a process takes longer than the tests. */
async function readAll(repositories: readonly Files[]): Promise<Read[]> {
  const projects = await Promise.all(
    repositories.map(async (files) =>
      testProject(Object.fromEntries(Object.entries(files).map(([path, text]) => [join("resources", path), text]))),
    ),
  );
  const { stdout } = await execute(process.execPath, [CHILD, ...projects.map(({ directory }) => directory)]);
  const results = JSON.parse(stdout) as Omit<Read, "found">[];
  return results.map((result) => ({ ...result, found: result.desired.map(placeOf).toSorted() }));
}

/** The repository of one case of a table. The first request reads all of them together. */
function readingOf<Case>(cases: readonly Case[], filesOf: (one: Case) => Files): (one: Case) => Promise<Read> {
  let reading: Promise<Read[]> | undefined;
  return async (one) => {
    reading ??= readAll(cases.map(filesOf));
    const result = (await reading)[cases.indexOf(one)];
    if (!result) throw new Error("no such case");
    return result;
  };
}

function modelOf({ desired }: Read, uid: string): unknown {
  return (desired.find(({ kind, id }) => kind === "dashboard" && id === uid)?.resource as Dashboard | undefined)?.spec;
}

function folderOf({ desired }: Read, uid: string): string | undefined {
  return desired.find((one) => one.id === uid)?.references.find(({ path }) => path === "folder")?.id;
}

const MODEL = { uid: "m", title: "Model", schemaVersion: 42, panels: [{ id: 1, type: "text", title: "P" }] };

const MODULES = [
  {
    name: "by name and by default",
    text: api(`export const a = folder({ uid: "a", title: "A" });
        export default dashboard({ uid: "b", folder: a, spec: { title: "B" } });`),
    found: ["dashboard/b x.ts default", "folder/a x.ts a"],
  },
  {
    name: "lists and lists of lists",
    text: api(`const f = (uid: string) => folder({ uid, title: uid });
        export default [f("a"), [f("b"), [f("c")]]];
        export const more = [[f("d")], f("e")];
        export const none = [];`),
    found: [
      "folder/a x.ts default[0]",
      "folder/b x.ts default[1]",
      "folder/c x.ts default[2]",
      "folder/d x.ts more[0]",
      "folder/e x.ts more[1]",
    ],
  },
  {
    name: "a builder of the SDK, and the model that it builds",
    text: `import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
        export const builder = new DashboardBuilder("Builder").uid("builder");
        export const model = new DashboardBuilder("Model").uid("model").build();
        export const list = ["x", "y"].map((uid) => new DashboardBuilder(uid).uid(uid));`,
    found: [
      "dashboard/builder x.ts builder",
      "dashboard/model x.ts model",
      "dashboard/x x.ts list[0]",
      "dashboard/y x.ts list[1]",
    ],
  },
  {
    name: "a builder within a dashboard",
    text: api(`import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
        export const own = dashboard({ spec: new DashboardBuilder("Own").uid("own") });
        export const other = dashboard({ uid: "other", spec: new DashboardBuilder("Other").uid("not-this") });`),
    found: ["dashboard/other x.ts other", "dashboard/own x.ts own"],
  },
  {
    name: "plain objects without a helper",
    text: `import type { Dashboard, Datasource, Folder } from "grafana-provision";
        export const f: Folder = { kind: "folder", uid: "f", title: "F" };
        export const s: Datasource = { kind: "datasource", uid: "s", name: "S", type: "loki" };
        export const d: Dashboard = { kind: "dashboard", uid: "d", folder: f, spec: { title: "D" } };
        export const classic = { uid: "classic", title: "Classic", panels: [] };`,
    found: ["dashboard/classic x.ts classic", "dashboard/d x.ts d", "datasource/s x.ts s", "folder/f x.ts f"],
  },
  {
    name: "only types, which are not resources",
    text: "export type A = string;\nexport interface B { a: A }",
    found: [],
  },
];
const ENDINGS = ["x.ts", "x.mts", "x.js", "x.mjs", "deep/er/x.ts"];

describe.runIf(ONCE)("modules export", () => {
  const module = readingOf(MODULES, ({ text }) => ({ "x.ts": text }));
  test.each(MODULES)("$name", async (one) => {
    const result = await module(one);

    expect(result.all).toEqual([]);
    expect(result.found).toEqual(one.found);
  });

  const ending = readingOf(ENDINGS, (file) => ({
    [file]: 'export const a = { kind: "folder", uid: "a", title: "A" };',
  }));
  test.each(ENDINGS)("in %s", async (file) => {
    const result = await ending(file);

    expect(result).toMatchObject({ all: [], found: [`folder/a ${file} a`] });
  });

  test("an object that another file exports again counts once", async () => {
    const result = await read({
      "folders.ts": api('export const a = folder({ uid: "a", title: "A" });'),
      "index.ts": 'export * from "./folders.ts";\nexport { a as again } from "./folders.ts";',
    });

    expect(result.all).toEqual([]);
    expect(result.desired.map(address)).toEqual(["folder/a"]);
  });

  test("uids that the code omits are the same in every run, and differ by place", async () => {
    const files = {
      "x.ts": api(`
        export const a = folder({ title: "Team A" });
        export const b = folder({ title: "Team B" });
        export const inA = dashboard({ folder: a, spec: { title: "Overview" } });
        export const inB = dashboard({ folder: b, spec: { title: "Overview" } });`),
    };

    const [first, second] = [await read(files), await read(files)];

    expect(first.all).toEqual([]);
    expect(first.found).toEqual(second.found);
    expect(new Set(first.desired.map(address)).size).toBe(4);
    expect(first.found.join("\n")).toMatch(/^dashboard\/overview-[0-9a-f]{8} .*\n.*\nfolder\/team-a-[0-9a-f]{8} /);
  });
});

const MANIFEST = {
  apiVersion: "dashboard.grafana.app/v1beta1",
  kind: "Dashboard",
  metadata: { name: "by-name", annotations: { "grafana.app/folder": "f" } },
  spec: MODEL,
};
const ENVELOPE = {
  apiVersion: "grizzly.grafana.com/v1alpha1",
  kind: "Dashboard",
  metadata: { folder: "f", name: "grizzly" },
  spec: MODEL,
};
const DOCUMENTS = [
  { name: "a classic dashboard", file: "a.json", text: JSON.stringify(MODEL), uid: "m", folder: undefined },
  {
    name: "one with a byte order mark",
    file: "a.json",
    text: `\uFEFF${JSON.stringify(MODEL)}`,
    uid: "m",
    folder: undefined,
  },
  {
    name: "an old one with rows",
    file: "a.json",
    text: '{ "title": "T", "uid": "old", "rows": [] }',
    uid: "old",
    folder: undefined,
  },
  {
    name: "one without a uid, which gets the file's name",
    file: "team-a.json",
    text: JSON.stringify({ ...MODEL, uid: undefined }),
    uid: "team-a",
    folder: undefined,
  },
  {
    name: "one with an empty uid",
    file: "team-b.json",
    text: JSON.stringify({ ...MODEL, uid: "" }),
    uid: "team-b",
    folder: undefined,
  },
  {
    name: "one whose uid is null",
    file: "team-c.json",
    text: JSON.stringify({ ...MODEL, uid: null }),
    uid: "team-c",
    folder: undefined,
  },
  {
    name: "a Kubernetes manifest, with its folder",
    file: "a.json",
    text: JSON.stringify(MANIFEST),
    uid: "by-name",
    folder: "f",
  },
  {
    name: "a response of the API",
    file: "a.json",
    text: JSON.stringify({ meta: { folderUid: "f" }, dashboard: MODEL }),
    uid: "m",
    folder: "f",
  },
  {
    name: "a response of the API, at the root",
    file: "a.json",
    text: JSON.stringify({ meta: { folderUid: "" }, dashboard: MODEL }),
    uid: "m",
    folder: undefined,
  },
  { name: "Grizzly's envelope", file: "a.json", text: JSON.stringify(ENVELOPE), uid: "grizzly", folder: "f" },
  {
    name: "Grizzly's root",
    file: "a.json",
    text: JSON.stringify({ ...ENVELOPE, metadata: { folder: "general", name: "g" } }),
    uid: "g",
    folder: undefined,
  },
  { name: "YAML", file: "a.yaml", text: "title: T\npanels:\n  - { type: text }\n", uid: "a", folder: undefined },
  {
    name: "YAML with the other extension",
    file: "b.yml",
    text: "title: T\nuid: yml\npanels: []\n",
    uid: "yml",
    folder: undefined,
  },
  {
    name: "a manifest in YAML",
    file: "c.yaml",
    text: `---\n${JSON.stringify(MANIFEST)}\n---\n`,
    uid: "by-name",
    folder: "f",
  },
];

describe.runIf(ONCE)("documents contain", () => {
  const document = readingOf(DOCUMENTS, ({ file, text }) => ({ [file]: text }));
  test.each(DOCUMENTS)("$name", async (one) => {
    const { file, uid, folder } = one;
    const result = await document(one);

    expect(result.all).toEqual([]);
    expect(result.found).toEqual([`dashboard/${uid} ${file}`]);
    expect(folderOf(result, uid)).toBe(folder);
    // A folder that no file exports must exist in Grafana.
    expect(result.expected.map(({ id }) => id)).toEqual(folder === undefined ? [] : [folder]);
  });

  test("several dashboards in one YAML file", async () => {
    const result = await read({
      "many.yaml": "title: A\nuid: a\npanels: []\n---\ntitle: B\npanels: []\n---\n# nothing\n",
    });

    expect(result.all).toEqual([]);
    expect(result.found).toEqual(["dashboard/a many.yaml document 1", "dashboard/many-2 many.yaml document 2"]);
  });

  test("a folder that a TypeScript file exports", async () => {
    const result = await read({
      "a.json": JSON.stringify(MANIFEST),
      "f.ts": api('export const f = folder({ uid: "f", title: "F" });'),
    });

    expect(result.all).toEqual([]);
    expect(result.expected).toEqual([]);
    expect(folderOf(result, "by-name")).toBe("f");
  });
});

test("no resources in helpers, tests, types and hidden files", async () => {
  const broken = "this is no TypeScript";
  const result = await read({
    "a.ts": 'import { title } from "./_titles.ts";\nexport const a = { kind: "folder", uid: "a", title };',
    "_titles.ts": 'export const title = "A";',
    "_helpers/b.ts": broken,
    "b.test.ts": broken,
    "types.d.ts": broken,
    "node_modules/x/index.js": broken,
    ".hidden/c.ts": broken,
    ".d.ts": broken,
    "_draft.json": "{",
    "README.md": "hello",
    "deep/_e.yaml": "{",
  });

  expect(result).toMatchObject({ all: [], found: ["folder/a a.ts a"] });
});

function json(title: string, more: object = {}): string {
  return JSON.stringify({ title, panels: [], ...more });
}

describe.runIf(ONCE)("dashboards(...)", () => {
  test("sets the folder and the uid of files, which are loaded only once", async () => {
    const result = await read({
      "a.ts": api(`
        export const f = folder({ uid: "f", title: "F" });
        export const set = dashboards({ files: "./json/*.json", folder: f, uid: (name, model) => \`\${name}-\${model.title}\` });`),
      "json/one.json": json("x", { uid: "not-this" }),
      "json/two.json": json("y"),
      "json/deeper/three.json": json("z"),
    });

    expect(result.all).toEqual([]);
    expect(result.found).toEqual([
      "dashboard/one-x json/one.json",
      "dashboard/three json/deeper/three.json",
      "dashboard/two-y json/two.json",
      "folder/f a.ts f",
    ]);
    expect(["one-x", "two-y", "three"].map((uid) => folderOf(result, uid))).toEqual(["f", "f", undefined]);
  });

  test("accepts several globs, and files outside of the resources", async () => {
    const result = await read({
      "a.ts": api(
        'export default dashboards({ files: ["../exported/*.json", "../exported/*.yaml"], folder: existing.folder("f") });',
      ),
      "../exported/one.json": json("One"),
      "../exported/two.yaml": "title: Two\npanels: []\n",
    });

    expect(result.all).toEqual([]);
    expect(result.found).toEqual(["dashboard/one exported/one.json", "dashboard/two exported/two.yaml"]);
    expect(result.expected.map(({ path, id }) => `${path} ${id}`)).toEqual(["folder f", "folder f"]);
  });

  const exported = {
    __inputs: [
      { name: "DS_PROM", type: "datasource", pluginId: "prometheus" },
      { name: "DS-LOKI", type: "datasource", pluginId: "loki" },
      { name: "VAR_LIMIT", type: "constant" },
    ],
    uid: "exported",
    title: "Limit ${VAR_LIMIT} of ${VAR_LIMIT}, ${other}",
    panels: [
      {
        type: "timeseries",
        datasource: "${DS_PROM}",
        targets: [{ refId: "A", datasource: { type: "prometheus", uid: "${DS_PROM}" }, expr: "up > ${VAR_LIMIT}" }],
      },
      { type: "logs", datasource: { type: "loki", uid: "${DS-LOKI}" } },
    ],
    templating: { list: [{ name: "ds", type: "datasource", current: { value: "${DS_PROM}" } }] },
  };

  test("sets the values of __inputs, as objects or text", async () => {
    const result = await read({
      "a.ts": api(`
        export const prometheus = datasource({ uid: "prom", name: "Prometheus", type: "prometheus" });
        export default dashboards({ files: "./*.json", inputs: {
          DS_PROM: prometheus, "DS-LOKI": existing.datasource("logs", "loki"), VAR_LIMIT: "$& 5" } });`),
      "exported.json": JSON.stringify(exported),
    });

    expect(result.all).toEqual([]);
    expect(modelOf(result, "exported")).toMatchObject({
      title: "Limit $& 5 of $& 5, ${other}",
      panels: [
        {
          datasource: { type: "prometheus", uid: "prom" },
          targets: [{ datasource: { type: "prometheus", uid: "prom" }, expr: "up > $& 5" }],
        },
        { datasource: { type: "loki", uid: "logs" } },
      ],
      templating: { list: [{ current: { value: "prom" } }] },
    });
    expect(result.expected.map(({ id }) => id)).toEqual(["logs"]);
  });

  test("warns about inputs without a value, with the fix", async () => {
    const result = await read({
      "a.ts": api(`
        export const prometheus = datasource({ uid: "prom", name: "Prometheus", type: "prometheus" });
        export default dashboards({ files: "./*.json", inputs: { DS_PROM: prometheus } });`),
      "exported.json": JSON.stringify(exported),
    });

    expect(result.all).toEqual([
      {
        level: "warning",
        code: "code-document-invalid",
        file: "resources/exported.json",
        path: "__inputs",
        message: expect.stringContaining("has no value for the input DS-LOKI") as unknown,
        hint: 'Add it: dashboards({ files: "exported.json", inputs: { "DS-LOKI": existing.datasource("UID", "loki") } }).',
      },
      {
        level: "warning",
        code: "code-document-invalid",
        file: "resources/exported.json",
        path: "__inputs",
        message: 'has no value for the input VAR_LIMIT: "${VAR_LIMIT}" is not replaced',
        hint: 'Add it: dashboards({ files: "exported.json", inputs: { VAR_LIMIT: "..." } }).',
      },
    ]);
    expect(result.found).toContain("dashboard/exported exported.json");
  });

  const panel = (name: string) => ({ type: "stat", datasource: { type: "any", uid: `\${${name}}` } });
  const complete = {
    __inputs: [
      { name: "DS_EXPRESSION", type: "datasource", pluginId: "__expr__" },
      { name: "DS_OWN", type: "datasource", pluginId: "grafana" },
      { name: "DS_MIXED", type: "datasource", pluginId: "datasource" },
      { name: "VAR_PREFIX", type: "constant", value: "node_" },
      { name: "VAR_NONE", type: "constant", value: "" },
    ],
    uid: "complete",
    title: "${VAR_PREFIX}load",
    panels: ["DS_EXPRESSION", "DS_OWN", "DS_MIXED"].map(panel),
  };

  test("needs no values for expressions and other built-in datasources, and for constants with one in the file", async () => {
    const [own, alone] = await readAll([
      {
        "a.ts": api('export default dashboards({ files: "./*.json", inputs: { VAR_PREFIX: "own_", VAR_NONE: "" } });'),
        "complete.json": JSON.stringify(complete),
      },
      { "complete.json": JSON.stringify(complete) },
    ]);
    const panels = [
      { datasource: { type: "__expr__", uid: "__expr__" } },
      { datasource: { type: "grafana", uid: "-- Grafana --" } },
      { datasource: { type: "datasource", uid: "-- Mixed --" } },
    ];

    expect(own?.all).toEqual([]);
    expect(own && modelOf(own, "complete")).toMatchObject({ title: "own_load", panels });
    expect(alone?.all.map(({ message }) => message)).toEqual([expect.stringContaining("VAR_NONE")]);
    expect(alone && modelOf(alone, "complete")).toMatchObject({ title: "node_load", panels });
  });

  test("rejects values for inputs that no file has, with the name that was meant", async () => {
    const set = (inputs: string) => api(`export default dashboards({ files: "./*.json", inputs: ${inputs} });`);
    const [misspelt, none, broken] = await readAll([
      { "a.ts": set('{ VAR_NONE: "x", VAR_PERFIX: "x" }'), "complete.json": JSON.stringify(complete) },
      { "a.ts": set('{ OTHER: "x" }'), "plain.json": '{ "title": "P", "panels": [] }' },
      { "a.ts": set('{ OTHER: "x" }'), "broken.json": "{" },
    ]);

    expect(misspelt?.all).toEqual([
      expect.objectContaining({
        level: "error",
        code: "code-document-invalid",
        file: "resources/a.ts",
        export: "default",
        path: "inputs.VAR_PERFIX",
        message: expect.stringContaining("VAR_PREFIX") as unknown,
      }),
    ]);
    expect(none?.all).toMatchObject([{ level: "error", path: "inputs.OTHER" }]);
    expect(broken?.all).toMatchObject([{ level: "error", code: "code-syntax-invalid" }]);
  });

  test("warns about panels that Grafana would not show", async () => {
    const inner = [{ type: "stat", title: "S", gridPos: { x: 0, y: 1, w: 6, h: 4 } }];
    const result = await read({
      "a.json": JSON.stringify({ title: "A", panels: [{ type: "row", title: "R", panels: inner }] }),
    });

    expect(result.all).toMatchObject([
      { level: "warning", file: "resources/a.json", path: "panels[0].panels", message: expect.stringMatching(/"R"/) },
    ]);
  });
});

describe.runIf(ONCE)("datasources that no file exports", () => {
  const panels = [
    { type: "text", datasource: { uid: "nowhere" }, targets: [{ refId: "A", datasource: { uid: "nowhere" } }] },
    { type: "text", datasource: "By name" },
    { type: "text", datasource: { uid: "${ds}" } },
    { type: "text", datasource: "-- Mixed --" },
    { type: "text", datasource: null },
  ];

  test("are unresolved references of a plain file, once each", async () => {
    const result = await read({ "a.json": JSON.stringify({ title: "A", panels }) });

    expect(result.found).toEqual(["dashboard/a a.json"]);
    expect(result.all).toEqual([]);
    expect(result.unresolved).toEqual([
      { file: "resources/a.json", path: "panels[0].datasource", id: "nowhere" },
      { file: "resources/a.json", path: "panels[1].datasource", id: "By name" },
    ]);
  });

  test("are known if a file exports them as existing, or by name", async () => {
    const result = await read({
      "a.json": JSON.stringify({ title: "A", panels }),
      "b.ts": api(
        'export const there = [existing.datasource("nowhere"), datasource({ uid: "n", name: "By name", type: "loki" })];',
      ),
    });

    expect(result).toMatchObject({ all: [], unresolved: [] });
    expect(new Set(result.expected.map(({ kind, id }) => `${kind} ${id}`))).toEqual(new Set(["datasource nowhere"]));
  });
});

const named = (folder: string, datasource: string) => ({
  "resources/a.ts": api(`
    export const own = folder({ uid: "own-of-${folder}", title: "Own" });
    export const inside = dashboard({ uid: "in-${folder}", folder: existing.folder("${folder}"), spec: { title: "A", panels: [
      { type: "timeseries", title: "P", datasource: existing.datasource("${datasource}", "prometheus").ref }] } });`),
  "resources/known.ts": api(`export const known = existing.datasource("${datasource}");`),
  "resources/plain.json": JSON.stringify({
    uid: `plain-${folder}`,
    title: "Plain",
    panels: [{ type: "timeseries", datasource: { uid: datasource } }],
  }),
});

describe("existing", () => {
  test("objects are checked before the first write, and can be used", async () => {
    const grafana = await testGrafana();
    const [folder, datasource] = [grafana.name("f"), grafana.name("ds")];
    const project = await testProject(named(folder, datasource));
    await project.write({
      "grafana.config.ts": `export default { project: "${grafana.name("p")}", resources: ["./resources"] };`,
    });

    const missing = await project.run(["apply"], grafana.variables);

    expect(missing.code).toBe(65);
    expect(missing.stdout).toBe("");
    expect(missing.stderr).toContain(`resources/a.ts (export inside) folder: refers to the folder "${folder}"`);
    expect(missing.stderr).toContain(
      `resources/a.ts (export inside) spec.panels[0].datasource: refers to the datasource "${datasource}"`,
    );
    expect(missing.stderr).toContain(
      `resources/plain.json panels[0].datasource: refers to the datasource "${datasource}"`,
    );
    expect(missing.stderr).toContain("3 faults in the code or configuration; nothing was written to Grafana.");
    expect(await find(grafana, "folder", `own-of-${folder}`)).toBeUndefined();

    await make(grafana, "folder", folder, { spec: { title: "Theirs" } });
    await grafana.other.send({
      method: "POST",
      path: "/api/datasources",
      body: { uid: datasource, name: datasource, type: "prometheus", access: "proxy", url: "http://localhost:9090" },
    });
    const applied = await project.run(["apply"], grafana.variables);

    expect(applied.stdout).toContain("Applied: 3 added, 0 changed, 0 destroyed.");
    expect({ code: applied.code, stderr: remarks(applied) }).toEqual({ code: 0, stderr: "" });
    expect(await stored(grafana, "dashboard", `in-${folder}`)).toMatchObject({
      metadata: { annotations: { "grafana.app/folder": folder } },
      spec: { panels: [{ datasource: { type: "prometheus", uid: datasource } }] },
    });
    const again = await project.run(["plan"], grafana.variables);
    expect(again.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy. 3 unchanged.");
  });
});
