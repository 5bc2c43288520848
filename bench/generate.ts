import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The format of generated dashboards: the file format, or `v2` for JSON in schema v2. */
export type Format = "ts" | "json" | "v2";

/** The file extension of a format. */
export function extensionOf(format: Format): string {
  return format === "ts" ? "ts" : "json";
}

const PANELS = 20;

/** A dashboard in the form of Grafana's export. */
export function model(prefix: string, index: number, note = ""): Record<string, unknown> {
  return {
    uid: `${prefix}-${index}`,
    title: `${prefix} ${index}${note}`,
    schemaVersion: 42,
    tags: ["bench"],
    time: { from: "now-6h", to: "now" },
    panels: Array.from({ length: PANELS }, (_, panel) => ({
      id: panel + 1,
      type: "timeseries",
      title: `Requests of service ${panel}`,
      description: "Requests a second by path and status",
      datasource: { type: "prometheus", uid: `${prefix}-prometheus` },
      gridPos: { h: 8, w: 12, x: (panel % 2) * 12, y: Math.floor(panel / 2) * 8 },
      fieldConfig: { defaults: { unit: "reqps", custom: { lineWidth: 1, fillOpacity: 10 } }, overrides: [] },
      options: { legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] } },
      targets: [{ refId: "A", expr: expression(panel), legendFormat: "{{path}} {{status}}" }],
    })),
  };
}

/** The same dashboard as a manifest in schema v2. */
export function manifestV2(prefix: string, index: number, note = ""): Readonly<Record<string, unknown>> {
  const elements = Array.from({ length: PANELS }, (_, panel) => {
    const query = {
      kind: "DataQuery",
      group: "prometheus",
      version: "v0",
      datasource: { name: `${prefix}-prometheus` },
      spec: { expr: expression(panel), legendFormat: "{{path}} {{status}}" },
    };
    const queries = [{ kind: "PanelQuery", spec: { query, refId: "A", hidden: false } }];
    const vizConfig = {
      kind: "VizConfig",
      group: "timeseries",
      version: "12.4.0",
      spec: {
        fieldConfig: { defaults: { unit: "reqps", custom: { lineWidth: 1, fillOpacity: 10 } }, overrides: [] },
        options: { legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] } },
      },
    };
    const spec = {
      id: panel + 1,
      title: `Requests of service ${panel}`,
      description: "Requests a second by path and status",
      links: [],
      data: { kind: "QueryGroup", spec: { queries, transformations: [], queryOptions: {} } },
      vizConfig,
    };
    return [`panel-${panel + 1}`, { kind: "Panel", spec }] as const;
  });
  const items = elements.map(([name], panel) => ({
    kind: "GridLayoutItem",
    spec: {
      x: (panel % 2) * 12,
      y: Math.floor(panel / 2) * 8,
      width: 12,
      height: 8,
      element: { kind: "ElementReference", name },
    },
  }));
  const spec = {
    title: `${prefix} ${index}${note}`,
    tags: ["bench"],
    elements: Object.fromEntries(elements),
    layout: { kind: "GridLayout", spec: { items } },
    timeSettings: { from: "now-6h", to: "now", autoRefresh: "", hideTimepicker: false, fiscalYearStartMonth: 0 },
    annotations: [],
    cursorSync: "Off",
    editable: true,
    links: [],
    preload: false,
    variables: [],
  };
  return {
    apiVersion: "dashboard.grafana.app/v2beta1",
    kind: "Dashboard",
    metadata: { name: `${prefix}-${index}` },
    spec,
  };
}

function expression(panel: number): string {
  return `sum by (path, status) (rate(http_requests_total{service="service-${panel}"}[$__rate_interval]))`;
}

/** Writes a project with a datasource and this number of dashboards. */
export async function generate(directory: string, prefix: string, count: number, format: Format): Promise<void> {
  const dashboards = join(directory, "dashboards");
  await mkdir(dashboards, { recursive: true });
  const config = `export default { project: "${prefix}", resources: ["./dashboards", "./datasource.ts"] };\n`;
  await writeFile(join(directory, "grafana.config.ts"), config);
  await writeFile(join(directory, "package.json"), '{ "type": "module" }\n');
  const fields = `{ kind: "datasource", uid: "${prefix}-prometheus", name: "${prefix}", type: "prometheus", url: "http://127.0.0.1:9090" }`;
  await writeFile(join(directory, "datasource.ts"), `export default ${fields};\n`);
  for (let index = 0; index < count; index++) await writeDashboard(directory, prefix, index, format);
}

export function dashboardFile(directory: string, index: number, format: Format): string {
  return join(directory, "dashboards", `d${index}.${extensionOf(format)}`);
}

/** Rewrites a dashboard. A different `note` changes it. */
export async function writeDashboard(
  directory: string,
  prefix: string,
  index: number,
  format: Format,
  note = "",
): Promise<void> {
  const file = dashboardFile(directory, index, format);
  await writeFile(file, textOf(prefix, index, format, note));
}

function textOf(prefix: string, index: number, format: Format, note: string): string {
  if (format === "ts") return source(prefix, index, note);
  return JSON.stringify((format === "v2" ? manifestV2 : model)(prefix, index, note));
}

function source(prefix: string, index: number, note: string): string {
  return `import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

const builder = new DashboardBuilder("${prefix} ${index}${note}").uid("${prefix}-${index}").tags(["bench"]);
for (let panel = 0; panel < ${PANELS}; panel++) {
  builder.withPanel(
    new PanelBuilder()
      .title("Requests of service " + panel)
      .description("Requests a second by path and status")
      .unit("reqps")
      .datasource({ type: "prometheus", uid: "${prefix}-prometheus" })
      .withTarget(
        new DataqueryBuilder()
          .refId("A")
          .expr('sum by (path, status) (rate(http_requests_total{service="service-' + panel + '"}[$__rate_interval]))')
          .legendFormat("{{path}} {{status}}"),
      ),
  );
}
export default builder;
`;
}
