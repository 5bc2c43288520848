import { describe, expect, test } from "vitest";
import { testProject } from "../helpers/cli.ts";
import { api, faultsIn, untouchable, type ReportedFault } from "./support.ts";

interface Expected {
  /** File, export and property path as printed, relative to the directory of the case. */
  readonly at: string;
  readonly says: string | RegExp;
  readonly hint?: string | RegExp;
}

interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  readonly faults: readonly Expected[];
}

const LONG = "u".repeat(41);

const cases: readonly Case[] = [
  {
    name: "a wrong type deep in a dashboard",
    files: {
      "a.ts": api(`export const wrong = dashboard({ uid: "type-a", spec: {
        title: "A", panels: [{ type: "text", gridPos: { x: 0, y: 0, w: 24, h: "8" } }] } });`),
    },
    faults: [{ at: "a.ts (export wrong) spec.panels[0].gridPos.h", says: "expected number, received string" }],
  },
  {
    name: "a wrong type in an exported model",
    files: { "a.ts": 'export default { title: "A", uid: "type-b", panels: [{ type: "text", transparent: "no" }] };' },
    faults: [{ at: "a.ts (default export) panels[0].transparent", says: "expected boolean, received string" }],
  },
  {
    name: "a wrong type in a JSON file",
    files: {
      "a.json": '{ "title": "A", "panels": [{ "type": "text", "gridPos": { "h": "8", "w": 1, "x": 0, "y": 0 } }] }',
    },
    faults: [{ at: "a.json panels[0].gridPos.h", says: "expected number, received string" }],
  },
  {
    name: "a datasource with an invalid shape",
    files: {
      "a.json":
        '{ "title": "A", "panels": [{ "type": "text", "datasource": 5 }, { "type": "text", "datasource": { "uid": 5 } }] }',
    },
    faults: [
      { at: "a.json panels[0].datasource", says: "expected string or object" },
      { at: "a.json panels[1].datasource.uid", says: "expected string, received number" },
    ],
  },
  {
    name: "a folder given by its name",
    files: {
      "a.ts": api('export const byName = dashboard({ uid: "by-name", folder: "platform", spec: { title: "A" } });'),
    },
    faults: [{ at: "a.ts (export byName) folder", says: /expected a folder object.*existing\.folder/ }],
  },
  {
    name: "a panel without a type",
    files: { "a.ts": api('export const untyped = dashboard({ spec: { title: "A", panels: [{ title: "P" }] } });') },
    faults: [{ at: "a.ts (export untyped) spec.panels[0].type", says: "a panel requires a type, such as timeseries" }],
  },
  {
    name: "missing titles",
    files: {
      "dashboard.ts": api('export default dashboard({ uid: "untitled", spec: { panels: [] } });'),
      "folder.ts": api('export const f = folder({ uid: "untitled" });'),
      "datasource.ts": api('export const d = datasource({ uid: "untitled", type: "loki" });'),
    },
    faults: [
      { at: "dashboard.ts (default export) spec.title", says: "a dashboard requires a title" },
      { at: "datasource.ts (export d) name", says: "is missing: expected string" },
      { at: "folder.ts (export f) title", says: "is missing: expected string" },
    ],
  },
  {
    name: "a misspelled title",
    files: {
      "dashboard.ts": api('export default dashboard({ uid: "untitled", spec: { titel: "A", panels: [] } });'),
    },
    faults: [{ at: "dashboard.ts (default export) spec.title", says: /titel.*did you mean title/ }],
  },
  {
    name: "empty titles",
    files: {
      "dashboard.ts": api('export default dashboard({ uid: "empty", spec: { title: "" } });'),
      "folder.ts": api('export const f = folder({ uid: "empty", title: " " });'),
      "datasource.ts": api('export const d = datasource({ uid: "empty", type: "", name: "" });'),
    },
    faults: [
      { at: "dashboard.ts (default export) spec.title", says: "must not be empty" },
      { at: "datasource.ts (export d) name", says: "must not be empty" },
      { at: "datasource.ts (export d) type", says: /must not be empty.*such as prometheus/ },
      { at: "folder.ts (export f) title", says: "must not be empty" },
    ],
  },
  {
    name: "invalid uids",
    files: {
      "dashboard.ts": api('export const d = dashboard({ uid: "a b", spec: { title: "A" } });'),
      "folder.ts": api('export const f = folder({ uid: "ä", title: "A" });'),
      "datasource.ts": api('export const s = datasource({ uid: "a/b", name: "slash", type: "loki" });'),
      "empty.ts": api('export const e = folder({ uid: "", title: "A" });'),
      "model.ts": api('export const m = dashboard({ spec: { title: "A", uid: "a.b" } });'),
      "my dashboard.json": '{ "title": "A", "panels": [] }',
    },
    faults: [
      { at: "dashboard.ts (export d) uid", says: "must consist of letters, digits, - and _" },
      { at: "datasource.ts (export s) uid", says: "must consist of letters, digits, - and _" },
      { at: "empty.ts (export e) uid", says: /must not be empty; omit it/ },
      { at: "folder.ts (export f) uid", says: "must consist of letters, digits, - and _" },
      { at: "model.ts (export m) uid", says: /"a\.b"/ },
      { at: "my dashboard.json uid", says: /file name "my dashboard"/, hint: /rename the file/ },
    ],
  },
  {
    name: "uids of more than 40 characters",
    files: {
      "dashboard.ts": api(`export const d = dashboard({ uid: "${LONG}", spec: { title: "A" } });`),
      "folder.ts": api(`export const f = folder({ uid: "${LONG}", title: "A" });`),
      "datasource.ts": api(`export const s = datasource({ uid: "${LONG}", name: "long", type: "loki" });`),
      "model.ts": api(`export const m = dashboard({ spec: { title: "A", uid: "${LONG}" } });`),
      "model.json": `{ "title": "A", "uid": "${LONG}", "panels": [] }`,
    },
    faults: [
      { at: "dashboard.ts (export d) uid", says: "must have at most 40 characters" },
      { at: "datasource.ts (export s) uid", says: "must have at most 40 characters" },
      { at: "folder.ts (export f) uid", says: "must have at most 40 characters" },
      { at: "model.json uid", says: /at most 40 characters/ },
      { at: "model.ts (export m) uid", says: /at most 40 characters/ },
    ],
  },
  {
    name: "the same uid in two files",
    files: {
      "one.ts": api('export const first = dashboard({ uid: "twice", spec: { title: "A" } });'),
      "two.ts": api('export const second = dashboard({ uid: "twice", spec: { title: "B" } });'),
      "three.json": '{ "uid": "twice-in-json", "title": "C", "panels": [] }',
      "zero.json": '{ "uid": "twice-in-json", "title": "C", "panels": [] }',
    },
    faults: [
      {
        at: "two.ts (export second) uid",
        says: /defined twice; .* in \S+\/one\.ts \(export first\)$/,
        hint: /Change the uid/,
      },
      { at: "zero.json uid", says: /defined twice; .* in \S+\/three\.json$/ },
    ],
  },
  {
    name: "references to objects that no file exports",
    files: {
      "a.ts": api(`
        const hidden = folder({ uid: "hidden", title: "Hidden" });
        export const d = dashboard({ uid: "refers", folder: hidden, spec: { title: "A", panels: [
          { type: "text", datasource: { type: "loki", uid: "nowhere" }, targets: [{ datasource: { uid: "nowhere" } }] },
        ] } });`),
      "b.ts": api(
        'export const inner = folder({ uid: "inner", title: "I", parent: folder({ uid: "outer", title: "O" }) });',
      ),
    },
    faults: [
      {
        at: "a.ts (export d) folder",
        says: 'refers to the folder "hidden", which no loaded file exports',
        hint: /Export it.*existing\.folder\("hidden"\)/,
      },
      {
        at: "a.ts (export d) spec.panels[0].datasource",
        says: 'refers to the datasource "nowhere"',
        hint: /existing\.datasource\("nowhere"\)/,
      },
      { at: "a.ts (export d) spec.panels[0].targets[0].datasource", says: 'refers to the datasource "nowhere"' },
      { at: "b.ts (export inner) parent", says: 'refers to the folder "outer"' },
    ],
  },
  {
    name: "folders inside each other, and their contents",
    files: {
      "a.ts": api(`
        export const north = { kind: "folder", uid: "north", title: "North", parent: undefined as unknown };
        export const south = { kind: "folder", uid: "south", title: "South", parent: north };
        north.parent = south;
        export const inside = dashboard({ uid: "in-a-circle", folder: south as never, spec: { title: "A" } });`),
      "b.ts": api(`
        const self = { kind: "folder", title: "No uid", parent: undefined as unknown };
        self.parent = self;
        export default self;`),
      "c.ts": api(`
        export const east = folder({ uid: "east", title: "East", parent: existing.folder("west") });
        export const west = folder({ uid: "west", title: "West", parent: east });`),
    },
    faults: [
      { at: "a.ts (export north) parent.parent", says: "the folder contains itself" },
      { at: "a.ts (export south) parent.parent", says: "the folder contains itself" },
      { at: "b.ts (default export) parent", says: "the folder contains itself" },
      { at: "c.ts (export east) parent", says: "the folder contains itself: east in west in east" },
      { at: "c.ts (export west) parent", says: "the folder contains itself: west in east in west" },
    ],
  },
  {
    name: "a folder tree with five levels",
    files: {
      "a.ts": api(`
        export const l1 = folder({ uid: "l1", title: "1" });
        export const l2 = folder({ uid: "l2", title: "2", parent: l1 });
        export const l3 = folder({ uid: "l3", title: "3", parent: l2 });
        export const l4 = folder({ uid: "l4", title: "4", parent: l3 });
        export const l5 = folder({ uid: "l5", title: "5", parent: l4 });`),
    },
    faults: [{ at: "a.ts (export l5) parent", says: /level 5 .*4 levels/ }],
  },
  {
    name: "a model that contains itself",
    files: {
      "a.ts": api(`
        const options: Record<string, unknown> = {};
        options.again = options;
        export const circular = dashboard({ uid: "circular", spec: { title: "A", panels: [{ type: "text", options }] } });`),
    },
    faults: [{ at: "a.ts (export circular) spec.panels[0].options.again", says: "contains itself" }],
  },
  {
    name: "documents that don't parse",
    files: { "a.json": '{\n  "title": "A",\n}\n', "b.yaml": 'title: "A\n', "c.yaml": "a: 1\na: 2\n" },
    faults: [
      { at: "a.json", says: /^is not valid JSON: .*line 3/ },
      { at: "b.yaml", says: /^is not valid YAML: .*line \d/ },
      { at: "c.yaml", says: /^is not valid YAML: .*unique/ },
    ],
  },
  {
    name: "documents that contain no dashboard",
    files: {
      "alerts.json": '{ "apiVersion": 1, "groups": [] }',
      "empty.yaml": "",
      "list.json": "[1, 2]",
      "playlist.yaml": "apiVersion: playlist.grafana.app/v0alpha1\nkind: Playlist\nspec: {}\n",
      "several.yaml": "title: A\nuid: fine-document\npanels: []\n---\nhello: world\n",
      "text.json": '"hello"',
    },
    faults: [
      { at: "alerts.json", says: "an object without panels or schemaVersion", hint: /begin their names with _/ },
      { at: "empty.yaml", says: "it is empty" },
      { at: "list.json", says: "it is a list" },
      { at: "playlist.yaml", says: "is a Playlist of playlist.grafana.app/v0alpha1" },
      { at: "several.yaml (export document 2)", says: "an object without panels or schemaVersion" },
      { at: "text.json", says: "it is a single value" },
    ],
  },
  {
    name: "dashboards in schema v2",
    files: {
      "alpha.yaml":
        "apiVersion: dashboard.grafana.app/v2alpha1\nkind: Dashboard\nmetadata: { name: v2 }\nspec: { title: A }\n",
      "manifest.yaml":
        "apiVersion: dashboard.grafana.app/v2beta1\nkind: Dashboard\nmetadata: { name: v2 }\nspec: { title: A }\n",
      "model.json": '{ "title": "A", "elements": {}, "layout": { "kind": "Grid", "spec": {} } }',
      "sdk.ts": 'export const two = { elements: {}, layout: { kind: "GridLayout", spec: { items: [] } } };',
      "two.ts": `export const one = { apiVersion: "dashboard.grafana.app/v2alpha1", kind: "Dashboard", spec: {} };`,
    },
    faults: [
      { at: "alpha.yaml", says: "a version that this tool does not support", hint: /v2beta1 or v2/ },
      { at: "manifest.yaml", says: "without elements or layout" },
      { at: "model.json layout.kind", says: "GridLayout" },
      { at: "sdk.ts (export two) title", says: "a dashboard requires a title" },
      { at: "two.ts (export one)", says: "a version that this tool does not support", hint: /v2beta1 or v2/ },
    ],
  },
  {
    name: "exports that are not resources",
    files: {
      "a.ts": `
        export const number = 5;
        export const text = "x";
        export function helper() {}
        export const nothing = undefined;
        export const none = null;
        export const object = { a: 1 };
        export const unknown = { kind: "snowflake", title: "A" };
        export const list = [[{ kind: "raindrop" }]];`,
    },
    faults: [
      {
        at: "a.ts (export helper)",
        says: /^does not return a resource, but undefined; the kinds are folder, .*dashboard/,
        hint: /whose name begins with _/,
      },
      { at: "a.ts (export list[0])", says: 'an object of the unknown kind "raindrop"' },
      { at: "a.ts (export none)", says: "is not a resource, but null" },
      { at: "a.ts (export nothing)", says: "is not a resource, but undefined" },
      { at: "a.ts (export number)", says: "is not a resource, but a number" },
      { at: "a.ts (export object)", says: "is not a resource, but an object without a kind" },
      { at: "a.ts (export text)", says: "is not a resource, but a string" },
      { at: "a.ts (export unknown)", says: 'an object of the unknown kind "snowflake"' },
    ],
  },
  {
    name: "files that throw, and files that import them",
    files: {
      "a.ts": api(
        'export const fine = folder({ uid: "throws-fine", title: "A" });\n\nthrow new Error("no variable PORT");',
      ),
      "b.ts": 'export { fine } from "./a.ts";',
      "c.ts": 'import { must } from "./_helper.ts";\nmust(undefined);\n',
      "_helper.ts":
        'export function must(value: unknown) {\n  if (!value) throw new TypeError("a value is needed");\n}\n',
      "d.ts": 'JSON.parse("{");',
    },
    faults: [
      { at: "a.ts", says: "throws an error when it is loaded: no variable PORT (line 4)" },
      { at: "c.ts", says: /a value is needed \(line 2, in \S+_helper\.ts line 2\)/ },
      { at: "d.ts", says: /^throws an error when it is loaded: .*JSON.* \(line 1\)$/ },
    ],
  },
  {
    name: "files that Node can't run, and files that import them",
    files: {
      "a.ts": api('export const open = folder({ uid: "open", title: "A" };'),
      "b.ts": 'import { open } from "./a.ts";\nexport const again = open;',
      "c.ts": 'enum Unit { Seconds = "s" }\nexport const unit = Unit.Seconds;',
      "d.ts": 'import { unit } from "./c.ts";\nexport const again = unit;',
      "e.js": "export const = 1;",
      "h.ts": "export const twice = 1;\n\nexport const twice = 2;",
      "i.ts": 'export { twice } from "./h.ts";',
      "f.ts": 'import { x } from "./_shared.ts";\nexport const y = x;',
      "g.ts": 'import { x } from "./_shared.ts";\nexport const z = x;',
      "_shared.ts": "export const x = ;",
    },
    faults: [
      { at: "_shared.ts", says: /^is not valid TypeScript: .*\(line 1\)$/ },
      { at: "a.ts", says: /^is not valid TypeScript: .*\(line 2\)$/ },
      { at: "c.ts", says: /enum is not supported.*\(line 1\)$/, hint: /union of strings/ },
      { at: "e.js", says: /^is not valid JavaScript: .*\(line 1\)$/ },
      { at: "h.ts", says: /^is not valid TypeScript: Identifier 'twice' has already been declared \(line 3\)$/ },
    ],
  },
  {
    name: "imports that do not exist",
    files: {
      "a.ts": 'import { pad } from "left-pad";\nexport const a = pad;',
      "b.ts": 'import { c } from "./folders";\nexport const b = c;',
      "c.ts": 'import { nothing } from "./_helper.ts";\nexport const c = nothing;',
      "d.ts": 'import { c } from "./c.ts";\nexport const d = c;',
      "e.ts": 'import { folder, Folder } from "grafana-provision";\nexport const e: Folder = folder({ title: "E" });',
      "f.ts": 'import { x } from "@grafana/grafana-foundation-sdk/nothing";\nexport const f = x;',
      "_helper.ts": "export const something = 1;",
    },
    faults: [
      { at: "a.ts", says: "imports the package left-pad, which is not installed", hint: "npm install left-pad" },
      { at: "b.ts", says: /imports \S+\/folders, which does not exist/, hint: / \.\/folders\.ts, / },
      { at: "c.ts", says: 'imports "nothing" from ./_helper.ts, which does not export it (line 1)', hint: /spelling/ },
      { at: "e.ts", says: 'imports "Folder" from grafana-provision', hint: /import \{ type Folder \}/ },
      { at: "f.ts", says: "imports @grafana/grafana-foundation-sdk/nothing, which the package does not export" },
    ],
  },
  {
    name: "builders that throw",
    files: {
      "a.ts": 'export const broken = { build() { throw new Error("no panel fits"); } };',
      "b.ts": api('export default dashboard({ spec: { build() { throw new Error("no row fits"); } } as never });'),
    },
    faults: [
      { at: "a.ts (export broken)", says: "its build() throws an error: no panel fits" },
      { at: "b.ts", says: "throws an error when it is loaded: no row fits (line 2)" },
    ],
  },
  {
    name: "files that import each other, and settings that throw",
    files: {
      "a.ts": `import { b } from "./_b.ts";
        import { datasource } from "grafana-provision";
        export const a = datasource({ uid: "circle-a", name: "circle a", type: "loki", jsonData: { other: b.uid } });`,
      "_b.ts": `import { a } from "./a.ts";
        import { datasource } from "grafana-provision";
        export const b = datasource({ uid: "circle-b", name: "circle b", type: "loki", jsonData: { other: a.uid } });`,
      "c.ts": api(`
        const settings = () => { throw new Error("no settings fit"); };
        export const c = datasource({ uid: "circle-c", name: "circle c", type: "loki", jsonData: settings });`),
    },
    faults: [
      {
        at: "_b.ts",
        says: "throws an error when it is loaded: Cannot access 'a' before initialization (line 3)",
        hint: /import each other.*jsonData: \(\) =>/,
      },
      { at: "c.ts (export c)", says: "its jsonData() throws an error: no settings fit" },
    ],
  },
  {
    name: "properties that don't exist",
    files: {
      "a.ts": api(`
        export const f = folder({ uid: "typo-f", title: "A", discription: "x" } as never);
        export const d = dashboard({ uid: "typo-d", folders: f, spec: { title: "A" } } as never);
        export const s = datasource({ uid: "typo-s", name: "typo", type: "loki", acess: "proxy", access: "browser" } as never);
        export const j = dashboards({ files: "./json/*.json", folders: f } as never);`),
    },
    faults: [
      { at: "a.ts (export d) folders", says: "unknown property" },
      { at: "a.ts (export f) discription", says: "unknown property" },
      { at: "a.ts (export j) folders", says: "unknown property" },
      { at: "a.ts (export s) access", says: /proxy.*direct/ },
      { at: "a.ts (export s) acess", says: "unknown property" },
    ],
  },
  {
    name: "invalid sets of files",
    files: {
      "a.ts": api(`
        export const none = dashboards({ files: "./nothing/*.json" });
        export const empty = dashboards({ files: [] });
        export const named = dashboards({ files: "./json/*.json", folder: "platform" as never });
        export const notAFunction = dashboards({ files: "./json/*.json", uid: "x" as never });
        export const throwing = dashboards({ files: "./json/*.json", uid: () => { throw new Error("no name"); } });
        export const inputs = dashboards({ files: "./json/*.json", inputs: { DS: 5 as never } });`),
      "json/set.json": '{ "uid": "of-a-set", "title": "A", "panels": [] }',
    },
    faults: [
      { at: "a.ts (export empty) files", says: "must contain at least one glob" },
      { at: "a.ts (export inputs) inputs.DS", says: "expected a datasource object with a uid, or a string" },
      { at: "a.ts (export named) folder", says: "expected a folder object" },
      { at: "a.ts (export none) files", says: "no file matches ./nothing/*.json" },
      { at: "a.ts (export notAFunction) uid", says: "expected a function (name, model) => uid" },
      { at: "json/set.json", says: /throws an error: no name/ },
    ],
  },
  {
    name: "conflicting datasources",
    files: {
      "a.ts": api(`
        export const a = datasource({ uid: "both-a", name: "Prometheus", type: "prometheus", isDefault: true });
        export const b = datasource({ uid: "both-b", name: "Prometheus", type: "prometheus", url: "" });
        export const c = datasource({ uid: "both-c", name: "Prometheus", type: "prometheus", isDefault: true });`),
    },
    faults: [
      { at: "a.ts (export b) url", says: /must not be empty/ },
      {
        at: "a.ts (export c) isDefault",
        says: /only one datasource can be the default: see datasource\/both-a in \S+a\.ts/,
      },
      { at: "a.ts (export c) name", says: /the name "Prometheus" is used twice: see datasource\/both-a in \S+a\.ts/ },
    ],
  },
  {
    name: "valid resources that refer to invalid ones",
    files: {
      "folders.ts": api(`
        export const broken = folder({ uid: "broken-folder", title: 5 as never });
        export const unnamed = folder({ title: undefined as never });
        export const child = folder({ title: "Child", parent: unnamed });`),
      "datasources.ts": api('export const ds = datasource({ uid: "broken-ds", name: "", type: "loki" });'),
      "unparsed.ts": api('export const other = datasource({ uid: "unparsed-ds", name: "other", type: "loki" };'),
      "a.ts": api(`
        import { broken, child, unnamed } from "./folders.ts";
        import { ds } from "./datasources.ts";
        export const inBroken = dashboard({ uid: "good-a", folder: broken, spec: { title: "A" } });
        export const inUnnamed = dashboard({ folder: unnamed, spec: { title: "B" } });
        export const inChild = dashboard({ uid: "good-c", folder: child, spec: { title: "C" } });
        export const asks = dashboard({ uid: "good-d", spec: { title: "D", panels: [{ type: "text", datasource: ds.ref }] } });
        export const asksByUid = dashboard({ uid: "good-e", spec: { title: "E", panels: [{ type: "text", datasource: { uid: "unparsed-ds" } }] } });`),
      "plain.json":
        '{ "uid": "good-f", "title": "F", "panels": [{ "type": "text", "datasource": { "uid": "unparsed-ds" } }] }',
    },
    faults: [
      { at: "datasources.ts (export ds) name", says: "must not be empty" },
      { at: "folders.ts (export broken) title", says: "expected string, received number" },
      { at: "folders.ts (export unnamed) title", says: "is missing" },
      { at: "unparsed.ts", says: "is not valid TypeScript" },
    ],
  },
];

