import { describe, expect, test } from "vitest";
import { datasource } from "../../src/index.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import { element, grid, makeInV2, spec } from "../helpers/schema-v2.ts";
import { BOARDS } from "../kinds/dashboard/v2/boards.ts";
import { DYNAMIC } from "../kinds/dashboard/v2/dynamic.ts";
import { imported } from "./support.ts";

/** The code of dashboards that are stored in schema v2, which makes no difference. */
async function codeOf(contents: readonly JsonObject[]): Promise<string> {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const uids = contents.map((_, index) => grafana.name(`v2-${index}`));
  for (const [index, content] of contents.entries()) await makeInV2(grafana, uids[index] ?? "", content);
  const other = await grafana.context(grafana.name("other"));
  const { files, resources, left } = await imported(other, { selected: ({ id }) => uids.includes(id) });
  expect(left).toEqual([]);
  const { plan } = await planFor(context, resources, { adopt: { ...NOTHING, all: true } });
  expect(plan.changes.filter(({ kind }) => kind === "dashboard")).toHaveLength(contents.length);
  expect(plan.changes.flatMap(({ id, differences }) => differences.map(({ path }) => `${id} ${path}`))).toEqual([]);
  return [...files].flatMap(([path, text]) => (path.startsWith("dashboards/") ? [text] : [])).join("\n");
}

describe.runIf(KUBERNETES)("a dashboard in schema v2", () => {
  test("with rows, tabs, repeats and conditions is written with the SDK's builders", async () => {
    const code = await codeOf([...BOARDS.map((board) => board.spec), ...DYNAMIC]);
    expect(code).toContain("@grafana/grafana-foundation-sdk/dashboardv2");
    expect(code).not.toMatch(/\bspec: \{ \w+: .*elements: \{/);
    expect(code.match(/new DashboardBuilder\(/g)).toHaveLength(BOARDS.length + DYNAMIC.length);
  });

  test("keeps what builders can't build, and queries of datasources that the SDK does not know", async () => {
    const panel = element(1, "Traces");
    const unknown = structuredClone(panel);
    Object.assign(unknown["spec"] as JsonObject, {
      vizConfig: {
        kind: "VizConfig",
        group: "acme-panel",
        version: "1.2.3",
        spec: { options: { color: "red", frames: [{ a: 1 }] }, fieldConfig: { defaults: {}, overrides: [] } },
      },
    });
    const queries = [{ group: "jaeger", spec: { service: "shop", limit: 20 } }].map(({ group, spec: query }) => ({
      kind: "PanelQuery",
      spec: { refId: "A", hidden: false, query: { kind: "DataQuery", group, version: "v0", spec: query } },
    }));
    Object.assign(panel["spec"] as JsonObject, {
      data: { kind: "QueryGroup", spec: { queries, transformations: [], queryOptions: { maxDataPoints: 7 } } },
    });
    const elements = { "panel-1": panel, other: { ...unknown, spec: { ...(unknown["spec"] as JsonObject), id: 2 } } };
    const code = await codeOf([spec("Other plugins", elements, grid("panel-1", "other"))]);
    expect(code).toMatch(/fromObject\(\{ (kind: "DataQuery", )?group: "jaeger"/);
    expect(code).toContain("acme-panel");
    expect(code).toContain('placed("panel-1", { x: 0, y: 0, width: 12, height: 8 })');
  });

  test("names the datasource by its constant", async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const source = datasource({
      uid: grafana.name("prom"),
      name: grafana.name("Prom"),
      type: "prometheus",
      url: "http://p",
    });
    await converge(context, [source]);
    const panel = element(1, "Up");
    const query = {
      kind: "DataQuery",
      group: "prometheus",
      version: "v0",
      datasource: { name: source.uid },
      spec: { expr: "up" },
    };
    Object.assign(panel["spec"] as JsonObject, {
      data: {
        kind: "QueryGroup",
        spec: {
          queries: [{ kind: "PanelQuery", spec: { refId: "A", hidden: false, query } }],
          transformations: [],
          queryOptions: {},
        },
      },
    });
    const uid = grafana.name("board");
    await makeInV2(grafana, uid, spec("Board", { "panel-1": panel }, grid("panel-1")));
    const { files, resources } = await imported(context, { selected: ({ id }) => id === uid || id === source.uid });
    expect([...files.values()].join("\n")).toContain(".refV2)");
    const { plan } = await planFor(context, resources, { adopt: { ...NOTHING, all: true } });
    expect(plan.changes.flatMap(({ differences }) => differences)).toEqual([]);
  });
});
