import { expect, test } from "vitest";
import { evaluate } from "../../src/import/code/expression.ts";
import { LONG_FILE } from "../../src/import/code/split.ts";
import { formatterFor, wholeText } from "../../src/import/format.ts";
import { loadSdk } from "../../src/import/sdk/sdk.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import type { SourceContext } from "../../src/engine/source.ts";
import { mergedObject } from "../../src/kinds/dashboard/source/plain-object.ts";
import { toJson, type JsonObject } from "../../src/util/json.ts";
import { planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import { imported, resourcesIn } from "./support.ts";

const DASHBOARDS = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards";
const TIMEPICKER = { refresh_intervals: ["5s", "1m"], time_options: ["5m", "1h", "7d"] };

/** A dashboard like those of generated mixins: many equal panels in collapsed rows, and queries without a name. */
function mixin(rows: number): JsonObject {
  const panel = (row: number, index: number): JsonObject => ({
    // Rows that were copied have equal ids.
    id: (row % 3) * 10 + index + 2,
    type: "timeseries",
    title: ["CPU usage", "Memory usage", "Errors", "Latency"][index] ?? "",
    datasource: { type: "prometheus", uid: "$datasource" },
    gridPos: { x: index === 3 ? 12 : index * 6, y: row + 1, w: index === 3 ? 18 : 6, h: 7 },
    options: { dataLinks: [] },
    targets: [
      {
        expr: `sum by (pod) (rate(usage_${index}_total{job="service-${row}"}[$__rate_interval]))`,
        legendFormat: "{{pod}}",
      },
    ],
  });
  const panels = Array.from({ length: rows }, (_, row): JsonObject => ({
    id: (row % 3) * 10 + 1,
    type: "row",
    collapsed: true,
    title: `Service ${row}`,
    gridPos: { x: 0, y: row, w: 24, h: 1 },
    panels: [0, 1, 2, 3].map((index) => panel(row, index)),
  }));
  const variable = { name: "datasource", type: "datasource", query: "prometheus", current: { text: "a", value: "a" } };
  return { title: "Operational", schemaVersion: 42, panels, templating: { list: [variable] }, timepicker: TIMEPICKER };
}

test.runIf(KUBERNETES)("a generated dashboard with queries without a name is written with builders", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("mixin");
  const body = { metadata: { name: uid }, spec: mixin(60) };
  await grafana.other.send({ method: "POST", path: `${DASHBOARDS}?fieldValidation=Ignore`, body });
  const context = await grafana.context(grafana.name("other"));
  const format = await formatterFor(import.meta.dirname);
  const [files, formattedFiles] = [new Map<string, string>(), new Map<string, string>()];
  await imported(context, {
    selected: ({ id }) => id === uid,
    async write(path, text, split) {
      const formatted = await format(`/${path}`, text);
      const parts = formatted.split("\n").length > LONG_FILE ? split?.() : undefined;
      for (const [own, part] of parts ?? [[path, text] as const]) {
        files.set(own, wholeText(part));
        formattedFiles.set(own, await format(`/${own}`, part));
      }
    },
  });
  const texts = [...formattedFiles.values()];
  const all = texts.join("\n");
  expect(all).toContain("new DashboardBuilder(");
  expect(all).not.toContain("time_options");
  expect(all).not.toContain("without(");
  expect(Math.max(...texts.map((text) => text.split("\n").length))).toBeLessThan(LONG_FILE);
  expect(all.split("\n").length).toBeLessThan(JSON.stringify(mixin(60), null, 2).split("\n").length / 3);
  const { plan } = await planFor(context, resourcesIn(files), { adopt: { ...NOTHING, all: true } });
  expect(plan.changes.map(({ id }) => id)).toEqual([uid]);
  expect(plan.changes.flatMap(({ differences }) => differences)).toEqual([]);
});

test.each(["dashboard", "dashboardv2"])(
  "an object that builders of %s can't build is merged into one of them",
  async (module) => {
    const model = { title: "T", timepicker: TIMEPICKER, links: "none", panels: [{ type: 1 }], annotations: {} };
    const context = {
      sdk: await loadSdk(),
      own: (name: string, value: unknown) => ({ type: "imported", from: "grafana-provision", name, value }),
    } as unknown as SourceContext;
    const expression = mergedObject(model, `${module}.DashboardBuilder`, () => undefined, context);
    expect(toJson((evaluate(expression) as { build(): unknown }).build())).toEqual(model);
  },
);
