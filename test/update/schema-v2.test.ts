import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Report } from "../../src/index.ts";
import type { JsonObject } from "../../src/util/json.ts";
import { stringify } from "yaml";
import { typeErrors } from "../environments/support.ts";
import { testProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";
import { element, grid, row, rows, saveInV2, spec } from "../helpers/schema-v2.ts";

/** The code of a dashboard with the elements `cpu`, `memory` and `disk`. */
function board(layout: string): (uid: string) => string {
  return (
    uid,
  ) => `import { autoGrid, DashboardBuilder, grid, gridItem, PanelBuilder, QueryGroupBuilder, row, rows, TargetBuilder } from "@grafana/grafana-foundation-sdk/dashboardv2";
import { QueryV2Builder } from "@grafana/grafana-foundation-sdk/prometheus";
import { VisualizationV2Builder } from "@grafana/grafana-foundation-sdk/timeseries";
import { dashboard${layout.includes("placed(") ? ", placed" : ""} } from "grafana-provision";

void [autoGrid, grid, gridItem, row, rows];

const panel = (title: string, expr: string) =>
  new PanelBuilder()
    .title(title)
    .data(new QueryGroupBuilder().target(new TargetBuilder().refId("A").query(new QueryV2Builder().expr(expr))))
    .visualization(new VisualizationV2Builder());

// All panels of a host.
export default dashboard({
  uid: "${uid}",
  spec: new DashboardBuilder("Host")
    .element("cpu", panel("CPU", "cpu_seconds_total"))
    .element("memory", panel("Memory", "memory_bytes")) // in bytes
    .element("disk", panel("Disk", "disk_bytes"))
    .layout(
      ${layout},
    ),
});
`;
}

const ELEMENTS = { cpu: element(1, "CPU"), memory: element(2, "Memory"), disk: element(3, "Disk") };
const CONTENT = spec("Host", ELEMENTS, grid("cpu", "memory", "disk"));
const IN_ROWS = spec("Host", ELEMENTS, rows(row("First", grid("cpu")), row("Second", grid("memory", "disk"))));
const manifest = (uid: string, content: JsonObject) => ({
  apiVersion: "dashboard.grafana.app/v2beta1",
  kind: "Dashboard",
  metadata: { name: uid },
  spec: content,
});

/** The items of the last grid. */
function lastItems({ layout }: JsonObject): JsonObject[] {
  const { spec: content } = layout as { spec: { items?: JsonObject[]; rows?: { spec: JsonObject }[] } };
  return content.items ?? lastItems(content.rows?.at(-1)?.spec ?? {});
}

function nameOf(item: JsonObject): string {
  return (item["spec"] as { element: { name: string } }).element.name;
}

/** Adds a panel at the end of the last grid. */
function add(content: JsonObject): void {
  const items = lastItems(content);
  (content["elements"] as JsonObject)["panel-9"] = element(9, "Network");
  const [last] = items.slice(-1) as { spec: { y?: number; height?: number } }[];
  if (!last) throw new Error("the layout is empty");
  const place = last.spec.y === undefined ? {} : { y: last.spec.y + (last.spec.height ?? 0) };
  const item = structuredClone(last) as { spec: { element: { name: string } } };
  Object.assign(item.spec, place, { element: { kind: "ElementReference", name: "panel-9" } });
  items.push(item);
}

/** Removes the last panel. */
function remove(content: JsonObject): void {
  const [item] = lastItems(content).splice(-1);
  if (item) delete (content["elements"] as JsonObject)[nameOf(item)];
}

const STYLES: readonly [string, string, (uid: string) => string, readonly string[]][] = [
  [
    "calls of placed()",
    "board.ts",
    board(`grid()
        .item(placed("cpu", { x: 0, y: 0, width: 12, height: 8 }))
        .item(placed("memory", { x: 12, y: 0, width: 12, height: 8 }))
        .item(placed("disk", { x: 0, y: 8, width: 12, height: 8 }))`),
    ['.item(placed("panel-9", { x: 0, y: 16, width: 12, height: 8 }))'],
  ],
  [
    "builders of items in rows",
    "board.ts",
    board(`rows()
        .row(row("First").layout(grid().item(gridItem("cpu").x(0).y(0).width(12).height(8))))
        .row(
          row("Second").layout(
            grid()
              .item(gridItem("memory").x(0).y(0).width(12).height(8))
              .item(gridItem("disk").x(12).y(0).width(12).height(8)),
          ),
        )`),
    ['.item(gridItem("panel-9").x(12).y(8).width(12).height(8))'],
  ],
  [
    "an auto grid",
    "board.ts",
    board(`autoGrid().withItem("cpu").withItem("memory").withItem("disk")`),
    ['.withItem("disk").withItem("panel-9")'],
  ],
  [
    "an object",
    "board.ts",
    (uid) => `import { dashboard } from "grafana-provision";

export default dashboard({ schema: "v2", uid: "${uid}", spec: ${JSON.stringify(CONTENT, null, 2)} });
`,
    ['"panel-9": {', 'name: "panel-9"'],
  ],
  ["JSON", "board.json", (uid) => `${JSON.stringify(manifest(uid, IN_ROWS), null, 2)}\n`, ['"panel-9": {']],
  ["YAML", "board.yaml", (uid) => `# The host\n${stringify(manifest(uid, CONTENT))}`, ["panel-9:"]],
];

test.runIf(KUBERNETES && MARKS).each(STYLES)(
  "drift --write adds and removes panels of a dashboard in schema v2, which is written with %s",
  async (_style, file, code, added) => {
    const grafana = await testGrafana();
    const uid = grafana.name("host");
    const before = code(uid);
    const project = await testProject({
      "grafana.config.ts": `export default { project: "${grafana.name("own")}", resources: ["./resources"] };\n`,
      [`resources/${file}`]: before,
    });
    const run = (...args: string[]) => project.run(args, grafana.variables);
    const read = () => readFile(join(project.directory, "resources", file), "utf8");
    const applied = await run("apply");
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);

    await saveInV2(grafana, uid, add);
    const first = await run("drift", "--write", "-o", "json");
    const withPanel = await read();
    expect((JSON.parse(first.stdout) as Report).writeBack?.left).toEqual([]);
    expect(first.code, first.stdout + first.stderr).toBe(0);
    for (const part of added) expect(withPanel).toContain(part);
    expect(withPanel).toContain("Network");
    const plan = await run("plan", "--detailed-exitcode");
    expect(plan.code, plan.stdout + plan.stderr).toBe(0);
    expect(before.includes("placed(") ? await typeErrors(project) : "").toBe("");

    expect((await run("apply")).code).toBe(0);
    await saveInV2(grafana, uid, remove);
    const second = await run("drift", "--write", "-o", "json");
    expect((JSON.parse(second.stdout) as Report).writeBack?.left).toEqual([]);
    const after = await read();
    expect(after).not.toContain("panel-9");
    expect(after.includes("// in bytes") || !file.endsWith(".ts") || !before.includes("// in bytes")).toBe(true);
    const last = await run("plan", "--detailed-exitcode");
    expect(last.code, last.stdout + last.stderr).toBe(0);
  },
);

test.runIf(KUBERNETES && MARKS)("drift --write leaves a new panel whose place in the layout is computed", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("host");
  const code = board(`["cpu", "memory", "disk"].reduce((all, name) => all.withItem(name), autoGrid())`)(uid);
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${grafana.name("own")}", resources: ["./resources"] };\n`,
    "resources/board.ts": code,
  });
  const run = (...args: string[]) => project.run(args, grafana.variables);
  expect((await run("apply")).code).toBe(0);
  await saveInV2(grafana, uid, add);
  const result = await run("drift", "--write", "-o", "json");
  expect(result.code, result.stderr).toBe(4);
  expect((JSON.parse(result.stdout) as Report).writeBack?.left).toMatchObject([{ reason: "computed" }]);
  expect(await readFile(join(project.directory, "resources/board.ts"), "utf8")).toBe(code);
});