const directoryOf = ({ name }: Case): string => name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");

interface Report {
  readonly code: number | null;
  readonly requests: number;
  readonly faults: readonly ReportedFault[];
  readonly stdout: string;
  readonly stderr: string;
}

let report: Promise<Report> | undefined;

/** One run over the files of all cases, which also tests that no fault hides another. */
async function everythingAtOnce(): Promise<Report> {
  const files = cases.flatMap((one) =>
    Object.entries(one.files).map(([path, text]) => [`resources/${directoryOf(one)}/${path}`, text] as const),
  );
  const grafana = await untouchable();
  const project = await testProject(Object.fromEntries(files));
  const result = await project.run(["plan"], { GRAFANA_URL: grafana.url, GRAFANA_TOKEN: "token" });
  return { ...result, requests: grafana.seen.length, faults: faultsIn(result) };
}

describe("faults in resources", () => {
  test.each(cases)("$name", async (one) => {
    report ??= everythingAtOnce();
    const { faults } = await report;
    const folder = `resources/${directoryOf(one)}/`;

    const found = faults
      .filter(({ place }) => place.startsWith(folder))
      .map((fault) => ({ ...fault, place: fault.place.slice(folder.length) }))
      .toSorted((a, b) => (a.place < b.place ? -1 : 1));

    expect(found).toEqual(
      one.faults.map(({ at, says, hint = "" }) => ({
        level: "error",
        place: at,
        message: expect.stringMatching(matching(says)) as unknown,
        hint: expect.stringMatching(matching(hint)) as unknown,
      })),
    );
  });

  test("all faults are in one report, with exit code 65, and nothing is sent", async () => {
    report ??= everythingAtOnce();
    const { code, requests, stdout, stderr, faults } = await report;
    const count = cases.reduce((sum, one) => sum + one.faults.length, 0);

    expect(code).toBe(65);
    expect(requests).toBe(0);
    expect(stdout).toBe("");
    expect(faults).toHaveLength(count);
    expect(stderr).toContain(`${count} faults in the code or configuration; nothing was written to Grafana.`);
    expect(stderr).not.toMatch(/defect|node:internal|\n {4}at /);
  });
});

