import { DashboardBuilder, QueryVariableBuilder, RowBuilder } from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dashboard, datasource } from "../../src/index.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, runs, timeShare } from "../helpers/seed.ts";
import { stored } from "../engine/support.ts";

/** A panel as a user sees it. Its place in the list is its place on the screen. */
interface PanelSketch {
  readonly title: string;
  readonly type: "timeseries" | "stat" | "row";
  readonly unit: string;
  readonly expr: string;
}

const title = fc
  .string({ minLength: 1, maxLength: 12, unit: fc.constantFrom("a", "b", "c", "X", "Y", " ", "0", "%", "é") })
  .filter((text) => text.trim() !== "");
const panel: fc.Arbitrary<PanelSketch> = fc.record({
  title,
  type: fc.constantFrom("timeseries", "stat", "row"),
  unit: fc.constantFrom("s", "bytes", "percentunit"),
  expr: fc.constantFrom("up", "rate(http_requests_total[5m])", 'sum by (job) (up{job=~"$job"})'),
});
/** Titles are unique, because panels with the same title and type can't be distinguished. */
const panels = fc.uniqueArray(panel, { minLength: 2, maxLength: 8, selector: ({ title, type }) => `${type} ${title}` });

const RUNS = { numRuns: runs(MARKS ? 15 : 8) };

describe("SDK dashboards", GENERATED, () => {
  test("an inserted, removed or moved panel is one change, and all other panels keep their ids", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("property"));
    const prometheus = datasource({
      uid: grafana.name("prom"),
      name: grafana.name("Prometheus"),
      type: "prometheus",
      url: "http://127.0.0.1:9090",
    });
    const uid = grafana.name("dash");

    const build = (sketches: readonly PanelSketch[]) => [
      prometheus,
      dashboard({ uid, spec: modelOf(sketches, prometheus.ref) }),
    ];
    const ids = async (): Promise<Map<string, number>> => {
      const { spec } = await stored(grafana, "dashboard", uid);
      const panels = spec["panels"] as { id: number; type: string; title: string }[];
      return new Map(panels.map((one) => [`${one.type} ${one.title}`, one.id]));
    };

    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(panels, panel, fc.nat(), fc.nat(), async (list, extra, from, to) => {
        if (isOver()) return;
        fc.pre(!list.some((one) => nameOf(one) === nameOf(extra)));
        await converge(context, build(list));
        const first = await ids();

        const inserted = list.toSpliced(from % (list.length + 1), 0, extra);
        expect(await changedPanels(context, build(inserted)), "an insert").toEqual([`added ${nameOf(extra)}`]);
        await converge(context, build(inserted));
        const second = await ids();
        for (const [name, id] of first) expect(second.get(name), name).toBe(id);

        const index = to % inserted.length;
        const [gone] = inserted.slice(index, index + 1);
        const shorter = inserted.toSpliced(index, 1);
        expect(await changedPanels(context, build(shorter)), "a removal").toEqual([
          `removed ${gone ? nameOf(gone) : ""}`,
        ]);
        await converge(context, build(shorter));

        const third = await ids();
        const moved = shorter.toSorted((a, b) => (a.title < b.title ? -1 : 1));
        expect(await changedPanels(context, build(moved)), "a move").toEqual([]);
        await converge(context, build(moved));
        expect(await ids()).toEqual(third);
      }),
      RUNS,
    );
  });

  test("any dashboard that the builders create is applied, and the next plan is empty", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("property"));
    const prometheus = datasource({
      uid: grafana.name("prom"),
      name: grafana.name("Prometheus"),
      type: "prometheus",
      url: "http://127.0.0.1:9090",
    });
    let count = 0;
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(fc.array(panel, { maxLength: 10 }), title, fc.boolean(), async (list, name, editable) => {
        if (isOver()) return;
        const builder = builderOf(list, prometheus.ref).title(name);
        const spec = editable ? builder.editable() : builder.readonly();
        const { outcomes } = await converge(context, [
          prometheus,
          dashboard({ uid: grafana.name(`d${count++}`), spec }),
        ]);
        expect(outcomes.map(({ change }) => change.kind)).toContain("dashboard");
      }),
      RUNS,
    );
  });
});

function nameOf({ title, type }: PanelSketch): string {
  return `${type === "row" ? "row" : "panel"} "${title}"`;
}

/** Panels that a plan adds, removes or changes in anything other than their position. */
async function changedPanels(context: Parameters<typeof planFor>[0], resources: { kind: string }[]): Promise<string[]> {
  const { plan } = await planFor(context, resources);
  const differences = plan.changes
    .flatMap((change) => change.differences)
    .filter(({ path }) => !path.includes("gridPos"));
  // Panels with the same title are shown with their ids.
  return differences.map(({ type, labels }) => `${type} ${labels.join(" ").replace(/ \(id \d+\)/, "")}`);
}

function modelOf(sketches: readonly PanelSketch[], ref: { type?: string; uid: string }) {
  return builderOf(sketches, ref).build();
}

function builderOf(sketches: readonly PanelSketch[], ref: { type?: string; uid: string }): DashboardBuilder {
  const builder = new DashboardBuilder("Property")
    .tags(["property"])
    .withVariable(
      new QueryVariableBuilder("job").query("label_values(up, job)").datasource(ref).multi(true).includeAll(true),
    );
  for (const { title, type, unit, expr } of sketches) {
    if (type === "row") {
      builder.withRow(new RowBuilder(title));
      continue;
    }
    const one = type === "stat" ? new StatBuilder() : new TimeseriesBuilder();
    builder.withPanel(one.title(title).unit(unit).datasource(ref).withTarget(new DataqueryBuilder().expr(expr)));
  }
  return builder;
}
