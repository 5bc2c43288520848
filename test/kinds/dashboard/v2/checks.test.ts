import * as dashboardv2 from "@grafana/grafana-foundation-sdk/dashboardv2";
import * as prometheusQuery from "@grafana/grafana-foundation-sdk/prometheus";
import { describe, expect, test } from "vitest";
import { desire } from "../../../../src/code/desired.ts";
import { bodyToSend } from "../../../../src/kinds/dashboard/model-to-send.ts";
import { toV2, toV2beta1 } from "../../../../src/kinds/dashboard/v2/shapes.ts";
import { kinds } from "../../../../src/kinds/index.ts";
import { dashboard, datasource, existing, libraryPanel, type DashboardV2 } from "../../../../src/index.ts";
import type { JsonObject } from "../../../../src/util/json.ts";
import { element, grid, spec } from "../../../helpers/schema-v2.ts";
import { at } from "./boards.ts";

const prometheus = datasource({ uid: "prom", name: "Prometheus", type: "prometheus", url: "http://prometheus:9090" });

function faultsOf(...resources: readonly { kind: string }[]) {
  const loaded = resources.map((value, index) => ({
    kind: value.kind,
    value,
    source: { file: "test.ts", export: `default[${index}]` },
  }));
  const { faults, desired } = desire(loaded, kinds, "test");
  return { faults: faults.map(({ code, path, level }) => ({ code, path, level })), messages: faults, desired };
}

function v2(content: JsonObject): DashboardV2 {
  return dashboard({ uid: "v2", spec: content as never });
}

/** A panel with a query that names this datasource. */
function querying(id: number, name: unknown): JsonObject {
  const one = element(id, `Panel ${id}`);
  Object.assign(at(one, "spec", "data", "spec", "queries", 0, "spec", "query"), { datasource: name as never });
  return one;
}

describe("faults in a dashboard in schema v2", () => {
  test("a layout that shows an element that does not exist", () => {
    const { faults, messages } = faultsOf(v2(spec("A", { latency: element(1, "A") }, grid("latency", "latncy"))));
    expect(faults).toEqual([
      { code: "code-element-missing", path: "spec.layout.spec.items[1].spec.element", level: "error" },
    ]);
    expect(messages[0]?.message).toContain('did you mean "latency"?');
  });

  test("an element that no layout shows", () => {
    expect(faultsOf(v2(spec("A", { a: element(1, "A"), b: element(2, "B") }, grid("a")))).faults).toEqual([
      { code: "code-element-unused", path: "spec.elements.b", level: "error" },
    ]);
  });

  test("an element that the layout shows twice, as after two builders with the same name", () => {
    const built = new dashboardv2.DashboardBuilder("A")
      .element("a", new dashboardv2.PanelBuilder().title("A").visualization(viz("timeseries")))
      .element("a", new dashboardv2.PanelBuilder().title("B").visualization(viz("stat")))
      .layout(dashboardv2.autoGrid().withItem("a").withItem("a"));
    expect(faultsOf(dashboard({ spec: built })).faults).toEqual([
      { code: "code-element-duplicate", path: "spec.layout.spec.items[1].spec.element", level: "error" },
    ]);
  });

  test("two elements with the same panel id", () => {
    expect(faultsOf(v2(spec("A", { a: element(1, "A"), b: element(1, "B") }, grid("a", "b")))).faults).toEqual([
      { code: "code-panel-id-duplicate", path: "spec.elements.b.spec.id", level: "error" },
    ]);
  });

  test.each([
    ["a datasource", prometheus],
    ["a reference of the classic schema", prometheus.ref],
    ["a text", "prom"],
  ])("%s instead of a reference of schema v2", (_what, name) => {
    const { faults, messages } = faultsOf(v2(spec("A", { a: querying(1, name) }, grid("a"))), prometheus);
    expect(faults).toEqual([
      {
        code: "code-property-invalid",
        path: "spec.elements.a.spec.data.spec.queries[0].spec.query.datasource",
        level: "error",
      },
    ]);
    expect(messages[0]?.message).toContain("refV2");
  });

  test("a variable instead of its name", () => {
    const repeated = { mode: "variable", value: { kind: "CustomVariable", spec: { name: "env" } } };
    const layout = grid("a");
    Object.assign(at(layout, "spec", "items", 0, "spec"), { repeat: repeated });
    expect(faultsOf(v2(spec("A", { a: element(1, "A") }, layout))).faults).toEqual([
      { code: "code-property-invalid", path: "spec.layout.spec.items[0].spec.repeat", level: "error" },
    ]);
  });

  test("an unknown layout, a panel without a type, and a missing title", () => {
    const content = spec("", { a: element(1, "A") }, { kind: "Grid", spec: {} });
    Object.assign(at(content, "elements", "a", "spec", "vizConfig"), { group: "" });
    expect(faultsOf(v2(content)).faults.map(({ path }) => path)).toEqual([
      "spec.title",
      "spec.elements.a.spec.vizConfig.group",
      "spec.layout.kind",
    ]);
  });

  test("a datasource and a library panel that nothing defines", () => {
    const shown = {
      kind: "LibraryPanel",
      spec: { id: 2, title: "", libraryPanel: { kind: "library-panel", uid: "gone", name: "Gone" } },
    };
    const content = spec("A", { a: querying(1, { name: "loki" }), b: shown }, grid("a", "b"));
    expect(faultsOf(v2(content)).faults).toEqual([
      {
        code: "code-reference-missing",
        path: "spec.elements.a.spec.data.spec.queries[0].spec.query.datasource",
        level: "error",
      },
      { code: "code-reference-missing", path: "spec.elements.b.spec.libraryPanel", level: "error" },
    ]);
  });
});

