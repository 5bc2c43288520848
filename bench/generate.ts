import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** The file format of generated dashboards. */
export type Format = "ts" | "json";

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
  return join(directory, "dashboards", `d${index}.${format}`);
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
  await writeFile(file, format === "json" ? JSON.stringify(model(prefix, index, note)) : source(prefix, index, note));
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