function matching(text: string | RegExp): RegExp {
  return typeof text === "string" ? new RegExp(text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)) : text;
}

test("six faults in six files are in one report, without the valid files", async () => {
  const grafana = await untouchable();
  const project = await testProject({
    "resources/good.ts": api('export const good = folder({ uid: "good", title: "Good" });'),
    "resources/also-good.json": '{ "uid": "also-good", "title": "Also good", "panels": [] }',
    "resources/a.ts": api('export const a = folder({ uid: "a", title: "" });'),
    "resources/b.ts": api('export const b = dashboard({ uid: "good-b", spec: { title: "B", panels: [{}] } });'),
    "resources/c.json": "{",
    "resources/d.ts": 'throw new Error("boom");',
    "resources/e.ts": "export const e = 5;",
    "resources/f.ts": api(
      'import { good } from "./good.ts";\nexport const f = dashboard({ uid: "f", folder: good, spec: { title: "F", panels: [{ type: "text", datasource: { uid: "gone" } }] } });',
    ),
  });

  const result = await project.run(["plan"], { GRAFANA_URL: grafana.url });

  expect(result.code).toBe(65);
  expect(faultsIn(result).map(({ place }) => place)).toEqual([
    "resources/c.json",
    "resources/d.ts",
    "resources/e.ts (export e)",
    "resources/a.ts (export a) title",
    "resources/b.ts (export b) spec.panels[0].type",
    "resources/f.ts (export f) spec.panels[0].datasource",
  ]);
  expect(result.stderr).toContain("6 faults in the code or configuration; nothing was written to Grafana.");
  expect(result.stderr).not.toContain("good.ts");
  expect(grafana.seen).toEqual([]);
});