const viz = (group: string) => new dashboardv2.VizConfigKindBuilder().group(group);

describe("references of a dashboard in schema v2", () => {
  test("are datasources in queries, variables and annotations, and library panels, but no built-in ones and no variables", () => {
    const latency = libraryPanel({
      uid: "latency",
      name: "Latency",
      model: { type: "stat", title: "Latency" },
    });
    const content = spec(
      "A",
      {
        a: querying(1, prometheus.refV2),
        b: querying(2, { name: "${ds}" }),
        c: querying(3, { name: "-- Mixed --" }),
        d: { kind: "LibraryPanel", spec: { id: 4, title: "D", libraryPanel: latency as never } },
      },
      grid("a", "b", "c", "d"),
    );
    content["variables"] = [
      {
        kind: "AdhocVariable",
        group: "loki",
        datasource: existing.datasource("loki").refV2 as never,
        spec: { name: "filter" },
      },
    ];
    content["annotations"] = [
      {
        kind: "AnnotationQuery",
        spec: {
          name: "Deploys",
          query: { kind: "DataQuery", group: "tempo", datasource: { name: "tempo" }, spec: {} },
        },
      },
    ];
    const tempo = datasource({ uid: "tempo", name: "Tempo", type: "tempo" });
    const { faults, desired } = faultsOf(v2(content), prometheus, tempo, latency);
    expect(faults).toEqual([]);
    const [own] = desired;
    expect(own?.references.map(({ kind, id, existing: known }) => [kind, id, known])).toEqual([
      ["datasource", "tempo", false],
      ["datasource", "prom", false],
      ["datasource", "loki", true],
      ["library-panel", "latency", false],
    ]);
    const sent = bodyToSend(own?.resource as DashboardV2, undefined);
    expect(at(sent, "elements", "d", "spec")).toEqual({
      id: 4,
      title: "D",
      libraryPanel: { name: "Latency", uid: "latency" },
    });
  });
});

describe("the spec that is sent", () => {
  test("has panel ids for elements without one, from their names or the next free ones", () => {
    const elements = { "panel-7": element(0, "A"), first: element(0, "B"), other: element(3, "C") };
    const content = spec("A", elements, grid("panel-7", "first", "other"));
    const ids = (live?: JsonObject) => {
      const found = live
        ? ({ complete: true, object: { stored: { apiVersion: "", spec: live } }, tag: "" } as never)
        : undefined;
      return Object.entries(at(bodyToSend(v2(content), found), "elements")).map(([, one]) => at(one, "spec")["id"]);
    };
    expect(ids()).toEqual([7, 8, 3]);
    expect(ids(spec("A", { first: element(5, "B"), gone: element(20, "C") }, grid()))).toEqual([7, 5, 3]);
  });

  test("of the SDK's builders for v2 is that of its builders for v2beta1", () => {
    const query = new prometheusQuery.QueryV2Builder().expr("up").datasource(prometheus.refV2);
    const built = new dashboardv2.DashboardBuilder("A")
      .element(
        "a",
        new dashboardv2.PanelBuilder()
          .title("A")
          .visualization(viz("table"))
          .data(
            new dashboardv2.QueryGroupBuilder()
              .target(new dashboardv2.TargetBuilder().refId("A").query(query))
              .transformation(new dashboardv2.TransformationBuilder().group("limit").options({ limitField: 3 })),
          ),
      )
      .layout(dashboardv2.autoGrid().withItem("a"));
    const resource = dashboard({ spec: built });
    expect(faultsOf(resource, prometheus).faults).toEqual([]);
    const sent = bodyToSend(resource, undefined);
    expect(at(sent, "elements", "a", "spec", "data", "spec", "transformations")).toEqual([
      { kind: "limit", spec: { id: "limit", options: { limitField: 3 } } },
    ]);
    expect(at(toV2(sent), "elements", "a", "spec", "data", "spec", "transformations")).toEqual([
      { kind: "Transformation", group: "limit", spec: { options: { limitField: 3 } } },
    ]);
    expect(toV2beta1(toV2(sent))).toEqual(sent);
  });
});
