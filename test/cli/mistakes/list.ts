// Mistakes of users in their first week, and the message for each: what is wrong, where, and what to do.

export interface MistakeRun {
  readonly directory: string;
  readonly args: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

export interface MistakeResult {
  readonly exitCode: number;
  /** The codes of the error, or of its faults that are errors. Options that can't be parsed have none. */
  readonly codes: readonly string[];
  readonly text: string;
}

export interface Mistake {
  readonly name: string;
  /** In addition to a configuration with `resources: ["./resources"]`. `undefined`: without this file. */
  readonly files: Readonly<Record<string, string | undefined>>;
  /** Symbolic links and what they name. */
  readonly links?: Readonly<Record<string, string>>;
  /** Default: `validate`. */
  readonly args?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** A text that the output must not contain. */
  readonly hides?: string;
  readonly exit: number;
  readonly codes: readonly string[];
  /** Lines of the output, or their beginnings. `HERE`: the project's directory. */
  readonly says: readonly string[];
}

/** A project without mistakes. */
export const PROJECT = {
  "resources/a.ts": `import { dashboard, folder } from "grafana-provision";
export const home = folder({ uid: "home", title: "Home" });
export const a = dashboard({ uid: "team-a", folder: home, spec: { title: "A" } });
export const b = dashboard({ uid: "team-b", folder: home, spec: { title: "B" } });
`,
};

export const MISTAKES: readonly Mistake[] = [
  // Imports
  {
    name: "the name of the package is misspelled",
    files: {
      "resources/a.ts": `import { folder } from "grafana-provison";
export default folder({ uid: "a", title: "A" });
`,
    },
    exit: 65,
    codes: ["code-import-missing"],
    says: [
      "resources/a.ts: imports the package grafana-provison, which is not installed",
      "Did you mean grafana-provision?",
    ],
  },
  {
    name: "a file is imported without its extension",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
import { home } from "./home";
export default dashboard({ uid: "a", folder: home, spec: { title: "A" } });
`,
      "resources/home.ts": `import { folder } from "grafana-provision";
export const home = folder({ uid: "h", title: "H" });
`,
    },
    exit: 65,
    codes: ["code-import-missing"],
    says: [
      "resources/a.ts: imports ./home, which does not exist",
      "Write the full file name with its extension: ./home.ts.",
    ],
  },
  {
    name: "the name of an imported file is misspelled",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
import { home } from "./hom.ts";
export default dashboard({ uid: "a", folder: home, spec: { title: "A" } });
`,
      "resources/home.ts": `import { folder } from "grafana-provision";
export const home = folder({ uid: "h", title: "H" });
`,
    },
    exit: 65,
    codes: ["code-import-missing"],
    says: ["resources/a.ts: imports ./hom.ts, which does not exist", "Did you mean ./home.ts?"],
  },
  {
    name: "the name of a function is misspelled",
    files: {
      "resources/a.ts": `import { dashbord } from "grafana-provision";
export default dashbord({ uid: "a", spec: { title: "A" } });
`,
    },
    exit: 65,
    codes: ["code-import-missing"],
    says: [
      'resources/a.ts: imports "dashbord" from grafana-provision, which does not export it (line 1)',
      "Did you mean dashboard?",
    ],
  },
  {
    name: "a type is imported as a value",
    files: {
      "resources/a.ts": `import { ruleGroup, AlertRule } from "grafana-provision";
export default ruleGroup({ title: "a", interval: 60, rules: [] as AlertRule[] } as never);
`,
    },
    exit: 65,
    codes: ["code-import-missing"],
    says: [
      'resources/a.ts: imports "AlertRule" from grafana-provision, which does not export it (line 1)',
      "AlertRule is a type. Write `import { type AlertRule }`.",
    ],
  },
  {
    name: "a package is not installed",
    files: {
      "resources/a.ts": `import _ from "lodash";
export default _;
`,
    },
    exit: 65,
    codes: ["code-import-missing"],
    says: ["resources/a.ts: imports the package lodash, which is not installed", "Run: npm install lodash"],
  },
  {
    name: "a module of the SDK is misspelled",
    files: {
      "resources/a.ts": `import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeserie";
export default PanelBuilder;
`,
    },
    exit: 65,
    codes: ["code-import-missing"],
    says: [
      "resources/a.ts: imports @grafana/grafana-foundation-sdk/timeserie, which the package does not export",
      "Did you mean @grafana/grafana-foundation-sdk/timeseries?",
    ],
  },
  {
    name: "the SDK has no such builder",
    files: {
      "resources/a.ts": `import { TimeSeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
export default new TimeSeriesBuilder();
`,
    },
    exit: 65,
    codes: ["code-import-missing"],
    says: [
      'resources/a.ts: imports "TimeSeriesBuilder" from @grafana/grafana-foundation-sdk/timeseries, which does not export it (line 1)',
      "Its builders are PanelBuilder, VisualizationV2Builder, VisualizationBuilder.",
    ],
  },
  {
    name: "a name of the SDK is misspelled",
    files: {
      "resources/a.ts": `import { PanelBuidler } from "@grafana/grafana-foundation-sdk/timeseries";
export default new PanelBuidler();
`,
    },
    exit: 65,
    codes: ["code-import-missing"],
    says: [
      'resources/a.ts: imports "PanelBuidler" from @grafana/grafana-foundation-sdk/timeseries, which does not export it (line 1)',
      "Did you mean PanelBuilder?",
    ],
  },
  {
    name: "the SDK is imported as a whole",
    files: {
      "resources/a.ts": `import { dashboard } from "@grafana/grafana-foundation-sdk";
export default dashboard;
`,
    },
    exit: 65,
    codes: ["code-import-missing"],
    says: [
      "resources/a.ts: imports @grafana/grafana-foundation-sdk, which can't be imported as a whole",
      "Import one of its modules, such as @grafana/grafana-foundation-sdk/timeseries.",
    ],
  },
  {
    name: "a module is TypeScript in node_modules",
    files: {
      "resources/a.ts": `export { default } from "shared/board.ts";
`,
      "node_modules/shared/package.json": `{ "name": "shared", "version": "1.0.0" }`,
      "node_modules/shared/board.ts": `import { dashboard } from "grafana-provision";
export default dashboard({ uid: "a", spec: { title: "A" } });
`,
    },
    exit: 65,
    codes: ["code-typescript-unsupported"],
    says: [
      "resources/a.ts: loads HERE/node_modules/shared/board.ts, but Node doesn't run TypeScript under node_modules",
      "Publish the package as JavaScript, or move the file out of node_modules. A symbolic link counts as the file that it points to.",
    ],
  },
  {
    name: "two files with folders import each other",
    files: {
      "resources/a.ts": `import { folder } from "grafana-provision";
import { b } from "./b.ts";
export const a = folder({ uid: "a", title: "A", parent: b });
`,
      "resources/b.ts": `import { folder } from "grafana-provision";
import { a } from "./a.ts";
export const b = folder({ uid: "b", title: "B", parent: a });
`,
    },
    exit: 65,
    codes: ["code-module-failed"],
    says: [
      "resources/b.ts: throws an error when it is loaded: Cannot access 'a' before initialization (line 3)",
      "These files import each other: ./b.ts → ./a.ts → ./b.ts. Files that import each other can't use each other's exports while they load. For datasources that refer to each other, use a function: jsonData: () => ({ ... }).",
    ],
  },

