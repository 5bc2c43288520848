import { make } from "../engine/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { promqlQuery } from "../helpers/schema-v2.ts";
import { api, config } from "./support.ts";

export const VARIABLES = { GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" };

export const RULES = `import { contactPoint, existing, notificationPolicy, ruleGroup } from "grafana-provision";
const query = { refId: "A", datasource: existing.datasource("prometheus", "prometheus"), relativeTimeRange: { from: 60, to: 0 }, model: { expr: "up", datasource: { type: "prometheus", uid: "prometheus" } } };
const condition = { refId: "C", datasourceUid: "__expr__", model: { type: "threshold", expression: "A", conditions: [{ evaluator: { type: "gt", params: [1] } }] } } as const;
export const group = ruleGroup({
  folder: existing.folder("platform"),
  title: "critical",
  interval: 60,
  rules: [{ title: "Down", condition: "C", data: [query, condition], notification_settings: { receiver: existing.contactPoint("on-call") } }],
});
export const own = contactPoint({ name: "own", integrations: [{ type: "email", settings: { addresses: "a@example.org" } }] });
export const policy = notificationPolicy({
  receiver: own,
  routes: [{ receiver: existing.contactPoint("on-call"), object_matchers: [["severity", "=", "critical"]] }],
});
`;

export const CODE = api(`
const prometheus = existing.datasource("prometheus", "prometheus");
export const code = dashboard({
  uid: "code",
  folder: existing.folder("platform"),
  spec: {
    title: "Code",
    panels: [{ id: 1, type: "stat", title: "Up", gridPos: { x: 0, y: 0, w: 6, h: 4 }, datasource: prometheus.ref, targets: [{ refId: "A", expr: "up", datasource: prometheus.ref }] }],
    templating: { list: [{ type: "query", name: "job", query: "label_values(job)", datasource: prometheus.ref }] },
    annotations: { list: [{ name: "Deploys", datasource: prometheus.ref, enable: true, iconColor: "red" }] },
  },
});`);

export const CLASSIC = {
  uid: "classic",
  title: "Classic",
  panels: [
    {
      id: 1,
      type: "timeseries",
      title: "Requests",
      gridPos: { x: 0, y: 0, w: 12, h: 8 },
      datasource: { type: "prometheus", uid: "prometheus" },
      targets: [{ refId: "A", expr: "up", datasource: { type: "prometheus", uid: "prometheus" } }],
    },
  ],
  templating: {
    list: [
      { type: "datasource", name: "ds", query: "prometheus", current: { text: "prometheus", value: "prometheus" } },
      { type: "query", name: "job", query: "label_values(job)", datasource: { type: "prometheus", uid: "prometheus" } },
    ],
  },
  annotations: { list: [{ name: "Deploys", datasource: { uid: "prometheus" }, enable: true, iconColor: "red" }] },
};

const EXPORTED = {
  uid: "exported",
  title: "Exported",
  __inputs: [{ name: "DS_LOGS", type: "datasource", pluginId: "loki", label: "Logs" }],
  panels: [
    {
      id: 1,
      type: "logs",
      title: "Logs",
      gridPos: { x: 0, y: 0, w: 12, h: 8 },
      datasource: { type: "loki", uid: "${DS_LOGS}" },
      targets: [{ refId: "A", expr: "{}", datasource: { type: "loki", uid: "${DS_LOGS}" } }],
    },
  ],
};

const V2 = {
  apiVersion: "dashboard.grafana.app/v2beta1",
  kind: "Dashboard",
  metadata: { name: "v2" },
  spec: {
    title: "V2",
    elements: {
      "panel-1": {
        kind: "Panel",
        spec: {
          id: 1,
          title: "Up",
          data: {
            kind: "QueryGroup",
            spec: {
              queries: [promqlQuery("up", { name: "prometheus" })],
              transformations: [],
              queryOptions: {},
            },
          },
          vizConfig: {
            kind: "VizConfig",
            group: "stat",
            version: "",
            spec: { options: {}, fieldConfig: { defaults: {}, overrides: [] } },
          },
        },
      },
    },
    layout: {
      kind: "GridLayout",
      spec: {
        items: [
          {
            kind: "GridLayoutItem",
            spec: { x: 0, y: 0, width: 6, height: 4, element: { kind: "ElementReference", name: "panel-1" } },
          },
        ],
      },
    },
  },
};

/** A Grafana with a Prometheus, a Loki, a folder and a contact point of its own. */
export async function furnished(suffix: string): Promise<TestGrafana> {
  const grafana = await testGrafana();
  const post = (path: string, body: object) => grafana.other.send({ method: "POST", path, body });
  const at = { access: "proxy", url: "http://localhost:9090" };
  await post("/api/datasources", { uid: `mimir-${suffix}`, name: `Metrics ${suffix}`, type: "prometheus", ...at });
  await post("/api/datasources", { uid: `loki-${suffix}`, name: "Logs", type: "loki", ...at });
  await make(grafana, "folder", `folder-${suffix}`, { spec: { title: `Platform ${suffix}` } });
  const settings = { addresses: "on-call@example.org" };
  await post("/api/v1/provisioning/contact-points", { name: `team-${suffix}`, type: "email", settings });
  return grafana;
}

export function environment({ url }: { readonly url: string }, suffix: string, more = ""): string {
  return `${suffix}: { url: "${url}", owner: "test-${suffix}",
    datasources: { prometheus: "mimir-${suffix}", DS_LOGS: { name: "Logs", type: "loki" } },
    folders: { platform: { name: "Platform ${suffix}" } },
    contactPoints: { "on-call": "team-${suffix}" }, ${more} }`;
}

export async function projectFor(environments: readonly string[]): Promise<TestProject> {
  return testProject({
    "grafana.config.ts": config(`{ ${environments.join(", ")} }`),
    "resources/code.ts": CODE,
    "resources/rules.ts": RULES,
    "resources/classic.json": JSON.stringify(CLASSIC, null, 2),
    "resources/exported.json": JSON.stringify(EXPORTED),
    ...(MARKS ? { "resources/v2.json": JSON.stringify(V2) } : {}),
  });
}