test("one fault is counted as one", async () => {
  const grafana = await untouchable();
  const project = await testProject({ "resources/a.json": "{" });

  const result = await project.run(["apply"], { GRAFANA_URL: grafana.url });

  expect(result.code).toBe(65);
  expect(result.stderr).toContain("1 fault in the code or configuration; nothing was written to Grafana.");
  expect(grafana.seen).toEqual([]);
});

describe("faults in the configuration", () => {
  test.each([
    {
      name: "no default export",
      config: 'export const config = { project: "a" };',
      at: "",
      says: "has no default export",
      hint: /export default defineConfig/,
    },
    {
      name: "an unknown setting",
      config: 'export default { project: "a", resorces: ["./r"] };',
      at: " resorces",
      says: "unknown property",
      hint: /project, id, resources, environments/,
    },
    {
      name: "an unknown setting of an environment",
      config: 'export default { project: "a", environments: { dev: { tokn: "t" } } };',
      at: " environments.dev.tokn",
      says: "unknown property",
      hint: /url, owner/,
    },
    {
      name: "a token in the configuration",
      config: 'export default { project: "a", environments: { dev: { token: "t" } } };',
      at: " environments.dev.token",
      says: "expected object",
      hint: /url, owner/,
    },
    { name: "no project", config: "export default {};", at: " project", says: "is missing", hint: "" },
    {
      name: "an invalid project name",
      config: 'export default { project: "my team" };',
      at: " project",
      says: /letters and digits/,
      hint: "",
    },
    {
      name: "a project name that is too long",
      config: `export default { project: "${"p".repeat(64)}" };`,
      at: " project",
      says: "must have at most 63 characters",
      hint: "",
    },
    {
      name: "an invalid URL",
      config: 'export default { project: "a", environments: { dev: { url: "grafana" } } };',
      at: " environments.dev.url",
      says: "must be a URL such as https://grafana.example.org",
      hint: "",
    },
    {
      name: "resources that are not a list",
      config: 'export default { project: "a", resources: "./r" };',
      at: " resources",
      says: "expected array, received string",
      hint: "",
    },
    {
      name: "a configuration that throws",
      config: '\nthrow new Error("boom");',
      at: "",
      says: "throws an error when it is loaded: boom (line 2)",
      hint: "",
    },
    {
      name: "a configuration that doesn't parse",
      config: "export default {",
      at: "",
      says: "is not valid TypeScript",
      hint: "",
    },
  ])("$name", async ({ config, at, says, hint }) => {
    const grafana = await untouchable();
    const project = await testProject({ "grafana.config.ts": config });

    const result = await project.run(["plan"], { GRAFANA_URL: grafana.url });

    expect(result.code).toBe(65);
    expect(faultsIn(result)).toEqual([
      {
        level: "error",
        place: `${project.directory}/grafana.config.ts${at}`,
        message: expect.stringMatching(matching(says)) as unknown,
        hint: expect.stringMatching(matching(hint)) as unknown,
      },
    ]);
    expect(grafana.seen).toEqual([]);
  });

  test("resources that don't exist", async () => {
    const project = await testProject({
      "grafana.config.ts": 'export default { project: "a", resources: ["./here", "./gone", "./none/*.ts"] };',
      "here/a.ts": api('export const a = folder({ uid: "a", title: "A" });'),
    });

    const result = await project.run(["validate"]);

    expect(result.code).toBe(65);
    expect(faultsIn(result).map(({ place, message }) => `${place}: ${message}`)).toEqual([
      `grafana.config.ts resources: ./gone does not exist (${project.directory}/gone)`,
      `grafana.config.ts resources: no file matches ./none/*.ts in ${project.directory}`,
    ]);
  });

  test("none of the default directories exists", async () => {
    const project = await testProject({ "grafana.config.ts": 'export default { project: "a" };' });

    const result = await project.run(["plan", "--prune"]);

    expect(result.code).toBe(65);
    expect(result.stderr).toMatch(/\.\/dashboards, \.\/alerts, \.\/datasources/);
  });

  test.each([
    { name: "there is no configuration", args: ["plan"], says: / has a grafana\.config\.ts\n.*--config FILE/ },
    { name: "--config names no file", args: ["plan", "--config", "gone.ts"], says: /gone\.ts does not exist/ },
  ])("$name: exit 64", async ({ args, says }) => {
    const project = await testProject();
    await project.remove("grafana.config.ts");

    const result = await project.run(args);

    expect(result.code).toBe(64);
    expect(result.stderr).toMatch(says);
  });
});