  // Exports
  {
    name: "a file exports nothing",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
dashboard({ uid: "a", spec: { title: "A" } });
`,
    },
    exit: 65,
    codes: ["code-export-missing"],
    says: [
      "resources/a.ts: exports nothing",
      "Add `export default` or `export const ... =` to the resource. If the file is a helper, begin its name with _.",
    ],
  },
  {
    name: "a resource is declared but not exported",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
const lost = dashboard({ uid: "a", spec: { title: "A" } });
export const kept = dashboard({ uid: "b", spec: { title: "B" } });
`,
    },
    exit: 65,
    codes: ["code-export-missing"],
    says: [
      "resources/a.ts: declares lost, a dashboard, but neither exports nor uses it (line 2)",
      "Write `export const lost = ...` (or `export default lost;` below), or delete the declaration.",
    ],
  },
  {
    name: "a resource that another file uses is not exported",
    files: {
      "resources/a.ts": `import { folder } from "grafana-provision";
const home = folder({ uid: "h", title: "H" });
export const other = folder({ uid: "o", title: "O", parent: home });
`,
      "resources/b.ts": `import { dashboard } from "grafana-provision";
import { home } from "./a.ts";
export default dashboard({ uid: "a", folder: home, spec: { title: "A" } });
`,
    },
    exit: 65,
    codes: ["code-import-missing", "code-reference-missing"],
    says: [
      'resources/b.ts: imports "home" from ./a.ts, which does not export it (line 2)',
      "./a.ts defines it without exporting it. Add `export` to its declaration.",
      'resources/a.ts (export other) parent: refers to the folder "h", which no loaded file exports',
      'Export it from a file under `resources`. If it exists in Grafana, use existing.folder("h").',
    ],
  },
  {
    name: "the folder of a dashboard is not exported",
    files: {
      "resources/a.ts": `import { dashboard, folder } from "grafana-provision";
const home = folder({ uid: "h", title: "H" });
export default dashboard({ uid: "a", folder: home, spec: { title: "A" } });
`,
    },
    exit: 65,
    codes: ["code-reference-missing"],
    says: [
      'resources/a.ts (default export) folder: refers to the folder "h", which no loaded file exports',
      'Export it from a file under `resources`. If it exists in Grafana, use existing.folder("h").',
    ],
  },
  {
    name: "a helper is exported",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export const limit = 3;
export default dashboard({ uid: "a", spec: { title: "A" } });
`,
    },
    exit: 65,
    codes: ["code-export-invalid"],
    says: [
      "resources/a.ts (export limit): is not a resource, but a number",
      "Files under `resources` can export only resources. Move helpers to a file whose name begins with _.",
    ],
  },
  {
    name: "a helper function is exported",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export const panel = (title: string, type: string) => ({ title, type });
export default dashboard({ uid: "a", spec: { title: "A" } });
`,
    },
    exit: 65,
    codes: ["code-export-invalid"],
    says: [
      "resources/a.ts (export panel): is not a resource, but a function",
      "Files under `resources` can export only resources. Move helpers to a file whose name begins with _.",
    ],
  },
  {
    name: "a function of the environment does not return its resource",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export default () => {
  dashboard({ uid: "a", spec: { title: "A" } });
};
`,
    },
    exit: 65,
    codes: ["code-export-invalid"],
    says: [
      "resources/a.ts (default export): does not return a resource, but undefined",
      "Add `return`, or return null if an environment does not have the resource.",
    ],
  },
  {
    name: "an exported object has an unknown kind",
    files: {
      "resources/a.ts": `export default { kind: "dashbord", uid: "a" };
`,
    },
    exit: 65,
    codes: ["code-export-invalid"],
    says: [
      'resources/a.ts (default export): is not a resource, but an object of the unknown kind "dashbord"',
      'Did you mean "dashboard"?',
    ],
  },

  // The language, and files
  {
    name: "a file has a syntax error",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export default dashboard({ uid: "a" spec: { title: "A" } });
`,
    },
    exit: 65,
    codes: ["code-syntax-invalid"],
    says: ["resources/a.ts: is not valid TypeScript: Expected ',', got 'ident' (line 2)"],
  },
  {
    name: "a file uses an enum",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
enum Team { A }
export default dashboard({ uid: "a", spec: { title: String(Team.A) } });
`,
    },
    exit: 65,
    codes: ["code-typescript-unsupported"],
    says: [
      "resources/a.ts: uses TypeScript syntax that Node can't run: TypeScript enum is not supported in strip-only mode (line 2)",
      'Enums, namespaces and parameter properties require a compiler. Replace an enum with a union of strings ("a" | "b") or a constant object.',
    ],
  },
  {
    name: "a file throws",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export default dashboard({ uid: "a", spec: { title: process.env["TITLE"]!.trim() } });
`,
    },
    exit: 65,
    codes: ["code-module-failed"],
    says: [
      "resources/a.ts: throws an error when it is loaded: Cannot read properties of undefined (reading 'trim') (line 2)",
    ],
  },
  {
    name: "a JSON file is not valid",
    files: { "resources/a.json": `{ "title": "A", }` },
    exit: 65,
    codes: ["code-syntax-invalid"],
    says: [
      "resources/a.json: is not valid JSON: Expected double-quoted property name in JSON at position 16 (line 1 column 17)",
    ],
  },
  {
    name: "a YAML file is not valid",
    files: {
      "resources/a.yaml": `title: "A
panels: [`,
    },
    exit: 65,
    codes: ["code-syntax-invalid"],
    says: ['resources/a.yaml: is not valid YAML: Missing closing "quote at line 2, column 10:'],
  },
  {
    name: "a JSON file is not a dashboard",
    files: { "resources/a.json": `{ "name": "x" }` },
    exit: 65,
    codes: ["code-document-invalid"],
    says: [
      "resources/a.json: does not contain a dashboard: it is an object without panels or schemaVersion",
      "Move files that are not resources elsewhere, or begin their names with _.",
    ],
  },
  {
    name: "the file name of a dashboard without a uid is not a valid uid",
    files: { "resources/My dashboard.json": `{ "title": "A", "panels": [] }` },
    exit: 65,
    codes: ["code-document-invalid"],
    says: [
      'resources/My dashboard.json uid: has no uid, and its file name "My dashboard" is not a valid uid: use letters, digits, - and _, at most 40 characters',
      "Add a uid to the dashboard, rename the file, or define it with dashboards({ files, uid }).",
    ],
  },

  // Resources
  {
    name: "two dashboards have the same uid",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export const one = dashboard({ uid: "a", spec: { title: "A" } });
export const two = dashboard({ uid: "a", spec: { title: "B" } });
`,
    },
    exit: 65,
    codes: ["code-resource-duplicate"],
    says: [
      "resources/a.ts (export two) uid: dashboard/a is defined twice; the other definition is in resources/a.ts (export one)",
      "Change the uid of one of them.",
    ],
  },
  {
    name: "there is a second policy tree",
    files: {
      "resources/a.ts": `import { contactPoint, notificationPolicy } from "grafana-provision";
export const point = contactPoint({ name: "x", integrations: [{ type: "email", settings: { addresses: "a@example.org" } }] });
export const one = notificationPolicy({ receiver: point });
export const two = notificationPolicy({ receiver: point, group_by: ["team"] });
`,
    },
    exit: 65,
    codes: ["code-resource-duplicate"],
    says: [
      "resources/a.ts (export two): notification-policy/default is defined twice; the other definition is in resources/a.ts (export one)",
      "Grafana has one default policy tree for each organization, and one tree with each name. Move the policies of both into `routes` of one tree.",
    ],
  },
  {
    name: "folders contain each other",
    files: {
      "resources/a.ts": `import { folder } from "grafana-provision";
const a: { parent?: unknown } = { kind: "folder", uid: "a", title: "A" } as never;
const b = folder({ uid: "b", title: "B", parent: a as never });
a.parent = b;
export { a, b };
`,
    },
    exit: 65,
    codes: ["code-property-invalid", "code-property-invalid"],
    says: [
      "resources/a.ts (export a) parent.parent: the folder contains itself: a in b in a",
      "resources/a.ts (export b) parent.parent: the folder contains itself: b in a in b",
    ],
  },
  {
    name: "a property is misspelled",
    files: {
      "resources/a.ts": `import { folder } from "grafana-provision";
export default folder({ uid: "a", titel: "A" } as never);
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: ["resources/a.ts (default export) titel: unknown property; did you mean title?"],
  },
  {
    name: "a property is missing",
    files: {
      "resources/a.ts": `import { folder } from "grafana-provision";
export default folder({ uid: "a" } as never);
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: ["resources/a.ts (default export) title: is missing: expected string"],
  },
  {
    name: "a property has the wrong type",
    files: {
      "resources/a.ts": `import { datasource } from "grafana-provision";
export default datasource({ uid: "a", name: "A", type: "loki", url: 3100 as never });
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: ["resources/a.ts (default export) url: expected string, received number"],
  },
  {
    name: "a uid has spaces",
    files: {
      "resources/a.ts": `import { folder } from "grafana-provision";
export default folder({ uid: "my folder", title: "A" });
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: ["resources/a.ts (default export) uid: must consist of letters, digits, - and _"],
  },
  {
    name: "a uid is too long",
    files: {
      "resources/a.ts": `import { folder } from "grafana-provision";
export default folder({ uid: "a".repeat(41), title: "A" });
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: ["resources/a.ts (default export) uid: must have at most 40 characters"],
  },
  {
    name: "a panel names its datasource",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export default dashboard({ uid: "a", spec: { title: "A", panels: [{ type: "stat", datasource: "Prometheus" as never }] } });
`,
    },
    exit: 65,
    codes: ["code-reference-missing"],
    says: [
      'resources/a.ts (default export) spec.panels[0].datasource: refers to the datasource "Prometheus", which no loaded file exports',
      'Export it from a file under `resources` and use its ref (datasource: prometheus.ref). If it exists in Grafana, use existing.datasource("Prometheus").ref.',
    ],
  },
  {
    name: "a panel has a datasource instead of its ref",
    files: {
      "resources/a.ts": `import { dashboard, datasource } from "grafana-provision";
export const prometheus = datasource({ uid: "p", name: "P", type: "prometheus", url: "http://p" });
export default dashboard({ uid: "a", spec: { title: "A", panels: [{ type: "stat", datasource: prometheus as never }] } });
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: [
      "resources/a.ts (default export) spec.panels[0].datasource: is the datasource itself; use its `ref`, as in .datasource(prometheus.ref)",
    ],
  },
  {
    name: "a value can't be JSON",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export default dashboard({ uid: "a", spec: { title: "A", panels: [{ type: "stat", id: 1n as never }] } });
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: ["resources/a.ts (default export) spec.panels[0].id: expected number or string"],
  },
  {
    name: "a value contains itself",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
const panel: Record<string, unknown> = { type: "stat" };
panel["self"] = panel;
export default dashboard({ uid: "a", spec: { title: "A", panels: [panel as never] } });
`,
    },
    exit: 65,
    codes: ["code-value-unserializable"],
    says: ["resources/a.ts (default export) spec.panels[0].self: contains itself, which JSON can't represent"],
  },
  {
    name: "a rule's condition names no query",
    files: {
      "resources/a.ts": `import { datasource, folder, ruleGroup } from "grafana-provision";
export const home = folder({ uid: "h", title: "H" });
export const source = datasource({ uid: "p", name: "P", type: "prometheus", url: "http://p" });
const data = [{ refId: "A", datasource: source, relativeTimeRange: { from: 600, to: 0 }, model: { expr: "up" } }];
export default ruleGroup({ folder: home, title: "g", interval: 60, rules: [{ uid: "r", title: "R", data, condition: "B", for: "5m" }] });
`,
    },
    exit: 65,
    codes: ["code-resource-invalid"],
    says: [
      'resources/a.ts (default export) rules[0].condition: refers to the query "B", which the rule does not have; its queries are A',
    ],
  },
  {
    name: "a rule's `for` is not a duration",
    files: {
      "resources/a.ts": `import { datasource, folder, ruleGroup } from "grafana-provision";
export const home = folder({ uid: "h", title: "H" });
export const source = datasource({ uid: "p", name: "P", type: "prometheus", url: "http://p" });
const data = [{ refId: "A", datasource: source, relativeTimeRange: { from: 600, to: 0 }, model: { expr: "up" } }];
export default ruleGroup({ folder: home, title: "g", interval: 60, rules: [{ uid: "r", title: "R", data, condition: "A", for: "5 minutes" }] });
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: ["resources/a.ts (default export) rules[0].for: must be a duration such as 30s, 5m or 1d"],
  },
  {
    name: "the interval of a group is not a multiple of 10",
    files: {
      "resources/a.ts": `import { datasource, folder, ruleGroup } from "grafana-provision";
export const home = folder({ uid: "h", title: "H" });
export const source = datasource({ uid: "p", name: "P", type: "prometheus", url: "http://p" });
const data = [{ refId: "A", datasource: source, relativeTimeRange: { from: 600, to: 0 }, model: { expr: "up" } }];
export default ruleGroup({ folder: home, title: "g", interval: 45, rules: [{ uid: "r", title: "R", data, condition: "A", for: "5m" }] });
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: ["resources/a.ts (default export) interval: must be a multiple of 10 seconds, Grafana's evaluation interval"],
  },
  {
    name: "a mute timing crosses midnight",
    files: {
      "resources/a.ts": `import { muteTiming } from "grafana-provision";
export default muteTiming({ name: "n", time_intervals: [{ times: [{ start_time: "20:00", end_time: "08:00" }] }] });
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: [
      "resources/a.ts (default export) time_intervals[0].times[0]: 20:00 is not before 08:00; for a time across midnight, use two ranges, until 24:00 and from 00:00",
    ],
  },
  {
    name: "a mute timing has an unknown weekday",
    files: {
      "resources/a.ts": `import { muteTiming } from "grafana-provision";
export default muteTiming({ name: "n", time_intervals: [{ weekdays: ["mon" as never] }] });
`,
    },
    exit: 65,
    codes: ["code-property-invalid"],
    says: ['resources/a.ts (default export) time_intervals[0].weekdays[0]: "mon" is not a valid weekday or range'],
  },
  {
    name: "a matcher's value has quotes",
    files: {
      "resources/a.ts": `import { contactPoint, notificationPolicy } from "grafana-provision";
export const point = contactPoint({ name: "x", integrations: [{ type: "email", settings: { addresses: "a@example.org" } }] });
export default notificationPolicy({ receiver: point, routes: [{ receiver: point, object_matchers: [["team", "=", '"a"']] }] });
`,
    },
    exit: 65,
    codes: ["code-resource-invalid"],
    says: [
      'resources/a.ts (default export) routes[0].object_matchers[0][2]: the value "a" begins or ends with a quote, which Grafana removes: the route would match other alerts',
      'Write the quote as a character class: ["team","=~","^[\\"]a[\\"]$"]',
    ],
  },
  {
    name: "two rule groups of a folder have the same title",
    files: {
      "resources/a.ts": `import { datasource, folder, ruleGroup } from "grafana-provision";
export const home = folder({ uid: "h", title: "H" });
export const source = datasource({ uid: "p", name: "P", type: "prometheus", url: "http://p" });
const data = [{ refId: "A", datasource: source, relativeTimeRange: { from: 600, to: 0 }, model: { expr: "up" } }];
export const one = ruleGroup({ folder: home, title: "g", interval: 60, rules: [{ uid: "r", title: "R", data, condition: "A", for: "5m" }] });
export const two = ruleGroup({ folder: home, title: "g", interval: 60, rules: [{ uid: "q", title: "Q", data, condition: "A" }] });
`,
    },
    exit: 65,
    codes: ["code-resource-duplicate"],
    says: [
      "resources/a.ts (export two) title: rule-group/h/g is defined twice; the other definition is in resources/a.ts (export one)",
      "Change the title of one of them.",
    ],
  },

  // Warnings
  {
    name: "all panels have the same id",
    files: {
      "resources/a.json": `{ "uid": "a", "title": "A", "panels": [{ "id": 1, "type": "text" }, { "id": 1, "type": "text" }] }`,
    },
    exit: 0,
    codes: [],
    says: [
      "resources/a.json panels: 2 of 2 panels have the id 1; Grafana gives all but the first a new id",
      "Give each panel an id of its own, or omit the ids.",
    ],
  },
  {
    name: "a dashboard is larger than Grafana accepts",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export default dashboard({ uid: "a", spec: { title: "A", panels: [{ type: "text", title: "x".repeat(25_000_000) }] } });
`,
    },
    exit: 0,
    codes: [],
    says: [
      "resources/a.ts (default export): has about 25 MB of JSON; Grafana rejects more than 16 MiB (413)",
      "Split it into several objects.",
    ],
  },
  {
    name: "a property of a panel is misspelled",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export default dashboard({ uid: "a", spec: { title: "A", panels: [{ type: "text", titel: "P" }] } });
`,
    },
    exit: 0,
    codes: [],
    says: ["resources/a.ts (default export) spec.panels[0].titel: unknown property; did you mean title?"],
  },
  {
    name: "properties of a dashboard in a JSON file are misspelled",
    files: {
      "resources/a.json": JSON.stringify({
        title: "A",
        time: { from: "now-1h", to: "now", til: "now" },
        panels: [
          {
            type: "timeseries",
            targtes: [{ refId: "A", exrp: "up" }],
            gridPos: { x: 0, y: 0, w: 12, h: 8, z: 1 },
            fieldConfig: { defaults: { unti: "s", custom: { lineWdith: 1 } }, overrides: [] },
            options: { legnd: {} },
          },
        ],
        templating: { list: [{ type: "query", name: "job", lable: "Job" }] },
      }),
    },
    exit: 0,
    codes: [],
    says: [
      "resources/a.json time.til: unknown property",
      "resources/a.json panels[0].targtes: unknown property; did you mean targets?",
      "resources/a.json panels[0].gridPos.z: unknown property",
      "resources/a.json panels[0].fieldConfig.defaults.unti: unknown property; did you mean unit?",
      "resources/a.json templating.list[0].lable: unknown property; did you mean label?",
    ],
  },
  {
    name: "properties of a dashboard in schema v2 are misspelled",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
const panel = {
  kind: "Panel",
  spec: {
    id: 1,
    titel: "P",
    data: { kind: "QueryGroup", spec: { queries: [], transfromations: [], queryOptions: { intervall: "1m" } } },
    vizConfig: { kind: "VizConfig", group: "text", version: "", spec: { options: { any: 1 }, fieldConfig: {} } },
  },
};
const items = [{ kind: "GridLayoutItem", spec: { x: 0, y: 0, width: 12, hight: 8, height: 8, element: { kind: "ElementReference", name: "p" } } }];
export default dashboard({
  uid: "a",
  spec: { title: "A", tgas: [], elements: { p: panel }, layout: { kind: "GridLayout", spec: { items } } } as never,
});
`,
    },
    exit: 0,
    codes: [],
    says: [
      "resources/a.ts (default export) spec.tgas: unknown property; did you mean tags?",
      "resources/a.ts (default export) spec.elements.p.spec.titel: unknown property; did you mean title?",
      "resources/a.ts (default export) spec.elements.p.spec.data.spec.transfromations: unknown property; did you mean transformations?",
      "resources/a.ts (default export) spec.elements.p.spec.data.spec.queryOptions.intervall: unknown property; did you mean interval?",
      "resources/a.ts (default export) spec.layout.spec.items[0].spec.hight: unknown property",
    ],
  },
  {
    name: "the directory of resources is empty",
    files: { "resources/.keep": "" },
    exit: 0,
    codes: [],
    says: [
      "grafana.config.ts resources: these directories contain no files, so the code defines no resources",
      "Create a file that exports a resource, such as dashboards/service.ts: export default dashboard({...});",
    ],
  },

  // Secrets
  {
    name: "a secret is in plain text",
    files: {
      "resources/a.ts": `import { contactPoint } from "grafana-provision";
export default contactPoint({ name: "x", integrations: [{ type: "slack", settings: { url: "https://hooks.slack.com/services/T0/B0/abcdef123456" } }] });
`,
    },
    hides: "abcdef123456",
    exit: 0,
    codes: [],
    says: [
      'resources/a.ts (default export) integrations[0].settings.url: a secret is in plain text in the code, so changes to it are not detected; use secret(env("NAME"))',
    ],
  },
  {
    name: "secret() gets the name of a variable",
    files: {
      "resources/a.ts": `import { contactPoint, secret } from "grafana-provision";
export default contactPoint({ name: "x", integrations: [{ type: "slack", settings: { url: secret("SLACK_URL" as never) } }] });
`,
    },
    exit: 65,
    codes: ["code-secret-invalid"],
    says: [
      'resources/a.ts: secret("SLACK_URL") doesn\'t read the variable SLACK_URL (line 2)',
      'Write secret(env("SLACK_URL")).',
    ],
  },
  {
    name: "secret() gets a value",
    files: {
      "resources/a.ts": `import { contactPoint, secret } from "grafana-provision";
export default contactPoint({ name: "x", integrations: [{ type: "slack", settings: { url: secret("hunter2-hunter2" as never) } }] });
`,
    },
    hides: "hunter2",
    exit: 65,
    codes: ["code-secret-invalid"],
    says: [
      "resources/a.ts: secret(...) needs a reference to a variable, but got a string (line 2)",
      'Write secret(env("NAME")), and set the variable NAME where the tool runs. If a secret was written into the code, replace it: it is in the history of the repository.',
    ],
  },
  {
    name: "secret() gets a variable that is not set",
    files: {
      "resources/a.ts": `import { contactPoint, secret } from "grafana-provision";
export default contactPoint({ name: "x", integrations: [{ type: "slack", settings: { url: secret(process.env["SLACK_URL"] as never) } }] });
`,
    },
    exit: 65,
    codes: ["code-secret-invalid"],
    says: [
      "resources/a.ts: secret(...) needs a reference to a variable, but got undefined (line 2)",
      'Write secret(env("NAME")), and set the variable NAME where the tool runs. If a secret was written into the code, replace it: it is in the history of the repository.',
    ],
  },
  {
    name: "env() is used without secret()",
    files: {
      "resources/a.ts": `import { contactPoint, env } from "grafana-provision";
export default contactPoint({ name: "x", integrations: [{ type: "slack", settings: { url: env("SLACK_URL") as never } }] });
`,
    },
    exit: 65,
    codes: ["code-secret-invalid"],
    says: [
      'resources/a.ts (default export) integrations[0].settings.url: env("SLACK_URL") names a variable without reading it; use secret(env("SLACK_URL")) for a secret, or process.env["SLACK_URL"] for any other setting',
    ],
  },
  {
    name: "env() is used for a setting",
    files: {
      "resources/a.ts": `import { datasource, env } from "grafana-provision";
export default datasource({ uid: "a", name: "A", type: "loki", url: env("LOKI_URL") as never });
`,
    },
    exit: 65,
    codes: ["code-secret-invalid"],
    says: [
      'resources/a.ts (default export) url: env("LOKI_URL") names a variable without reading it; use secret(env("LOKI_URL")) for a secret, or process.env["LOKI_URL"] for any other setting',
    ],
  },
  {
    name: "env() gets a value",
    files: {
      "resources/a.ts": `import { contactPoint, env, secret } from "grafana-provision";
export default contactPoint({ name: "x", integrations: [{ type: "slack", settings: { url: secret(env("https://hooks.example.org/abc")) } }] });
`,
    },
    hides: "hooks.example.org",
    exit: 65,
    codes: ["code-secret-invalid"],
    says: [
      "resources/a.ts: env(...) needs the name of a variable, but got a string that is not a valid name (line 2)",
      'Pass its name, not its value: secret(env("SLACK_WEBHOOK_URL")).',
    ],
  },
  {
    name: "env() is used in a string",
    files: {
      "resources/a.ts": `import { datasource, env } from "grafana-provision";
export default datasource({ uid: "a", name: "A", type: "loki", url: \`http://\${env("HOST")}:3100\` });
`,
    },
    exit: 65,
    codes: ["code-secret-invalid"],
    says: [
      'resources/a.ts: env("HOST") names a variable without reading it, so it can\'t be used in a string (line 2)',
      'For a secret, put the whole string into the variable and use secret(env("HOST")). For anything else, use process.env["HOST"].',
    ],
  },
  {
    name: "a secret is used in a string",
    files: {
      "resources/a.ts": `import { contactPoint, env, secret } from "grafana-provision";
export default contactPoint({ name: "x", integrations: [{ type: "slack", settings: { url: \`https://hooks.example.org/\${secret(env("TOKEN"))}\` } }] });
`,
    },
    exit: 65,
    codes: ["code-secret-invalid"],
    says: [
      'resources/a.ts: secret(env("TOKEN")) cannot be used in a string (line 2)',
      "Put the whole string, such as a URL with a token, into the variable.",
    ],
  },
  {
    name: "a secret is where none is supported",
    files: {
      "resources/a.ts": `import { datasource, env, secret } from "grafana-provision";
export default datasource({ uid: "a", name: "A", type: "loki", url: "http://l", jsonData: { token: secret(env("TOKEN")) } });
`,
    },
    exit: 65,
    codes: ["code-secret-misplaced"],
    says: [
      "resources/a.ts (default export) jsonData.token: secrets are not supported here, only in a datasource's secureJsonData and a contact point's settings",
    ],
  },

  // Paths and the configuration
  {
    name: "a symbolic link points nowhere",
    files: {
      "resources/a.ts": `import { dashboard } from "grafana-provision";
export default dashboard({ uid: "a", spec: { title: "A" } });
`,
    },
    links: { "resources/b.ts": "../missing/b.ts" },
    exit: 65,
    codes: ["code-path-missing"],
    says: ["resources/b.ts: is a symbolic link to ../missing/b.ts, which does not exist", "Fix the link or delete it."],
  },
  {
    name: "resources names a directory that does not exist",
    files: {
      "grafana.config.ts": `export default { project: "test", resources: ["./dashbords"] };
`,
      "dashboards/.keep": "",
    },
    exit: 65,
    codes: ["code-path-missing"],
    says: ["grafana.config.ts resources: ./dashbords does not exist (HERE/dashbords)", "Did you mean ./dashboards?"],
  },
  {
    name: "the default directories do not exist",
    files: {
      "grafana.config.ts": `export default { project: "test" };
`,
    },
    exit: 65,
    codes: ["code-path-missing"],
    says: [
      "grafana.config.ts resources: none of the default directories exists in HERE (./dashboards, ./alerts, ./datasources)",
      "Create one, or set `resources` to the directories of your files.",
    ],
  },
  {
    name: "there is no configuration",
    files: { "grafana.config.ts": undefined, "resources/a.ts": "" },
    args: ["plan"],
    exit: 64,
    codes: ["config-missing"],
    says: [
      "Neither HERE nor a directory above it has a grafana.config.ts",
      "Change to the directory that contains it, pass --config FILE, or create a new repository: npx grafana-provision init",
    ],
  },
  {
    name: "--config names a file that does not exist",
    files: { "resources/a.ts": "" },
    args: ["validate", "--config", "grafana.conf.ts"],
    exit: 64,
    codes: ["config-missing"],
    says: ["--config: HERE/grafana.conf.ts does not exist", "Pass the path of a configuration file."],
  },
  {
    name: "--config names a directory without a configuration",
    files: { "resources/a.ts": "" },
    args: ["validate", "--config", "resources"],
    exit: 64,
    codes: ["config-missing"],
    says: [
      "--config: the directory HERE/resources has no grafana.config.ts",
      "Pass the path of a configuration file, or of a directory that contains one.",
    ],
  },
  {
    name: "the configuration has no default export",
    files: {
      "grafana.config.ts": `export const config = { project: "test" };
`,
      "resources/a.ts": "",
    },
    exit: 65,
    codes: ["config-invalid"],
    says: [
      "HERE/grafana.config.ts: the configuration has no default export",
      'Add: export default defineConfig({ project: "my-team", resources: ["./dashboards"] });',
    ],
  },
  {
    name: "a setting is misspelled",
    files: {
      "grafana.config.ts": `export default { project: "test", resource: ["./resources"] };
`,
      "resources/a.ts": "",
    },
    exit: 65,
    codes: ["config-invalid"],
    says: [
      "HERE/grafana.config.ts resource: unknown property; did you mean resources?",
      "Settings: project, id, resources, environments, waves, valuesSchema, secrets, alerting, runs, ledgerFolder, lint. Settings of an environment: url, owner, orgId, organization, drift, values, labels, datasources, folders, contactPoints, secrets, token",
    ],
  },
  {
    name: "the project's name has a space",
    files: {
      "grafana.config.ts": `export default { project: "my team", resources: ["./resources"] };
`,
      "resources/a.ts": "",
    },
    exit: 65,
    codes: ["config-invalid"],
    says: [
      "HERE/grafana.config.ts project: must consist of letters and digits, with . _ - in between",
      "Settings: project, id, resources, environments, waves, valuesSchema, secrets, alerting, runs, ledgerFolder, lint. Settings of an environment: url, owner, orgId, organization, drift, values, labels, datasources, folders, contactPoints, secrets, token",
    ],
  },
  {
    name: "the URL of an environment is not valid",
    files: {
      "grafana.config.ts": `export default { project: "test", resources: ["./resources"], environments: { prod: { url: "grafana.example.org" } } };
`,
      "resources/a.ts": "",
    },
    exit: 65,
    codes: ["config-invalid"],
    says: [
      "HERE/grafana.config.ts environments.prod.url: must be a URL such as https://grafana.example.org",
      "Settings: project, id, resources, environments, waves, valuesSchema, secrets, alerting, runs, ledgerFolder, lint. Settings of an environment: url, owner, orgId, organization, drift, values, labels, datasources, folders, contactPoints, secrets, token",
    ],
  },

  // Options
  {
    name: "--env names no environment",
    files: {
      ...PROJECT,
      "grafana.config.ts": `export default { project: "test", resources: ["./resources"], environments: { prod: { url: "https://grafana.example.org" } } };
`,
    },
    args: ["plan", "--env", "production"],
    exit: 64,
    codes: ["config-environment-missing"],
    says: ['HERE/grafana.config.ts has no environment "production"', "Use one of: prod."],
  },
  {
    name: "--only has a plural",
    files: PROJECT,
    args: ["plan", "--only", "dashboards"],
    exit: 64,
    codes: ["option-invalid"],
    says: ['--only: unknown kind "dashboards" in "dashboards"', "Did you mean dashboard?"],
  },
  {
    name: "--only has a misspelled kind",
    files: PROJECT,
    args: ["plan", "--only", "dashbord/team-a"],
    exit: 64,
    codes: ["option-invalid"],
    says: ['--only: unknown kind "dashbord" in "dashbord/team-a"', "Did you mean dashboard/team-a?"],
  },
  {
    name: "--only has the name of a function",
    files: PROJECT,
    args: ["plan", "--only", "contactPoint"],
    exit: 64,
    codes: ["option-invalid"],
    says: ['--only: unknown kind "contactPoint" in "contactPoint"', "Did you mean contact-point?"],
  },
  {
    name: "--only has a list with commas",
    files: PROJECT,
    args: ["plan", "--only", "dashboard,folder"],
    exit: 64,
    codes: ["option-invalid"],
    says: ['--only: "dashboard,folder" is one name', "Separate names with spaces: --only dashboard folder"],
  },
  {
    name: "--only has an id without a kind",
    files: PROJECT,
    args: ["plan", "--only", "team-a"],
    exit: 64,
    codes: ["option-invalid"],
    says: ['--only: unknown kind "team-a" in "team-a"', "Write a kind, or a kind and an id, such as folder/team-a."],
  },
  {
    name: "--only has no id after the slash",
    files: PROJECT,
    args: ["plan", "--only", "dashboard/"],
    exit: 64,
    codes: ["option-invalid"],
    says: [
      '--only: "dashboard/" has no id after the slash',
      "To select all, write dashboard. To select one, write dashboard/ID.",
    ],
  },
  {
    name: "--only has a misspelled id",
    files: PROJECT,
    args: ["plan", "--sandbox", "--only", "folder", "dashboard/tame-a"],
    exit: 64,
    codes: ["option-invalid"],
    says: ["--only dashboard/tame-a: the code has no such resource", "Did you mean dashboard/team-a?"],
  },
  {
    name: "--only has a pattern that selects nothing",
    files: PROJECT,
    args: ["plan", "--sandbox", "--only", "dashboard/x-*"],
    exit: 64,
    codes: ["option-invalid"],
    says: [
      "--only dashboard/x-*: the code has no such resource",
      "Run `npx grafana-provision plan` to see the addresses of all resources.",
    ],
  },
  {
    name: "--adopt has a misspelled id",
    files: PROJECT,
    args: ["plan", "--sandbox", "--adopt", "dashboard/tame-a"],
    exit: 64,
    codes: ["option-invalid"],
    says: ["--adopt dashboard/tame-a: the code has no such resource", "Did you mean dashboard/team-a?"],
  },
  {
    name: "--adopt has no kind",
    files: PROJECT,
    args: ["plan", "--adopt", "team-a"],
    exit: 64,
    codes: ["option-invalid"],
    says: [
      '--adopt: invalid value "team-a": use KIND/ID, such as dashboard/fastapi',
      "Run `npx grafana-provision plan` to see the addresses of all resources.",
    ],
  },
  {
    name: "an option is misspelled",
    files: PROJECT,
    args: ["plan", "--prun"],
    exit: 64,
    codes: [],
    says: ["error: unknown option '--prun'", "(Did you mean --prune?)"],
  },
  {
    name: "a command is misspelled",
    files: PROJECT,
    args: ["aply"],
    exit: 64,
    codes: [],
    says: ["error: unknown command 'aply'", "(Did you mean apply?)"],
  },
  {
    name: "an output format is unknown",
    files: PROJECT,
    args: ["plan", "-o", "yaml"],
    exit: 64,
    codes: [],
    says: [
      "error: option '-o, --output <format>' argument 'yaml' is invalid. Allowed choices are text, json, markdown, html.",
    ],
  },
  {
    name: "a number is not valid",
    files: PROJECT,
    args: ["plan", "--concurrency", "0"],
    exit: 64,
    codes: [],
    says: ["error: option '--concurrency <n>' argument '0' is invalid. must be a whole number of at least 1"],
  },
  {
    name: "--url is not a URL",
    files: PROJECT,
    args: ["plan", "--url", "grafana.example.org"],
    exit: 64,
    codes: ["target-invalid"],
    says: ["--url is not a valid URL: grafana.example.org", "Did you mean https://grafana.example.org?"],
  },
  {
    name: "--url has credentials",
    files: PROJECT,
    args: ["plan", "--url", "https://admin:hunter2@grafana.example.org"],
    hides: "hunter2",
    exit: 64,
    codes: ["credentials-in-url"],
    says: [
      "--url contains a user or a password",
      "URLs are printed and logged. Remove the credentials from it, and set GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD.",
    ],
  },
  {
    name: "--sandbox is combined with --url",
    files: PROJECT,
    args: ["plan", "--sandbox", "--url", "https://grafana.example.org"],
    exit: 64,
    codes: ["target-conflict"],
    says: ["--sandbox can't be combined with --url", "Use only one of them."],
  },
  {
    name: "the file of a saved plan does not exist",
    files: PROJECT,
    args: ["apply", "--sandbox", "plan.json"],
    exit: 64,
    codes: ["plan-missing"],
    says: [
      "Can't read the plan HERE/plan.json (ENOENT)",
      "Create a plan with `npx grafana-provision plan --out HERE/plan.json`, or run `npx grafana-provision apply` without a plan file.",
    ],
  },
  {
    name: "a file is not a saved plan",
    files: { ...PROJECT, "package.json": "{}" },
    args: ["apply", "--sandbox", "package.json"],
    exit: 7,
    codes: ["plan-invalid"],
    says: [
      "The plan HERE/package.json can't be applied: it was not written by `plan --out`",
      "Create a new plan: npx grafana-provision plan --out plan.json",
    ],
  },
  {
    name: "--out is in a directory that does not exist",
    files: PROJECT,
    args: ["plan", "--sandbox", "--out", "missing/plan.json"],
    exit: 64,
    codes: ["file-not-writable"],
    says: ["--out: can't write missing/plan.json (ENOENT)", "Pass the path of a file in an existing directory."],
  },
  {
    name: "--prune is used with code that has no resources",
    files: { "resources/_helper.ts": "export const x = 1;\n" },
    args: ["plan", "--sandbox", "--prune"],
    exit: 64,
    codes: ["deletion-limit-exceeded"],
    says: [
      "grafana.config.ts resources: these directories contain no files, so the code defines no resources",
      "Create a file that exports a resource, such as dashboards/service.ts: export default dashboard({...});",
      "The code has no resources, and --prune would delete everything that this project owns; nothing was changed",
      "Check `resources` in the configuration and the file names: files whose names begin with _ are not loaded. To delete everything, pass --allow-empty.",
    ],
  },
  {
    name: "a run does not exist",
    files: PROJECT,
    args: ["rollback", "--sandbox", "2020"],
    exit: 64,
    codes: ["run-missing"],
    says: [
      "HERE/.grafana-provision/runs has no run 2020",
      "Pass the path of the run's directory if it is stored elsewhere.",
    ],
  },
  {
    name: "init finds files",
    files: PROJECT,
    args: ["init", "."],
    exit: 64,
    codes: ["file-exists"],
    says: [
      "HERE already contains grafana.config.ts; nothing was written",
      "Choose another directory: npx grafana-provision init DIR",
    ],
  },
  {
    name: "a Grafana variable is set, but not GRAFANA_URL",
    files: PROJECT,
    args: ["plan"],
    variables: { GRAFANA_ORG_ID: "2" },
    exit: 64,
    codes: ["target-missing"],
    says: [
      "GRAFANA_ORG_ID is set, but GRAFANA_URL is not set",
      "Set GRAFANA_URL, or pass --sandbox to use the sandbox.",
    ],
  },
];
